"""PNG, also with 16 bits a channel; of an animated one the default picture."""

import re

from PIL import Image, PngImagePlugin

from mondrian_desktop.photo.formats.base import Blocks, Format
from mondrian_desktop.photo.formats.simple import SimpleFormat
from mondrian_desktop.photo.iptc import records_of_photoshop


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a PNG file."""
    return head.startswith(b"\x89PNG\r\n\x1a\n")


class _Png(SimpleFormat):
    def blocks(self, image: Image.Image) -> Blocks:
        info = image.info
        xmp = info.get("XML:com.adobe.xmp", info.get("xmp", b""))
        exif = info.get("exif", b"") or _raw_profile(info.get("Raw profile type exif"))
        iptc = _raw_profile(info.get("Raw profile type iptc"))
        return Blocks(
            exif if isinstance(exif, bytes) else b"",
            xmp.encode(errors="replace") if isinstance(xmp, str) else xmp,
            records_of_photoshop(iptc) or iptc,
        )


def _raw_profile(text: object) -> bytes:
    """Return the bytes of ImageMagick's "Raw profile": a name, a length, and hexadecimal digits."""
    found = re.match(r"\s*\w+\s+\d+\s+([0-9a-fA-F\s]+)", text) if isinstance(text, str) else None
    digits = re.sub(r"\s", "", found[1]) if found else ""
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


_PNG = _Png(PngImagePlugin.PngImageFile)
FORMAT = Format("PNG", (".png", ".apng"), accepts, _PNG.decode, _PNG.thumbnail)
