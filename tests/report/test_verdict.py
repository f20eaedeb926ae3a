import pytest

from mondrian_desktop.report.model import Critique, Score
from mondrian_desktop.report.verdict import first_to_work_on, verdict


@pytest.mark.parametrize(
    ("score", "word"),
    [(10, "Strong"), (8, "Strong"), (7.9, "Solid"), (6, "Solid"), (5.9, "Work on this"), (1, "Work on this")],
)
def test_what_a_score_is_called(score: float, word: str) -> None:
    assert verdict(score).word == word


def test_the_three_lowest_come_first_and_strong_ones_never() -> None:
    scores = [Score(name, score, "", "") for name, score in zip("abcdef", (7, 8, 3, 9, 7, 5), strict=True)]
    assert [each.name for each in first_to_work_on(Critique(dimensions=tuple(scores)))] == ["c", "f", "a"]
    assert first_to_work_on(Critique(dimensions=(scores[1], scores[3]))) == ()
