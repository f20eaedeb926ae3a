"""Full-resolution detail: a grid of small luma tiles cut from the original, and what is measured on it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from mondrian_desktop.photo.model import Pixels

_MAX_TILES = 96
_MAX_SIDE = 64
_MIN_SIDE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Detail:
    """Samples of a picture at full resolution.

    Attributes
    ----------
    tiles
        (rows, columns, side, side) uint8, luma (Rec. 601), spread evenly over the frame; no rows where the picture
        is too small for any.
    scale
        Resolution of the picture they were cut from, as a fraction of the original's.
    """

    tiles: npt.NDArray[np.uint8]
    scale: float = 1.0

    def upright(self, orientation: int) -> "Detail":
        """Return the tiles as they lie after the picture is turned by the EXIF ``orientation``."""
        tiles = turn(turn(self.tiles, orientation).transpose(2, 3, 0, 1), orientation).transpose(2, 3, 0, 1)
        return Detail(np.ascontiguousarray(tiles), self.scale)


def turn(array: npt.NDArray[np.uint8], orientation: int) -> npt.NDArray[np.uint8]:
    """Return ``array`` (H, W, ...) upright, for an EXIF orientation of 1 to 8 (EXIF 3.0, 4.6.5, tag 0x0112)."""
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return array


def detail_of_image(image: Image.Image, scale: float = 1.0) -> Detail:
    """Return the tiles of a Pillow image in any mode that converts to L, or in LAB."""
    return _sample(image.size, scale, lambda box: _luma(image.crop(box)))


def _luma(image: Image.Image) -> npt.NDArray[np.uint8]:
    # Pillow's LAB converts to nothing; its L is lightness, as luma is about.
    return np.asarray(image.getchannel("L") if image.mode == "LAB" else image.convert("L"))


def detail_of_pixels(pixels: Pixels) -> Detail:
    """Return the tiles of an array (H, W, 3) uint8 in sRGB."""
    luma = np.asarray(Image.fromarray(pixels).convert("L"))
    height, width = luma.shape
    return _sample((width, height), 1.0, lambda box: luma[box[1] : box[3], box[0] : box[2]])


def _sample(
    size: tuple[int, int], scale: float, cut: Callable[[tuple[int, int, int, int]], npt.NDArray[np.uint8]]
) -> Detail:
    width, height = size
    side = min(max(min(size) // 96 * 16, 32), _MAX_SIDE, *size)
    if side < _MIN_SIDE:
        return Detail(np.zeros((0, 0, 0, 0), np.uint8), scale)
    columns = max(1, min(width // side, round((_MAX_TILES * width / height) ** 0.5)))
    rows = max(1, min(height // side, _MAX_TILES // columns))
    tiles = np.empty((rows, columns, side, side), np.uint8)
    for row, top in enumerate(_spread(height, side, rows)):
        for column, left in enumerate(_spread(width, side, columns)):
            tiles[row, column] = cut((left, top, left + side, top + side))
    return Detail(tiles, scale)


def _spread(length: int, side: int, count: int) -> list[int]:
    """Return the starts of ``count`` pieces of ``side``, each in the middle of its share of ``length``."""
    return [min(max(round((index + 0.5) * length / count - side / 2), 0), length - side) for index in range(count)]
