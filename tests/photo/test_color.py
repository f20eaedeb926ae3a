"""Colors against scikit-image, OpenCV and the papers' formulas."""

import cv2
import numpy as np
import pytest
from skimage import color

from mondrian_desktop.photo.color import measure_colorfulness, measure_colors, measure_palette, to_lab


def flat(*rgb: int) -> np.ndarray:
    return np.full((32, 48, 3), rgb, np.uint8)


def small(pixels: np.ndarray) -> np.ndarray:
    height, width = pixels.shape[:2]
    scale = 64 / max(height, width)
    return cv2.resize(pixels, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)


def test_lab_agrees_with_scikit_image_and_opencv(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        lab = to_lab(pixels)
        assert lab.dtype == np.float32
        assert np.abs(lab - color.rgb2lab(pixels)).max() < 0.02
        assert np.abs(lab - cv2.cvtColor((pixels / 255).astype(np.float32), cv2.COLOR_RGB2LAB)).max() < 1.5


def test_grey_has_no_color() -> None:
    for code in (0, 40, 128, 255):
        measured = measure_colors(to_lab(flat(code, code, code)))
        assert abs(measured.cast_a) < 0.01
        assert abs(measured.cast_b) < 0.01
        assert measured.saturation < 0.001
        assert measure_colorfulness(flat(code, code, code)) == 0


def test_lightness_runs_from_0_to_100() -> None:
    assert measure_colors(to_lab(flat(0, 0, 0))).mean_lightness == pytest.approx(0, abs=1e-3)
    assert measure_colors(to_lab(flat(255, 255, 255))).mean_lightness == pytest.approx(100, abs=1e-3)
    assert measure_colors(to_lab(flat(119, 119, 119))).mean_lightness == pytest.approx(50, abs=0.2)


def test_cast_is_the_mean_of_the_middle_tones(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        measured = measure_colors(to_lab(pixels))
        lab = color.rgb2lab(pixels)
        chosen = lab[(lab[..., 0] >= 5) & (lab[..., 0] <= 95)]
        assert measured.cast_a == pytest.approx(chosen[:, 1].mean(), abs=0.02)
        assert measured.cast_b == pytest.approx(chosen[:, 2].mean(), abs=0.02)
        deviation = np.sqrt(chosen[:, 1].var() + chosen[:, 2].var())
        length = np.hypot(chosen[:, 1].mean(), chosen[:, 2].mean())
        assert measured.cast_ratio == pytest.approx((length - deviation) / deviation, abs=0.01)


def test_a_tinted_grey_scale_is_a_cast_and_a_colored_subject_is_not() -> None:
    ramp = np.linspace(30, 220, 48).astype(np.uint8)
    grey = np.repeat(np.repeat(ramp[None, :, None], 32, 0), 3, 2)
    tinted = np.clip(grey * np.array([0.85, 1.0, 1.15]), 0, 255).astype(np.uint8)
    subject = grey.copy()
    subject[8:20, 10:26] = (230, 120, 20)
    assert measure_colors(to_lab(tinted)).cast_ratio > 1
    assert measure_colors(to_lab(tinted)).cast_b < -5
    assert measure_colors(to_lab(subject)).cast_ratio < 0


def test_saturation_is_luebbe_s_weighted_by_lightness(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        lab = color.rgb2lab(pixels)
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        expected = chroma.sum() / np.hypot(chroma, lab[..., 0]).sum()
        assert measure_colors(to_lab(pixels)).saturation == pytest.approx(expected, abs=1e-3)


def test_black_alone_has_neither_saturation_nor_cast() -> None:
    measured = measure_colors(to_lab(flat(0, 0, 0)))
    assert measured.saturation == 0
    assert (measured.cast_a, measured.cast_b, measured.cast_ratio) == (0, 0, -1)


def test_colorfulness_is_hasler_and_suesstrunk_s(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        red, green, blue = (pixels[..., index].astype(float) for index in range(3))
        rg, yb = red - green, (red + green) / 2 - blue
        expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
        assert measure_colorfulness(pixels) == pytest.approx(expected, rel=1e-3)


def test_palette_finds_the_colors_of_a_flag() -> None:
    pixels = np.empty((60, 60, 3), np.uint8)
    pixels[:30], pixels[30:50], pixels[50:] = (200, 30, 40), (240, 240, 240), (20, 40, 160)
    palette = measure_palette(pixels, to_lab(pixels))
    assert [(swatch.hex, swatch.fraction) for swatch in palette] == [
        ("#c81e28", 0.5),
        ("#f0f0f0", pytest.approx(1 / 3)),
        ("#1428a0", pytest.approx(1 / 6)),
    ]


def test_one_color_is_one_swatch() -> None:
    palette = measure_palette(flat(10, 20, 30), to_lab(flat(10, 20, 30)))
    assert [(swatch.hex, swatch.fraction) for swatch in palette] == [("#0a141e", 1.0)]


def test_palette_clusters_nearly_as_well_as_opencv_s(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        reduced = small(pixels)
        points = to_lab(reduced).reshape(-1, 3)
        palette = measure_palette(reduced, to_lab(reduced))
        assert sum(swatch.fraction for swatch in palette) == pytest.approx(1)
        assert [swatch.fraction for swatch in palette] == sorted((s.fraction for s in palette), reverse=True)
        criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 50, 0.1)
        cv2.setRNGSeed(1)
        best, _, _ = cv2.kmeans(points, len(palette), None, criteria, 5, cv2.KMEANS_PP_CENTERS)
        codes = np.array([[[int(s.hex[i : i + 2], 16) for i in (1, 3, 5)] for s in palette]], np.uint8)
        centers = to_lab(codes)[0]
        ours = ((points[:, None] - centers[None]) ** 2).sum(2).min(1).sum()
        assert ours < 1.6 * best + len(points)


def test_palette_is_the_same_each_time(photographs: dict[str, np.ndarray]) -> None:
    reduced = small(photographs["coffee"])
    assert measure_palette(reduced, to_lab(reduced)) == measure_palette(reduced.copy(), to_lab(reduced))
