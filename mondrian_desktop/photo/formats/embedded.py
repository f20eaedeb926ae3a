"""The small picture that cameras put into the EXIF block."""

import io
from pathlib import Path

from PIL import Image, JpegImagePlugin

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.exif import orientation_of
from mondrian_desktop.photo.formats.base import DECODER_ERRORS, draft_thumbnail, open_image
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.tiff_tags import read_thumbnail


def embedded_thumbnail(exif: bytes, size: tuple[int, int], long_side: int) -> Pixels | None:
    """Return the EXIF thumbnail, upright, without the bars that cameras add to fill 4:3.

    None where there is none, where it is damaged, or where it is less than half as large as asked for. ``size`` is
    the (width, height) of the picture as stored.
    """
    data = read_thumbnail(exif)
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        image = open_image(JpegImagePlugin.JpegImageFile, io.BytesIO(data), Path("thumbnail"))
        if 2 * max(image.size) < long_side:
            return None
        image.load()
        return draft_thumbnail(_without_bars(image, size), long_side, orientation_of(exif))
    except (UserError, *DECODER_ERRORS):
        return None


def _without_bars(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    width, height = image.size
    true_height = min(height, max(1, round(width * size[1] / size[0])))
    true_width = min(width, max(1, round(height * size[0] / size[1])))
    left, top = (width - true_width) // 2, (height - true_height) // 2
    return image.crop((left, top, left + true_width, top + true_height))
