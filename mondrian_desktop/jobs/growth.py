"""How a photographer's scores move: a line for each dimension, and what keeps being weak."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from mondrian_desktop.critique.rubric import Dimension, Rubric
from mondrian_desktop.jobs.history import Point

LATEST = 20
"""Critiques from which a weakness is read."""
_ENOUGH = 3
"""Critiques below which nothing is called recurring."""
_LOWEST = 3
"""Of each critique that many dimensions count as its lowest."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """What was among the three lowest most often.

    Attributes
    ----------
    times, of
        In how many of how many critiques.
    mean
        Its mean score in them.
    """

    dimension: Dimension
    times: int
    of: int
    mean: float


def lines(points: Iterable[Point], rubric: Rubric) -> dict[str, tuple[Point, ...]]:
    """Return the points of each dimension of the rubric, oldest first; without those that have none."""
    found: dict[str, list[Point]] = {each.name: [] for each in rubric.dimensions}
    for point in points:
        if (dimension := rubric.match(point.dimension)) is not None:
            found[dimension.name].append(point)
    return {name: tuple(each) for name, each in found.items() if each}


def weakness(points: Iterable[Point], rubric: Rubric, latest: int = LATEST) -> Weakness | None:
    """Return the recurring weakness of the latest critiques, or None where there are too few to tell.

    A dimension counts where its score is among the three lowest of a critique and below the critique's best; of
    equally frequent ones the one with the lower mean is meant.
    """
    by_analysis: dict[int, dict[str, int]] = defaultdict(dict)
    for point in points:
        if (dimension := rubric.match(point.dimension)) is not None:
            by_analysis[point.analysis_id][dimension.name] = point.score
    looked_at = [by_analysis[each] for each in sorted(by_analysis)[-latest:]]
    if len(looked_at) < _ENOUGH:
        return None
    times = _times_among_lowest(looked_at)
    if not times:
        return None
    means = {name: fmean(scores[name] for scores in looked_at if name in scores) for name in times}
    name = min(times, key=lambda each: (-times[each], means[each]))
    dimension = rubric.match(name)
    assert dimension is not None  # noqa: S101 - its own name
    return Weakness(dimension, times[name], len(looked_at), means[name])


def _times_among_lowest(critiques: Sequence[Mapping[str, int]]) -> dict[str, int]:
    times: dict[str, int] = defaultdict(int)
    for scores in critiques:
        limit = sorted(scores.values())[:_LOWEST][-1]
        best = max(scores.values())
        for name, score in scores.items():
            if score <= limit and score < best:
                times[name] += 1
    return times
