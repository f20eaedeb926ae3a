"""Makes files for the tests: TIFF structures byte by byte, EXIF blocks, DNG files, pictures with known content."""

import io
import struct
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import Image

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL = 1, 2, 3, 4, 5, 7, 10
Entry = tuple[int, object]
"""Type and value: bytes, or a sequence of numbers, or a nested directory (for a pointer)."""
Directory = Mapping[int, Entry]

_CODES = {BYTE: "B", SHORT: "H", LONG: "L", RATIONAL: "LL", SRATIONAL: "ll"}


def tiff(
    directory: Directory, second: Directory | None = None, order: str = "<", strip: bytes = b"", magic: int = 42
) -> bytes:
    """A TIFF structure: the directory, nested ones below it, optionally a second one, and one strip of data.

    A value of ``STRIP`` becomes the offset of ``strip``.
    """
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HL", magic, 8)
    data = bytearray(head)
    positions: list[tuple[int, bytes]] = []
    next_at = _directory(data, directory, order, positions)
    if second is not None:
        struct.pack_into(order + "L", data, next_at, len(data))
        _directory(data, second, order, positions)
    for at, blob in positions:
        struct.pack_into(order + "L", data, at, len(data))
        data += blob
    for at in [at for at in range(8, len(data) - 3) if data[at : at + 4] == _STRIP_MARK]:
        struct.pack_into(order + "L", data, at, len(data))
    return bytes(data) + strip


_STRIP_MARK = b"\xfe\xdc\xba\x98"
STRIP = struct.unpack("<L", _STRIP_MARK)[0]


def _directory(data: bytearray, directory: Directory, order: str, positions: list[tuple[int, bytes]]) -> int:
    start = len(data)
    data += struct.pack(order + "H", len(directory)) + bytes(12 * len(directory) + 4)
    for index, (tag, (kind, value)) in enumerate(sorted(directory.items())):
        at = start + 2 + 12 * index
        if isinstance(value, Mapping):
            struct.pack_into(order + "HHLL", data, at, tag, LONG, 1, len(data))
            _directory(data, value, order, positions)
            continue
        blob, count = encode(kind, value, order)
        struct.pack_into(order + "HHL", data, at, tag, kind, count)
        if len(blob) <= 4:
            data[at + 8 : at + 8 + len(blob)] = blob
        else:
            data[at + 8 : at + 12] = struct.pack(order + "L", len(data))
            data += blob
    return start + 2 + 12 * len(directory)


def encode(kind: int, value: object, order: str) -> tuple[bytes, int]:
    """A value's bytes and count."""
    if isinstance(value, bytes):
        return value, len(value)
    if isinstance(value, str):
        return value.encode() + b"\0", len(value.encode()) + 1
    numbers = value if isinstance(value, Sequence) else [value]
    if kind in (RATIONAL, SRATIONAL):
        pairs = [Fraction(number).limit_denominator(10000) for number in numbers]
        blob = b"".join(struct.pack(order + _CODES[kind], pair.numerator, pair.denominator) for pair in pairs)
        return blob, len(pairs)
    if kind == LONG and list(numbers) == [STRIP]:
        return _STRIP_MARK, 1
    return struct.pack(order + _CODES[kind] * len(numbers), *numbers), len(numbers)


CAMERA: Directory = {
    0x010F: (ASCII, "NIKON CORPORATION"),
    0x0110: (ASCII, "NIKON Z 6"),
    0x0112: (SHORT, 1),
    0x0131: (ASCII, "Ver.01.00"),
    0x8769: (
        LONG,
        {
            0x829A: (RATIONAL, [1 / 250]),
            0x829D: (RATIONAL, [8]),
            0x8827: (SHORT, 200),
            0x9003: (ASCII, "2024:05:01 12:30:00"),
            0x9011: (ASCII, "+02:00"),
            0x9204: (SRATIONAL, [-0.7]),
            0x9207: (SHORT, 5),
            0x9209: (SHORT, 0x10),
            0x920A: (RATIONAL, [35]),
            0xA403: (SHORT, 0),
            0xA405: (SHORT, 52),
            0xA434: (ASCII, "NIKKOR Z 35mm f/1.8 S"),
        },
    ),
}
"""Tags as a camera writes them."""


def exif(directory: Directory = CAMERA, thumbnail: bytes = b"", order: str = "<") -> bytes:
    """An EXIF block, with its header; the thumbnail, a JPEG, in the second directory."""
    second = {0x0201: (LONG, STRIP), 0x0202: (LONG, len(thumbnail))} if thumbnail else None
    return b"Exif\0\0" + tiff(directory, second, order, thumbnail)


