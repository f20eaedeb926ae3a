"""Reads the tags of a TIFF structure: EXIF blocks, TIFF files, and most RAW files.

Tolerant: what is malformed is left out, the rest is read. Bounded: no structure, however hostile, takes more than a
few hundred small reads. Sources: TIFF 6.0, section 2; BigTIFF; EXIF 3.0, 4.6.
"""

import io
import math
import struct
from dataclasses import dataclass, field
from typing import BinaryIO, TypeAlias

Value: TypeAlias = bytes | tuple[float, ...]
"""Bytes for text and undefined data, else numbers."""

# TIFF and BigTIFF, Panasonic RW2, Olympus ORF (two).
_MAGICS = {42, 43, 0x55, 0x4F52, 0x5352}
# Type -> struct code. Text and undefined stay bytes; rationals are two longs.
_CODES = {
    1: "B", 2: "s", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "s", 8: "h", 9: "l", 10: "ll", 11: "f", 12: "d", 13: "L",
    16: "Q", 17: "q", 18: "Q",
}  # fmt: skip
_MAX_ENTRIES = 512
_MAX_NUMBERS = 64
_MAX_BYTES = 4 << 20
_CANON_BYTES = 1 << 18
_EXIF_IFD = 0x8769
_GPS_IFD = 0x8825
_INTEROP_IFD = 0xA005


@dataclass(frozen=True, slots=True)
class Tags:
    """The tags of the first directory and of the EXIF, GPS and interoperability directories below it, by number."""

    main: dict[int, Value] = field(default_factory=dict)
    exif: dict[int, Value] = field(default_factory=dict)
    gps: dict[int, Value] = field(default_factory=dict)
    interop: dict[int, Value] = field(default_factory=dict)


def read_tags(data: bytes | BinaryIO) -> Tags:
    """Return the tags of the TIFF structure at the start of ``data``; empty ones where there is none."""
    file = io.BytesIO(data.removeprefix(b"Exif\0\0")) if isinstance(data, bytes) else data
    file.seek(0)
    if file.read(12)[4:] == b"ftypcrx ":
        return _canon_tags(file.read(_CANON_BYTES))
    return _tags(file)


def _tags(file: BinaryIO) -> Tags:
    try:
        return _Reader(file).tags()
    except (struct.error, OverflowError, _NotTiff):
        return Tags()


def _canon_tags(head: bytes) -> Tags:
    """Return the tags of a CR3 file: three TIFF structures in boxes of their own (github.com/lclevy/canon_cr3)."""
    main, exif, gps = (_tags(io.BytesIO(_box(head, name))).main for name in (b"CMT1", b"CMT2", b"CMT4"))
    return Tags(main, exif, gps)


def _box(data: bytes, name: bytes) -> bytes:
    at = data.find(name)
    if at < 4:
        return b""
    (size,) = struct.unpack_from(">L", data, at - 4)
    return data[at + 4 : at - 4 + size]


def read_thumbnail(data: bytes) -> bytes:
    """Return the JPEG in the second directory of an EXIF block (EXIF 3.0, 4.5.8); empty where there is none."""
    data = data.removeprefix(b"Exif\0\0")
    try:
        tags = _Reader(io.BytesIO(data)).second()
    except (struct.error, OverflowError, _NotTiff):
        return b""
    start, length = (tags.get(tag) for tag in (0x0201, 0x0202))
    if not isinstance(start, tuple) or not isinstance(length, tuple):
        return b""
    return data[int(start[0]) : int(start[0]) + int(length[0])]


class _NotTiff(Exception):  # noqa: N818 - never leaves this module
    pass


class _Reader:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        head = self._at(0, 16)
        self._order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        if not self._order or len(head) < 8:
            raise _NotTiff
        (magic,) = struct.unpack_from(self._order + "H", head, 2)
        if magic not in _MAGICS:
            raise _NotTiff
        self._big = magic == 43
        self._first = struct.unpack_from(self._order + ("Q" if self._big else "L"), head, 8 if self._big else 4)[0]

    def tags(self) -> Tags:
        main = self._directory(self._first)
        exif = self._sub(main, _EXIF_IFD)
        return Tags(main, exif, self._sub(main, _GPS_IFD), self._sub(exif, _INTEROP_IFD))

    def second(self) -> dict[int, Value]:
        (count,) = struct.unpack(self._order + "H", self._at(self._first, 2))
        (offset,) = struct.unpack(self._order + "L", self._at(self._first + 2 + 12 * count, 4))
        return self._directory(offset)

    def _sub(self, main: dict[int, Value], tag: int) -> dict[int, Value]:
        pointer = main.get(tag)
        if not isinstance(pointer, tuple) or not pointer:
            return {}
        return self._directory(int(pointer[0]))

    def _at(self, offset: int, count: int) -> bytes:
        # A seek beyond what the system can address is an error; beyond the end it only reads nothing.
        if not 0 <= offset < 1 << 40:
            return b""
        self._file.seek(offset)
        return self._file.read(count)

    def _directory(self, offset: int) -> dict[int, Value]:
        count_size, entry_size = (8, 20) if self._big else (2, 12)
        counted = self._at(offset, count_size)
        if len(counted) < count_size:
            return {}
        (count,) = struct.unpack(self._order + ("Q" if self._big else "H"), counted)
        entries = self._at(offset + count_size, min(count, _MAX_ENTRIES) * entry_size)
        found: dict[int, Value] = {}
        for start in range(0, len(entries) - entry_size + 1, entry_size):
            tag, value = self._entry(entries[start : start + entry_size])
            if value is not None and tag not in found:
                found[tag] = value
        return found

    def _entry(self, entry: bytes) -> tuple[int, Value | None]:
        tag, kind = struct.unpack_from(self._order + "HH", entry)
        (count,) = struct.unpack_from(self._order + ("Q" if self._big else "L"), entry, 4)
        code = _CODES.get(kind)
        if code is None or count == 0:
            return tag, None
        if code != "s":
            count = min(count, _MAX_NUMBERS)
        elif count > _MAX_BYTES:
            return tag, None
        inline = entry[12:] if self._big else entry[8:]
        length = struct.calcsize(self._order + code) * count
        if length > len(inline):
            (offset,) = struct.unpack(self._order + ("Q" if self._big else "L"), inline)
            inline = self._at(offset, length)
            if len(inline) < length:
                return tag, None
        return tag, self._value(code, count, inline[:length])

    def _value(self, code: str, count: int, data: bytes) -> Value:
        if code == "s":
            return data
        numbers = struct.unpack(self._order + code * count, data)
        if len(code) == 2:
            numbers = tuple(_ratio(*numbers[index : index + 2]) for index in range(0, len(numbers), 2))
        return numbers


def _ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else math.nan
