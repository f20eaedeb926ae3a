"""Reads IPTC-IIM records (IIM 4.2) and finds them in Photoshop's image resources."""

import struct
from typing import Any

from mondrian_desktop.photo.text import clean, unique_words

_CAPTION_LIMIT = 2000
_IPTC_RESOURCE = 0x0404
_UTF_8 = b"\x1b%G"


def records_of_photoshop(data: bytes) -> bytes:
    """Return the IPTC records in ``data``, a run of 8BIM image resources; empty where there are none."""
    position = data.find(b"8BIM")
    while 0 <= position <= len(data) - 12 and data[position : position + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", data, position + 4)
        name_length = data[position + 6] + 1
        start = position + 6 + name_length + name_length % 2
        if start + 4 > len(data):
            return b""
        (length,) = struct.unpack_from(">L", data, start)
        if number == _IPTC_RESOURCE:
            return data[start + 4 : start + 4 + length]
        position = start + 4 + length + length % 2
    return b""


def read_iptc(data: bytes) -> dict[str, Any]:
    """Return fields of :class:`~mondrian_desktop.photo.model.Exif` found in the records, None for the others."""
    found: dict[tuple[int, int], list[bytes]] = {}
    position = 0
    while position + 5 <= len(data) and data[position] == 0x1C:
        record, tag = data[position + 1], data[position + 2]
        (length,) = struct.unpack_from(">H", data, position + 3)
        # The high bit is for values longer than 32 kB, which no field here has.
        if length & 0x8000:
            break
        found.setdefault((record, tag), []).append(data[position + 5 : position + 5 + length])
        position += 5 + length
    encoding = "utf-8" if found.get((1, 90), [b""])[0].startswith(_UTF_8) else ""
    return {
        "caption": _first(found, 120, encoding, _CAPTION_LIMIT),
        "title": _first(found, 5, encoding, 200),
        "keywords": unique_words([_decode(value, encoding) for value in found.get((2, 25), [])]) or None,
    }


def _first(found: dict[tuple[int, int], list[bytes]], tag: int, encoding: str, limit: int) -> str | None:
    values = found.get((2, tag), [b""])
    return clean(_decode(values[0], encoding), limit) or None


def _decode(value: bytes, encoding: str) -> str:
    # Programs write UTF-8 without saying so; Latin-1 that is valid UTF-8 by chance is rare.
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode(encoding or "latin-1", errors="replace")
