"""A corpus of bad files, made from good ones: cut at every boundary, bytes flipped, sizes that lie.

Every one is read or refused with a sentence; none may hang, crash the app, raise anything else, or leave a file open.
"""

import contextlib
import faulthandler
import io
import itertools
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.isolate import DecoderProcess
from mondrian_desktop.photo.model import Photo
from tests.photo import make, make_icc
from tests.photo.conftest import open_files
from tests.photo.test_xmp import PACKET

HEIC = Path(__file__).parent / "data" / "upright.heic"
LIMIT_S = 120


def _saved(format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    make.corners(96, 64).save(stream, format_name, **options)
    return stream.getvalue()


def _good() -> dict[str, bytes]:
    profile, exif = make_icc.rgb_profile(make_icc.DISPLAY_P3), make.exif(thumbnail=make.jpeg(make.corners(32, 24)))
    metadata = {"exif": exif, "icc_profile": profile, "xmp": PACKET.encode()}
    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", PACKET)
    return {
        "plain.jpg": _saved("JPEG", **metadata),
        "progressive.jpg": _saved("JPEG", progressive=True),
        "large.jpg": make.jpeg(make.corners(400, 300)),
        "photo.png": _saved("PNG", exif=exif, icc_profile=profile, pnginfo=text),
        "photo.webp": _saved("WEBP", lossless=True, **metadata),
        "lossy.webp": _saved("WEBP"),
        "plain.tif": _saved("TIFF", icc_profile=profile, tiffinfo={274: 6, 270: "caption"}),
        "lzw.tif": _saved("TIFF", compression="tiff_lzw"),
        "jpeg.tif": _saved("TIFF", compression="jpeg"),
        "photo.gif": _saved("GIF"),
        "photo.bmp": _saved("BMP"),
        "photo.avif": _saved("AVIF", exif=exif, icc_profile=profile),
        "photo.heic": HEIC.read_bytes(),
        "photo.dng": make.dng(make.corners(96, 64), 6, make.jpeg(make.corners(80, 54)), (80, 54)),
    }


GOOD = _good()


@pytest.fixture(scope="module")
def process() -> Iterator[DecoderProcess]:
    process = DecoderProcess(limit_s=LIMIT_S)
    yield process
    process.close()


@pytest.fixture(autouse=True)
def nothing_hangs() -> Iterator[None]:
    """End the run, telling where, when a file is read for longer than any may take."""
    faulthandler.dump_traceback_later(10 * LIMIT_S, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


def check(process: DecoderProcess, path: Path, content: bytes) -> Photo | UserError:
    """Read ``content`` in both ways."""
    path.write_bytes(content)
    with contextlib.suppress(UserError):
        assert max(read_thumbnail(path, 48, process).shape[:2]) <= 48
    try:
        photo = read_photo(path, 64, process)
    except UserError as err:
        refused = err
    else:
        assert photo.pixels.dtype == np.uint8
        assert max(photo.pixels.shape[:2]) <= 64
        assert photo.width > 0
        assert photo.height > 0
        return photo
    assert path.name in refused.what
    assert refused.advice
    # What the system says has no place here: nothing is wrong with the disk.
    assert "could not be read:" not in refused.what
    return refused


@pytest.mark.parametrize("name", GOOD)
def test_the_good_ones_are_good(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    assert isinstance(check(process, tmp_path / name, GOOD[name]), Photo)


def boundaries(content: bytes) -> list[int]:
    """Where headers, segments, chunks, boxes and directories begin, as far as their marks tell."""
    marks = (
        b"\xff\xd8", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"\xff\xc4", b"\xff\xdb", b"\xff\xe0", b"\xff\xe1",
        b"IHDR", b"IDAT", b"IEND", b"iCCP", b"eXIf", b"iTXt", b"RIFF", b"VP8", b"EXIF", b"ICCP", b"XMP ", b"ftyp",
        b"iloc", b"iinf", b"iprp", b"hvcC", b"av1C", b"mdat", b"II*\0", b"Exif\0\0", b"GIF8", b"\x21\xf9", b"acsp",
        b"meta",
    )  # fmt: skip
    found = {0, 1, 2, 4, 8, 12, 16, 20, 26, 32, 54, 64, len(content) - 1, len(content) - 2, len(content) // 2}
    for mark in marks:
        at = content.find(mark)
        while at >= 0 and len(found) < 300:
            found |= {at, at + 1, at + len(mark), at + len(mark) + 2}
            at = content.find(mark, at + 1)
    return sorted(length for length in found if 0 <= length < len(content))


@pytest.mark.parametrize("name", GOOD)
def test_cut_at_every_boundary(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    content = GOOD[name]
    for length in boundaries(content):
        result = check(process, tmp_path / name, content[:length])
        if length < 16:
            assert isinstance(result, UserError)
    assert not open_files(tmp_path)


@pytest.mark.parametrize(
    "name", ["plain.jpg", "progressive.jpg", "large.jpg", "photo.png", "lzw.tif", "photo.webp", "photo.heic"]
)
def test_half_a_photo_is_said_to_be_incomplete_or_damaged(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    content = GOOD[name]
    told = check(process, tmp_path / name, content[: len(content) * 3 // 4])
    assert isinstance(told, UserError)
    assert "incomplete" in told.what or "damaged" in told.what


def flipped(content: bytes, seed: int) -> bytes:
    """Some bytes changed, most of them near the start, where the structure is; sometimes a piece lost or doubled."""
    chance = random.Random(seed)
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        end = len(data) if chance.random() < 0.4 else min(len(data), 700)
        at = chance.randrange(end)
        data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
    if chance.random() < 0.2:
        at, length = chance.randrange(len(data)), chance.randrange(1, 64)
        data[at : at + length] = b"" if chance.random() < 0.5 else data[at : at + length] * 2
    return bytes(data)


def check_flipped(process: DecoderProcess, tmp_path: Path, name: str, seeds: range) -> None:
    for seed in seeds:
        check(process, tmp_path / name, flipped(GOOD[name], seed))
    assert not open_files(tmp_path)


@pytest.mark.parametrize("name", GOOD)
def test_flipped_bytes(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    check_flipped(process, tmp_path, name, range(40))


@pytest.mark.nightly
@pytest.mark.parametrize("name", GOOD)
def test_many_flipped_bytes(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    check_flipped(process, tmp_path, name, range(40, 1100))


@pytest.mark.parametrize("seed", [72, 175, 289])
def test_files_that_made_the_decoder_crash_fail_alone(process: DecoderProcess, tmp_path: Path, seed: int) -> None:
    # With pi-heif 1.4.0 (libheif 1.23.0) these end the decoder's process by a segmentation fault.
    assert isinstance(check(process, tmp_path / "photo.heic", flipped(GOOD["photo.heic"], seed)), UserError)
    assert isinstance(check(process, tmp_path / "photo.heic", GOOD["photo.heic"]), Photo)


SIZES = (0, 1, 2, 50, 4000, 0x7FFF, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)


def png_of(width: int, height: int, depth: int = 8, color: int = 2) -> bytes:
    """A PNG whose header says what it is told to, with a correct checksum."""
    good = GOOD["photo.png"]
    header = b"IHDR" + struct.pack(">LLBBBBB", width, height, depth, color, 0, 0, 0)
    return good[:8] + struct.pack(">L", 13) + header + struct.pack(">L", zlib.crc32(header)) + good[33:]


def test_png_that_lies_about_its_size(process: DecoderProcess, tmp_path: Path) -> None:
    for width, height in itertools.product(SIZES, (0, 64, 0xFFFF, 0x7FFFFFFF)):
        result = check(process, tmp_path / "photo.png", png_of(width, height))
        # A narrower one would be made of the pixels that are there.
        assert isinstance(result, UserError) or 0 < width <= 96, (width, height)


def test_png_that_lies_about_its_pixels(process: DecoderProcess, tmp_path: Path) -> None:
    for depth, color in itertools.product((0, 1, 3, 16, 255), (0, 1, 3, 4, 6, 9)):
        check(process, tmp_path / "photo.png", png_of(96, 64, depth, color))


@pytest.mark.parametrize("name", ["plain.jpg", "progressive.jpg"])
def test_jpeg_that_lies_about_its_size(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    content = GOOD[name]
    at = content.rindex(b"\xff\xc0" if name == "plain.jpg" else b"\xff\xc2")
    for width, height in itertools.product((0, 1, 95, 4000, 0xFFFF), (0, 63, 4000, 0xFFFF)):
        lie = content[: at + 5] + struct.pack(">HH", height, width) + content[at + 9 :]
        result = check(process, tmp_path / name, lie)
        # Where the data ends with its mark, libjpeg fills what is missing with grey and calls it a picture.
        if 0 in (width, height) or 0xFFFF in (width, height):
            assert isinstance(result, UserError), (width, height)


@pytest.mark.parametrize("tag", [256, 257, 258, 259, 262, 273, 277, 278, 279])
def test_tiff_that_lies(process: DecoderProcess, tmp_path: Path, tag: int) -> None:
    for value in SIZES:
        data = bytearray(GOOD["lzw.tif"])
        (start,) = struct.unpack_from("<L", data, 4)
        (count,) = struct.unpack_from("<H", data, start)
        for at in range(start + 2, start + 2 + 12 * count, 12):
            if struct.unpack_from("<H", data, at)[0] == tag:
                struct.pack_into("<HLL", data, at + 2, 4, 1, value)
        check(process, tmp_path / "photo.tif", bytes(data))


def test_gif_that_lies(process: DecoderProcess, tmp_path: Path) -> None:
    for at, value in itertools.product((6, 8, 10, 32), (0, 1, 0x7FFF, 0xFFFF)):
        data = bytearray(GOOD["photo.gif"])
        struct.pack_into("<H", data, at, value)
        check(process, tmp_path / "photo.gif", bytes(data))


def test_bmp_that_lies(process: DecoderProcess, tmp_path: Path) -> None:
    for at, value in itertools.product((10, 14, 18, 22, 28, 30, 46), (0, 1, 0x7FFF, 0x7FFFFFFF, 0xFFFFFFFF)):
        data = bytearray(GOOD["photo.bmp"])
        struct.pack_into("<L", data, at, value)
        check(process, tmp_path / "photo.bmp", bytes(data))


@pytest.mark.parametrize("name", ["photo.webp", "lossy.webp"])
def test_webp_that_lies(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    for width in (0, 1, 0x3FFF):
        data = bytearray(GOOD[name])
        struct.pack_into("<H", data, 26 if name == "lossy.webp" else 24, width)
        check(process, tmp_path / name, bytes(data))


@pytest.mark.parametrize("name", ["photo.heic", "photo.avif"])
def test_heif_and_avif_that_lie_about_their_size(process: DecoderProcess, tmp_path: Path, name: str) -> None:
    for width in SIZES:
        data = bytearray(GOOD[name])
        struct.pack_into(">LL", data, data.index(b"ispe") + 8, width, width)
        result = check(process, tmp_path / name, bytes(data))
        if width > 0xFFFF:
            assert isinstance(result, UserError), width


@pytest.mark.parametrize("tag", [0x0100, 0x0101, 0x0102, 0x0103, 0x0111, 0x0116, 0x0117, 0x828D])
def test_raw_that_lies(process: DecoderProcess, tmp_path: Path, tag: int) -> None:
    for value in (0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF):
        data = bytearray(make.dng(make.corners(96, 64)))
        at = next(at for at in range(10, 10 + 12 * 60, 12) if struct.unpack_from("<H", data, at)[0] == tag)
        struct.pack_into("<HLL", data, at + 2, 4, 1, value)
        check(process, tmp_path / "photo.dng", bytes(data))


def test_a_bomb_is_refused_before_it_fills_the_memory(process: DecoderProcess, tmp_path: Path) -> None:
    told = check(process, tmp_path / "bomb.png", png_of(20_000, 20_000))
    assert isinstance(told, UserError)
    assert "400 megapixels in a file of" in told.what
    told = check(process, tmp_path / "bomb.png", png_of(30_000, 30_000))
    assert isinstance(told, UserError)
    assert "at most 500 can be read" in told.what


def test_a_jpeg_of_a_thousand_scans_is_refused(process: DecoderProcess, tmp_path: Path) -> None:
    content = GOOD["progressive.jpg"]
    at = content.rindex(b"\xff\xda")
    scan = content[at:-2]
    assert isinstance(check(process, tmp_path / "photo.jpg", content[:at] + scan * 3 + b"\xff\xd9"), Photo)
    told = check(process, tmp_path / "photo.jpg", content[:at] + scan * 1000 + b"\xff\xd9")
    assert isinstance(told, UserError)


def test_text_that_unpacks_to_gigabytes_is_refused(process: DecoderProcess, tmp_path: Path) -> None:
    packed = zlib.compress(bytes(200_000_000), 9)
    chunk = b"zTXtComment\0\0" + packed
    good = GOOD["photo.png"]
    content = good[:33] + struct.pack(">L", len(chunk) - 4) + chunk + struct.pack(">L", zlib.crc32(chunk)) + good[33:]
    check(process, tmp_path / "photo.png", content)


HEADS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP", b"GIF89a", b"II*\0", b"BM", b"\0\0\0\x18ftypheic",
    b"\0\0\0\x18ftypavif",
)  # fmt: skip


@pytest.mark.parametrize("suffix", ["jpg", "dng"])
def test_a_head_alone(process: DecoderProcess, tmp_path: Path, suffix: str) -> None:
    for content, rest in itertools.product(HEADS, (b"", b"\0" * 200, b"\xff" * 200)):
        assert isinstance(check(process, tmp_path / f"photo.{suffix}", content + rest), UserError), content


def test_two_photos_in_one_file_are_the_first(process: DecoderProcess, tmp_path: Path) -> None:
    for name in ("plain.jpg", "photo.png", "photo.gif"):
        result = check(process, tmp_path / name, GOOD[name] + make.jpeg(Image.new("RGB", (50, 50))))
        assert isinstance(result, Photo)
        assert (result.width, result.height) == (96, 64)
