"""Reads XMP packets and sidecars (ISO 16684-1): what programs and photographers wrote.

XML from strangers: a document type, and with it every entity, is refused; size is bounded.
"""

from typing import Any
from xml.etree import ElementTree

from mondrian_desktop.photo.text import clean, iso_date, unique_words

MAX_BYTES = 8 << 20
_CAPTION_LIMIT = 2000
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_XML = "{http://www.w3.org/XML/1998/namespace}"
_XMP = "{http://ns.adobe.com/xap/1.0/}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_EXIF = "{http://ns.adobe.com/exif/1.0/}"
_EXIF_EX = "{http://cipa.jp/exif/1.0/}"
_AUX = "{http://ns.adobe.com/exif/1.0/aux/}"
_TIFF = "{http://ns.adobe.com/tiff/1.0/}"
_PHOTOSHOP = "{http://ns.adobe.com/photoshop/1.0/}"


def read_xmp(packet: bytes) -> dict[str, Any]:
    """Return fields of :class:`~mondrian_desktop.photo.model.Exif` found in ``packet``; None for those that are not."""
    root = _parse(packet)
    if root is None:
        return {}
    properties = _properties(root)

    def text(*names: str, limit: int = 100) -> str | None:
        return next((found for name in names if (found := clean(_text(properties.get(name)), limit))), None)

    def number(name: str, low: float, high: float) -> float | None:
        return _number(_text(properties.get(name)), low, high)

    rating = number(f"{_XMP}Rating", -1, 5)
    date = text(f"{_EXIF}DateTimeOriginal", f"{_PHOTOSHOP}DateCreated", f"{_XMP}CreateDate")
    return {
        "lens": text(f"{_EXIF_EX}LensModel", f"{_AUX}Lens"),
        "focal_length_mm": number(f"{_EXIF}FocalLength", 0.5, 10000),
        "aperture_f": number(f"{_EXIF}FNumber", 0.3, 512),
        "shutter_s": number(f"{_EXIF}ExposureTime", 1e-6, 1e5),
        "exposure_compensation_ev": number(f"{_EXIF}ExposureBiasValue", -20, 20),
        "camera": text(f"{_TIFF}Model"),
        "software": text(f"{_XMP}CreatorTool"),
        "taken": iso_date(date) if date else None,
        "rating": None if rating is None else round(rating),
        "keywords": unique_words(_items(properties.get(f"{_DC}subject"))) or None,
        "title": text(f"{_DC}title", limit=200),
        "caption": text(f"{_DC}description", limit=_CAPTION_LIMIT),
        "has_location": f"{_EXIF}GPSLatitude" in properties and f"{_EXIF}GPSLongitude" in properties,
    }


def position_texts(packet: bytes) -> tuple[str, str]:
    """Return latitude and longitude as the packet has them; empty where it does not."""
    root = _parse(packet)
    properties = {} if root is None else _properties(root)
    return _text(properties.get(f"{_EXIF}GPSLatitude")), _text(properties.get(f"{_EXIF}GPSLongitude"))


def _parse(packet: bytes) -> ElementTree.Element | None:
    if not packet or len(packet) > MAX_BYTES:
        return None
    encoding = "utf-16" if packet[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = packet.decode(encoding, errors="replace").strip("\ufeff\0 \t\r\n")
    if "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        return None
    # An encoding declared inside a text that is decoded already is an error to the parser.
    if text.startswith("<?xml"):
        text = text.partition("?>")[2]
    try:
        return ElementTree.fromstring(text)  # noqa: S314 - no document type, so no entities; bounded
    except (ElementTree.ParseError, ValueError):
        return None


def _properties(root: ElementTree.Element) -> dict[str, "ElementTree.Element | str"]:
    """Return properties by qualified name, from attributes and elements of all descriptions."""
    found: dict[str, ElementTree.Element | str] = {}
    for description in root.iter(f"{_RDF}Description"):
        for name, value in description.attrib.items():
            found.setdefault(name, value)
        for element in description:
            found.setdefault(element.tag, element)
    return found


def _items(value: "ElementTree.Element | str | None") -> list[str]:
    if value is None or isinstance(value, str):
        return [value] if value else []
    items = [item.text or "" for item in value.iter(f"{_RDF}li")]
    return items or [value.text or ""]


def _text(value: "ElementTree.Element | str | None") -> str:
    """Return a simple value, or of alternatives in several languages the default one."""
    if value is None or isinstance(value, str):
        return value or ""
    items = list(value.iter(f"{_RDF}li"))
    default = next((item for item in items if item.get(f"{_XML}lang") == "x-default"), items[0] if items else value)
    return default.text or ""


def _number(text: str, low: float, high: float) -> float | None:
    numerator, _, denominator = text.partition("/")
    try:
        value = float(numerator) / float(denominator or 1)
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return value if low <= value <= high else None
