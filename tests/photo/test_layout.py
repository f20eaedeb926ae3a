"""Layout: pictures whose subject is at a known place, mirrored ones, and photographs."""

import numpy as np
import pytest

from mondrian_desktop.photo.color import to_lab
from mondrian_desktop.photo.layout import conspicuousness, measure_layout, weight_map
from mondrian_desktop.photo.measure import measure


def scene(
    x: float, y: float, radius: float = 0.08, size: tuple[int, int] = (600, 400), rgb=(220, 60, 40)
) -> np.ndarray:
    """A disc at (x, y), fractions of the frame, before grey with a little grain."""
    width, height = size
    grain = np.random.default_rng(5).normal(0, 3, (height, width, 1))
    picture = np.clip(np.full((height, width, 3), (150, 155, 160)) + grain, 0, 255).astype(np.uint8)
    rows, columns = np.mgrid[:height, :width]
    picture[(columns - x * width) ** 2 + (rows - y * height) ** 2 < (radius * width) ** 2] = rgb
    return picture


@pytest.mark.parametrize("x", [0.2, 1 / 3, 0.5, 0.8])
@pytest.mark.parametrize("y", [0.25, 0.5, 2 / 3])
def test_a_disc_is_found_where_it_is(x: float, y: float) -> None:
    measured = measure(scene(x, y))
    assert measured.salient_x == pytest.approx(x, abs=0.02)
    assert measured.salient_y == pytest.approx(y, abs=0.02)
    assert measured.weight_x == pytest.approx(x, abs=0.06)
    assert measured.weight_y == pytest.approx(y, abs=0.06)
    assert measured.salient_share > 0.7
    left, top, right, bottom = measured.salient_box
    assert left < x < right
    assert top < y < bottom
    # The map is smoothed over five of 64 columns: the box is a little larger than the disc.
    assert right - left == pytest.approx(0.16, abs=0.08)


def test_a_subject_on_a_crossing_of_the_thirds_is_at_no_distance() -> None:
    assert measure(scene(1 / 3, 2 / 3)).thirds_distance < 0.02
    centered = measure(scene(0.5, 0.5)).thirds_distance
    # From the center to (1/3, 1/3), in diagonals of 3:2: a sixth of each side is a sixth of the diagonal.
    assert centered == pytest.approx(1 / 6, abs=0.01)


def test_balance_is_the_share_of_the_halves() -> None:
    right = measure(scene(0.8, 0.5))
    assert right.balance_left_right > 0.6
    assert abs(right.balance_top_bottom) < 0.15
    low = measure(scene(0.5, 0.8))
    assert low.balance_top_bottom > 0.6
    assert abs(low.balance_left_right) < 0.15


def test_a_mirrored_photograph_is_measured_mirrored(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        one, other = measure(pixels), measure(np.ascontiguousarray(pixels[:, ::-1]))
        assert other.weight_x == pytest.approx(1 - one.weight_x, abs=0.01)
        assert other.weight_y == pytest.approx(one.weight_y, abs=0.01)
        assert other.balance_left_right == pytest.approx(-one.balance_left_right, abs=0.03)
        assert other.salient_x == pytest.approx(1 - one.salient_x, abs=0.03)


def test_subjects_of_photographs_are_found(photographs: dict[str, np.ndarray]) -> None:
    # The cup stands in the middle, the helmet and suit are low and left, the rocket's pad is low.
    assert measure(photographs["coffee"]).salient_x == pytest.approx(0.5, abs=0.12)
    assert measure(photographs["rocket"]).weight_y > 0.6
    assert measure(photographs["astronaut"]).weight_y > 0.5


@pytest.mark.parametrize("code", [0, 118, 255])
def test_a_plain_picture_is_balanced_and_has_no_subject(code: int) -> None:
    measured = measure(np.full((90, 160, 3), code, np.uint8))
    assert (measured.weight_x, measured.weight_y) == (pytest.approx(0.5), pytest.approx(0.5))
    assert (measured.balance_left_right, measured.balance_top_bottom) == (pytest.approx(0), pytest.approx(0))
    assert measured.salient_x is None
    assert measured.salient_box is None
    assert measured.thirds_distance is None


def test_maps_are_of_the_picture_s_size_and_the_weights_sum_to_one(photographs: dict[str, np.ndarray]) -> None:
    lab = to_lab(photographs["street"][::20, ::20])
    weights = weight_map(lab)
    assert weights.shape == lab.shape[:2] == conspicuousness(lab).shape
    assert weights.sum() == pytest.approx(1)
    assert weights.min() >= 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 2), (64, 3)])
def test_tiny_pictures_have_a_layout(shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (*shape, 3)).astype(np.uint8)
    layout = measure_layout(to_lab(pixels))
    assert 0 <= layout.weight_x <= 1
    assert 0 <= layout.weight_y <= 1
