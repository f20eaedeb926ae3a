"""What a score is called. Number, bar and word always go together: color is never the only sign."""

from dataclasses import dataclass

from mondrian_desktop.report.model import Critique, Score

STRONG, SOLID = 8, 6


@dataclass(frozen=True, slots=True)
class Verdict:
    """A class of scores: ``word`` for people, ``tone`` as a key for colors ("strong", "solid", "weak")."""

    word: str
    tone: str


def verdict(score: float) -> Verdict:
    """Return what a score from 1 to 10 is called: Strong from 8, Solid from 6, Work on this below."""
    if score >= STRONG:
        return Verdict("Strong", "strong")
    return Verdict("Solid", "solid") if score >= SOLID else Verdict("Work on this", "weak")


def first_to_work_on(critique: Critique, count: int = 3) -> tuple[Score, ...]:
    """Return the lowest dimensions below 8, lowest first; equal ones in the rubric's order."""
    below = [score for score in critique.dimensions if score.score < STRONG]
    return tuple(sorted(below, key=lambda each: each.score)[:count])
