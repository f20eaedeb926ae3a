"""A job: one photo (or question) for one advisor, the states it passes through, and the batch it belongs to."""

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


MOST_TRIES = 3
"""A job over which the app died, or its server went away, this often is set aside."""


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from run to run; units and ranges as in :mod:`mondrian_desktop.settings`.

    ``update_interval_s`` None: as the settings have it while the job runs. It does not shape the answer.
    """

    update_interval_s: float | None = None
    analysis_size: int = 1024
    max_tokens: int = 1500
    temperature: float = 0.0
    seed: int = 0
    stream: bool = True
    language: str = "English"
    schema: bool = True
    thinking: str = "auto"
    thinking_tokens: int = 1024


@dataclass(frozen=True, slots=True)
class Batch:
    """Photos that were asked for together.

    Attributes
    ----------
    name
        For people: the folder, say.
    roots, recursive
        Folders (and files) in which the photos are found, and whether in their subfolders, too.
    advisors, model, options, again
        As in each :class:`Job`: there is one for each photo and advisor.
    """

    name: str
    roots: tuple[Path, ...] = ()
    recursive: bool = True
    advisors: tuple[str, ...] = ()
    model: str = ""
    options: Options = field(default_factory=Options)
    again: bool = False
    id: str = field(default_factory=lambda: uuid4().hex)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))

    def jobs(self, path: Path) -> tuple["Job", ...]:
        """Return the jobs of one photo, in the order in which they are to run."""
        return tuple(
            Job(path, advisor, self.model, options=self.options, again=self.again, batch=self.id)
            for advisor in self.advisors
        )


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
    options
        As they were when it was asked for.
    batch
        Id of its batch, empty without one.
    position
        Its place in line: smaller ones run first.
    tries
        How often the app died, or its server went away, while it ran, since it was last asked for.
    again
        Whether to analyze even where there is an analysis of the same photo with the same settings.
    about
        For a follow-up question: id of the analysis that it is about.
    """

    path: Path | None
    advisor: str
    model: str
    question: str = ""
    state: JobState = JobState.QUEUED
    reason: str = ""
    id: str = field(default_factory=lambda: uuid4().hex)
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    options: Options = field(default_factory=Options)
    batch: str = ""
    position: float = 0.0
    tries: int = 0
    again: bool = True
    about: int | None = None

    def to(self, state: JobState, reason: str = "") -> "Job":
        """Return this job in ``state``.

        Raises
        ------
        ValueError
            Where that transition is not legal.
        """
        if state not in TRANSITIONS[self.state]:
            raise ValueError(f"a job cannot go from {self.state} to {state}")
        asked_anew = state is JobState.QUEUED and self.state is not JobState.INTERRUPTED
        return replace(self, state=state, reason=reason, tries=0 if asked_anew else self.tries)

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.state not in (JobState.QUEUED, JobState.RUNNING)
