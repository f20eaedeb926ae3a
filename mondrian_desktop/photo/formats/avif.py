"""AVIF, by Pillow's own plugin (dav1d)."""

from PIL import AvifImagePlugin

from mondrian_desktop.photo.formats.base import Format
from mondrian_desktop.photo.formats.simple import SimpleFormat


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of an AVIF file: its brand, or the general one with it among the compatible."""
    return head[4:8] == b"ftyp" and (head[8:12] in (b"avif", b"avis") or (head[8:12] == b"mif1" and b"avif" in head))


_AVIF = SimpleFormat(AvifImagePlugin.AvifImageFile)
FORMAT = Format("AVIF", (".avif", ".avifs"), accepts, _AVIF.decode, _AVIF.thumbnail, isolated=True)
