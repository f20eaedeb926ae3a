"""Reads the next photo while the model still writes about this one."""

from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Read
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.photo.reader import PhotoReader


@dataclass(frozen=True, slots=True)
class _Reading:
    path: Path
    analysis_size: int
    photo: Future[Photo]


class ReadAhead:
    """A reader that can be told what will be asked for next; it reads at most that one ahead."""

    def __init__(self, reader: PhotoReader) -> None:
        self._reader = reader
        self._now: _Reading | None = None
        self._next: _Reading | None = None
        self._running: set[str] = set()
        self._unread: set[str] = set()

    def read(self, path: Path, analysis_size: int) -> Future[Photo]:
        """Return the photo: what was read ahead, where that is it."""
        coming, self._next = self._next, None
        if coming is None or (coming.path, coming.analysis_size) != (path, analysis_size):
            _drop(coming)
            coming = _Reading(path, analysis_size, self._reader.read(path, analysis_size))
        self._now = coming
        return coming.photo

    def expect(self, path: Path, analysis_size: int) -> None:
        """Begin to read what :meth:`read` will be asked for next; nothing where it is just being looked at."""
        for known in (self._next, self._now):
            if known is not None and (known.path, known.analysis_size) == (path, analysis_size):
                self._next = known
                return
        _drop(self._next)
        self._next = _Reading(path, analysis_size, self._reader.read(path, analysis_size))

    def follow(self, update: Update, coming: Job | None) -> None:
        """Take in news of the queue: as soon as every running job has its photo, that of the coming job is read."""
        if isinstance(update.event, Read) or update.job.is_over:
            self._unread.discard(update.job.id)
        elif update.event is not None:
            return
        elif update.job.state is JobState.RUNNING:
            self._running.add(update.job.id)
            self._unread.add(update.job.id)
        if update.job.is_over:
            self._running.discard(update.job.id)
        if coming is None:
            if not self._running:
                self.forget()
        elif self._running and not self._unread and coming.path is not None:
            self.expect(coming.path, coming.options.analysis_size)

    def forget(self) -> None:
        """Let go of what was read: files may change before they are asked for again."""
        _drop(self._next)
        self._now = self._next = None


def _drop(reading: _Reading | None) -> None:
    if reading is not None:
        reading.photo.cancel()
