"""What came of a batch: a line for each photo and advisor, best and weakest, how the scores are spread."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mondrian_desktop.jobs.model import Batch, JobState


@dataclass(frozen=True, slots=True)
class Line:
    """One job of a batch.

    Attributes
    ----------
    score
        Overall; None where there is none.
    reason
        Why it failed; else empty.
    analysis_id
        Of its analysis in the history; None where there is none.
    """

    path: Path | None
    advisor: str
    state: JobState
    reason: str
    score: float | None
    analysis_id: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All lines of a batch, in its order.

    Attributes
    ----------
    distribution
        By dimension: how often each score, 1 to 10, was given.
    """

    batch: Batch
    lines: tuple[Line, ...]
    distribution: Mapping[str, Mapping[int, int]]

    @property
    def ranked(self) -> tuple[Line, ...]:
        """The lines with a score, the best first; equal ones in the batch's order."""
        scored = [line for line in self.lines if line.score is not None]
        return tuple(sorted(scored, key=lambda line: -(line.score or 0.0)))

    @property
    def failed(self) -> tuple[Line, ...]:
        """The lines of what failed."""
        return tuple(line for line in self.lines if line.state is JobState.FAILED)

    @property
    def mean(self) -> float | None:
        """The mean of the overall scores, or None where there is none."""
        scores = [line.score for line in self.lines if line.score is not None]
        return sum(scores) / len(scores) if scores else None


def weakest_dimension(distribution: Mapping[str, Mapping[int, int]]) -> tuple[str, float] | None:
    """Return the dimension with the lowest mean score, and that mean; None where nothing was scored."""
    means = {
        dimension: sum(score * times for score, times in scores.items()) / sum(scores.values())
        for dimension, scores in distribution.items()
    }
    return min(means.items(), key=lambda item: item[1]) if means else None
