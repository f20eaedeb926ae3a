"""Tilt: synthetic horizons, turned photographs, OpenCV's Hough transform, and textures that have none."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
from PIL import Image

from mondrian_desktop import paths
from mondrian_desktop.photo.facts import LEAST_TILT_CONFIDENCE
from mondrian_desktop.photo.measure import measure


def sea(degrees: float, size: tuple[int, int] = (1024, 683), noise: float = 4) -> np.ndarray:
    """A sky over a darker sea; positive degrees lower the right end."""
    width, height = size
    y, x = np.mgrid[:height, :width].astype(float)
    below = y - height * 0.55 - (x - width / 2) * np.tan(np.radians(degrees))
    light = 170 - 90 / (1 + np.exp(-np.clip(below, -50, 50)))
    light += np.random.default_rng(0).normal(0, noise, light.shape)
    return np.repeat(np.clip(light, 0, 255).astype(np.uint8)[..., None], 3, 2)


@pytest.mark.parametrize("degrees", [-12, -5, -2.2, -0.6, 0, 0.4, 1, 3.3, 8, 14])
def test_the_tilt_of_a_horizon_is_found(degrees: float) -> None:
    measured = measure(sea(degrees))
    assert measured.tilt_deg == pytest.approx(degrees, abs=0.15)
    assert measured.tilt_confidence > 0.6


@pytest.mark.parametrize("degrees", [-3, 1.5])
@pytest.mark.parametrize("size", [(288, 192), (192, 288), (2048, 1365), (640, 640)])
def test_size_and_shape_do_not_matter(degrees: float, size: tuple[int, int]) -> None:
    measured = measure(sea(degrees, size))
    assert measured.tilt_deg == pytest.approx(degrees, abs=0.3)
    assert measured.tilt_confidence > LEAST_TILT_CONFIDENCE


def test_opencv_s_hough_transform_agrees() -> None:
    for degrees in (-4.0, 2.0, 6.0):
        pixels = sea(degrees, noise=0)
        edges = cv2.Canny(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), 40, 120)
        lines = cv2.HoughLines(edges, 1, np.pi / 1800, 200)
        theta = np.degrees(lines[0][0][1])
        assert measure(pixels).tilt_deg == pytest.approx(theta - 90, abs=0.3)


@pytest.mark.parametrize("degrees", [-6, -3, 2, 5])
def test_a_turned_photograph_is_turned_by_as_much(degrees: float) -> None:
    lake = Image.open(paths.resource("samples", "lake.jpg")).convert("RGB")
    level = measure(np.asarray(lake.crop((160, 90, 1440, 810)))).tilt_deg
    # Pillow turns against the clock; what falls to the right turned with it.
    turned = np.asarray(lake.rotate(-degrees, Image.Resampling.BICUBIC).crop((160, 90, 1440, 810)))
    measured = measure(turned)
    assert measured.tilt_deg == pytest.approx(level + degrees, abs=0.5)


@pytest.mark.parametrize("name", ["grass.png", "gravel.png"])
def test_textures_have_no_horizon(name: str) -> None:
    pixels = np.asarray(Image.open(Path(skimage.__file__).parent / "data" / name).convert("RGB"))
    assert measure(pixels).tilt_confidence < LEAST_TILT_CONFIDENCE / 2


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "dandelion", "wren"])
def test_pictures_without_a_level_line_are_not_said_to_have_one(photographs: dict[str, np.ndarray], name: str) -> None:
    assert measure(photographs[name]).tilt_confidence < LEAST_TILT_CONFIDENCE


def test_a_steep_line_is_no_horizon() -> None:
    assert measure(sea(40)).tilt_confidence < LEAST_TILT_CONFIDENCE


@pytest.mark.parametrize("size", [(1, 1), (10, 400), (23, 23)])
def test_tiny_and_plain_pictures_have_none(size: tuple[int, int]) -> None:
    assert measure(np.full((*size, 3), 90, np.uint8)).tilt_deg is None
    assert measure(np.full((400, 600, 3), 90, np.uint8)).tilt_deg is None
