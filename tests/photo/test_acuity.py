"""Sharpness and noise: known blur, known noise, and OpenCV and scikit-image as references."""

import itertools

import cv2
import numpy as np
import pytest
from skimage.filters import gaussian

from mondrian_desktop.photo.acuity import contrast_left, immerkaer, measure_acuity, noise_of_tiles
from mondrian_desktop.photo.detail import Detail, detail_of_pixels


def discs(contrast: float = 120) -> np.ndarray:
    """Discs on grey, as floats: step edges in every direction, none of them of one pixel."""
    y, x = np.mgrid[:512, :512]
    picture = np.full((512, 512), 70.0)
    for center_x, center_y, radius, rise in (
        (150, 150, 90, 1),
        (350, 330, 110, 0.6),
        (300, 120, 60, 1.2),
        (120, 400, 80, -0.4),
    ):
        picture[(x - center_x) ** 2 + (y - center_y) ** 2 < radius**2] = 70 + rise * contrast
    return picture


def to_pixels(picture: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(picture + 0.5, 0, 255).astype(np.uint8)[..., None], 3, 2)


def blurred(pixels: np.ndarray, sigma: float) -> np.ndarray:
    return np.clip(gaussian(pixels.astype(float), sigma, channel_axis=2) + 0.5, 0, 255).astype(np.uint8)


def noisy(pixels: np.ndarray, sigma: float, seed: int = 1) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, sigma, pixels.shape[:2])[..., None]
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def acuity_of(pixels: np.ndarray):
    return measure_acuity(detail_of_pixels(pixels))


