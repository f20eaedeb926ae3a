"""HEIC and HEIF (libheif, libde265), what iPhones write."""

from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO

from PIL import ImageFile

from mondrian_desktop.photo.formats.base import Blocks, Decoded, Format, draft_thumbnail, finish, open_image
from mondrian_desktop.photo.model import Pixels

_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a HEIF file."""
    return head[4:8] == b"ftyp" and head[8:12] in _BRANDS


def _open(file: BinaryIO, path: Path) -> ImageFile.ImageFile:
    # In the decoding process only: the library is no part of the app's start.
    from pi_heif import HeifImageFile

    return open_image(HeifImageFile, file, path)


def decode(file: BinaryIO, path: Path, long_side: int, beside: Executor | None) -> Decoded:
    """Decode for analysis; of several pictures the primary one.

    libheif applies the container's own turns; EXIF's orientation only repeats these (ISO/IEC 23008-12, 6.5.10).
    """
    image = _open(file, path)
    image.load()
    exif, xmp = image.info.get("exif") or b"", image.info.get("xmp") or b""
    return finish(image, long_side, blocks=Blocks(exif, xmp))


def thumbnail(file: BinaryIO, path: Path, long_side: int) -> Pixels:
    """Return the picture made small."""
    image = _open(file, path)
    image.load()
    return draft_thumbnail(image, long_side, 1)


FORMAT = Format("HEIF", (".heic", ".heif", ".hif"), accepts, decode, thumbnail, isolated=True)
