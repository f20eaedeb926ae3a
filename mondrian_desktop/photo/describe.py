"""One photo as a JSON-able document, and as lines of text."""

from dataclasses import asdict
from typing import Any

from mondrian_desktop.photo.facts import exif_rows, sentences
from mondrian_desktop.photo.model import Photo

_DIGITS = 6


def photo_document(photo: Photo) -> dict[str, Any]:
    """Return all that is known about the photo: plain dicts, lists, text and numbers with at most six decimals."""
    height, width = photo.pixels.shape[:2]
    return {
        "path": str(photo.path),
        "format": photo.format,
        "source": photo.source,
        "content_hash": photo.content_hash,
        "byte_size": photo.byte_size,
        "width": photo.width,
        "height": photo.height,
        "analysis_size": [width, height],
        "exif": _plain(asdict(photo.exif)),
        "measurements": _plain(asdict(photo.measurements)),
        "facts": list(sentences(photo.measurements)),
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return round(value, _DIGITS) if isinstance(value, float) else value


def photo_lines(photo: Photo) -> tuple[str, ...]:
    """Return the photo in lines of text: what it is, its metadata, its facts."""
    height, width = photo.pixels.shape[:2]
    megapixels = photo.width * photo.height / 1e6
    size = f"{photo.byte_size / 1e6:.1f} MB" if photo.byte_size >= 1e6 else f"{photo.byte_size / 1e3:.0f} kB"
    what = (
        f"{photo.format}, {photo.width} x {photo.height} pixels"
        f"{f' ({megapixels:.1f} megapixels)' if megapixels >= 0.1 else ''}, {size}; analyzed at {width} x {height}"
    )
    source = (f"Decoded: {photo.source}",) if photo.source else ()
    rows = tuple(f"{label}: {value}" for label, value in exif_rows(photo.exif))
    return (what, *source, *rows, *sentences(photo.measurements))
