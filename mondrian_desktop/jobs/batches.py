"""Many photos asked for at once: found in their folders beside the work, put in line bit by bit, and counted."""

from collections.abc import Callable, Generator, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.folders import Found, disk_worker, walk
from mondrian_desktop.jobs.listeners import Listeners
from mondrian_desktop.jobs.model import Batch, Job
from mondrian_desktop.jobs.pace import Pace, Progress
from mondrian_desktop.jobs.queue import Queue
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.pump import Pump, Task, Wait


@dataclass(frozen=True, slots=True)
class Gathered:
    """News of a batch's photos being found.

    Attributes
    ----------
    photos
        How many were put in line so far.
    is_complete
        Whether no more will come.
    problems
        Sentences about folders that could not be looked into, so far.
    """

    batch: Batch
    photos: int = 0
    is_complete: bool = False
    problems: tuple[str, ...] = ()


BatchListener: TypeAlias = Callable[[Gathered], None]


class Batches:
    """Fills the queue from folders, and knows how far each batch is."""

    def __init__(self, pump: Pump, queue: Queue, store: Store) -> None:
        self._pump = pump
        self._queue = queue
        self._store = store
        self._listeners: Listeners[Gathered] = Listeners()
        self._gathering: dict[str, Task] = {}
        self._broken: list[Batch] = []
        self._news: dict[str, Gathered] = {}
        self._paces: dict[str, Pace] = {}
        self._run = Pace(pump.clock)

    def close(self) -> None:
        """Tell nobody any more."""
        self._listeners.clear()

    def start(self, batch: Batch) -> None:
        """Find the photos of a batch and put their jobs in line.

        Raises
        ------
        UserError
            Where the store does not take it.
        """
        self._store.add_batch(batch)
        self._gather(batch, frozenset())

    def take_up(self, batch_ids: Set[str] | None) -> None:
        """Go on finding photos where earlier sessions ended, for these batches, or for all."""
        for batch in self._store.claim_batches(batch_ids):
            self._gather(batch, self._store.batch_photos(batch.id))

    def resume(self) -> None:
        """Go on finding photos where the store did not take them."""
        broken, self._broken = self._broken, []
        for batch in broken:
            try:
                known = self._store.batch_photos(batch.id)
            except UserError as err:
                self._broken.append(batch)
                self._queue.hold(err)
            else:
                self._gather(batch, known)

    def stop(self, batch_id: str | None = None) -> None:
        """Find no more photos, of one batch or of any; what is in line stays there."""
        self._broken = [batch for batch in self._broken if batch_id not in (None, batch.id)]
        for each, task in tuple(self._gathering.items()):
            if batch_id in (None, each):
                self._pump.cancel(task)

    def cancel(self, batch_id: str) -> None:
        """End a batch: no more photos are found, what waits never starts, what runs hands over what it has."""
        self.stop(batch_id)
        self._queue.cancel_all(batch_id)

    def page(self, batch_id: str, limit: int, offset: int) -> tuple[tuple[Job, float | None], ...]:
        """Return a part of a batch's jobs, in their order, each with its overall score where it has one."""
        return self._store.batch_page(batch_id, limit, offset)

    def latest(self, limit: int = 20) -> tuple[Batch, ...]:
        """Return the latest batches of all sessions, the last one first, without their roots."""
        return self._store.batches(limit)

    def listen(self, listener: BatchListener) -> Callable[[], None]:
        """Have ``listener`` told how photos are being found, on the pump's thread; returns the way out."""
        return self._listeners.add(listener)

    def unfinished(self) -> tuple[Batch, ...]:
        """Return the batches that earlier sessions left unfinished, the last one first."""
        return self._store.unfinished_batches()

    def gathered(self, batch_id: str) -> Gathered | None:
        """Return how far finding its photos is; None where none were looked for in this session."""
        return self._news.get(batch_id)

    def progress(self, batch_id: str | None = None) -> Progress:
        """Return where a batch stands; None: everything since the queue was last empty."""
        pace = self._run if batch_id is None else self._paces.get(batch_id)
        return pace.progress if pace else Progress()

    def update(self, job: Job) -> None:
        """Take in a job's state."""
        if not job.is_over and not self._run.is_open:
            self._run = Pace(self._pump.clock)
        self._run.update(job)
        if job.batch:
            self._paces.setdefault(job.batch, Pace(self._pump.clock)).update(job)

    def pause(self, *, paused: bool) -> None:
        """Take in that everything was paused, or goes on."""
        for pace in (self._run, *self._paces.values()):
            pace.pause(paused=paused)

    def _gather(self, batch: Batch, known: Set[tuple[Path | None, str]]) -> None:
        self._news[batch.id] = Gathered(batch)
        self._gathering[batch.id] = self._pump.start(
            _gather(batch),
            lambda found: self._add(batch, found, known),
            lambda task: self._gathered(batch, task),
        )

    def _add(self, batch: Batch, found: Found, known: Set[tuple[Path | None, str]]) -> None:
        jobs = [job for path in found.photos for job in batch.jobs(path) if (job.path, job.advisor) not in known]
        self._queue.add(*jobs)
        news = self._news[batch.id]
        self._tell(replace(news, photos=news.photos + len(found.photos), problems=news.problems + found.problems))

    def _gathered(self, batch: Batch, task: Task) -> None:
        del self._gathering[batch.id]
        error = task.error
        if error is None:
            try:
                self._store.complete_batch(batch.id)
            except UserError as err:
                error = err
        if isinstance(error, UserError):
            self._broken.append(batch)
            self._queue.hold(error)
        elif error is not None:
            raise error
        else:
            self._tell(replace(self._news[batch.id], is_complete=True))

    def _tell(self, news: Gathered) -> None:
        self._news[news.batch.id] = news
        self._listeners(news)


def _gather(batch: Batch) -> Generator[Found | Wait, None, None]:
    """Walk through folders on a worker of its own, one piece at a time."""
    with disk_worker("folders") as (worker, stop):
        pieces = walk(batch.roots, recursive=batch.recursive, weight=len(batch.advisors), stopped=stop.is_set)
        while True:
            looking = worker.submit(next, pieces, None)
            yield Wait(looking)
            found = looking.result()
            if found is None:
                return
            yield found
