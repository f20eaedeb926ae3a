"""PNG, also with 16 bits a channel; of an animated one the default picture."""

import re
from pathlib import Path
from typing import BinaryIO

from PIL import Image, PngImagePlugin

from mondrian_desktop.photo.exif import orientation_of
from mondrian_desktop.photo.formats.base import Blocks, Decoded, Format, draft_thumbnail, finish, open_image
from mondrian_desktop.photo.iptc import records_of_photoshop
from mondrian_desktop.photo.model import Pixels


def accepts(head: bytes, suffix: str) -> bool:
    """Whether these are the first bytes of a PNG file."""
    return head.startswith(b"\x89PNG\r\n\x1a\n")


def _blocks(image: Image.Image) -> Blocks:
    info = image.info
    xmp = info.get("XML:com.adobe.xmp", info.get("xmp", b""))
    exif = info.get("exif", b"") or _raw_profile(info.get("Raw profile type exif"))
    iptc = _raw_profile(info.get("Raw profile type iptc"))
    return Blocks(
        exif if isinstance(exif, bytes) else b"",
        xmp.encode() if isinstance(xmp, str) else xmp,
        records_of_photoshop(iptc) or iptc,
    )


def _raw_profile(text: object) -> bytes:
    """Return the bytes of ImageMagick's "Raw profile": a name, a length, and hexadecimal digits."""
    found = re.match(r"\s*\w+\s+\d+\s+([0-9a-fA-F\s]+)", text) if isinstance(text, str) else None
    digits = re.sub(r"\s", "", found[1]) if found else ""
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def decode(file: BinaryIO, path: Path, long_side: int) -> Decoded:
    """Decode for analysis."""
    image = open_image(PngImagePlugin.PngImageFile, file, path)
    image.load()
    blocks = _blocks(image)
    return finish(image, long_side, orientation_of(blocks.exif), blocks=blocks)


def thumbnail(file: BinaryIO, path: Path, long_side: int) -> Pixels:
    """Return the picture made small; the format knows no faster way."""
    image = open_image(PngImagePlugin.PngImageFile, file, path)
    image.load()
    return draft_thumbnail(image, long_side, orientation_of(_blocks(image).exif))


FORMAT = Format("PNG", (".png", ".apng"), accepts, decode, thumbnail)
