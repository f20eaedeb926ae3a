from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("scipy", reason="training needs SciPy, which scikit-image brings into the test group")

from training.measure import Facts


def random_facts(rng: np.random.Generator) -> Facts:
    def sometimes(chance: float, value: float) -> float:
        return value if rng.random() < chance else 0.0

    darkest = rng.uniform(0, 60)
    width, height = ((288, 288), (352, 224), (224, 320))[int(rng.integers(3))]
    return Facts(
        lightness=rng.uniform(2, 99),
        darkest=darkest,
        lightest=rng.uniform(darkest, 100),
        tonal_range=rng.uniform(0, 100),
        white=sometimes(0.4, 10 ** rng.uniform(-3, -0.2)),
        black=sometimes(0.4, 10 ** rng.uniform(-3, -0.2)),
        channel=sometimes(0.4, 10 ** rng.uniform(-3, -0.5)),
        cast_a=rng.uniform(-25, 25) * rng.random(),
        cast_b=rng.uniform(-30, 30) * rng.random(),
        colorfulness=rng.uniform(0, 150) * rng.random() ** 0.5,
        hue_a=rng.uniform(-30, 30),
        hue_b=rng.uniform(-30, 30),
        chroma=rng.uniform(5, 40),
        acutance=rng.uniform(0.08, 0.7),
        noise=sometimes(0.6, rng.uniform(0, 0.13)),
        weight_x=rng.uniform(-0.6, 0.6),
        weight_y=rng.uniform(-0.6, 0.6),
        detail=rng.random(),
        width=width,
        height=height,
    )


@pytest.fixture
def many_facts() -> Callable[[int], list[Facts]]:
    def make(count: int) -> list[Facts]:
        rng = np.random.default_rng(count)
        return [random_facts(rng) for _ in range(count)]

    return make
