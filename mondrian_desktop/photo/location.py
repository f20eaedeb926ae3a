"""Where a photo was taken: read only when the user asks for it, and kept in no record of the photo."""

import math
import re
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path

from mondrian_desktop.photo.decode import decode_anywhere, sidecar_of
from mondrian_desktop.photo.isolate import DecoderProcess
from mondrian_desktop.photo.original import open_original
from mondrian_desktop.photo.picture import recognize
from mondrian_desktop.photo.tiff_tags import Tags, Value, read_tags
from mondrian_desktop.photo.xmp import position_texts

_SMALL_PX = 64


@dataclass(frozen=True, slots=True)
class Location:
    """Degrees in WGS 84: ``latitude`` -90 to 90, north positive; ``longitude`` -180 to 180, east positive."""

    latitude: float
    longitude: float

    def __str__(self) -> str:
        """Return it as maps take it: "47.37660, 8.54170", to about a meter."""
        return f"{self.latitude:.5f}, {self.longitude:.5f}"


def read_location(path: Path, process: DecoderProcess, beside: Executor | None = None) -> Location | None:
    """Return where the photo was taken (EXIF, else XMP, else the RAW file's sidecar), or None where it does not tell.

    Raises
    ------
    UserError
        As :func:`~mondrian_desktop.photo.decode.read_photo`.
    """
    with open_original(path) as original:
        known = recognize(original)
        decoded = decode_anywhere(original, known, _SMALL_PX, process, beside)
        decoded.detail.drop()
        blocks = decoded.blocks
        tags = [read_tags(blocks.exif), *([read_tags(original.file)] if known.tiff_metadata else [])]
    packets = [blocks.xmp, _packet(tags[-1]), sidecar_of(path) if known.name == "RAW" else b""]
    found = [*map(_of_tags, tags), *(_of_texts(*position_texts(packet)) for packet in packets)]
    return next((location for location in found if location is not None), None)


def _of_tags(tags: Tags) -> Location | None:
    """Return the position in the GPS directory (EXIF 3.0, 4.6.6: tags 1 to 4)."""
    latitude, longitude = (_degrees(tags.gps.get(tag), tags.gps.get(tag - 1)) for tag in (2, 4))
    return _location(latitude, longitude)


def _degrees(value: Value | None, reference: Value | None) -> float | None:
    if not isinstance(value, tuple) or not value or not isinstance(reference, bytes):
        return None
    degrees = sum(number / unit for number, unit in zip(value, (1, 60, 3600), strict=False))
    return -degrees if reference[:1] in (b"S", b"W") else degrees


def _of_texts(latitude: str, longitude: str) -> Location | None:
    """Return the position in XMP's form (XMP part 2, 1.2.7.4): "47,22.6N", "47,22,36N"."""
    return _location(_degrees_of_text(latitude), _degrees_of_text(longitude))


def _degrees_of_text(text: str) -> float | None:
    found = re.fullmatch(r"\s*(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?([NSEW])\s*", text)
    if found is None:
        return None
    degrees = float(found[1]) + float(found[2]) / 60 + float(found[3] or 0) / 3600
    return -degrees if found[4] in "SW" else degrees


def _location(latitude: float | None, longitude: float | None) -> Location | None:
    if latitude is None or longitude is None or math.isnan(latitude) or math.isnan(longitude):
        return None
    return Location(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


def _packet(tags: Tags) -> bytes:
    packet = tags.main.get(0x02BC, b"")
    return packet if isinstance(packet, bytes) else bytes(int(number) & 0xFF for number in packet)