@pytest.mark.parametrize("sigma", [1.0, 1.5, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("contrast", [40, 120])
def test_the_blur_of_step_edges_is_found(sigma: float, contrast: float) -> None:
    found = acuity_of(to_pixels(gaussian(discs(contrast), sigma))).edge_blur_px
    # Pixels are squares: the edges of the undisturbed discs are about 0.3 to 0.5 pixels wide.
    assert found == pytest.approx(np.hypot(sigma, 0.4), rel=0.2)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_noise_does_not_hide_the_blur_of_strong_edges(sigma: float) -> None:
    picture = to_pixels(gaussian(discs(), sigma))
    found = acuity_of(noisy(picture, 4)).edge_blur_px
    assert found == pytest.approx(acuity_of(picture).edge_blur_px, rel=0.3)


def test_photographs_blurred_more_are_told_to_be_more_blurred(photographs: dict[str, np.ndarray]) -> None:
    for name, pixels in photographs.items():
        ladder = [acuity_of(pixels if sigma == 0 else blurred(pixels, sigma)) for sigma in (0, 1, 1.5, 2, 3, 4)]
        blurs = [step.edge_blur_px for step in ladder]
        assert all(earlier < later for earlier, later in itertools.pairwise(blurs)), (name, blurs)
        sharpness = [step.sharpness for step in ladder]
        assert all(earlier > later for earlier, later in itertools.pairwise(sharpness)), (name, sharpness)


@pytest.mark.parametrize("sigma", [2.0, 3.0])
def test_the_blur_added_to_a_sharp_photograph_is_found(photographs: dict[str, np.ndarray], sigma: float) -> None:
    found = [acuity_of(blurred(pixels, sigma)).edge_blur_px for pixels in photographs.values()]
    assert np.median(found) == pytest.approx(sigma, rel=0.2)
    assert min(found) > 0.5 * sigma
    assert max(found) < 1.6 * sigma


def test_blur_ranks_pictures_as_the_variance_of_the_laplacian_does(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        steps = [pixels, blurred(pixels, 1), blurred(pixels, 2), blurred(pixels, 4)]
        reference = [cv2.Laplacian(cv2.cvtColor(step, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var() for step in steps]
        ours = [acuity_of(step).sharpness for step in steps]
        assert np.argsort(ours).tolist() == np.argsort(reference).tolist()


def test_a_sharp_subject_before_a_blurred_background_is_sharp_and_found() -> None:
    background = np.random.default_rng(2).integers(60, 180, (30, 45)).astype(np.uint8)
    background = cv2.resize(background, (900, 600), interpolation=cv2.INTER_CUBIC).astype(float)
    picture = gaussian(background, 6)
    y, x = np.mgrid[:600, :900]
    inside = (np.abs(x - 675) < 90) & (np.abs(y - 200) < 90)
    stripes = np.where((x // 12 + y // 12) % 2 == 0, 60.0, 190.0)
    measured = acuity_of(to_pixels(np.where(inside, stripes, picture)))
    assert measured.edge_blur_px < 1
    assert measured.sharp_fraction == pytest.approx(180 * 180 / (600 * 900), abs=0.07)
    assert measured.sharpest_x == pytest.approx(0.75, abs=0.05)
    assert measured.sharpest_y == pytest.approx(1 / 3, abs=0.08)


def test_contrast_left_is_the_transfer_function_of_a_gaussian() -> None:
    x = np.arange(-200, 200)
    wave = np.cos(2 * np.pi * x / 8)
    for sigma in (0.7, 1.0, 2.0):
        kernel = np.exp(-(np.arange(-20, 21) ** 2) / (2 * sigma**2))
        passed = np.convolve(wave, kernel / kernel.sum(), "same")[100:300]
        assert contrast_left(sigma) == pytest.approx(np.ptp(passed) / 2, abs=0.01)


def test_immerkaer_is_the_paper_s_sum(photographs: dict[str, np.ndarray]) -> None:
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], float)
    for pixels in photographs.values():
        grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
        height, width = grey.shape
        response = np.abs(cv2.filter2D(grey.astype(float), -1, mask))[1:-1, 1:-1].sum()
        expected = np.sqrt(np.pi / 2) * response / (6 * (width - 2) * (height - 2))
        assert immerkaer(grey[None])[0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("sigma", [1.0, 2.0, 5.0, 10.0, 20.0])
def test_known_noise_is_found(sigma: float) -> None:
    picture = noisy(np.full((400, 600, 3), 128, np.uint8), sigma)
    found = acuity_of(picture).noise_sigma
    # Rounding to whole steps adds 1/12 to the variance; the 20th percentile of tiles is a little low.
    assert found == pytest.approx(np.hypot(sigma, 0.29), rel=0.05)
    # The median absolute deviation of the Haar wavelet's diagonal detail (Donoho and Johnstone 1994).
    grey = picture[..., 0].astype(float)
    diagonal = (grey[::2, ::2] - grey[::2, 1::2] - grey[1::2, ::2] + grey[1::2, 1::2]) / 2
    if sigma >= 2:
        assert found == pytest.approx(np.median(np.abs(diagonal)) / 0.6745, rel=0.15)


def test_photographs_with_more_noise_are_told_to_have_more(photographs: dict[str, np.ndarray]) -> None:
    for name, pixels in photographs.items():
        found = [acuity_of(noisy(pixels, sigma)).noise_sigma for sigma in (0, 2, 4, 8, 16)]
        assert all(earlier < later for earlier, later in itertools.pairwise(found)), (name, found)
        assert found[-1] == pytest.approx(16, rel=0.2)


def test_clipped_tiles_do_not_hide_the_noise() -> None:
    pixels = np.full((256, 512, 3), 128, np.uint8)
    pixels[:, 256:] = 255
    assert acuity_of(noisy(pixels, 6)).noise_sigma == pytest.approx(6, rel=0.1)


def test_where_everything_is_clipped_nothing_is_said() -> None:
    measured = acuity_of(np.full((128, 128, 3), 255, np.uint8))
    assert measured.noise_sigma is None
    assert measured.edge_blur_px is None
    assert measured.sharpness is None


def test_a_plain_picture_has_no_edges() -> None:
    measured = acuity_of(np.full((128, 128, 3), 128, np.uint8))
    assert measured.noise_sigma == 0
    assert measured.edge_blur_px is None
    assert measured.sharp_fraction is None


def test_noise_alone_is_no_edge() -> None:
    assert acuity_of(noisy(np.full((400, 600, 3), 128, np.uint8), 8)).edge_blur_px is None


@pytest.mark.parametrize("size", [(1, 1), (7, 7), (8, 300), (16, 16), (20, 31)])
def test_tiny_pictures_are_measured_without_words(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (*size, 3)).astype(np.uint8)
    measured = acuity_of(pixels)
    assert measured.detail_scale == 1.0
    if min(size) < 8:
        assert measured.noise_sigma is None


def test_the_scale_of_the_detail_is_told() -> None:
    detail = detail_of_pixels(to_pixels(discs()))
    assert measure_acuity(Detail(detail.tiles, 0.5)).detail_scale == 0.5


def test_quietest_tiles_count() -> None:
    tiles = np.full((10, 32, 32), 100, np.uint8)
    tiles[5:] = np.random.default_rng(0).integers(0, 255, (5, 32, 32))
    assert noise_of_tiles(tiles) == 0
