import numpy as np
import pytest
from PIL import Image

from training.color import LUMA
from training.degrade import Degradation, cast_after, degrade
from training.exam import as_seen
from training.measure import Facts, measure
from training.photos import ROOT, Pixels
from training.recolor import recolored, rotation


def picture(how: Degradation, photo: str = "lake") -> tuple[Pixels, Facts]:
    opened = Image.open(ROOT / f"resources/samples/{photo}.jpg").convert("RGB").resize((704, 448))
    before, after = degrade(as_seen(np.asarray(opened)), how, np.random.default_rng(1))
    return after, measure(before, cast_after(before, how, (0.0, 0.0)), how.noise)[0]


@pytest.mark.parametrize("angle", [0.4, 2.0, -1.1, np.pi])
def test_grays_and_luma_stay(angle: float) -> None:
    matrix = rotation(angle)
    assert matrix @ np.ones(3) == pytest.approx(np.ones(3), abs=1e-5)
    assert LUMA @ matrix == pytest.approx(LUMA, abs=1e-5)
    assert rotation(-angle) @ matrix == pytest.approx(np.eye(3), abs=1e-5)


@pytest.mark.parametrize("angle", [0.7, 2.5, -1.4])
def test_facts_are_those_of_the_recolored_picture(angle: float) -> None:
    pixels, facts = picture(Degradation(ev=0.7, saturation=0.8))
    turned, known = recolored(pixels, facts, angle)
    true, _ = measure(turned.astype(np.float32) / 255, (known.cast_a, known.cast_b), 0.0)
    for name in ("lightness", "darkest", "lightest", "tonal_range", "hue_a", "hue_b", "chroma", "colorfulness"):
        assert getattr(known, name) == pytest.approx(getattr(true, name), abs=1.5), name
    for name in ("white", "black", "channel", "acutance"):
        assert getattr(known, name) == pytest.approx(getattr(true, name), abs=0.02), name


def test_a_cast_turns_with_the_picture_and_keeps_its_strength() -> None:
    pixels, facts = picture(Degradation(blue=0.8))
    assert facts.cast_b < -8
    _, turned = recolored(pixels, facts, np.pi)
    assert turned.cast_b > 5
    assert turned.cast == pytest.approx(facts.cast, rel=0.5)


def test_noise_stays_what_it_was() -> None:
    pixels, facts = picture(Degradation(noise=0.06))
    turned, known = recolored(pixels, facts, 1.5)
    assert known.noise == facts.noise
    assert known.lightness == pytest.approx(facts.lightness, abs=2)
    assert turned.std() == pytest.approx(pixels.std(), rel=0.1)
