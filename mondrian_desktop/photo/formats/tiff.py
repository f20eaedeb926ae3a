"""TIFF with 8 or 16 bits, in strips or tiles; of several pages the first."""

from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO

from PIL import TiffImagePlugin

from mondrian_desktop.photo.formats.base import Decoded, Format, draft_thumbnail, finish, open_image
from mondrian_desktop.photo.model import Pixels


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a TIFF or BigTIFF file."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def decode(file: BinaryIO, path: Path, long_side: int, beside: Executor | None) -> Decoded:
    """Decode for analysis. Pillow turns a TIFF upright by itself when it is loaded."""
    image = open_image(TiffImagePlugin.TiffImageFile, file, path)
    image.load()
    return finish(image, long_side)


def thumbnail(file: BinaryIO, path: Path, long_side: int) -> Pixels:
    """Return the picture made small."""
    image = open_image(TiffImagePlugin.TiffImageFile, file, path)
    image.load()
    return draft_thumbnail(image, long_side, 1)


FORMAT = Format("TIFF", (".tif", ".tiff"), accepts, decode, thumbnail, tiff_metadata=True)
