"""The tiles: at full resolution, spread over the frame, upright."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from mondrian_desktop.photo.detail import detail_of_image, detail_of_pixels, turn
from tests.photo import make


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turning_agrees_with_pillow(orientation: int) -> None:
    lying = make.stored(make.corners(), orientation)
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying.getexif().update(exif)
    upright = np.asarray(ImageOps.exif_transpose(lying))
    assert (turn(np.asarray(lying), orientation) == upright).all()
    assert make.corners_of(turn(np.asarray(lying), orientation)) == "RG-B"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_tiles_are_turned_with_the_picture(orientation: int) -> None:
    y, x = np.mgrid[:192, :256]
    picture = Image.fromarray(((x // 2 + y) % 256).astype(np.uint8))
    upright = detail_of_image(picture).tiles
    lying = detail_of_image(make.stored(picture, orientation)).upright(orientation).tiles
    assert lying.shape == upright.shape
    assert (lying == upright).all()


@given(st.integers(1, 700), st.integers(1, 700))
def test_tiles_lie_inside_and_are_not_too_many(width: int, height: int) -> None:
    y, x = np.mgrid[:height, :width]
    pixels = np.stack([x % 256, y % 256, np.zeros_like(x)], -1).astype(np.uint8)
    rows, columns, side, other = detail_of_pixels(pixels).tiles.shape
    assert side == other
    if min(width, height) < 8:
        assert rows * columns == 0
    else:
        assert 1 <= rows * columns <= 110
        assert side <= min(width, height)


def test_small_pictures_are_covered_whole_and_large_ones_evenly() -> None:
    assert detail_of_pixels(np.zeros((192, 288, 3), np.uint8)).tiles.shape == (6, 9, 32, 32)
    rows, columns, side, _ = detail_of_image(Image.new("L", (6000, 4000))).tiles.shape
    assert (rows, columns, side) == (8, 12, 64)


def test_tiles_are_pieces_of_the_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    luma = np.asarray(Image.fromarray(pixels).convert("L"))
    tiles = detail_of_pixels(pixels).tiles
    assert (tiles[0, 0] == luma[:32, :32]).all()
    assert (tiles[1, 1] == luma[32:, 32:]).all()
    assert (detail_of_image(Image.fromarray(pixels)).tiles == tiles).all()
