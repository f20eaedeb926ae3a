"""From a file to a :class:`Photo`: checks, decoding, metadata, measuring. Nothing here writes to the original."""

import os
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.acuity import measure_acuity
from mondrian_desktop.photo.beside import Task
from mondrian_desktop.photo.exif import merge_exif, read_exif
from mondrian_desktop.photo.formats import FORMATS, Decoded, Format
from mondrian_desktop.photo.isolate import DecoderProcess
from mondrian_desktop.photo.measure import measure_picture, with_acuity
from mondrian_desktop.photo.model import Exif, Photo, Pixels
from mondrian_desktop.photo.original import Original, hash_of, open_original, unreadable
from mondrian_desktop.photo.picture import decode_picture, decode_thumbnail, recognize, wait_for_detail
from mondrian_desktop.photo.xmp import MAX_BYTES

SUPPORTED_SUFFIXES: frozenset[str] = frozenset(suffix for known in FORMATS for suffix in known.suffixes)
"""Lower case, with the dot."""


def is_supported(path: Path) -> bool:
    """Whether ``path`` is named like a photo. Does not look at the disk; the content decides when it is read."""
    return is_photo_name(path.name)


def is_photo_name(name: str) -> bool:
    """Whether a file of this name is a photo, as far as a name tells."""
    if name.startswith("._"):  # what macOS puts beside each file on disks of other systems
        return False
    if name.startswith(".") and name.endswith(".icloud"):
        name = name[1 : -len(".icloud")]
    # Of thousands that are dropped together each is asked about: without a path of its own.
    return os.path.splitext(name)[1].lower() in SUPPORTED_SUFFIXES  # noqa: PTH122


def file_filters() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what a file dialog offers: names with suffixes, the first one with all of them."""
    each = tuple((known.name, known.suffixes) for known in FORMATS)
    return (("Photos", tuple(sorted(SUPPORTED_SUFFIXES))), *each)


def read_photo(
    path: Path, analysis_size: int = 1024, process: DecoderProcess | None = None, beside: Executor | None = None
) -> Photo:
    """Read, decode and measure a photo.

    Takes 0.1 to a few seconds: call it in a worker thread (:class:`mondrian_desktop.photo.reader.PhotoReader`).

    Parameters
    ----------
    path
        The original; opened read-only.
    analysis_size
        Largest long side of :attr:`Photo.pixels`. Smaller pictures are not enlarged.
    process
        Where HEIC, AVIF, RAW and huge progressive JPEG are decoded; one for this call alone where not given.
    beside
        A pool that may do a part of it meanwhile, possibly the caller's own; one for this call alone where not given.

    Raises
    ------
    UserError
        For every file that cannot be read, with the reason and what to do.
    """
    with ExitStack() as stack:
        if process is None:
            process = stack.enter_context(closing(DecoderProcess()))
        if beside is None:
            beside = stack.enter_context(ThreadPoolExecutor(1, "photo-beside"))
        return _read(stack.enter_context(open_original(path)), analysis_size, process, beside)


def _read(original: Original, analysis_size: int, process: DecoderProcess, beside: Executor) -> Photo:
    known = recognize(original)
    content_hash = Task(lambda: _content_hash(original.path), beside)
    try:
        decoded = decode_anywhere(original, known, analysis_size, process, beside)
    except UserError:
        content_hash.drop()
        raise
    acuity = Task(lambda: measure_acuity(wait_for_detail(original, decoded)), beside)
    measured = measure_picture(decoded.pixels, native=decoded.native)
    exif = _exif(original, known, decoded)
    measurements = with_acuity(measured, acuity.result())
    photo = Photo(
        path=original.path,
        content_hash=content_hash.result(),
        byte_size=original.byte_size,
        width=decoded.width,
        height=decoded.height,
        pixels=decoded.pixels,
        exif=exif,
        measurements=measurements,
        format=known.name,
        source=decoded.source,
    )
    original.check_unchanged()
    return photo


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
        if not _belongs_elsewhere(original, known):
            return decode_thumbnail(original, known, size)
    if process is not None:
        return process.thumbnail(path, size)
    with closing(DecoderProcess()) as own:
        return own.thumbnail(path, size)


def decode_anywhere(
    original: Original, known: Format, long_side: int, process: DecoderProcess, beside: Executor | None
) -> Decoded:
    """Decode in this process or, where that is safer, in the other one; raises as :func:`read_photo`."""
    if _belongs_elsewhere(original, known):
        return process.decode(original.path, long_side)
    return decode_picture(original, known, long_side, beside)


def _belongs_elsewhere(original: Original, known: Format) -> bool:
    return known.isolated or known.is_heavy(original.file, original.path)


def _content_hash(path: Path) -> str:
    # By a handle of its own: the decoder moves the other one about.
    try:
        with path.open("rb") as file:
            return hash_of(file)
    except OSError as err:
        raise unreadable(path, err) from err


def _exif(original: Original, known: Format, decoded: Decoded) -> Exif:
    blocks = decoded.blocks
    sidecar = sidecar_of(original.path) if known.name == "RAW" else b""
    if not known.tiff_metadata:
        return read_exif(blocks.exif, blocks.xmp, blocks.iptc)
    return merge_exif(read_exif(original.file, sidecar=sidecar), read_exif(blocks.exif, blocks.xmp, blocks.iptc))


def sidecar_of(path: Path) -> bytes:
    """Return the XMP file beside a RAW file, as Lightroom (photo.xmp) or darktable (photo.nef.xmp) names it."""
    for beside in (path.with_suffix(".xmp"), path.with_name(path.name + ".xmp"), path.with_suffix(".XMP")):
        try:
            if beside.is_file():
                with beside.open("rb") as file:
                    return file.read(MAX_BYTES + 1)
        except OSError:
            continue
    return b""
