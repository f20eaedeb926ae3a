"""GIF; of an animated one the first picture."""

from PIL import GifImagePlugin

from mondrian_desktop.photo.formats.base import Format
from mondrian_desktop.photo.formats.simple import SimpleFormat


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a GIF file."""
    return head.startswith((b"GIF87a", b"GIF89a"))


_GIF = SimpleFormat(GifImagePlugin.GifImageFile)
FORMAT = Format("GIF", (".gif",), accepts, _GIF.decode, _GIF.thumbnail)
