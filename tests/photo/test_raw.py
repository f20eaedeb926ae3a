"""RAW: DNG files made byte by byte, with and without a preview."""

import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.formats.raw import DEVELOPED, PREVIEW, accepts
from mondrian_desktop.photo.isolate import DecoderProcess
from tests.photo import make
from tests.photo.test_xmp import PACKET


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_without_a_preview_it_is_developed_at_half_size(
    tmp_path: Path, process: DecoderProcess, orientation: int
) -> None:
    sensor = make.stored(make.corners(640, 480), orientation)
    path = write(tmp_path / "photo.dng", make.dng(sensor, orientation))
    photo = read_photo(path, process=process)
    assert make.corners_of(photo.pixels) == "RG-B"
    assert photo.pixels.shape == (240, 320, 3)
    assert (photo.width, photo.height, photo.format, photo.source) == (640, 480, "RAW", DEVELOPED)
    assert photo.measurements.detail_scale == 0.5
    assert photo.exif.camera == "Nikon Z 6"
    assert photo.exif.shutter_s == 1 / 250
    assert make.corners_of(read_thumbnail(path, 100, process)) == "RG-B"


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("is_upright", [False, True])
def test_the_preview_is_taken_where_it_is_large_enough(
    tmp_path: Path, process: DecoderProcess, orientation: int, is_upright: bool
) -> None:
    if is_upright and orientation == 3:
        pytest.skip("nothing tells a preview that is upright already from one that lies upside down")
    sensor = make.stored(make.corners(640, 480), orientation)
    preview = make.corners(600, 450) if is_upright else make.stored(make.corners(600, 450), orientation)
    content = make.dng(sensor, orientation, make.jpeg(preview), preview.size)
    photo = read_photo(write(tmp_path / "photo.dng", content), 512, process)
    assert photo.source == PREVIEW
    assert make.corners_of(photo.pixels) == "RG-B"
    assert photo.pixels.shape == (384, 512, 3)
    assert (photo.width, photo.height) == (640, 480)
    assert photo.measurements.detail_scale == pytest.approx(600 / 640)
    thumbnail = read_thumbnail(tmp_path / "photo.dng", 100, process)
    assert make.corners_of(thumbnail) == "RG-B"
    assert thumbnail.shape == (75, 100, 3)


def test_a_small_preview_is_passed_over_for_the_analysis_but_serves_as_thumbnail(
    tmp_path: Path, process: DecoderProcess
) -> None:
    small = make.jpeg(Image.new("RGB", (160, 120), (10, 200, 10)))
    path = write(tmp_path / "photo.dng", make.dng(make.corners(640, 480), 1, small, (160, 120)))
    photo = read_photo(path, process=process)
    assert photo.source == DEVELOPED
    assert make.corners_of(photo.pixels) == "RG-B"
    assert tuple(map(int, read_thumbnail(path, 160, process)[60, 80])) == pytest.approx((10, 200, 10), abs=6)


def test_a_neutral_grey_develops_to_a_neutral_grey(tmp_path: Path, process: DecoderProcess) -> None:
    path = write(tmp_path / "photo.dng", make.dng(Image.new("RGB", (320, 240), (120, 120, 120))))
    pixels = read_photo(path, process=process).pixels
    assert np.ptp(pixels[60, 80].astype(int)) < 6


@pytest.mark.parametrize("name", ["photo.xmp", "photo.dng.xmp", "photo.XMP"])
def test_a_sidecar_is_read(tmp_path: Path, process: DecoderProcess, name: str) -> None:
    path = write(tmp_path / "photo.dng", make.dng(make.corners(640, 480)))
    write(tmp_path / name, PACKET.encode())
    found = read_photo(path, process=process).exif
    assert found.rating == 3
    assert found.keywords == ("lake", "dusk")
    assert found.camera == "Nikon Z 6"


def test_a_broken_sidecar_is_passed_over(tmp_path: Path, process: DecoderProcess) -> None:
    path = write(tmp_path / "photo.dng", make.dng(make.corners(640, 480)))
    (tmp_path / "photo.xmp").mkdir()
    write(tmp_path / "photo.dng.xmp", b"\xff\xfe broken")
    assert read_photo(path, process=process).exif.rating is None


def test_a_tiff_that_is_named_like_raw_is_told_about(tmp_path: Path, process: DecoderProcess) -> None:
    make.corners().save(tmp_path / "photo.tif")
    path = write(tmp_path / "photo.nef", (tmp_path / "photo.tif").read_bytes())
    with pytest.raises(UserError, match="RAW file"):
        read_photo(path, process=process)


def test_truncated_raw_is_incomplete(tmp_path: Path, process: DecoderProcess) -> None:
    content = make.dng(make.corners(640, 480))
    path = write(tmp_path / "photo.dng", content[: len(content) // 2])
    with pytest.raises(UserError, match="incomplete"):
        read_photo(path, process=process)


@pytest.mark.parametrize("rest", [0, 500, 20_000])
def test_compressed_raw_of_which_next_to_nothing_is_there_is_not_developed_to_noise(
    tmp_path: Path, process: DecoderProcess, rest: int
) -> None:
    # LibRaw makes a picture of a lossless JPEG (DNG 1.4, compression 7) that ends behind its head.
    content = make.dng(make.corners(2400, 1600)).replace(
        struct.pack("<HHLL", 0x0103, 3, 1, 1), struct.pack("<HHLL", 0x0103, 3, 1, 7)
    )
    head = struct.pack(">HHHBHHB", 0xFFD8, 0xFFC3, 14, 14, 1600, 1200, 2) + bytes([0, 0x11, 0, 1, 0x11, 0])
    head += struct.pack(">HHB", 0xFFC4, 20, 0) + bytes([1] + [0] * 16)
    head += struct.pack(">HHB", 0xFFDA, 10, 2) + bytes([0, 0, 1, 0, 1, 0, 0])
    path = write(tmp_path / "photo.dng", content[: -2400 * 1600 * 2] + head + bytes(rest))
    with pytest.raises(UserError, match="incomplete"):
        read_photo(path, process=process)
    with pytest.raises(UserError, match="incomplete"):
        read_thumbnail(path, 100, process)


@pytest.mark.parametrize(
    ("head", "suffix", "accepted"),
    [
        (b"FUJIFILMCCD-RAW 0201", ".raf", True),
        (b"IIRO\x08\0\0\0", ".orf", True),
        (b"IIU\0\x18\0\0\0", ".rw2", True),
        (b"\0\0\0\x18ftypcrx \0\0\0\1", ".cr3", True),
        (b"FOVb", ".x3f", True),
        (b"II*\0", ".cr2", True),
        (b"MM\0*", ".nef", True),
        (b"II*\0", ".tif", False),
        (b"\xff\xd8\xff", ".nef", False),
        (b"\0\0\0\x18ftypheic", ".cr3", False),
    ],
)
def test_raw_files_are_recognized(head: bytes, suffix: str, accepted: bool) -> None:
    assert accepts(head, suffix) is accepted
