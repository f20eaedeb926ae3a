"""The order of work: as many jobs at once as the engine takes, the others wait in line."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from mondrian_desktop.engine.protocol import FinishReason
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.run import Analyzed, JobEvent, JobEvents
from mondrian_desktop.pump import End, Pump, Task
from mondrian_desktop.report.model import Analysis

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Update:
    """News of a job: what happened, or None where only its state changed."""

    job: Job
    event: JobEvent | None = None


Listener: TypeAlias = Callable[[Update], None]


class Queue:
    """Runs jobs in the order in which they came.

    Parameters
    ----------
    pump
        Steps the running jobs.
    start
        Makes the generator of a job; called when its turn has come.
    concurrency
        How many run at once.
    listener
        Gets every update, on the pump's thread.
    """

    def __init__(self, pump: Pump, start: Callable[[Job], JobEvents], concurrency: int, listener: Listener) -> None:
        self._pump = pump
        self._start = start
        self._concurrency = concurrency
        self._listener = listener
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, Task] = {}
        self._analyzed: dict[str, Analysis] = {}

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, in the order in which they came."""
        return tuple(self._jobs.values())

    def job(self, job_id: str) -> Job:
        """Return a job by its id; KeyError where there is none."""
        return self._jobs[job_id]

    def add(self, job: Job) -> None:
        """Put a queued job at the end of the line."""
        self._jobs[job.id] = job
        self._listener(Update(job))
        self._start_next()

    def cancel(self, job_id: str) -> None:
        """End a job: a waiting one never starts, a running one hands over what it has. Over is over: no effect."""
        job = self._jobs[job_id]
        if job.state is JobState.QUEUED:
            self._set(job.to(JobState.CANCELLED))
        elif task := self._tasks.get(job_id):
            self._pump.cancel(task)

    def cancel_all(self) -> None:
        """End everything that waits or runs; nothing new starts in between."""
        jobs = self.jobs
        for state in (JobState.QUEUED, JobState.RUNNING):
            for job in jobs:
                if job.state is state:
                    self.cancel(job.id)

    def retry(self, job_id: str) -> None:
        """Put a failed, cancelled or interrupted job in line again, at the end.

        Raises
        ------
        ValueError
            Where it is none of these.
        """
        job = self._jobs[job_id].to(JobState.QUEUED)
        del self._jobs[job_id]
        self.add(job)

    def _start_next(self) -> None:
        for job in self.jobs:
            if len(self._tasks) >= self._concurrency:
                return
            if job.state is JobState.QUEUED:
                self._run(job)

    def _run(self, job: Job) -> None:
        # First the task, then the news: a listener that fails must not leave a running job that nobody runs.
        self._tasks[job.id] = self._pump.start(
            self._start_safely(job),
            lambda event: self._heard(job.id, event),
            lambda task: self._ended(job.id, task),
        )
        self._set(job.to(JobState.RUNNING))

    def _heard(self, job_id: str, event: JobEvent) -> None:
        if isinstance(event, Analyzed):
            self._analyzed[job_id] = event.analysis
        self._listener(Update(self._jobs[job_id], event))

    def _start_safely(self, job: Job) -> JobEvents:
        # A generator of its own, so that what `start` raises fails this job alone.
        yield from self._start(job)

    def _ended(self, job_id: str, task: Task) -> None:
        del self._tasks[job_id]
        job, analysis = self._jobs[job_id], self._analyzed.pop(job_id, None)
        try:
            self._set(self._over(job, task, analysis))
        finally:
            self._start_next()

    def _over(self, job: Job, task: Task, analysis: Analysis | None) -> Job:
        """Return the job as it ended: by its analysis, where there is one, else by how the task ended."""
        if analysis is not None:
            if task.end is End.FAILED:
                _log.error("after job %s was finished", job.id, exc_info=task.error)
            cancelled = analysis.generation.finish_reason == FinishReason.CANCELLED
            return job.to(JobState.CANCELLED if cancelled else JobState.DONE)
        if task.end is End.FAILED:
            return job.to(JobState.FAILED, self._reason(job, task.error))
        return job.to(JobState.CANCELLED)

    def _reason(self, job: Job, error: Exception | None) -> str:
        if isinstance(error, UserError):
            return str(error)
        _log.error("job %s failed", job.id, exc_info=error)
        what = job.path.name if job.path else "the question"
        return f"Mondrian made a mistake with {what} ({error!r}). The photo is untouched; the log has the details."

    def _set(self, job: Job) -> None:
        self._jobs[job.id] = job
        self._listener(Update(job))
