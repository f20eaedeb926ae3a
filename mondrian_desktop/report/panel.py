"""Several advisors on one photo: their scores side by side, and how far they lie apart."""

from collections.abc import Sequence
from dataclasses import dataclass

from mondrian_desktop.report.model import Analysis

OVERALL = "Overall"


@dataclass(frozen=True, slots=True)
class Row:
    """One dimension, or the overall score, over all advisors: None where one gave no score."""

    name: str
    scores: tuple[float | None, ...]
    is_overall: bool = False

    @property
    def mean(self) -> float | None:
        """Mean of the scores that there are."""
        there = [score for score in self.scores if score is not None]
        return sum(there) / len(there) if there else None

    @property
    def spread(self) -> float | None:
        """Highest minus lowest score; None for fewer than two."""
        there = [score for score in self.scores if score is not None]
        return max(there) - min(there) if len(there) > 1 else None

    def cells(self) -> tuple[str, ...]:
        """Return the scores as text, "–" where there is none; the overall score to one decimal."""
        return tuple(self._number(score) for score in self.scores)

    def spread_text(self) -> str:
        """Return the spread as text."""
        return self._number(self.spread)

    def _number(self, value: float | None) -> str:
        if value is None:
            return "\u2013"
        return f"{value:.1f}" if self.is_overall else f"{value:.0f}"


def comparison(analyses: Sequence[Analysis]) -> tuple[Row, ...]:
    """Return a row per dimension that occurs, in order of occurrence, then the overall score."""
    scores = [{each.name: each.score for each in one.critique.dimensions} if one.critique else {} for one in analyses]
    names = list(dict.fromkeys(name for each in scores for name in each))
    rows = [Row(name, tuple(each.get(name) for each in scores)) for name in names]
    overall = tuple(one.critique.overall_score if one.critique else None for one in analyses)
    return (*rows, Row(OVERALL, overall, is_overall=True)) if rows else ()
