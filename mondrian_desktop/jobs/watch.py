"""Watches a folder for new photos, and tells of each when it is completely there."""

import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.folders import disk_worker, walk
from mondrian_desktop.jobs.model import Batch
from mondrian_desktop.jobs.queue import Queue
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.pump import Clock, Pump, Task, Wait

SETTLE_S = 3.0
"""A photo is complete when it has not changed for so long."""
LOOK_EVERY_S = 2.0
"""Time between two looks, in seconds; longer where looking itself takes long."""
_REST_PER_LOOK = 20

Signature: TypeAlias = tuple[int, int, int, int]
"""Device, inode, size and time of change: equal after a rename, different after a change."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """New photos that are complete, and sentences about folders that could not be looked into."""

    photos: tuple[Path, ...]
    problems: tuple[str, ...] = ()


class Arrivals:
    """Tells new photos from known ones, and complete ones from those still being copied.

    Parameters
    ----------
    settle_s
        How long a photo must not have changed, in seconds.
    known
        Photos that are not news.
    """

    def __init__(self, known: Mapping[Path, Signature], settle_s: float) -> None:
        self._settle_s = settle_s
        self._known = set(known.values())
        self._since_s: dict[Signature, float] = {}

    def look(self, photos: Mapping[Path, Signature], now_s: float) -> list[Path]:
        """Take in what is there now; return what has become complete, each once, whatever it is called later."""
        self._since_s = {
            signature: self._since_s.get(signature, now_s)
            for signature in photos.values()
            if signature not in self._known
        }
        complete = []
        for path, signature in photos.items():
            since_s = self._since_s.get(signature)
            if since_s is not None and signature[2] > 0 and now_s - since_s >= self._settle_s:
                complete.append(path)
                self._known.add(signature)
                del self._since_s[signature]
        return complete


def watch(
    folder: Path, clock: Clock, *, recursive: bool = False, existing: bool = False, look_every_s: float
) -> Generator[Arrived | Wait, None, None]:
    """Yield photos as they arrive in a folder; never ends by itself.

    Parameters
    ----------
    existing
        Whether those that are there at the beginning count as new.
    """
    told: tuple[str, ...] = ()
    with disk_worker("watch") as (worker, stop):
        arrivals: Arrivals | None = None
        while True:
            looking = worker.submit(_look, folder, recursive, stop.is_set)
            yield Wait(looking)
            look = looking.result()
            if arrivals is None:
                arrivals = Arrivals({} if existing else look.photos, SETTLE_S)
            complete = arrivals.look(look.photos, clock())
            news = look.problems if look.problems != told else ()
            if complete or news:
                yield Arrived(tuple(complete), news)
            told = look.problems
            yield Wait(worker.submit(stop.wait, min(max(look_every_s, _REST_PER_LOOK * look.seconds), 60.0)))


class Watches:
    """The folders being watched; what arrives in them gets in line.

    Parameters
    ----------
    listener
        Told of each arrival, on the pump's thread, after it is in line.
    """

    def __init__(self, pump: Pump, queue: Queue, store: Store, listener: Callable[[Arrived], None]) -> None:
        self._pump = pump
        self._queue = queue
        self._store = store
        self._listener = listener
        self._tasks: dict[Path, Task] = {}
        self._waiting: list[tuple[Batch, Path]] = []

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders being watched."""
        return tuple(self._tasks)

    def start(self, folder: Path, batch: Batch, *, existing: bool) -> None:
        """Watch a folder; what arrives is analyzed as ``batch`` says. One that is watched is watched anew."""
        self.stop(folder)
        self._store.add_batch(batch)
        self._store.complete_batch(batch.id)
        events = watch(
            folder, self._pump.clock, recursive=batch.recursive, existing=existing, look_every_s=LOOK_EVERY_S
        )
        self._tasks[folder] = self._pump.start(events, lambda arrived: self._add(batch, arrived))

    def stop(self, folder: Path) -> None:
        """Watch a folder no more; what is in line stays there."""
        if task := self._tasks.pop(folder, None):
            self._pump.cancel(task)

    def resume(self) -> None:
        """Put in line what the store could not take before."""
        waiting, self._waiting = self._waiting, []
        for batch, path in waiting:
            self._add(batch, Arrived((path,)))

    def _add(self, batch: Batch, arrived: Arrived) -> None:
        try:
            self._queue.add(*(job for path in arrived.photos for job in batch.jobs(path)))
        except UserError as err:
            self._waiting += [(batch, path) for path in arrived.photos]
            self._queue.hold(err)
        self._listener(arrived)


@dataclass(frozen=True, slots=True)
class _Look:
    photos: dict[Path, Signature]
    problems: tuple[str, ...]
    seconds: float


def _look(folder: Path, recursive: bool, stopped: Callable[[], bool]) -> _Look:
    began_s = time.perf_counter()
    photos: dict[Path, Signature] = {}
    problems: list[str] = []
    for found in walk([folder], recursive=recursive, stopped=stopped):
        problems += found.problems
        for path in found.photos:
            try:
                status = path.stat()
            except OSError:
                continue  # Gone since.
            photos[path] = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
    return _Look(photos, tuple(problems), time.perf_counter() - began_s)
