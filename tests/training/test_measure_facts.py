import numpy as np
import pytest

from mondrian_desktop.photo import measure as application
from training.color import from_lab, to_lab
from training.measure import PARTS, by_cell, center, measure, parts, weights


def picture(seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    out = np.full((224, 352, 3), 0.45, np.float32) + rng.normal(0, 0.002, (224, 352, 3)).astype(np.float32)
    out[40:120, 30:110] = (0.85, 0.3, 0.2)
    out[:8] = 1.0
    return np.clip(out, 0, 1)


def test_agrees_with_the_applications_measurements() -> None:
    values = picture()
    facts, _ = measure(values, (0, 0), 0)
    app = application.measure((values * 255 + 0.5).astype(np.uint8))
    assert facts.lightness == pytest.approx(app.mean_lightness, abs=0.5)
    assert facts.colorfulness == pytest.approx(app.colorfulness, abs=0.5)
    assert facts.white == pytest.approx(app.white_clipped, abs=0.002)
    assert facts.weight_x == pytest.approx(app.weight_x * 2 - 1, abs=0.02)
    assert facts.weight_y == pytest.approx(app.weight_y * 2 - 1, abs=0.02)


def test_the_weight_moves_with_the_subject() -> None:
    values = picture()
    left, _ = measure(values, (0, 0), 0)
    right, _ = measure(values[:, ::-1], (0, 0), 0)
    assert left.weight_x < -0.2
    assert right.weight_x == pytest.approx(-left.weight_x, abs=0.02)


def test_cells_are_the_image_tokens_and_sum_to_one() -> None:
    weight = weights(picture())
    cells = by_cell(weight, 224, 352)
    assert cells.shape == (7, 11)
    assert cells.sum() == pytest.approx(1, abs=1e-5)
    assert center(cells)[0] == pytest.approx(center(weight)[0], abs=0.08)


def test_the_mean_of_what_the_cells_give_is_the_fact() -> None:
    values = np.clip(picture() + np.float32([0.03, 0, -0.02]), 0, 1)
    facts, cells = measure(values, (0, 0), 0)
    found = parts(values, cells, noisy=False)
    assert found.shape == (7, 11, len(PARTS))
    means = dict(zip(PARTS, found.mean((0, 1)), strict=True))
    assert means["weight x given"] == pytest.approx(facts.weight_x, abs=0.08)
    assert means["weight y given"] == pytest.approx(facts.weight_y, abs=0.08)
    assert means["white given"] / 4 == pytest.approx(facts.white, abs=0.002)
    assert means["strong edges"] == pytest.approx(0, abs=1e-3)
    assert means["lightness"] * 25 + 50 == pytest.approx(facts.lightness, abs=0.3)
    assert means["cast a given"] > 0.2
    assert means["cast b given"] > 0.2


def test_what_the_cells_give_to_acutance_falls_with_blur() -> None:
    from scipy import ndimage

    values = picture()
    cells = measure(values, (0, 0), 0)[1]
    blurred = [ndimage.gaussian_filter(values, (s, s, 0)) for s in (0.8, 1.6, 3.2)]
    given = [float(parts(each, cells, noisy=False)[..., PARTS.index("acutance given")].mean()) for each in blurred]
    assert given == sorted(given, reverse=True)


def test_edges_are_unknown_under_noise() -> None:
    found = parts(picture(), by_cell(weights(picture()), 224, 352), noisy=True)
    hidden = [name for name, column in zip(PARTS, np.moveaxis(found, -1, 0), strict=True) if np.isnan(column).any()]
    assert hidden == ["range", "acutance", "detail", "strong edges", "acutance given"]


def test_acutance_falls_with_blur_and_not_with_exposure() -> None:
    from scipy import ndimage

    values = picture()
    sharp = measure(values, (0, 0), 0)[0].acutance
    darker = measure(values * np.float32(0.5), (0, 0), 0)[0].acutance
    soft = [measure(ndimage.gaussian_filter(values, (s, s, 0)), (0, 0), 0)[0].acutance for s in (0.8, 1.6, 3.2)]
    assert sharp > soft[0] > soft[1] > soft[2]
    assert darker == pytest.approx(sharp, rel=0.1)


def test_a_plain_area_has_facts_too() -> None:
    facts, cells = measure(np.full((288, 288, 3), 0.5, np.float32), (0, 0), 0)
    assert facts.offset < 0.01
    assert facts.detail == 0
    assert np.isfinite(cells).all()


def test_lab_and_back() -> None:
    values = np.random.default_rng(1).random((20, 20, 3)).astype(np.float32)
    assert np.abs(from_lab(to_lab(values)) - values).max() < 0.01
