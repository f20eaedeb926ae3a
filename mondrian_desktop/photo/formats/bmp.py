"""BMP."""

from PIL import BmpImagePlugin

from mondrian_desktop.photo.formats.base import Format
from mondrian_desktop.photo.formats.simple import SimpleFormat


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a BMP file; "BM" alone begins many a text."""
    return head.startswith(b"BM") and len(head) >= 26 and head[14] in (12, 40, 52, 56, 64, 108, 124)


_BMP = SimpleFormat(BmpImagePlugin.BmpImageFile)
FORMAT = Format("BMP", (".bmp", ".dib"), accepts, _BMP.decode, _BMP.thumbnail)
