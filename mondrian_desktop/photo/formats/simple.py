"""What formats share that Pillow reads in one piece, with metadata under the usual names."""

from concurrent.futures import Executor
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageFile

from mondrian_desktop.photo.exif import orientation_of
from mondrian_desktop.photo.formats.base import Blocks, Decoded, draft_thumbnail, finish, open_image
from mondrian_desktop.photo.model import Pixels


class SimpleFormat:
    """Decodes by one Pillow plugin.

    Parameters
    ----------
    plugin
        The plugin's image class.
    """

    def __init__(self, plugin: type[ImageFile.ImageFile]) -> None:
        self._plugin = plugin

    def decode(self, file: BinaryIO, path: Path, long_side: int, beside: Executor | None) -> Decoded:
        """Decode for analysis; of several pictures the first."""
        image = open_image(self._plugin, file, path)
        image.load()
        blocks = self.blocks(image)
        return finish(image, long_side, orientation_of(blocks.exif), blocks=blocks)

    def thumbnail(self, file: BinaryIO, path: Path, long_side: int) -> Pixels:
        """Return the picture made small."""
        image = open_image(self._plugin, file, path)
        image.load()
        return draft_thumbnail(image, long_side, orientation_of(self.blocks(image).exif))

    def blocks(self, image: Image.Image) -> Blocks:
        """Return the metadata of an opened image."""
        exif, xmp = image.info.get("exif", b""), image.info.get("xmp", b"")
        return Blocks(exif if isinstance(exif, bytes) else b"", xmp if isinstance(xmp, bytes) else b"")
