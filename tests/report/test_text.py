import dataclasses
import re

from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.report.model import Analysis, Labels, Score
from mondrian_desktop.report.text import dimension, render


def assert_inert(text: str) -> None:
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_hostile_text_is_inert(hostile: Analysis, hostile_labels: Labels) -> None:
    text = render(hostile, hostile_labels)
    assert_inert(text)
    assert max(map(len, text.splitlines())) <= 80


def test_hostile_text_without_structure_is_inert(hostile_text: Analysis, hostile_labels: Labels) -> None:
    assert_inert(render(hostile_text, hostile_labels))


def test_the_whole_analysis(analysis: Analysis, labels: Labels) -> None:
    text = render(analysis, labels)
    for said in (
        "harbor.jpg · Ansel Adams", "Overall 7.1 of 10 · Solid", "A boat in a harbor.", "████████░░ Strong",
        "████░░░░░░ Work on this", "→ Try Lighting.", "  - The mast.", "Well exposed.", "Mondrian Mini",
    ):  # fmt: skip
        assert said in text, said


def test_an_incomplete_answer_is_marked(analysis: Analysis) -> None:
    made = dataclasses.replace(analysis.generation, finish_reason="cancelled")
    assert "\nStopped.\n" in render(dataclasses.replace(analysis, generation=made))


@given(st.text(max_size=200), st.integers(1, 10), st.integers(40, 120))
def test_a_dimension_keeps_to_the_width(comment: str, score: int, width: int) -> None:
    text = dimension(Score("Lighting", score, comment, comment), width)
    assert_inert(text)
    assert all(len(line) <= width for line in text.splitlines()[1:])
    assert text.splitlines()[0].count("█") == score
