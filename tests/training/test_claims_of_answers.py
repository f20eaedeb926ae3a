import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from training.answers import advisors, answer
from training.claims import apart, claims, contradicts, number_errors, place_of
from training.measure import Facts

Many = Callable[[int], list[Facts]]


def critique(facts: Facts, advisor: str = "mentor") -> dict:
    return json.loads(answer(facts, advisor).as_json())


def test_the_truth_is_recognized_and_contradicts_nothing(many_facts: Many) -> None:
    for number, facts in enumerate(many_facts(300)):
        found = critique(facts, advisors()[number % 10])
        for claim in claims(found):
            assert claim is not None
            assert not contradicts(claim, facts), claim
        assert max(number_errors(found, facts)) <= 2.5


@pytest.mark.parametrize(
    ("dimension", "change"),
    [
        ("Exposure", {"lightness": 8.0, "lightest": 30.0}),
        ("Contrast", {"tonal_range": 8.0}),
        ("Highlights & Shadows", {"white": 0.4, "black": 0.0}),
        ("Color Balance", {"cast_a": 0.0, "cast_b": -30.0}),
        ("Saturation", {"colorfulness": 1.0}),
        ("Sharpness", {"acutance": 0.1}),
        ("Noise", {"noise": 0.12}),
        ("Placement", {"weight_x": -0.6, "weight_y": 0.0}),
    ],
)
def test_the_truth_about_another_picture_contradicts(
    many_facts: Many, dimension: str, change: dict[str, float]
) -> None:
    good = replace(
        many_facts(1)[0],
        lightness=52.0, darkest=8.0, lightest=93.0, tonal_range=82.0, white=0.0, black=0.0, channel=0.0,
        cast_a=0.0, cast_b=0.0, colorfulness=45.0, acutance=0.6, noise=0.0, weight_x=0.0, weight_y=0.0,
    )  # fmt: skip
    bad = replace(good, **change)
    about = [claim for claim in claims(critique(bad)) if claim and claim.dimension == dimension]
    assert about
    assert any(contradicts(claim, good) for claim in about)
    assert not any(contradicts(claim, bad) for claim in about)


def test_what_was_never_taught_is_no_claim(many_facts: Many) -> None:
    found = critique(many_facts(1)[0])
    found["dimensions"][0]["comment"] = "A lovely cat sits on the sofa."
    assert next(claims(found)) is None


def test_places(many_facts: Many) -> None:
    facts = replace(many_facts(1)[0], weight_x=-0.5, weight_y=0.0)
    assert place_of(critique(facts)) == "left"
    assert place_of(critique(replace(facts, weight_x=0.0))) == "center"
    assert apart("left", "upper_left") == 1
    assert apart("left", "right") == 4
    assert apart("upper_right", "right") == 1
