"""JPEG: large ones, and those whose decoder keeps the whole picture in memory."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.formats import jpeg
from mondrian_desktop.photo.isolate import DecoderProcess
from tests.photo import make
from tests.photo.make import save


@pytest.mark.parametrize("progressive", [False, True])
def test_large_jpegs_are_measured_as_small_ones(
    tmp_path: Path, photographs: dict[str, np.ndarray], progressive: bool
) -> None:
    large = Image.fromarray(photographs["lake"]).resize((3200, 1800), Image.Resampling.BICUBIC)
    one = read_photo(save(large, tmp_path / "photo.jpg", quality=95, progressive=progressive))
    other = read_photo(save(large, tmp_path / "photo.png", compress_level=1))
    assert (one.width, one.height) == (3200, 1800)
    assert one.measurements.edge_blur_px == pytest.approx(other.measurements.edge_blur_px, rel=0.1)
    assert np.abs(one.pixels.astype(int) - other.pixels).mean() < 3


def test_huge_progressive_jpegs_are_decoded_by_the_other_process(
    tmp_path: Path, process: DecoderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(make.corners(1500, 1000), tmp_path / "photo.jpg", progressive=True)
    plain = save(make.corners(1500, 1000), tmp_path / "plain.jpg")
    here, small = read_photo(path), read_thumbnail(path, 100)
    monkeypatch.setattr(jpeg, "HEAVY_BYTES", 3_000_000)
    # Of the two, only the progressive one needs what is not there any more.
    closed = DecoderProcess()
    closed.close()
    assert read_photo(plain, 1024, closed).format == "JPEG"
    for read in (read_photo, read_thumbnail):
        with pytest.raises(UserError, match="the app is closing"):
            read(path, 1024, closed)
    there = read_photo(path, 1024, process)
    assert np.array_equal(there.pixels, here.pixels)
    assert there.measurements == here.measurements
    assert np.array_equal(read_thumbnail(path, 100, process), small)


def one_component_after_the_other(path: Path) -> Path:
    """Write a JPEG whose three components each have a scan, as libjpeg's jpegtran does on request; nothing is in it.

    T.81: a frame of three components, and three scans whose blocks are all "DC difference 0, end of block".
    """
    quantization = b"\xff\xdb\x00\x43\x00" + bytes([16] * 64)
    frame = b"\xff\xc0\x00\x11\x08" + (64).to_bytes(2, "big") + (96).to_bytes(2, "big") + b"\x03"
    frame += b"".join(bytes([number, 0x11, 0]) for number in (1, 2, 3))
    # One code of one bit, for the only symbol: 0.
    tables = b"".join(b"\xff\xc4\x00\x14" + bytes([kind]) + bytes([1] + [0] * 15) + b"\x00" for kind in (0x00, 0x10))
    blocks = (64 // 8) * (96 // 8)
    scans = b"".join(
        b"\xff\xda\x00\x08\x01" + bytes([number, 0x00]) + b"\x00\x3f\x00" + bytes(2 * blocks // 8)
        for number in (1, 2, 3)
    )
    path.write_bytes(b"\xff\xd8" + quantization + frame + tables + scans + b"\xff\xd9")
    return path


def test_a_jpeg_with_a_scan_for_each_component_counts_as_one_that_takes_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = one_component_after_the_other(tmp_path / "photo.jpg")
    photo = read_photo(path)
    assert (photo.width, photo.height) == (96, 64)
    assert abs(int(photo.pixels.mean()) - 128) <= 1
    plain = save(Image.new("RGB", (96, 64)), tmp_path / "plain.jpg")
    monkeypatch.setattr(jpeg, "HEAVY_BYTES", 3 * 2 * 96 * 64 - 1)
    for name, is_heavy in ((path, True), (plain, False)):
        with name.open("rb") as file:
            assert jpeg.is_heavy(file, name) is is_heavy
    monkeypatch.setattr(jpeg, "HEAVY_BYTES", 3 * 2 * 96 * 64)
    with path.open("rb") as file:
        assert not jpeg.is_heavy(file, path), "exactly two bytes for each sample"


def test_progressive_jpegs_that_would_fill_the_memory_are_refused_in_a_sentence(
    tmp_path: Path, process: DecoderProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(make.corners(1500, 1000), tmp_path / "photo.jpg", progressive=True)
    monkeypatch.setattr(jpeg, "TOO_HEAVY_BYTES", 4_000_000)
    for read in (read_photo, read_thumbnail):
        with pytest.raises(UserError, match="progressive JPEG of 2 megapixels") as caught:
            read(path, 1024)
        assert "baseline" in str(caught.value)
    # The same picture in one scan is read, however large.
    plain = save(make.corners(1500, 1000), tmp_path / "plain.jpg")
    assert read_photo(plain, 1024, process).width == 1500