def corners(width: int = 120, height: int = 80) -> Image.Image:
    """Grey, with red, green and blue in three corners: which way is up can be told from any turn of it."""
    pixels = np.full((height, width, 3), 118, np.uint8)
    deep, wide = height // 4, width // 4
    pixels[:deep, :wide], pixels[:deep, -wide:], pixels[-deep:, :wide] = (220, 30, 30), (30, 200, 30), (40, 40, 220)
    return Image.fromarray(pixels)


def corners_of(pixels: np.ndarray) -> str:
    """The letters of the colors in the corners, clockwise from the upper left: "RG-B" for an upright picture."""
    letters = ""
    for y, x in ((0.1, 0.1), (0.1, 0.9), (0.9, 0.9), (0.9, 0.1)):
        color = pixels[int(y * pixels.shape[0]), int(x * pixels.shape[1])].astype(int)
        letters += "RGB"[int(color.argmax())] if np.ptp(color) > 60 else "-"
    return letters


def jpeg(image: Image.Image, **options: object) -> bytes:
    """The image as JPEG."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", **{"quality": 95, **options})
    return stream.getvalue()


def dng(
    image: Image.Image, orientation: int = 1, preview: bytes = b"", preview_size: tuple[int, int] = (0, 0)
) -> bytes:
    """A DNG (DNG 1.4, chapter 4) whose Bayer mosaic shows ``image``, with a JPEG preview where one is given."""
    linear = (np.asarray(image.convert("RGB")).astype(np.float64) / 255) ** 2.2 * 0.9
    height, width = linear.shape[:2]
    mosaic = np.empty((height, width), np.float64)
    mosaic[::2, ::2], mosaic[1::2, 1::2] = linear[::2, ::2, 0], linear[1::2, 1::2, 2]
    mosaic[::2, 1::2], mosaic[1::2, ::2] = linear[::2, 1::2, 1], linear[1::2, ::2, 1]
    strip = (mosaic * 16383).astype("<u2").tobytes()
    camera = {**CAMERA, 0x0112: (SHORT, orientation)}
    shared: Directory = {
        0xC612: (BYTE, [1, 4, 0, 0]),
        0xC614: (ASCII, "Test camera"),
        # XYZ to camera: as if the camera's primaries were sRGB's.
        0xC621: (
            SRATIONAL,
            [3.2404542, -1.5371385, -0.4985314, -0.969266, 1.8760108, 0.041556, 0.0556434, -0.2040259, 1.0572252],
        ),
        0xC628: (RATIONAL, [1, 1, 1]),
        0xC65A: (SHORT, 21),
    }
    sensor: Directory = {
        0x00FE: (LONG, 0), 0x0100: (LONG, width), 0x0101: (LONG, height), 0x0102: (SHORT, 16), 0x0103: (SHORT, 1),
        0x0106: (SHORT, 32803), 0x0111: (LONG, STRIP), 0x0115: (SHORT, 1), 0x0116: (LONG, height),
        0x0117: (LONG, len(strip)), 0x828D: (SHORT, [2, 2]), 0x828E: (BYTE, [0, 1, 1, 2]), 0xC61D: (SHORT, 16383),
    }  # fmt: skip
    if not preview:
        return tiff({**camera, **shared, **sensor}, strip=strip)
    small: Directory = {
        0x00FE: (LONG, 1), 0x0100: (LONG, preview_size[0]), 0x0101: (LONG, preview_size[1]),
        0x0102: (SHORT, [8, 8, 8]), 0x0103: (SHORT, 7), 0x0106: (SHORT, 6), 0x0111: (LONG, 0),
        0x0115: (SHORT, 3), 0x0116: (LONG, preview_size[1]), 0x0117: (LONG, len(preview)),
    }  # fmt: skip
    whole = bytearray(tiff({**camera, **shared, **small, 0x014A: (LONG, sensor)}, strip=strip))
    # The preview comes last; its one offset is filled in where it was left zero.
    entry = whole.index(struct.pack("<HHL", 0x0111, LONG, 1) + bytes(4))
    struct.pack_into("<L", whole, entry + 8, len(whole))
    return bytes(whole) + preview


_STORED = {
    2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}  # fmt: skip


def stored(image: Image.Image, orientation: int) -> Image.Image:
    """The image as it lies in a file whose EXIF orientation turns it upright."""
    return image.transpose(_STORED[orientation]) if orientation > 1 else image


def save(image: Image.Image, path: Path, **options: object) -> Path:
    """Write a picture, with Pillow's options for its format, and return where."""
    image.save(path, **options)
    return path


def color(pixels: np.ndarray, y: int, x: int) -> tuple[int, ...]:
    """Return the color of a pixel."""
    return tuple(int(value) for value in pixels[y, x])
