from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.engine.guard import CHARACTERS, LONGEST_UNIT, REPEATS, RepetitionGuard


def cut_of(text: str) -> int | None:
    return RepetitionGuard().cut(text)


def first_repetition(text: str) -> int | None:
    """Say the same as the guard does, slowly: the first end at which some unit stands often enough."""
    for end in range(1, len(text) + 1):
        for unit in range(1, min(end, LONGEST_UNIT) + 1):
            length = max(REPEATS * unit, CHARACTERS)
            if length <= end and all(text[at] == text[at - unit] for at in range(end - length + unit, end)):
                return end
    return None


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "ha ",
        "the light is soft, ",
        "One whole sentence about the light, the edges, and what they do to the picture. ",
    ],
)
def test_stops_at_the_character_that_makes_it_a_repetition(unit: str) -> None:
    length = max(REPEATS * len(unit), CHARACTERS)
    text = "Before: #" + unit * (length // len(unit) + 3)
    assert cut_of(text) == len("Before: #") + length


@pytest.mark.parametrize(
    "text",
    [
        "",
        "." * (CHARACTERS - 1),
        "The light is soft and falls from the left. " * (REPEATS - 1),
        '{"scores":[{"name":"Light","score":7},{"name":"Color","score":7},{"name":"Focus","score":7}]}',
    ],
)
def test_lets_ordinary_text_pass(text: str) -> None:
    assert cut_of(text) is None


@given(st.text(alphabet="ab", max_size=120))
def test_agrees_with_the_definition(text: str) -> None:
    assert cut_of(text) == first_repetition(text)


@given(st.text(alphabet="ab\N{LATIN SMALL LETTER E WITH ACUTE}", max_size=120), st.lists(st.integers(0, 120)))
def test_does_not_depend_on_the_pieces(text: str, cuts: list[int]) -> None:
    guard, at = RepetitionGuard(), 0
    for start, end in pairwise(sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})):
        kept = guard.cut(text[start:end])
        if kept is not None:
            at = start + kept
            break
    assert (at or None) == cut_of(text)
