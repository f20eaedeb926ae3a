import dataclasses

import pytest

from mondrian_desktop.photo.model import Measurements
from mondrian_desktop.report.claims import disagreements
from mondrian_desktop.report.model import Analysis, Critique, Score
from mondrian_desktop.report.pane import pane
from mondrian_desktop.report.text import render

GOOD = Measurements(
    histogram_luma=(1,) * 256, mean_lightness=50, highlights_clipped=0.0, shadows_clipped=0.0, colorfulness=40,
    edge_blur_px=0.7, noise_sigma=1.0, cast_a=0.5, cast_b=0.5, tilt_deg=0.1, tilt_confidence=0.9,
)  # fmt: skip
BAD = Measurements(
    histogram_luma=(1,) * 256, mean_lightness=50, highlights_clipped=0.12, shadows_clipped=0.2, colorfulness=2,
    edge_blur_px=6.0, noise_sigma=25.0, cast_a=2.0, cast_b=30.0, cast_ratio=3.0, tilt_deg=-4.0, tilt_confidence=0.95,
)  # fmt: skip
DARK = dataclasses.replace(GOOD, mean_lightness=20)
BRIGHT = dataclasses.replace(GOOD, mean_lightness=80)


def found(text: str, facts: Measurements) -> list[str]:
    return [each.fact for each in disagreements(Critique(technical_notes=text), facts)]


@pytest.mark.parametrize(
    ("text", "facts", "fact"),
    [
        ("The picture is underexposed.", BRIGHT, "mean lightness is 80 of 100"),
        ("It is badly overexposed.", DARK, "mean lightness is 20 of 100"),
        ("Blown highlights hurt it.", GOOD, "0.0% of the frame is clipped at the bright end"),
        ("The shadows are crushed.", GOOD, "0.0% of the frame is clipped at the dark end"),
        ("No clipping is visible.", BAD, "12.0% of the frame is clipped at the bright end"),
        ("Detail is kept at both ends.", BAD, "12.0% of the frame is clipped at the bright end"),
        ("It is tack sharp, and well timed.", BAD, "even the sharpest edges are about 6 pixels wide"),
        ("Everything is badly lit; everything is blurred.", GOOD, "the sharpest edges are crisp at full resolution"),
        ("Heavy noise covers the picture.", GOOD, "hardly any noise at full resolution"),
        ("There is no visible noise.", BAD, "strong noise at full resolution"),
        ("A clear blue cast lies over the frame.", BAD, "the middle tones lean toward yellow"),
        ("A warm cast lies over it.", dataclasses.replace(GOOD, cast_b=-9.0), "the middle tones lean toward blue"),
        ("No color cast is visible.", BAD, "the middle tones lean toward yellow"),
        ("A black-and-white study.", GOOD, "the file holds clearly visible color"),
        ("The horizon is level.", BAD, "the longest level line is tilted by 4.0 degrees"),
    ],
)
def test_a_statement_against_the_measurement_is_marked(text: str, facts: Measurements, fact: str) -> None:
    assert found(text, facts) == [fact]


@pytest.mark.parametrize(
    "text",
    [
        "The picture is not underexposed.",
        "Highlights are almost blown, but hold.",
        "If it were overexposed, the sky would go.",
        "The highlights in the window are blown.",  # local: the measurement of the whole may not show it
        "The background is out of focus.",
        "The foreground hides crushed shadows.",
        "It avoids blown highlights.",
        "It feels underexposed.",
        "There is no heavy noise.",
        "The horizon would be level with a small turn.",
        "Nothing suggests a blue cast.",
        "It isn’t overexposed.",
    ],
)
@pytest.mark.parametrize("facts", [GOOD, BAD, DARK, BRIGHT])
def test_what_is_no_plain_statement_about_the_whole_is_not_marked(text: str, facts: Measurements) -> None:
    assert found(text, facts) == []


@pytest.mark.parametrize(
    "text",
    ["Blown highlights hurt it.", "No clipping.", "It is tack sharp.", "Heavy noise.", "A blue cast.", "Underexposed."],
)
def test_measurements_in_between_contradict_nothing(text: str) -> None:
    between = dataclasses.replace(
        GOOD, highlights_clipped=0.01, edge_blur_px=2.0, noise_sigma=6.0, cast_b=1.0, mean_lightness=50
    )
    assert found(text, between) == []


def test_nothing_measured_contradicts_nothing() -> None:
    assert found("It is tack sharp. Heavy noise. The picture is underexposed.", Measurements()) == []


def test_a_denial_is_no_claim_of_the_contrary() -> None:
    for text in ("There are no blown highlights.", "A picture free of color casts.", "There is no heavy noise."):
        assert found(text, GOOD) == []


def test_recommendations_are_not_statements() -> None:
    score = Score("Lighting", 5, "Fine.", "Avoid a picture with heavy noise everywhere.")
    assert disagreements(Critique(dimensions=(score,)), GOOD) == ()


def test_one_fact_is_told_once() -> None:
    score = Score("Noise", 2, "Heavy noise covers the picture.", "Use a lower ISO.")
    twice = Critique(dimensions=(score,), technical_notes="Very noisy. Heavy noise.")
    (only,) = disagreements(twice, GOOD)
    assert only.claim == "Heavy noise covers the picture"


def test_the_mark_is_in_the_reports(analysis: Analysis) -> None:
    assert analysis.critique is not None
    said = dataclasses.replace(analysis.critique, technical_notes="A monochrome <b>picture</b>.")
    marked = dataclasses.replace(analysis, critique=said, facts=GOOD)
    assert "Differs from what was measured" in render(marked)
    assert "“A monochrome &lt;b&gt;picture&lt;/b&gt;”; the file holds clearly visible color." in pane(marked, False)


def test_a_long_text_is_searched_in_bounded_time() -> None:
    for text in ("no " * 30_000, "x" * 100_000, "highlights are " * 7_000, "picture is " * 9_000, ", and" * 20_000):
        assert found(text, GOOD) == []
