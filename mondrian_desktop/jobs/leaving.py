"""Waiting jobs that are to end: some at once, of thousands the others bit by bit, so that nothing waits for them."""

from collections.abc import Callable, Generator, Iterable
from itertools import islice

from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.pump import Pump, Task

ENDED_AT_ONCE = 100
"""So many are ended in one step."""


class Leaving:
    """Jobs that are out of the line already and not yet cancelled.

    Parameters
    ----------
    end
        Writes jobs in their new state, and tells of it.
    """

    def __init__(self, pump: Pump, end: Callable[..., None]) -> None:
        self._pump = pump
        self._end = end
        self._jobs: dict[str, Job] = {}
        self._task: Task | None = None

    def take(self, jobs: Iterable[Job]) -> None:
        """End jobs: the first ones before this returns."""
        self._jobs |= {job.id: job for job in jobs}
        self._end_some()
        if self._task is None:
            self._go_on()

    def rest(self) -> list[Job]:
        """Return, cancelled, those that nobody will end any more: the pump is closed."""
        rest = [job.to(JobState.CANCELLED) for job in self._jobs.values()]
        self._jobs.clear()
        return rest

    def _go_on(self) -> None:
        if self._jobs:
            self._task = self._pump.start(self._end_others(), lambda event: None, self._ended)

    def _end_some(self) -> None:
        some = [self._jobs.pop(job_id) for job_id in tuple(islice(self._jobs, ENDED_AT_ONCE))]
        if some:
            self._end(*(job.to(JobState.CANCELLED) for job in some))

    def _end_others(self) -> Generator[None, None, None]:
        while self._jobs:
            self._end_some()
            yield

    def _ended(self, task: Task) -> None:
        self._task = None
        # Where a listener failed, the others still have to end.
        self._go_on()
        if task.error is not None:
            raise task.error
