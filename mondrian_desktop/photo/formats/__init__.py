"""The registry of file formats: one module per format, recognized by content, never by the suffix alone."""

from mondrian_desktop.photo.formats import avif, bmp, gif, heif, jpeg, png, raw, tiff, webp
from mondrian_desktop.photo.formats.base import Decoded, Format

# RAW before TIFF: most RAW files are TIFF structures. AVIF before HEIF: both may carry the general brand.
FORMATS: tuple[Format, ...] = (
    jpeg.FORMAT,
    png.FORMAT,
    raw.FORMAT,
    tiff.FORMAT,
    avif.FORMAT,
    heif.FORMAT,
    webp.FORMAT,
    gif.FORMAT,
    bmp.FORMAT,
)


def format_of(head: bytes, suffix: str) -> Format | None:
    """Return the format of a file with these first bytes and this suffix (lower case), None where it is unknown."""
    return next((known for known in FORMATS if known.accepts(head, suffix)), None)


__all__ = ["FORMATS", "Decoded", "Format", "format_of"]
