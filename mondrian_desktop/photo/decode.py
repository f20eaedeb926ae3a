"""From a file to a :class:`Photo`: checks, decoding, metadata, measuring. Nothing here writes to the original."""

from pathlib import Path

from mondrian_desktop.photo.exif import merge_exif, read_exif
from mondrian_desktop.photo.formats import FORMATS, Decoded, Format
from mondrian_desktop.photo.isolate import DecoderProcess
from mondrian_desktop.photo.measure import measure
from mondrian_desktop.photo.model import Exif, Photo, Pixels
from mondrian_desktop.photo.original import Original, open_original, unreadable
from mondrian_desktop.photo.picture import decode_picture, decode_thumbnail, recognize
from mondrian_desktop.photo.xmp import MAX_BYTES

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


def read_photo(path: Path, analysis_size: int = 1024, process: DecoderProcess | None = None) -> Photo:
    """Read, decode and measure a photo.

    Takes 0.1 to a few seconds: call it in a worker thread (:class:`mondrian_desktop.photo.reader.PhotoReader`).

    Parameters
    ----------
    path
        The original; opened read-only.
    analysis_size
        Largest long side of :attr:`Photo.pixels`. Smaller pictures are not enlarged.
    process
        Where HEIC, AVIF and RAW are decoded; one for this call alone where not given.

    Raises
    ------
    UserError
        For every file that cannot be read, with the reason and what to do.
    """
    with open_original(path) as original:
        known = recognize(original)
        content_hash = _content_hash(original)
        decoded = _decode(original, known, analysis_size, process)
        exif = _exif(original, known, decoded)
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


def read_thumbnail(path: Path, size: int, process: DecoderProcess | None = None) -> Pixels:
    """Return a quick look at the photo: (H, W, 3) uint8, sRGB, upright, long side at most ``size``.

    From the embedded thumbnail where that is at least half as large, else decoded at reduced scale.

    Raises
    ------
    UserError
        As :func:`read_photo`.
    """
    with open_original(path) as original:
        known = recognize(original)
        if not known.isolated:
            return decode_thumbnail(original, known, size)
    if process is not None:
        return process.thumbnail(path, size)
    own = DecoderProcess()
    try:
        return own.thumbnail(path, size)
    finally:
        own.close()


def _decode(original: Original, known: Format, long_side: int, process: DecoderProcess | None) -> Decoded:
    if not known.isolated:
        return decode_picture(original, known, long_side)
    if process is not None:
        return process.decode(original.path, long_side)
    own = DecoderProcess()
    try:
        return own.decode(original.path, long_side)
    finally:
        own.close()


def _content_hash(original: Original) -> str:
    try:
        return original.content_hash()
    except OSError as err:
        raise unreadable(original.path, err) from err


def _exif(original: Original, known: Format, decoded: Decoded) -> Exif:
    blocks = decoded.blocks
    sidecar = _sidecar(original.path) if known.name == "RAW" else b""
    if not known.tiff_metadata:
        return read_exif(blocks.exif, blocks.xmp, blocks.iptc)
    return merge_exif(read_exif(original.file, sidecar=sidecar), read_exif(blocks.exif, blocks.xmp, blocks.iptc))


def _sidecar(path: Path) -> bytes:
    """Return the XMP file beside a RAW file, as Lightroom (photo.xmp) or darktable (photo.nef.xmp) names it."""
    for beside in (path.with_suffix(".xmp"), path.with_name(path.name + ".xmp"), path.with_suffix(".XMP")):
        try:
            if beside.is_file():
                with beside.open("rb") as file:
                    return file.read(MAX_BYTES + 1)
        except OSError:
            continue
    return b""
