"""A job: one photo (or question) for one advisor, and the states it passes through."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from uuid import uuid4


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


TRANSITIONS: dict[JobState, frozenset[JobState]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.CANCELLED, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED}),
    JobState.INTERRUPTED: frozenset({JobState.QUEUED, JobState.CANCELLED, JobState.FAILED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.CANCELLED: frozenset({JobState.QUEUED}),
    JobState.DONE: frozenset(),
}
"""The legal transitions; all others are bugs."""


@dataclass(frozen=True, slots=True)
class Job:
    """One analysis to be made, being made, or made.

    Attributes
    ----------
    path
        The photo, or None for a question without a photo.
    advisor, model
        Id of the advisor; id of a catalogue entry or a folder of weights.
    question
        What is asked; empty for a critique.
    reason
        Why it failed, as a sentence for the user; empty otherwise.
    """

    path: Path | None
    advisor: str
    model: str
    question: str = ""
    state: JobState = JobState.QUEUED
    reason: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def to(self, state: JobState, reason: str = "") -> "Job":
        """Return this job in ``state``.

        Raises
        ------
        ValueError
            Where that transition is not legal.
        """
        if state not in TRANSITIONS[self.state]:
            raise ValueError(f"a job cannot go from {self.state} to {state}")
        return replace(self, state=state, reason=reason)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state not in (JobState.QUEUED, JobState.RUNNING)
