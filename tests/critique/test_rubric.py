from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.critique.rubric import ANCHORS, Dimension, Rubric, load_rubric, read_rubric
from mondrian_desktop.errors import UserError
from mondrian_desktop.report.model import Score

CRITIQUE = (
    "Composition", "Lighting", "Focus & Sharpness", "Color Harmony", "Subject Isolation", "Depth & Perspective",
    "Visual Balance", "Emotional Impact",
)  # fmt: skip
TECHNICAL = (
    "Exposure", "Contrast", "Highlights & Shadows", "Color Balance", "Saturation", "Sharpness", "Noise", "Placement",
)  # fmt: skip


def dimension(name: str, weight: float = 1.0, *aliases: str) -> Dimension:
    return Dimension(name, weight, "?", dict.fromkeys(ANCHORS, "x"), aliases)


@pytest.mark.parametrize(("rubric_id", "names"), [("critique", CRITIQUE), ("technical", TECHNICAL)])
def test_shipped_rubrics(rubric_id: str, names: tuple[str, ...]) -> None:
    rubric = load_rubric(rubric_id)
    assert tuple(each.name for each in rubric.dimensions) == names
    assert all(tuple(each.anchors) == (2, 5, 8, 10) and each.weight > 0 for each in rubric.dimensions)


@pytest.mark.parametrize("rubric_id", ["critique", "technical"])
def test_no_alias_means_two_dimensions(rubric_id: str) -> None:
    rubric = load_rubric(rubric_id)
    for each in rubric.dimensions:
        for name in (each.name, *each.aliases):
            assert rubric.match(name) is each, name


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Highlights and shadows", "Highlights & Shadows"),
        ("HIGHLIGHTS & SHADOWS", "Highlights & Shadows"),
        ("Colour balance", "Color Balance"),
        ("Composition", "Placement"),
        ("8. Noise:", "Noise"),
        ("  **Sharpness**  ", "Sharpness"),
        ("color_balance", "Color Balance"),
    ],
)
def test_names_that_models_write(said: str, meant: str) -> None:
    matched = load_rubric("technical").match(said)
    assert matched is not None
    assert matched.name == meant


@pytest.mark.parametrize("said", ["", "Story", "Color", "&", "1", "\x00"])
def test_other_names_are_nobody(said: str) -> None:
    assert load_rubric("technical").match(said) is None


def test_a_name_wins_over_an_alias() -> None:
    rubric = Rubric("r", "R", (dimension("A", 1, "B"), dimension("B")))
    assert rubric.match("b") is rubric.dimensions[1]


def test_overall_is_the_weighted_mean_with_halves_up() -> None:
    rubric = Rubric("r", "R", (dimension("A", 3.0), dimension("B", 1.0)))
    assert rubric.overall([Score("A", 7, "", ""), Score("B", 8, "", "")]) == 7.3
    assert rubric.overall([Score("B", 8, "", "")]) == 8.0
    assert rubric.overall([Score("C", 8, "", "")]) is None
    assert rubric.overall([]) is None


@given(st.lists(st.integers(1, 10), min_size=8, max_size=8))
def test_overall_lies_between_the_lowest_and_the_highest(scores: list[int]) -> None:
    overall = load_rubric("critique").overall(
        Score(name, each, "", "") for name, each in zip(CRITIQUE, scores, strict=True)
    )
    assert overall is not None
    assert min(scores) <= overall <= max(scores)
    assert overall == round(overall, 1)


def test_an_unknown_rubric_is_told_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no rubric “x”.*critique, technical"):
        load_rubric("x")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("id = ", "damaged"),
        ('id = "r"\nname = "R"\n', "'dimensions' is missing"),
        ('id = "r"\nname = "R"\ndimensions = []\n', "at least one dimension"),
        ('id = "r"\nname = "R"\ndimensions = 3\n', "damaged"),
        ('id = "r"\nname = "R"\n[[dimensions]]\nname = "A"\nquestion = "?"\n', "'2' is missing"),
        (
            'id="r"\nname="R"\n[[dimensions]]\nname="A"\nquestion="?"\nweight=0\n2="a"\n5="a"\n8="a"\n10="a"\n',
            "above 0",
        ),
        (
            'id="r"\nname="R"\n[[dimensions]]\nname="A"\nquestion="?"\nweight=nan\n2="a"\n5="a"\n8="a"\n10="a"\n',
            "above 0",
        ),
    ],
)
def test_broken_rubrics_are_told(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "r.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=complaint):
        read_rubric(file)


def test_a_missing_rubric_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="could not be read"):
        read_rubric(tmp_path / "none.toml")
