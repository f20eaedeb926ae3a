from dataclasses import replace

import pytest

from training.measure import Facts
from training.rubric import direction, readings

WELL = Facts(
    lightness=52, darkest=8, lightest=93, tonal_range=82, white=0, black=0, channel=0, cast_a=0, cast_b=0,
    colorfulness=45, hue_a=0, hue_b=0, chroma=20, acutance=0.55, noise=0, weight_x=0, weight_y=0, detail=0.5,
    width=352, height=224,
)  # fmt: skip


def test_a_picture_without_faults_gets_ten_throughout() -> None:
    assert {each.score for each in readings(WELL).values()} == {10}


@pytest.mark.parametrize(
    ("dimension", "steps"),
    [
        ("Exposure", [{"lightness": v, "lightest": v + 30} for v in (52, 38, 26, 16, 7)]),
        ("Exposure", [{"lightness": v, "darkest": v - 20} for v in (52, 72, 82, 92, 99)]),
        ("Contrast", [{"tonal_range": v} for v in (82, 60, 45, 28, 12)]),
        ("Highlights & Shadows", [{"white": v} for v in (0, 0.02, 0.08, 0.2, 0.5)]),
        ("Highlights & Shadows", [{"black": v} for v in (0, 0.02, 0.08, 0.2, 0.5)]),
        ("Color Balance", [{"cast_b": -v} for v in (0, 8, 14, 21, 30)]),
        ("Saturation", [{"colorfulness": v} for v in (45, 20, 12, 6, 0)]),
        ("Saturation", [{"colorfulness": v} for v in (45, 90, 110, 130, 160)]),
        ("Sharpness", [{"acutance": v} for v in (0.55, 0.4, 0.3, 0.22, 0.15)]),
        ("Noise", [{"noise": v} for v in (0, 0.01, 0.03, 0.06, 0.1)]),
        ("Placement", [{"weight_x": v} for v in (0, 0.2, 0.35, 0.5, 0.65)]),
    ],
)
def test_the_score_falls_with_the_fault_and_the_words_change(dimension: str, steps: list[dict[str, float]]) -> None:
    read = [readings(replace(WELL, **step))[dimension] for step in steps]
    scores = [each.score for each in read]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) >= 4
    assert scores[-1] <= 4
    assert len({each.kind for each in read}) >= 3


def test_a_dark_picture_with_bright_lights_is_low_key() -> None:
    low_key = readings(replace(WELL, lightness=32, lightest=95))["Exposure"]
    dark = readings(replace(WELL, lightness=32, lightest=55))["Exposure"]
    assert low_key.kind == "low_key"
    assert low_key.score > dark.score


def test_directions_are_eighths_of_the_circle() -> None:
    places = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
    named = [direction(replace(WELL, weight_x=x, weight_y=y)) for x, y in places]
    assert named == ["right", "lower_right", "lower", "lower_left", "left", "upper_left", "upper", "upper_right"]


def test_a_cut_off_channel_is_no_blank_area() -> None:
    read = readings(replace(WELL, channel=0.2))["Highlights & Shadows"]
    assert read.kind == "channel"
    assert 6 <= read.score <= 8
