"""From tags to an :class:`Exif` record: EXIF 3.0, XMP and IPTC; for what people wrote, a sidecar before all."""

import math
from collections.abc import Mapping
from typing import Any, BinaryIO

from mondrian_desktop.photo import iptc, xmp
from mondrian_desktop.photo.model import Exif
from mondrian_desktop.photo.text import clean, iso_date, unique_words
from mondrian_desktop.photo.tiff_tags import Tags, Value, read_tags

CAPTION_LIMIT = 2000

# What photographers and their programs write, as opposed to cameras: here the latest program's word counts.
_WRITTEN = ("rating", "keywords", "title", "caption")

# Makers' names as tags spell them -> as people do. Others in capitals get one initial capital.
_MAKERS = {
    "nikon": "Nikon", "olympus": "Olympus", "om digital": "OM System", "fujifilm": "Fujifilm", "sony": "Sony",
    "ricoh": "Ricoh", "pentax": "Pentax", "panasonic": "Panasonic", "samsung": "Samsung",
    "hasselblad": "Hasselblad", "leica": "Leica",
    "canon": "Canon", "dji": "DJI", "lge": "LG", "htc": "HTC", "gopro": "GoPro", "minolta": "Minolta",
    "konica": "Konica Minolta", "eastman kodak": "Kodak", "kodak": "Kodak", "sigma": "Sigma", "phase one": "Phase One",
}  # fmt: skip
# What cameras write into the description when nobody described anything.
_NO_CAPTION = (
    "digital camera",
    "sony dsc",
    "default",
    "dcim",
    "screenshot",
    "dig",
    "kodak",
    "charset=",
    "oznor",
    "mde",
)

_METERING = {
    1: "Average", 2: "Center-weighted average", 3: "Spot", 4: "Multi-spot", 5: "Pattern", 6: "Partial",
}  # fmt: skip
_PROGRAMS = {
    1: "Manual", 2: "Program", 3: "Aperture priority", 4: "Shutter priority", 5: "Creative program",
    6: "Action program", 7: "Portrait", 8: "Landscape", 9: "Bulb",
}  # fmt: skip


def read_exif(exif: bytes | BinaryIO, xmp_packet: bytes = b"", iptc_records: bytes = b"", sidecar: bytes = b"") -> Exif:
    """Merge what was found into one record; whatever is malformed or out of bounds is left out.

    Parameters
    ----------
    exif
        A TIFF structure: the EXIF block (with or without its ``Exif`` header), or an open TIFF or RAW file.
    xmp_packet, sidecar
        XMP, as embedded and from the file beside the original.
    iptc_records
        IPTC-IIM records.
    """
    tags = read_tags(exif)
    embedded = xmp_packet or _bytes(tags.main.get(0x02BC))
    records = iptc_records or iptc.records_of_photoshop(_bytes(tags.main.get(0x8649))) or _bytes(tags.main.get(0x83BB))
    by_camera = _of_tags(tags)
    by_program = [xmp.read_xmp(sidecar), xmp.read_xmp(embedded), iptc.read_iptc(records)]
    return _record(_merge([by_camera, *by_program], [*by_program, by_camera]))


def merge_exif(first: Exif, second: Exif) -> Exif:
    """Return ``first``, completed from ``second`` where it knows nothing."""
    empty = Exif()
    values = {
        name: getattr(second, name) if getattr(first, name) == getattr(empty, name) else getattr(first, name)
        for name in Exif.__slots__
    }
    return Exif(**values)


def orientation_of(exif: bytes | BinaryIO) -> int:
    """Return the EXIF orientation, 1 to 8; 1 where there is none or a wrong one."""
    value = _number(read_tags(exif).main.get(0x0112), 1, 8)
    return int(value) if value is not None else 1


def is_adobe_rgb(exif: bytes | BinaryIO) -> bool:
    """Whether the camera says Adobe RGB without embedding a profile (DCF 2.0: interoperability index R03).

    The index lies in a directory of its own, which is in no picture without this color space tag.
    """
    tags = read_tags(exif)
    return _number(tags.exif.get(0xA001), 0, 65535) == 65535 and _bytes(tags.interop.get(1))[:3] == b"R03"


