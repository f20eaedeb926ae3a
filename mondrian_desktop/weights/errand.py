"""One download, step by step, in its thread: list, check the room, fetch, retry, verify, link."""

import errno
import fcntl
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import Clock
from mondrian_desktop.weights import line, places, unfinished
from mondrian_desktop.weights.catalog import CatalogEntry
from mondrian_desktop.weights.events import (
    Asking,
    Downloaded,
    DownloadEvent,
    Downloading,
    Patience,
    Retrying,
    Verifying,
)
from mondrian_desktop.weights.hub import Hub, Interrupted
from mondrian_desktop.weights.layout import arrived_bytes, is_there, link
from mondrian_desktop.weights.manifest import Manifest, WeightFile, check_against, digest_matches, is_commit
from mondrian_desktop.weights.meter import Meter
from mondrian_desktop.weights.space import SPARE_BYTES, free_bytes, readable_bytes
from mondrian_desktop.weights.unfinished import Unfinished
from mondrian_desktop.weights.worker import Desk

_log = logging.getLogger(__name__)
T = TypeVar("T")

PROGRESS_S = 0.1
"""Shortest time between two events about progress."""

LONGEST_REQUESTED_S = 600.0
"""A server that asks for more time than this is tried again after this."""


class Errand:
    """A download that :meth:`run` carries out.

    Attributes
    ----------
    done_bytes, total_bytes
        How far it is; may be read by other threads.
    """

    """One download, in its thread."""

    def __init__(self, entry: CatalogEntry, hub: Hub, cache: Path, patience: Patience, clock: Clock) -> None:
        self.done_bytes = 0
        self.total_bytes = entry.disk_bytes
        self._entry = entry
        self._hub = hub
        self._cache = cache
        self._patience = patience
        self._clock = clock
        self._meter = Meter(clock, 2 * patience.stall_s)
        self._told_s = float("-inf")

    def run(self, desk: Desk[DownloadEvent]) -> None:
        """Fetch what is missing and tell ``desk``; UserError and Cancelled end it."""
        try:
            manifest = self._manifest(desk)
            self._fetch_all(desk, manifest)
            folder = link(self._cache, manifest, self._entry.revision)
            unfinished.forget(manifest.repo)
            line.leave(manifest.repo)
        except OSError as err:
            raise self._not_written(err) from err
        finally:
            self._hub.close()
        _log.info("downloaded %s at %s", manifest.repo, manifest.commit)
        desk.tell(Downloaded(folder, manifest.commit, manifest.total_bytes))

    def _manifest(self, desk: Desk[DownloadEvent]) -> Manifest:
        """Return what is to be fetched: as it was when the download began, else as the hub says now."""
        entry = self._entry
        begun = unfinished.load(entry.repo)
        if begun and (begun.revision, begun.cache) == (entry.revision, self._cache):
            return begun.manifest
        desk.tell(Asking())
        manifest = self._retry(desk, lambda: self._hub.manifest(entry.repo, entry.revision))
        if is_commit(entry.revision) and manifest.commit != entry.revision:
            raise UserError(
                f"The hub offers another version of {entry.repo} than the one asked for.", "Nothing was fetched."
            )
        check_against(manifest, entry.files)
        unfinished.save(Unfinished(manifest, entry.revision, self._cache))
        return manifest

    def _fetch_all(self, desk: Desk[DownloadEvent], manifest: Manifest) -> None:
        self.total_bytes = manifest.total_bytes
        self.done_bytes = arrived_bytes(self._cache, manifest)
        self._check_space(manifest)
        self._meter.restart(self.done_bytes)
        self._progress(desk, now=True)
        places.blob(self._cache, manifest.repo, "").mkdir(parents=True, exist_ok=True)
        for file in manifest.files:
            if not is_there(self._cache, manifest, file):
                self._fetch(desk, manifest, file)
        self._progress(desk, now=True)

    def _check_space(self, manifest: Manifest) -> None:
        missing = self.total_bytes - self.done_bytes
        free = free_bytes(self._cache)
        if missing and missing + SPARE_BYTES > free:
            raise UserError(
                f"{self._entry.name} needs {readable_bytes(missing + SPARE_BYTES)} of free disk space, "
                f"and {self._cache} has {readable_bytes(free)}.",
                "Make room, then continue.",
            )

    def _fetch(self, desk: Desk[DownloadEvent], manifest: Manifest, file: WeightFile) -> None:
        """Let one file arrive, check it and give it its name; once from the beginning where it arrived damaged."""
        partial = places.partial(self._cache, manifest.repo, file.etag)
        with _reserved(partial, self._entry.name) as out:
            if out.seek(0, os.SEEK_END) > file.size:
                out.truncate(0)
            for last in (False, True):
                self._fill(desk, manifest, file, out)
                if digest_matches(file, partial, lambda read: desk.tell(Verifying(file.path, read, file.size))):
                    break
                _log.warning("%s of %s arrived damaged", file.path, manifest.repo)
                self._start_over(out)
                if last:
                    raise UserError(
                        f"{file.path} of {manifest.repo} arrived damaged twice.",
                        "Try another network, or again later. The other files are kept.",
                    )
            os.fsync(out.fileno())
            partial.replace(places.blob(self._cache, manifest.repo, file.etag))

    def _fill(self, desk: Desk[DownloadEvent], manifest: Manifest, file: WeightFile, out: IO[bytes]) -> None:
        """Write to ``out`` what is missing of ``file``, in as many attempts as it takes."""

        def have() -> int:
            return out.seek(0, os.SEEK_END)

        if have() < file.size:
            self._retry(desk, lambda: self._attempt(desk, manifest, file, out), have)

    def _attempt(self, desk: Desk[DownloadEvent], manifest: Manifest, file: WeightFile, out: IO[bytes]) -> None:
        have = out.seek(0, os.SEEK_END)
        self._meter.restart(self.done_bytes)
        with self._hub.open(manifest, file.path, have) as body:
            if body.start != have:
                self._start_over(out)
                have = 0
            for block in body.blocks:
                have += len(block)
                if have > file.size:
                    raise Interrupted(f"{file.path} of {manifest.repo} came with more bytes than announced.")
                out.write(block)
                out.flush()  # so that nothing is lost when the app is killed
                self._arrived(desk, len(block))
        if have < file.size:
            raise Interrupted("The connection ended early.")

    def _arrived(self, desk: Desk[DownloadEvent], count: int) -> None:
        self.done_bytes += count
        self._meter.add(self.done_bytes)
        if self._progress(desk):
            slow = self._meter.speed_over(2 * self._patience.stall_s)
            if slow is not None and slow < self._patience.slow_bytes_per_s:
                raise Interrupted("The connection has become very slow.", stalled=True)

    def _start_over(self, out: IO[bytes]) -> None:
        self.done_bytes -= out.seek(0, os.SEEK_END)
        out.truncate(0)
        out.seek(0)
        self._meter.restart(self.done_bytes)

    def _progress(self, desk: Desk[DownloadEvent], *, now: bool = False) -> bool:
        """Tell how far it is, unless that was told a moment ago; return whether it was told."""
        desk.check()
        if not now and self._clock() - self._told_s < PROGRESS_S:
            return False
        self._told_s = self._clock()
        speed = self._meter.speed()
        left = (self.total_bytes - self.done_bytes) / speed if speed else None
        desk.tell(Downloading(self.done_bytes, self.total_bytes, speed, left))
        return True

    def _retry(self, desk: Desk[DownloadEvent], work: Callable[[], T], progress: Callable[[], int] = lambda: 0) -> T:
        """Do ``work``, again where it was interrupted; attempts count from the last one that made progress."""
        failed = 0
        while True:
            before = progress()
            try:
                return work()
            except Interrupted as err:
                desk.check()
                failed = 1 if progress() > before else failed + 1
                _log.warning("attempt %d: %s", failed, err.reason)
                if failed >= self._patience.attempts:
                    raise UserError(err.reason, "Check the network, then continue. What has arrived is kept.") from err
                delay_s = min(self._patience.first_delay_s * 2 ** (failed - 1), self._patience.longest_delay_s)
                delay_s = max(delay_s, min(err.retry_after_s, LONGEST_REQUESTED_S))
                desk.tell(Retrying(err.reason, failed, delay_s, err.stalled))
                desk.pause(delay_s)

    def _not_written(self, err: OSError) -> UserError:
        if err.errno in (errno.ENOSPC, errno.EDQUOT):
            return UserError("The disk is full.", "Make room, then continue. What has arrived is kept.")
        where = err.filename or self._cache
        return UserError(
            f"The model could not be written to {where}: {err.strerror or err}.",
            "Check the folder and its permissions, then continue.",
        )


@contextmanager
def _reserved(partial: Path, name: str) -> Iterator[IO[bytes]]:
    """Open the file in which a content arrives, for one download at a time; also across processes."""
    with partial.open("ab") as out:
        try:
            fcntl.flock(out, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise UserError(
                f"{name} is being downloaded already.", "Wait for the other window or program to finish."
            ) from err
        yield out
