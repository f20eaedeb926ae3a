"""The order of work: as many jobs at once as the engine takes, the others wait in line."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from operator import attrgetter
from typing import TypeAlias

from mondrian_desktop.engine.protocol import Token, Unreachable
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import places
from mondrian_desktop.jobs.lanes import Lane
from mondrian_desktop.jobs.leaving import Leaving
from mondrian_desktop.jobs.model import MOST_TRIES, Job, JobState
from mondrian_desktop.jobs.run import Analyzed, JobEvent, JobEvents, Thinking
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.pump import End, Pump, Task

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Update:
    """News of a job: what happened, or None where only its state changed."""

    job: Job
    event: JobEvent | None = None


Listener: TypeAlias = Callable[[Update], None]

LOOK_AHEAD = 1000
"""So far down the line a job is looked for that can start while the first ones wait for their lane."""


class Queue:
    """Runs jobs in the order of their positions, and has the store written before anybody hears of anything.

    Where the store cannot be written, the queue pauses and :attr:`problem` says why; what was shown since and is not
    written yet is written by :meth:`resume`. Where a lane does not answer, its jobs wait, the running ones in their
    old places, until :meth:`release` or :meth:`resume`; the other lanes go on.

    Parameters
    ----------
    pump
        Steps the running jobs.
    start
        Makes the generator of a job; called when its turn has come.
    lane
        Where a job runs: as many at once as there is room.
    listener
        Gets every update, on the pump's thread.
    store
        Where jobs and results are kept.
    on_pause
        Called when the queue was paused or resumed, or a lane was.

    Attributes
    ----------
    paused
        Whether nothing goes on until :meth:`resume`.
    """

    def __init__(
        self,
        pump: Pump,
        start: Callable[[Job], JobEvents],
        lane: Callable[[Job], Lane],
        listener: Listener,
        store: Store,
        on_pause: Callable[[], None] = lambda: None,
    ) -> None:
        self.paused = False
        self._problem: UserError | None = None
        self._pump = pump
        self._start = start
        self._lane = lane
        self._listener = listener
        self._store = store
        self._on_pause = on_pause
        self._jobs: dict[str, Job] = {}
        self._waiting: list[str] = []
        self._leaving = Leaving(pump, self._set)
        self._tasks: dict[str, Task] = {}
        self._lanes: dict[str, str] = {}
        self._held: dict[str, UserError] = {}
        self._over: dict[str, Job] = {}
        self._written: dict[str, list[str]] = {}
        self._unsaved: list[Callable[[], object]] = []

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs of this session, in the order of their positions."""
        return tuple(self._jobs.values())

    @property
    def is_busy(self) -> bool:
        """Whether a job runs, or is held in the middle."""
        return bool(self._tasks)

    @property
    def problem(self) -> UserError | None:
        """Why it paused by itself, or why the jobs of a lane wait; None where neither is so."""
        return self._problem or next(iter(self._held.values()), None)

    @property
    def held(self) -> Mapping[str, UserError]:
        """The lanes that do not answer, by name, and what is wrong with each."""
        return self._held

    @property
    def stands(self) -> bool:
        """Whether nothing goes on: all is paused, or all that waits waits for a lane that does not answer."""
        return self.paused or bool(self._held and not self._tasks)

    @property
    def next(self) -> Job | None:
        """The job that runs next, or None."""
        return self._jobs[self._waiting[0]] if self._waiting else None

    def job(self, job_id: str) -> Job:
        """Return a job by its id; KeyError where there is none."""
        return self._jobs[job_id]

    def add(self, *jobs: Job) -> None:
        """Put queued jobs at the end of the line.

        Raises
        ------
        UserError
            Where the store does not take them; none is in line then.
        """
        placed = [replace(job, position=self._store.next_position()) for job in jobs]
        self._store.add(placed)
        self.take(placed)

    def take(self, jobs: Iterable[Job]) -> None:
        """Put queued jobs in line that the store holds already."""
        taken = list(jobs)
        for job in taken:
            # One that is tried again comes to the end.
            self._jobs.pop(job.id, None)
        last = next(reversed(self._jobs.values()), None)
        self._jobs |= {job.id: job for job in taken}
        self._waiting += [job.id for job in taken]
        if any(a.position > b.position for a, b in pairwise([*([last] if last else ()), *taken])):
            self._sort()
        try:
            for job in taken:
                self._listener(Update(job))
        finally:
            self._start_next()

    def cancel(self, *job_ids: str) -> None:
        """End jobs: a waiting one never starts, a running one hands over what it has.

        No effect on one that is over, was deleted, or was left by an earlier session and not taken up.
        """
        self._cancel(set(job_ids))

    def cancel_all(self, batch: str | None = None) -> None:
        """End everything that waits or runs, of one batch where given; nothing new starts in between."""
        self._cancel({each for each in (*self._waiting, *self._tasks) if batch in (None, self._jobs[each].batch)})

    def _cancel(self, job_ids: Set[str]) -> None:
        leaving = [self._jobs[job_id] for job_id in self._waiting if job_id in job_ids]
        self._waiting = [job_id for job_id in self._waiting if job_id not in job_ids]
        self._leaving.take(leaving)
        for job_id in job_ids & self._tasks.keys():
            self._pump.cancel(self._tasks[job_id])
        for lane in self._held.keys() - self._lanes_wanted():
            self.release(lane)

    def retry(self, *job_ids: str) -> None:
        """Put failed, cancelled or interrupted jobs in line again, at the end; also of earlier sessions.

        Raises
        ------
        ValueError
            Where one is none of these; none is in line then.
        KeyError
            Where there is no such job.
        UserError
            Where the store does not take them.
        """
        jobs = [(self._jobs.get(job_id) or self._store.job(job_id)).to(JobState.QUEUED) for job_id in job_ids]
        placed = [replace(job, position=self._store.next_position()) for job in jobs]
        self._store.update(*placed)
        self.take(placed)

    def move(self, job_ids: str | Sequence[str], before: str | None) -> None:
        """Move waiting jobs, together and in the order given, before another waiting one, or to the end of the line.

        Raises
        ------
        ValueError
            Where one of them does not wait.
        UserError
            Where the store does not take it.
        """
        ids = [job_ids] if isinstance(job_ids, str) else job_ids
        moved = places.moved(self._jobs, self._waiting, ids, before, self._store.next_position)
        self._store.move(moved)
        self._jobs |= {job.id: job for job in moved}
        self._sort()
        for job in moved:
            self._listener(Update(job))

    def pause(self) -> None:
        """Hold everything, also in the middle of an answer."""
        self.hold(None)

    def resume(self) -> None:
        """Go on; where something could not be saved, save it first, and stay paused where that fails again."""
        try:
            self._save_rest()
        except UserError as err:
            self.hold(err)
            return
        self.paused, self._problem = False, None
        self._held.clear()
        for task in self._tasks.values():
            self._pump.resume(task)
        self._start_next()
        self._on_pause()

    def release(self, lane: str) -> None:
        """Let the jobs go on that wait for a lane."""
        if self._held.pop(lane, None):
            self._start_next()
            self._on_pause()

    def close(self) -> None:
        """Save what is not saved yet. The pump is closed already: nothing runs any more."""
        try:
            self._save_rest()
            self._store.update(*self._leaving.rest())
        except UserError:
            _log.exception("what was written last is not saved")

    def hold(self, problem: UserError | None) -> None:
        """Pause because of a problem."""
        self.paused, self._problem = True, problem
        for task in self._tasks.values():
            self._pump.pause(task)
        self._on_pause()

    def _start_next(self) -> None:
        while not self.paused and (found := self._startable()):
            place, lane = found
            job = self._jobs[self._waiting[place]].to(JobState.RUNNING)
            try:
                self._store.update(job)
            except UserError as err:
                self.hold(err)
                return
            del self._waiting[place]
            self._lanes[job.id] = lane
            self._run(job)

    def _startable(self) -> tuple[int, str] | None:
        """Return the place in line and the lane of the first job whose lane has room, or None."""
        taken = Counter(self._lanes.values())
        lanes: dict[str, Lane] = {}
        for place, job_id in enumerate(islice(self._waiting, LOOK_AHEAD)):
            job = self._jobs[job_id]
            lane = lanes.get(job.model)
            if lane is None:
                lane = lanes[job.model] = self._lane(job)
            if lane.name not in self._held and taken[lane.name] < lane.room:
                return place, lane.name
        return None

    def _run(self, job: Job) -> None:
        # First the task, then the news: a listener that fails must not leave a running job that nobody runs.
        self._jobs[job.id] = job
        self._written[job.id] = []
        self._tasks[job.id] = self._pump.start(
            self._start_safely(job),
            lambda event: self._heard(job.id, event),
            lambda task: self._ended(job.id, task),
        )
        self._listener(Update(job))

    def _start_safely(self, job: Job) -> JobEvents:
        # A generator of its own, so that what `start` raises fails this job alone.
        yield from self._start(job)

    def _heard(self, job_id: str, event: JobEvent) -> None:
        job = self._jobs[job_id]
        if isinstance(event, Token):
            self._written[job_id].append(event.text)
        elif isinstance(event, Thinking):
            self._save_partial(job_id)
        elif isinstance(event, Analyzed):
            over = self._over[job_id] = job.to(JobState.CANCELLED if event.stopped else JobState.DONE)
            self._written[job_id].clear()
            self._save(lambda: self._finish(over, event))
        self._listener(Update(job, event))

    def _ended(self, job_id: str, task: Task) -> None:
        del self._tasks[job_id]
        lane = self._lanes.pop(job_id)
        self._save_partial(job_id)
        del self._written[job_id]
        job, over = self._jobs[job_id], self._over.pop(job_id, None)
        try:
            if over is not None:
                if task.end is End.FAILED:
                    _log.error("after job %s was finished", job_id, exc_info=task.error)
                self._jobs[job_id] = over
                self._listener(Update(over))
            elif isinstance(task.error, Unreachable) and self._is_to_wait(job, lane, task.error):
                self._put_back(job, lane, task.error)
            elif task.end is End.FAILED:
                self._set(job.to(JobState.FAILED, self._reason(job, task.error)))
            else:
                self._set(job.to(JobState.CANCELLED))
        finally:
            self._start_next()

    def _is_to_wait(self, job: Job, lane: str, error: Unreachable) -> bool:
        """Whether a job waits for its lane: not one that is alone, nor one over which the lane was lost too often."""
        is_one_of_many = bool(job.batch) or lane in self._held or lane in self._lanes_wanted()
        return is_one_of_many and job.tries + error.had_begun < MOST_TRIES

    def _put_back(self, job: Job, lane: str, error: Unreachable) -> None:
        is_news = lane not in self._held
        self._held.setdefault(lane, UserError(error.what, "What waits for it is kept, and goes on when it answers."))
        left = replace(job.to(JobState.INTERRUPTED), tries=job.tries + error.had_begun)
        queued = left.to(JobState.QUEUED)
        self._jobs[job.id] = queued
        self._waiting.append(job.id)
        self._sort()
        self._save(lambda: self._store.update(left, queued))
        self._listener(Update(queued))
        # Not for each of those that ran there at once, but for the last one: then everything may stand.
        if is_news or not self._tasks:
            self._on_pause()

    def _lanes_wanted(self) -> set[str]:
        """Return the lanes for which jobs wait; looked up once a model, since there may be very many jobs."""
        by_model = {self._jobs[job_id].model: self._jobs[job_id] for job_id in self._waiting}
        return {self._lane(job).name for job in by_model.values()}

    def _reason(self, job: Job, error: Exception | None) -> str:
        if isinstance(error, UserError):
            return str(error)
        _log.error("job %s failed", job.id, exc_info=error)
        what = job.path.name if job.path else "the question"
        return f"Mondrian made a mistake with {what} ({error!r}). The photo is untouched; the log has the details."

    def _finish(self, job: Job, event: Analyzed) -> None:
        if event.earlier is None:
            self._store.finish(job, event.analysis, event.fingerprint, event.photo)
        else:
            self._store.finish_with(job, event.earlier)

    def _set(self, *jobs: Job) -> None:
        self._jobs |= {job.id: job for job in jobs}
        self._save(lambda: self._store.update(*jobs))
        for job in jobs:
            self._listener(Update(job))

    def _sort(self) -> None:
        self._jobs = {job.id: job for job in sorted(self._jobs.values(), key=attrgetter("position"))}
        self._waiting.sort(key=lambda job_id: self._jobs[job_id].position)

    def _save(self, save: Callable[[], object]) -> None:
        """Write now, or after what could not be written yet."""
        if not self._unsaved:
            try:
                save()
            except UserError as err:
                self.hold(err)
            else:
                return
        self._unsaved.append(save)

    def _save_rest(self) -> None:
        while self._unsaved:
            self._unsaved[0]()
            del self._unsaved[0]
        for job_id in self._written:
            self._store_partial(job_id)

    def _save_partial(self, job_id: str) -> None:
        try:
            self._store_partial(job_id)
        except UserError as err:
            self.hold(err)

    def _store_partial(self, job_id: str) -> None:
        if text := "".join(self._written[job_id]):
            self._store.save_partial(job_id, text)
