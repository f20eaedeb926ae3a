"""From a file to a :class:`Photo`: checks, decoding, metadata, measuring. Nothing here writes to the original."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.exif import read_exif
from mondrian_desktop.photo.formats import FORMATS, Format, format_of
from mondrian_desktop.photo.formats.base import DECODER_ERRORS
from mondrian_desktop.photo.measure import measure
from mondrian_desktop.photo.model import Photo, Pixels
from mondrian_desktop.photo.original import Original, damaged, open_original, unreadable
from mondrian_desktop.photo.text import shown_name

T = TypeVar("T")

SUPPORTED_SUFFIXES: frozenset[str] = frozenset(suffix for known in FORMATS for suffix in known.suffixes)
"""Lower case, with the dot."""


def is_supported(path: Path) -> bool:
    """Whether ``path`` is named like a photo. Does not look at the disk; the content decides when it is read."""
    name = path.name
    if name.startswith("._"):  # what macOS puts beside each file on disks of other systems
        return False
    if name.startswith(".") and name.endswith(".icloud"):
        name = name[1 : -len(".icloud")]
    return Path(name).suffix.lower() in SUPPORTED_SUFFIXES


def file_filters() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what a file dialog offers: names with suffixes, the first one with all of them."""
    each = tuple((known.name, known.suffixes) for known in FORMATS)
    return (("Photos", tuple(sorted(SUPPORTED_SUFFIXES))), *each)


def read_photo(path: Path, analysis_size: int = 1024) -> Photo:
    """Read, decode and measure a photo.

    Takes 0.1 to a few seconds: call it in a worker thread (:class:`mondrian_desktop.photo.reader.PhotoReader`).

    Parameters
    ----------
    path
        The original; opened read-only.
    analysis_size
        Largest long side of :attr:`Photo.pixels`. Smaller pictures are not enlarged.

    Raises
    ------
    UserError
        For every file that cannot be read, with the reason and what to do.
    """
    with open_original(path) as original:
        known = _format(original)
        content_hash = original.content_hash()
        decoded = _guarded(original, lambda: known.decode(original.file, path, analysis_size))
        blocks = decoded.blocks
        exif = read_exif(original.file if known.tiff_metadata else blocks.exif, blocks.xmp, blocks.iptc)
        original.check_unchanged()
    return Photo(
        path=path,
        content_hash=content_hash,
        byte_size=original.byte_size,
        width=decoded.width,
        height=decoded.height,
        pixels=decoded.pixels,
        exif=exif,
        measurements=measure(decoded.pixels, decoded.detail, native=decoded.native),
        format=known.name,
        source=decoded.source,
    )


def read_thumbnail(path: Path, size: int) -> Pixels:
    """Return a quick look at the photo: (H, W, 3) uint8, sRGB, upright, long side at most ``size``.

    From the embedded thumbnail where that is at least half as large, else decoded at reduced scale.

    Raises
    ------
    UserError
        As :func:`read_photo`.
    """
    with open_original(path) as original:
        known = _format(original)
        return _guarded(original, lambda: known.thumbnail(original.file, path, size))


def _format(original: Original) -> Format:
    try:
        head = original.head()
    except OSError as err:
        raise unreadable(original.path, err) from err
    known = format_of(head, original.path.suffix.lower())
    if known is None:
        raise UserError(
            f"{shown_name(original.path)} is not a photo in a format that Mondrian reads.",
            "It reads JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP and the RAW files of the common cameras.",
        )
    return known


def _guarded(original: Original, work: Callable[[], T]) -> T:
    """Do ``work`` and tell what goes wrong as a UserError about this file."""
    try:
        return work()
    except OSError as err:
        # A system error has a number; what Pillow raises for bad data has none.
        if err.errno is not None:
            raise unreadable(original.path, err) from err
        original.check_unchanged()
        raise damaged(original.path, err) from err
    except DECODER_ERRORS as err:
        original.check_unchanged()
        raise damaged(original.path, err) from err
