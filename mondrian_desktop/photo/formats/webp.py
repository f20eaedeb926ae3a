"""WebP; of an animated one the first picture."""

from PIL import WebPImagePlugin

from mondrian_desktop.photo.formats.base import Format
from mondrian_desktop.photo.formats.simple import SimpleFormat


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a WebP file."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


_WEBP = SimpleFormat(WebPImagePlugin.WebPImageFile)
FORMAT = Format("WebP", (".webp",), accepts, _WEBP.decode, _WEBP.thumbnail)
