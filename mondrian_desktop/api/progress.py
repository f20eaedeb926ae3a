"""From the news of a submission's jobs to what clients are told: states, percentages and events of the original.

A submission is one photo (or question) for one or several advisors, each a job of the service's. Pure: no clock, no
threads, no rendering.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from mondrian_desktop.engine.protocol import Finished, Load, Phase, Prefill, Stage, Token
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import JobEvent, Partial, Read, Thinking
from mondrian_desktop.report.model import Critique

PROCESSING, PREPARED, ADVISORS, FINALIZING, DONE = 5, 10, 80, 95, 100
"""Percent: reading the photo, ready to ask, the share of all advisors together, finishing, done."""

_STAGES = {
    Stage.LOADING: "Loading the model",
    Stage.READING: "Reading the photo",
    Stage.ENCODING: "Looking at the photo",
    Stage.PREFILLING: "Looking at the photo",
}


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream.

    Attributes
    ----------
    type
        Its name, also in the data.
    data
        The other fields, beside ``type`` and ``job_id``.
    replaces
        Where not empty: earlier events with the same word say nothing any more.
    """

    type: str
    data: Mapping[str, Any] = field(default_factory=dict)
    replaces: str = ""


@dataclass(slots=True)
class Progress:
    """How far a submission is, as the original counted it; :attr:`percent` never falls.

    Attributes
    ----------
    manners
        How each advisor writes, in the order in which they are asked: "in the manner of Ansel Adams".
    status
        queued, processing, analyzing, finalizing, done or error.
    phase
        queued, preparation, advisor_analysis, finalizing, done or error.
    place
        Which advisor is being asked, from 1.
    end_state
        How it ended; None while it has not.
    waiting_for
        The address of the user's server that does not answer and for which it waits; empty where it waits for none.
    """

    manners: Sequence[str]
    status: str = "queued"
    percent: int = 0
    step: str = "Waiting"
    phase: str = "queued"
    thinking: str = ""
    place: int = 1
    end_state: JobState | None = None
    waiting_for: str = ""

    @property
    def state(self) -> JobState:
        """The same as a state of the service's jobs."""
        running = JobState.QUEUED if self.status == "queued" else JobState.RUNNING
        return self.end_state or running

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes."""
        return self.status in ("done", "error")

    def fields(self) -> dict[str, Any]:
        """Return the ``job_data`` of a status update."""
        return {
            "status": self.status,
            "progress_percentage": self.percent,
            "current_step": self.step,
            "llm_thinking": self.thinking,
            "current_advisor": self.place,
            "total_advisors": len(self.manners),
            "step_phase": self.phase,
            "waiting_for": self.waiting_for,
        }

    @property
    def stage(self) -> tuple[str, str, str, int]:
        """All but the percentage and the thinking: what is worth telling at once."""
        return self.status, self.step, self.phase, self.place

    def hear(self, place: int, update: Update) -> None:
        """Take in news of the job of the advisor at ``place`` (from 1)."""
        if self.is_over:
            return
        if update.event is not None:
            self._heard(place, update.event)
        elif update.job.state is JobState.RUNNING:
            self.place, self.waiting_for = place, ""
            self._begin("processing", "preparation", "Starting", PROCESSING)

    def wait(self, host: str, when: str) -> None:
        """Note for which server all that is left of it waits, and when that is asked again; empty: for none."""
        if host:
            self.status = self.phase = "queued"
            self.step = f"Waiting for {host}, {when}"
        elif self.waiting_for:
            self.step = "Waiting"
        self.waiting_for = host

    def end(self, state: JobState, reason: str) -> None:
        """Note that all is over: done, or why not."""
        self.end_state, self.waiting_for = state, ""
        done = state is JobState.DONE
        self.status = self.phase = "done" if done else "error"
        self.step = "Done" if done else reason
        if done:
            self.percent = DONE

    def _heard(self, place: int, event: JobEvent) -> None:
        self.place = max(self.place, place)
        if isinstance(event, Phase) and event.stage in _STAGES:
            percent = PROCESSING if event.stage is Stage.READING else PREPARED
            self._begin("processing", "preparation", _STAGES[event.stage], percent)
        elif isinstance(event, Read):
            self._begin("processing", "preparation", "Preparing", PREPARED)
        elif isinstance(event, Load) and event.total_bytes:
            self._part(_STAGES[Stage.LOADING], event.done_bytes / event.total_bytes)
        elif isinstance(event, Prefill) and event.total:
            self._part(_STAGES[Stage.PREFILLING], event.done / event.total)
        elif isinstance(event, Phase | Token):
            self._write(0.0)
        elif isinstance(event, Partial):
            self._write(event.progress)
        elif isinstance(event, Thinking):
            self.thinking = event.text
        elif isinstance(event, Finished) and self.place == len(self.manners):
            self.status = self.phase = "finalizing"
            self.step = "Finishing"
            self.percent = max(self.percent, FINALIZING)

    def _begin(self, status: str, phase: str, step: str, percent: int) -> None:
        # The second advisor's photo is read, too: that is no way back for the whole.
        self.status = status if self.place == 1 else "analyzing"
        self.phase, self.step = phase, step
        self.percent = max(self.percent, percent if self.place == 1 else self._share(0.0))

    def _part(self, step: str, share: float) -> None:
        # In tenths: ten events of a long wait, not thousands.
        self._begin("processing", "preparation", f"{step} ({int(share * 10) * 10}%)", PREPARED)

    def _write(self, share: float) -> None:
        self.status, self.phase = "analyzing", "advisor_analysis"
        several = f" ({self.place} of {len(self.manners)})" if len(self.manners) > 1 else ""
        self.step = f"Writing {self.manners[self.place - 1]}{several}"
        self.percent = max(self.percent, self._share(share))

    def _share(self, share: float) -> int:
        return PREPARED + int(ADVISORS * (self.place - 1 + min(max(share, 0.0), 1.0)) / len(self.manners))


def critique_fields(critique: Critique) -> dict[str, Any]:
    """Return what there is of a critique; what has not arrived is left out."""
    return {name: value for name, value in asdict(critique).items() if value not in ("", (), None)}


def outcome(jobs: Sequence[Job]) -> tuple[JobState, str] | None:
    """Return how all jobs of a submission together ended, with a sentence; None while one of them has not.

    One that is done is enough: what the others lack is told with the result.
    """
    if not all(job.is_over for job in jobs):
        return None
    states = [job.state for job in jobs]
    if JobState.DONE in states and JobState.CANCELLED not in states:
        return JobState.DONE, ""
    for state, sentence in _ENDINGS.items():
        if state in states:
            reasons = [job.reason for job in jobs if job.state is state and job.reason]
            return state, " ".join(dict.fromkeys(reasons)) or sentence
    return JobState.FAILED, "It could not be analyzed."


_ENDINGS = {
    JobState.CANCELLED: "Stopped.",
    JobState.INTERRUPTED: "Mondrian was closed before this was finished. It can be taken up again there.",
    JobState.FAILED: "It could not be analyzed.",
}
