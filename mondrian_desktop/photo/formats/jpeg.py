"""JPEG: decoded at reduced scale for the picture, and once more, luma only, for the detail."""

from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile, JpegImagePlugin

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.beside import Task
from mondrian_desktop.photo.detail import Detail, detail_of_image
from mondrian_desktop.photo.exif import is_adobe_rgb, orientation_of
from mondrian_desktop.photo.formats.base import (
    DECODER_ERRORS,
    Blocks,
    Decoded,
    Format,
    draft,
    draft_thumbnail,
    finish,
    open_image,
)
from mondrian_desktop.photo.formats.embedded import embedded_thumbnail
from mondrian_desktop.photo.iptc import records_of_photoshop
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.text import shown_name

# Of a file in several scans (progressive, or one component after the other) libjpeg holds all coefficients: 3 bytes a
# pixel, and up to 8 where chroma is not subsampled. There is no way around that: what is reduced is reduced only when
# the last scan is in. Above the first of these limits, in bytes, such a file is decoded elsewhere, one decode after the
# other, so that the memory (450 MB for 100 megapixels) is not the app's and is given back at once; above the second,
# 333 megapixels of most files, it is refused: it would take what the model needs.
HEAVY_BYTES = 84_000_000
TOO_HEAVY_BYTES = 1_000_000_000
# Encoders write about ten; each costs a pass over the whole picture, so thousands in a small file would take hours.
_MAX_SCANS = 200
_SCAN = b"\xff\xda"
_BLOCK = 1 << 20


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a JPEG file."""
    return head.startswith(b"\xff\xd8\xff")


def is_heavy(file: BinaryIO, path: Path) -> bool:
    """Whether decoding takes so much memory that it is better done by another process."""
    try:
        image = open_image(JpegImagePlugin.JpegImageFile, file, path)
    except (UserError, *DECODER_ERRORS):  # the decoder will say so
        return False
    return _kept_bytes(image, file) > HEAVY_BYTES


def blocks_of(image: Image.Image) -> Blocks:
    """Return the metadata of an opened JPEG."""
    # Pillow's own reading of Photoshop's resources ends at the first odd one.
    resources = b"".join(data for name, data in getattr(image, "applist", []) if name == "APP13")
    exif, xmp = image.info.get("exif", b""), image.info.get("xmp", b"")
    return Blocks(exif, xmp if isinstance(xmp, bytes) else b"", records_of_photoshop(resources))


def decode(file: BinaryIO, path: Path, long_side: int, beside: Executor | None) -> Decoded:
    """Decode for analysis."""
    return decode_jpeg(lambda: path.open("rb"), path, long_side, beside)


def decode_jpeg(
    reopen: Callable[[], BinaryIO],
    path: Path,
    long_side: int,
    beside: Executor | None,
    orientation: int | None = None,
) -> Decoded:
    """Decode what ``reopen`` opens; ``orientation`` overrules the EXIF block's.

    A reduced color decode, and a full luma decode beside it that goes on while the picture is measured: together no
    slower than one full color decode (which spends half its time on chroma and color conversion), with a third of
    its memory (benchmarks/photo.py).
    """
    with reopen() as file:
        image = _open(file, path)
        _check_weight(image, file, path)
        size, blocks = image.size, blocks_of(image)
        turn = orientation_of(blocks.exif) if orientation is None else orientation
        draft(image, long_side)
        detail = None
        if image.size != size:
            detail = Task(lambda: _luma_detail(reopen, path, turn), beside)
        try:
            image.load()
            adobe = is_adobe_rgb(blocks.exif)
            return finish(image, long_side, turn, detail=detail, size=size, is_adobe_rgb=adobe, blocks=blocks)
        except DECODER_ERRORS:
            if detail is not None:
                detail.drop()
            raise


def _open(file: BinaryIO, path: Path) -> ImageFile.ImageFile:
    image = open_image(JpegImagePlugin.JpegImageFile, file, path)
    if _has_several_scans(image, file):
        position, scans = file.tell(), 0
        while scans <= _MAX_SCANS and (block := file.read(_BLOCK)):
            scans += block.count(_SCAN)
        file.seek(position)
        if scans > _MAX_SCANS:
            raise SyntaxError("too many scans")
    return image


def _has_several_scans(image: ImageFile.ImageFile, file: BinaryIO) -> bool:
    """Whether an opened JPEG, at the end of the header of its first scan, is not all in that scan."""
    if image.info.get("progressive"):
        return True
    # ITU-T T.81, B.2.3: the marker, the header's length, and two bytes for each component that is in the scan.
    end = file.tell()
    for components in range(1, len(_layers(image))):
        length = 6 + 2 * components
        file.seek(max(end - length - 2, 0))
        if file.read(4) == _SCAN + length.to_bytes(2, "big"):
            file.seek(end)
            return True
    file.seek(end)
    return False


def _layers(image: ImageFile.ImageFile) -> list[tuple[int, int, int, int]]:
    """Return id, horizontal and vertical sampling, and quantization table of each component."""
    layers: list[tuple[int, int, int, int]] = getattr(image, "layer", [])
    return layers


def _kept_bytes(image: ImageFile.ImageFile, file: BinaryIO) -> int:
    """Return how much libjpeg keeps of the coefficients while it decodes: two bytes each; nothing of a single scan."""
    layers = _layers(image)
    if not layers or not _has_several_scans(image, file):
        return 0
    across, down = (max(max(layer[place] for layer in layers), 1) for place in (1, 2))
    samples = sum(image.width * layer[1] * image.height * layer[2] for layer in layers)
    return 2 * samples // (across * down)


def _check_weight(image: ImageFile.ImageFile, file: BinaryIO, path: Path) -> None:
    if _kept_bytes(image, file) > TOO_HEAVY_BYTES:
        raise UserError(
            f"{shown_name(path)} is a progressive JPEG of {image.width * image.height / 1e6:,.0f} megapixels, which"
            " takes too much memory to read.",
            "Save it as a plain (baseline) JPEG or as TIFF, and open that.",
        )


def _luma_detail(reopen: Callable[[], BinaryIO], path: Path, orientation: int) -> Detail:
    with reopen() as file:
        image = open_image(JpegImagePlugin.JpegImageFile, file, path)
        image.draft("L", image.size)
        image.load()
        return detail_of_image(image).upright(orientation)


def thumbnail(file: BinaryIO, path: Path, long_side: int) -> Pixels:
    """Return the embedded thumbnail where there is a usable one, else the picture decoded at reduced scale."""
    image = _open(file, path)
    exif = image.info.get("exif", b"")
    embedded = embedded_thumbnail(exif, image.size, long_side)
    if embedded is not None:
        return embedded
    _check_weight(image, file, path)
    return draft_thumbnail(image, long_side, orientation_of(exif))


FORMAT = Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"), accepts, decode, thumbnail, is_heavy=is_heavy)
