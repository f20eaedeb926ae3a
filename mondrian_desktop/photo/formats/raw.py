"""RAW files of the common makers (LibRaw): the camera's own preview where it is large enough, else a development."""

import io
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, JpegImagePlugin

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.beside import done
from mondrian_desktop.photo.detail import Detail, turn
from mondrian_desktop.photo.formats.base import Blocks, Decoded, Format, finish, open_image, reduce
from mondrian_desktop.photo.formats.jpeg import blocks_of, decode_jpeg
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.original import check_dimensions, damaged
from mondrian_desktop.photo.text import shown_name

SUFFIXES = (
    ".dng", ".cr2", ".cr3", ".crw", ".nef", ".nrw", ".arw", ".sr2", ".srf", ".raf", ".orf", ".ori", ".rw2", ".raw",
    ".rwl", ".pef", ".srw", ".x3f", ".3fr", ".fff", ".iiq", ".erf", ".mef", ".mos", ".mrw", ".kdc", ".dcr", ".gpr",
)  # fmt: skip
# Of makers whose files are no plain TIFF: Fujifilm, Olympus (two), Panasonic, Canon CR3 and CRW, Sigma, Minolta.
_MAGICS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb", b"\0MRM", b"II\x1a\0\0\0HEAPCCDR")
_TIFF_MAGICS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
# LibRaw's flip -> EXIF orientation.
_ORIENTATIONS = {0: 1, 3: 3, 5: 8, 6: 6}


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a RAW file; those that look like TIFF are told by their suffix."""
    if head.startswith(_MAGICS) or head[4:12] == b"ftypcrx ":
        return True
    return suffix in SUFFIXES and head[:4] in _TIFF_MAGICS


@contextmanager
def _opened(file: BinaryIO, path: Path) -> Iterator[Any]:
    # In the decoding process only: the library is no part of the app's start.
    import rawpy

    try:
        with rawpy.imread(file) as raw:
            check_dimensions(path, raw.sizes.width, raw.sizes.height, _NO_BOMB)
            yield raw
    except (rawpy.LibRawFileUnsupportedError, rawpy.NotSupportedError) as err:
        raise UserError(
            f"{shown_name(path)} is a RAW file of a kind that is not known yet.",
            "Convert it to DNG, or export it as JPEG or TIFF, and open that.",
        ) from err
    except rawpy.LibRawIOError as err:
        raise damaged(path, EOFError("truncated")) from err
    except rawpy.LibRawError as err:
        raise damaged(path, err) from err


# LibRaw allocates by the size that its decoder supports, not by what a header claims.
_NO_BOMB = 1 << 40
# The strongest lossy compression of cameras and converters stays below 10, a black frame without loss near 8.
_MAX_PIXELS_PER_BYTE = 32


def decode(file: BinaryIO, path: Path, long_side: int, beside: Executor | None) -> Decoded:
    """Decode for analysis."""
    with _opened(file, path) as raw:
        size, orientation = (raw.sizes.width, raw.sizes.height), _ORIENTATIONS.get(raw.sizes.flip, 1)
        preview = _preview(raw)
        if isinstance(preview, bytes) and max(_jpeg_size(preview, path)) >= min(long_side, *size):
            return _of_preview(preview, path, long_side, size, orientation)
        blocks = _jpeg_blocks(preview, path) if isinstance(preview, bytes) else Blocks()
        developed = _developed(raw, file)
    decoded = finish(developed, long_side, blocks=blocks, source=DEVELOPED)
    width, height = size if orientation < 5 else size[::-1]
    detail = Detail(decoded.detail.result().tiles, decoded.width / width)
    return replace(decoded, width=width, height=height, detail=done(detail))


DEVELOPED = "developed from the RAW data at half size, without the camera's own rendering"
PREVIEW = "the preview that the camera embedded in the RAW file"


def _developed(raw: Any, file: BinaryIO) -> Image.Image:
    """Develop at half size; upright.

    Raises
    ------
    EOFError
        Where the file is much too small for its picture: LibRaw fills what is missing of some makers' with noise.
    """
    if raw.sizes.raw_width * raw.sizes.raw_height > _MAX_PIXELS_PER_BYTE * file.seek(0, 2):
        raise EOFError("truncated")
    return Image.fromarray(raw.postprocess(half_size=True, use_camera_wb=True, auto_bright_thr=0.001))


def _preview(raw: Any) -> "bytes | Pixels | None":
    """Return the embedded preview: a JPEG, or pixels."""
    import rawpy

    try:
        found = raw.extract_thumb()
    except rawpy.LibRawError:
        return None
    data: bytes | Pixels = found.data
    if found.format == rawpy.ThumbFormat.JPEG and isinstance(data, bytes):
        return data if data.startswith(b"\xff\xd8\xff") else None
    return data if isinstance(data, np.ndarray) and data.ndim == 3 and data.shape[2] == 3 else None


def _jpeg_size(data: bytes, path: Path) -> tuple[int, int]:
    return open_image(JpegImagePlugin.JpegImageFile, io.BytesIO(data), path).size


def _jpeg_blocks(data: bytes, path: Path) -> Blocks:
    return blocks_of(open_image(JpegImagePlugin.JpegImageFile, io.BytesIO(data), path))


def _of_preview(data: bytes, path: Path, long_side: int, size: tuple[int, int], orientation: int) -> Decoded:
    stored = _jpeg_size(data, path)
    decoded = decode_jpeg(lambda: io.BytesIO(data), path, long_side, None, _left_to_turn(stored, size, orientation))
    width, height = size if orientation < 5 else size[::-1]
    detail = Detail(decoded.detail.result().tiles, min(1.0, max(stored) / max(size)))
    return replace(decoded, width=width, height=height, detail=done(detail), source=PREVIEW)


def _left_to_turn(stored: tuple[int, int], size: tuple[int, int], orientation: int) -> int:
    """Return the orientation for a preview: 1 where it is stored upright already though the sensor's picture is not."""
    is_turned = (stored[0] > stored[1]) != (size[0] > size[1])
    return 1 if orientation >= 5 and is_turned else orientation


def thumbnail(file: BinaryIO, path: Path, long_side: int) -> Pixels:
    """Return the embedded preview, however small, else the picture developed."""
    with _opened(file, path) as raw:
        size, orientation = (raw.sizes.width, raw.sizes.height), _ORIENTATIONS.get(raw.sizes.flip, 1)
        preview = _preview(raw)
        if preview is None:
            return np.asarray(reduce(_developed(raw, file), long_side))
    if isinstance(preview, bytes):
        image: Image.Image = open_image(JpegImagePlugin.JpegImageFile, io.BytesIO(preview), path)
        scale = max(image.size) / long_side
        if scale > 1:
            image.draft("RGB", (max(1, int(image.width / scale)), max(1, int(image.height / scale))))
    else:
        image = Image.fromarray(preview)
    small = np.asarray(reduce(image.convert("RGB"), long_side))
    return np.ascontiguousarray(turn(small, _left_to_turn(image.size, size, orientation)))


FORMAT = Format("RAW", SUFFIXES, accepts, decode, thumbnail, isolated=True, tiff_metadata=True)