def _merge(camera_order: list[dict[str, Any]], written_order: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for name in Exif.__slots__:
        order = written_order if name in _WRITTEN else camera_order
        merged[name] = next((found[name] for found in order if found.get(name) is not None), None)
    merged["has_location"] = any(found.get("has_location") for found in camera_order)
    return merged


def _record(found: Mapping[str, Any]) -> Exif:
    return Exif(**{name: value for name, value in found.items() if value is not None})


def _of_tags(tags: Tags) -> dict[str, Any]:
    main, exif = tags.main, tags.exif
    return {
        "camera": _camera(_text(main.get(0x010F)), _text(main.get(0x0110))),
        "lens": _text(exif.get(0xA434)) or _lens_by_numbers(exif.get(0xA432)),
        "focal_length_mm": _number(exif.get(0x920A), 0.5, 10000),
        "focal_length_35mm": _number(exif.get(0xA405), 1, 20000),
        "aperture_f": _number(exif.get(0x829D), 0.3, 512) or _apex(exif.get(0x9202), 0.5, 0.3, 512),
        "shutter_s": _number(exif.get(0x829A), 1e-6, 1e5) or _apex(exif.get(0x9201), -1.0, 1e-6, 1e5),
        "iso": _iso(exif),
        "exposure_compensation_ev": _number(exif.get(0x9204), -20, 20),
        "metering": _METERING.get(_code(exif.get(0x9207))),
        "flash": _flash(exif.get(0x9209)),
        "white_balance": {0: "Auto", 1: "Manual"}.get(_code(exif.get(0xA403))),
        "exposure_program": _PROGRAMS.get(_code(exif.get(0x8822))),
        "taken": _taken(tags),
        "orientation": _code(main.get(0x0112)) if 1 <= _code(main.get(0x0112)) <= 8 else None,
        "software": _text(main.get(0x0131)),
        "rating": int(_number(main.get(0x4746), 0, 5) or 0) or None,
        "keywords": _keywords(_wide(main.get(0x9C9E))),
        "title": _wide(main.get(0x9C9B)) or None,
        "caption": _caption(main, exif),
        # Latitude and longitude; their values are not looked at.
        "has_location": 2 in tags.gps and 4 in tags.gps,
    }


def _bytes(value: Value | None) -> bytes:
    if isinstance(value, tuple):
        return bytes(int(number) & 0xFF for number in value if not math.isnan(number))
    return value or b""


def _decode(data: bytes) -> str:
    data = data.split(b"\0", 1)[0] if data[:1] != b"\0" else b""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _text(value: Value | None, limit: int = 100) -> str | None:
    return clean(_decode(value), limit) or None if isinstance(value, bytes) else None


def _wide(value: Value | None) -> str:
    """Return the text of one of Windows' XP tags: UTF-16 in bytes."""
    return clean(_bytes(value).decode("utf-16-le", errors="ignore").split("\0", 1)[0], CAPTION_LIMIT)


def _number(value: Value | None, low: float, high: float) -> float | None:
    if not isinstance(value, tuple) or not value:
        return None
    number = float(value[0])
    return number if low <= number <= high else None


def _code(value: Value | None) -> int:
    number = _number(value, 0, 0xFFFF)
    return -1 if number is None else int(number)


def _apex(value: Value | None, exponent: float, low: float, high: float) -> float | None:
    """Return 2 ** (exponent * APEX value): f-number from aperture value, seconds from shutter speed value."""
    number = _number(value, -40, 40)
    if number is None:
        return None
    result = float(2 ** (exponent * number))
    return round(result, 6 if result < 1 else 2) if low <= result <= high else None


def _iso(exif: Mapping[int, Value]) -> int | None:
    # 65535 in the old 16-bit tag means: look at the newer, longer ones.
    for tag in (0x8827, 0x8833, 0x8832, 0x8831):
        number = _number(exif.get(tag), 1, 10_000_000)
        if number is not None and (tag != 0x8827 or number < 65535):
            return round(number)
    return None


def _flash(value: Value | None) -> str | None:
    code = _code(value)
    if code < 0 or code > 0x7F:
        return None
    if code & 0x20:
        return "No flash"
    return "Fired" if code & 1 else "Did not fire"


def _camera(maker: str | None, model: str | None) -> str | None:
    maker = next((name for key, name in _MAKERS.items() if (maker or "").lower().startswith(key)), maker)
    if not maker or not model:
        return model or maker
    for key, name in _MAKERS.items():
        if model.lower().startswith(key + " "):
            return name + model[len(key) :]
    if model.lower().startswith(maker.lower()):
        return model
    return clean(f"{maker} {model}", 100)


def _lens_by_numbers(value: Value | None) -> str | None:
    """Return "24-70 mm f/2.8" from the lens specification (EXIF 3.0, tag 0xA432)."""
    if not isinstance(value, tuple) or len(value) < 4:
        return None
    shortest, longest, fastest, slowest = value[:4]
    if not (0.5 <= shortest <= longest <= 10000):
        return None
    name = f"{shortest:g} mm" if shortest == longest else f"{shortest:g}-{longest:g} mm"
    if not 0.3 <= fastest <= 128:
        return name
    return f"{name} f/{fastest:g}" if not fastest < slowest <= 128 else f"{name} f/{fastest:g}-{slowest:g}"


def _taken(tags: Tags) -> str | None:
    for directory, date_tag, zone_tag in (
        (tags.exif, 0x9003, 0x9011),
        (tags.exif, 0x9004, 0x9012),
        (tags.main, 0x0132, 0),
    ):
        date = _text(directory.get(date_tag))
        if date:
            taken = iso_date(date, _text(tags.exif.get(zone_tag)) or _text(tags.exif.get(0x9010)) or "")
            if taken:
                return taken
    return None


def _keywords(text: str) -> tuple[str, ...] | None:
    return unique_words(text.split(";")) or None


def _caption(main: Mapping[int, Value], exif: Mapping[int, Value]) -> str | None:
    comment = _bytes(exif.get(0x9286))
    for text in (_text(main.get(0x010E), CAPTION_LIMIT), _wide(main.get(0x9C9C)), _comment(comment)):
        if text and not text.lower().strip(" _").startswith(_NO_CAPTION) and "digital camera" not in text.lower():
            return text
    return None


def _comment(data: bytes) -> str:
    """Return the user comment (EXIF 3.0, tag 0x9286): eight bytes name its encoding."""
    code, body = data[:8], data[8:]
    if code.startswith(b"UNICODE"):
        return clean(body.decode("utf-16-be" if body[:1] == b"\0" else "utf-16-le", errors="ignore"), CAPTION_LIMIT)
    return clean(_decode(body), CAPTION_LIMIT) if code.startswith(b"ASCII") else ""
