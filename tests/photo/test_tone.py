"""Tones against closed forms and scikit-image."""

import numpy as np
import pytest
from PIL import Image
from skimage import color

from mondrian_desktop.photo.tone import SRGB_TO_LINEAR, measure_clipping, measure_tones


def flat(*rgb: int, size: tuple[int, int] = (40, 60)) -> np.ndarray:
    return np.full((*size, 3), rgb, np.uint8)


def tones(pixels: np.ndarray):
    return measure_tones(Image.fromarray(pixels), pixels)


def test_linear_light_is_srgb_s() -> None:
    # IEC 61966-2-1: half of the code range is 21.4% of the light.
    assert SRGB_TO_LINEAR[0] == 0
    assert SRGB_TO_LINEAR[255] == 1
    assert SRGB_TO_LINEAR[188] == pytest.approx(0.503, abs=0.001)
    assert SRGB_TO_LINEAR[118] == pytest.approx(0.181, abs=0.001)


@pytest.mark.parametrize(("rgb", "luminance"), [((255, 0, 0), 0.2126), ((0, 255, 0), 0.7152), ((0, 0, 255), 0.0722)])
def test_primaries_have_their_luminance(rgb: tuple[int, int, int], luminance: float) -> None:
    measured = tones(flat(*rgb))
    assert measured.mean_luminance == pytest.approx(luminance, abs=1e-4)
    assert measured.median_luminance == pytest.approx(luminance, abs=1e-4)


def test_luminance_agrees_with_scikit_image(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        measured = tones(pixels)
        # The Y of XYZ, from the matrix of skimage; its white is 1.
        luminance = color.rgb2xyz(pixels)[..., 1]
        assert measured.mean_luminance == pytest.approx(float(luminance.mean()), abs=2e-4)
        expected = np.percentile(luminance, (1, 5, 25, 50, 75, 95, 99))
        assert measured.luminance_percentiles == pytest.approx(tuple(expected), abs=1e-3)
        assert measured.median_luminance == measured.luminance_percentiles[3]


def test_histograms_count_every_pixel(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        measured = tones(pixels)
        for index, name in enumerate(("red", "green", "blue")):
            counted = np.bincount(pixels[..., index].ravel(), minlength=256)
            assert getattr(measured, f"histogram_{name}") == tuple(counted)
        assert len(measured.histogram_luma) == 256
        assert sum(measured.histogram_luma) == pixels.shape[0] * pixels.shape[1]


def test_contrast_is_the_deviation_of_luma(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        luma = pixels @ np.array([0.299, 0.587, 0.114])
        assert tones(pixels).rms_contrast == pytest.approx(float(luma.std() / 255), abs=5e-4)


def test_black_and_white_halves_have_the_largest_contrast_and_range() -> None:
    pixels = flat(0, 0, 0)
    pixels[:, 30:] = 255
    measured = tones(pixels)
    assert measured.rms_contrast == pytest.approx(0.5)
    assert measured.tonal_range_stops == pytest.approx(10.0, abs=1e-3)
    assert measured.mean_luminance == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("stops", [1, 2, 3])
def test_tonal_range_is_in_stops(stops: int) -> None:
    bright = 200
    dark = int(np.abs(SRGB_TO_LINEAR - SRGB_TO_LINEAR[bright] / 2**stops).argmin())
    pixels = flat(dark, dark, dark)
    pixels[:, 30:] = bright
    assert tones(pixels).tonal_range_stops == pytest.approx(stops, abs=0.06)


def test_a_flat_picture_has_no_range_and_no_contrast() -> None:
    measured = tones(flat(90, 90, 90))
    assert measured.tonal_range_stops == 0
    assert measured.rms_contrast == 0


def test_clipping_counts_each_channel_and_all_together() -> None:
    pixels = flat(100, 100, 100, size=(10, 10))
    pixels[0] = (255, 255, 255)
    pixels[1] = (254, 100, 100)
    pixels[2] = (0, 0, 1)
    pixels[3] = (50, 0, 80)
    clipped = measure_clipping(pixels)
    assert clipped.highlights_clipped == pytest.approx(0.2)
    assert clipped.highlights_clipped_rgb == pytest.approx((0.2, 0.1, 0.1))
    assert clipped.white_clipped == pytest.approx(0.1)
    assert clipped.shadows_clipped == pytest.approx(0.2)
    assert clipped.shadows_clipped_rgb == pytest.approx((0.1, 0.2, 0.1))
    assert clipped.black_clipped == pytest.approx(0.1)


def test_nearly_clipped_is_not_clipped() -> None:
    clipped = measure_clipping(flat(253, 253, 253))
    assert clipped.highlights_clipped == 0
    assert measure_clipping(flat(2, 2, 2)).black_clipped == 0
