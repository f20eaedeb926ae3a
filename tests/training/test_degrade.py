import numpy as np
import pytest

from training import exam
from training.degrade import CLEAN, LADDERS, Degradation, cast_after, degrade, draw, own_cast
from training.measure import measure
from training.photos import ROOT
from training.rubric import readings


@pytest.fixture(scope="module")
def lake() -> np.ndarray:
    from PIL import Image

    return exam.as_seen(np.asarray(Image.open(ROOT / "resources/samples/lake.jpg").convert("RGB")))


def wall(*color: float) -> np.ndarray:
    return np.full((224, 352, 3), color, np.float32)


@pytest.mark.parametrize("name", LADDERS)
def test_each_step_of_a_ladder_is_worse(lake: np.ndarray, name: str) -> None:
    dimension, steps = LADDERS[name]
    scores = []
    for how in (CLEAN, *steps):
        before, _ = degrade(lake, how, np.random.default_rng(0))
        facts, _ = measure(before, cast_after(lake, how, own_cast(lake)), how.noise)
        scores.append(readings(facts)[dimension].exact)
    assert scores == sorted(scores, reverse=True)
    assert scores[0] - scores[-1] > 2


def test_nothing_is_changed_by_no_degradation(lake: np.ndarray) -> None:
    _, after = degrade(lake, CLEAN, np.random.default_rng(0))
    assert np.abs(after / 255 - lake).max() < 0.003


def test_a_colored_subject_is_no_cast() -> None:
    assert np.hypot(*own_cast(wall(0.9, 0.45, 0.05))) < 0.5
    assert np.hypot(*own_cast(wall(0.5, 0.5, 0.5))) < 0.5
    assert own_cast(wall(0.48, 0.5, 0.54))[1] < -2


def test_the_cast_is_the_shift_that_was_applied_whatever_the_color() -> None:
    blue = Degradation(blue=0.8)
    for color in ((0.5, 0.5, 0.5), (0.9, 0.45, 0.05), (0.1, 0.5, 0.2)):
        picture = wall(*color)
        _, b = cast_after(picture, blue, own_cast(picture))
        assert -30 < b < -14
    picture = wall(0.5, 0.5, 0.5)
    assert np.hypot(*cast_after(picture, Degradation(blue=0.8, saturation=0.0), (0.0, 0.0))) < 1


@pytest.mark.parametrize("grain", [0.0, 1.0])
def test_noise_has_the_strength_asked_for(grain: float) -> None:
    how = Degradation(noise=0.05, grain=grain, chroma=0.5)
    _, noisy = degrade(wall(0.5, 0.5, 0.5), how, np.random.default_rng(1))
    assert abs((noisy / 255).std() - 0.05) < 0.01


def test_drawn_degradations_vary_and_some_do_nothing() -> None:
    rng = np.random.default_rng(5)
    drawn = [draw(rng) for _ in range(400)]
    assert 20 < sum(how == CLEAN for how in drawn) < 90
    assert len(set(drawn)) > 300
