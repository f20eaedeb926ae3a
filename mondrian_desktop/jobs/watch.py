"""Watches a folder for new photos, and tells of each when it is completely there."""

import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Event
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
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._there: set[Signature] = set()
        self._told: set[Signature] = set()
        self._since_s: dict[Signature, float] = {}

    def were_there(self, signatures: Iterable[Signature]) -> None:
        """Take photos as those that were there before anybody watched."""
        self._there.update(signatures)

    def look(self, photos: Mapping[Path, Signature], now_s: float, *, existing: bool = False) -> list[Path]:
        """Take in what is there now; return what has become complete, each once, whatever it is called later.

        ``existing``: those that were there before anybody watched count, too.
        """
        known = self._told if existing else self._told | self._there
        self._since_s = {
            signature: self._since_s.get(signature, now_s) for signature in photos.values() if signature not in known
        }
        complete = []
        for path, signature in photos.items():
            since_s = self._since_s.get(signature)
            if since_s is not None and signature[2] > 0 and now_s - since_s >= self._settle_s:
                complete.append(path)
                self._told.add(signature)
                del self._since_s[signature]
        return complete


class Manner:
    """How a folder is watched. It can be changed meanwhile: the next look, which comes at once then, goes by it.

    Parameters
    ----------
    recursive
        Whether its subfolders are watched, too.
    existing
        Whether photos that were there before count as new.
    """

    def __init__(self, *, recursive: bool = False, existing: bool = False) -> None:
        self.recursive = recursive
        self.existing = existing
        self.changed = Event()

    def change(self, *, recursive: bool, existing: bool) -> None:
        """Go on in another manner."""
        self.recursive, self.existing = recursive, existing
        self.changed.set()


def watch(folder: Path, clock: Clock, manner: Manner, *, look_every_s: float) -> Generator[Arrived | Wait, None, None]:
    """Yield photos as they arrive in a folder; never ends by itself."""
    told: tuple[str, ...] = ()
    arrivals = Arrivals(SETTLE_S)
    is_first, was_recursive = True, False
    with disk_worker("watch") as (worker, stop):
        try:
            while True:
                recursive = manner.recursive
                looking = worker.submit(_look, folder, recursive, stop.is_set)
                yield Wait(looking)
                look = looking.result()
                if is_first or (recursive and not was_recursive):
                    # Subfolders that are looked into from now on: what is in them was there before.
                    arrivals.were_there(
                        signature for path, signature in look.photos.items() if is_first or path.parent != folder
                    )
                is_first, was_recursive = False, recursive
                complete = arrivals.look(look.photos, clock(), existing=manner.existing)
                news = look.problems if look.problems != told else ()
                if complete or news:
                    yield Arrived(tuple(complete), news)
                told = look.problems
                rest_s = min(max(look_every_s, _REST_PER_LOOK * look.seconds), 60.0)
                yield Wait(worker.submit(manner.changed.wait, rest_s))
                manner.changed.clear()
        finally:
            manner.changed.set()


@dataclass(frozen=True, slots=True)
class _Watched:
    task: Task
    manner: Manner


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
        self._watched: dict[Path, _Watched] = {}
        self._waiting: list[tuple[Batch, Path]] = []

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders being watched."""
        return tuple(self._watched)

    def start(self, folder: Path, batch: Batch, manner: Manner, now: Callable[[], Batch]) -> None:
        """Watch a folder; what arrives belongs to ``batch``. One that is watched is watched anew.

        ``now`` tells, when something arrives, how it is to be analyzed.
        """
        self.stop(folder)
        self._store.add_batch(batch)
        self._store.complete_batch(batch.id)
        events = watch(folder, self._pump.clock, manner, look_every_s=LOOK_EVERY_S)
        task = self._pump.start(events, lambda arrived: self._add(now(), arrived))
        self._watched[folder] = _Watched(task, manner)

    def change(self, *, recursive: bool, existing: bool) -> None:
        """Watch all of them in another manner from now on."""
        for each in self._watched.values():
            each.manner.change(recursive=recursive, existing=existing)

    def stop(self, folder: Path) -> None:
        """Watch a folder no more; what is in line stays there."""
        if watched := self._watched.pop(folder, None):
            self._pump.cancel(watched.task)

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
