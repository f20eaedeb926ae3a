"""The models of this machine in one place: list, download, pause, remove, add; and who wants to know.

All of it is called on the pump's thread. What reads folders or talks to the keychain happens in a worker; downloads
are tasks of the pump. A future that is returned is done on the pump's thread.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import End, Pump, Task
from mondrian_desktop.weights import added, cache, catalog, check, line, places, space
from mondrian_desktop.weights.catalog import CatalogEntry
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.events import Asking, Downloaded, DownloadEvent, Patience
from mondrian_desktop.weights.standing import Machine, Standing, State, survey
from mondrian_desktop.weights.under_way import fetching_now, settled

_log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(eq=False)
class _Fetching:
    """A download under way."""

    task: Task
    event: DownloadEvent = field(default_factory=Asking)
    discard: bool = False


class Shelf:
    """What models there are, and all that can be done with their files.

    Parameters
    ----------
    pump
        Runs the downloads.
    machine
        What fits.

    Attributes
    ----------
    machine
        What fits.
    patience
        Of downloads that begin from now on.
    free_bytes
        Free on the disk of the Hugging Face folder at the last look; None where that could not be told.
    """

    def __init__(self, pump: Pump, machine: Machine | None = None) -> None:
        self.machine = machine or Machine()
        self.patience = Patience()
        self.free_bytes: int | None = None
        self._pump = pump
        self._found: dict[str, Standing] = {}
        self._fetching: dict[str, _Fetching] = {}
        self._line: dict[str, CatalogEntry] = {}
        self._problems: dict[str, str] = {}
        self._left: tuple[str, ...] = ()
        self._touched: set[str] = set()
        self._listeners: list[Callable[[tuple[Standing, ...]], None]] = []
        self._pool: ThreadPoolExecutor | None = None
        self._closed = False

    @property
    def standings(self) -> tuple[Standing, ...]:
        """How it stood with every model at the last look; empty before :meth:`refresh`. Downloads are up to date."""
        return tuple(self._now(standing) for standing in self._found.values())

    def standing(self, model_id: str) -> Standing | None:
        """Return how it stands with one model, or None where it is not in the list."""
        found = self._found.get(model_id)
        return self._now(found) if found else None

    @property
    def left(self) -> tuple[Standing, ...]:
        """What was downloading or in line when the app ended, in this order. None of it goes on by itself."""
        rank = {repo: place for place, repo in enumerate(self._left)}
        return tuple(sorted((each for each in self.standings if each.is_left), key=lambda each: rank[each.entry.repo]))

    def on_change(self, listener: Callable[[tuple[Standing, ...]], None]) -> Callable[[], None]:
        """Have ``listener`` told all standings whenever one changes, downloads several times a second.

        Returns the way out.
        """
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def refresh(self) -> Future[tuple[Standing, ...]]:
        """Look at the disk anew."""

        def take(seen: tuple[tuple[Standing, ...], int | None, tuple[str, ...]]) -> tuple[Standing, ...]:
            found, self.free_bytes, self._left = seen
            before, self._found = self._found, {standing.id: standing for standing in found}
            # A download that has just begun, or was refused, may have left no trace on the disk.
            for key in (*self._fetching, *self._line, *self._problems):
                if key in before:
                    self._found.setdefault(key, before[key])
            self._tell()
            return self.standings

        return self._in_worker(lambda: (survey(self.machine, added.load()), _free_bytes(), line.everything()), take)

    def download(self, model: str) -> None:
        """Begin a download, or go on with one; where another one runs, it waits in line. Asking again does nothing.

        Parameters
        ----------
        model
            Id of the catalogue, or a repository.

        Raises
        ------
        UserError
            Where there is no such model at the hub. What goes wrong later is told in its standing.
        """
        entry = catalog.known(model) or catalog.from_repo(model)
        if not entry.repo:
            raise UserError(f"{entry.name} is here already: it came with the app.")
        if entry.id in self._fetching or entry.id in self._line:
            return
        if entry.id not in self._found:
            self._found[entry.id] = Standing(entry, State.ABSENT, total_bytes=entry.disk_bytes)
        self._problems.pop(entry.id, None)
        self._line[entry.id] = entry
        self._touched.add(entry.repo)
        line.join(entry.repo)
        self._begin_next()
        self._tell()

    def take_up(self) -> None:
        """Go on with everything that is :attr:`left`."""
        for each in self.left:
            self.download(each.id)

    def _begin_next(self) -> None:
        """Begin the first download in line, unless one runs: side by side each would take twice as long."""
        if self._fetching or not self._line or self._closed:
            return
        entry = self._line.pop(next(iter(self._line)))
        task = self._pump.start(
            download(entry, patience=self.patience),
            lambda event: self._event(entry.id, event),
            lambda task: self._ended(entry, task),
        )
        self._fetching[entry.id] = _Fetching(task)

    def pause(self, model_id: str) -> None:
        """Hold a download, or take it out of the line; :meth:`download` goes on with it, also in a later session."""
        if standing := self._found.get(model_id):
            self._leave_line(standing.entry)
        if fetching := self._fetching.get(model_id):
            self._pump.cancel(fetching.task)
        elif self._line.pop(model_id, None):
            self._tell()

    def cancel(self, model_id: str) -> None:
        """End a download, also one in line, and drop what has arrived of it."""
        self._line.pop(model_id, None)
        if standing := self._found.get(model_id):
            self._leave_line(standing.entry)
        if fetching := self._fetching.get(model_id):
            fetching.discard = True
            self._pump.cancel(fetching.task)
        elif standing:
            self._discard(standing.entry)
            self._tell()

    def remove(self, model_id: str, then: Callable[[], object] = lambda: None) -> Future[int]:
        """Remove a model, or what has arrived of it, do ``then``, and return the bytes that became free.

        A folder of the user's own is only taken out of the list. The future ends with a UserError where the model
        is not to be removed from here.
        """

        def work() -> int:
            known = added.load()
            if model_id in known.folders:
                added.save(known.without(model_id))
                return 0
            freed = _remove(model_id)
            if model_id in known.repos:
                added.save(known.without(model_id))
            return freed

        if model_id in self._fetching or model_id in self._line:
            future: Future[int] = Future()
            future.set_exception(UserError("The model is being downloaded.", "Pause or cancel the download first."))
            return future

        def take(freed: int) -> int:
            self._problems.pop(model_id, None)
            then()
            return self._and_refresh(freed)

        return self._in_worker(work, take)

    def add_folder(self, folder: Path) -> Future[CatalogEntry]:
        """Add a folder with a model to the list; the future ends with a UserError where it holds none that loads."""

        def work() -> CatalogEntry:
            entry = catalog.find(folder)
            check.check(entry.path)
            # A catalogued model in its own place, or one in a folder that is looked through anyway, is listed already.
            if entry.id == str(entry.path):
                added.save(added.load().with_folder(entry.path))
            return entry

        return self._in_worker(work, self._and_refresh)

    def add_repo(self, repo: str) -> Future[CatalogEntry]:
        """Add a repository of the hub to the list; nothing is fetched yet, and the hub is not asked.

        :data:`~mondrian_desktop.weights.catalog.CAUTION` is to be said first. The future ends with a UserError where
        that is no name.
        """

        def work() -> CatalogEntry:
            entry = catalog.from_repo(repo)
            if entry.id == entry.repo:
                added.save(added.load().with_repo(entry.repo))
            return entry

        return self._in_worker(work, self._and_refresh)

    def set_token(self, token: str) -> Future[None]:
        """Keep the access token for the hub in the keychain; an empty one removes it."""

        def work() -> None:
            # The HTTP client is imported with it.
            from mondrian_desktop.weights import tokens
            from mondrian_desktop.weights.hub import endpoint, host

            tokens.save(host(endpoint()), token)

        return self._in_worker(work, lambda done: done)

    def checked(self, model: str, then: Callable[[CatalogEntry], object]) -> Future[CatalogEntry]:
        """Look whether a model can be loaded, without loading it, and then do ``then``; a UserError says why not."""

        def work() -> CatalogEntry:
            entry = catalog.find(model)
            if not entry.server:
                check.check(entry.path, self.machine.supports, self.machine.usable_bytes)
            return entry

        def take(entry: CatalogEntry) -> CatalogEntry:
            then(entry)
            self._tell()
            return entry

        return self._in_worker(work, take)

    def close(self) -> None:
        """Listen to nobody and tell nobody any more; the pump ends the downloads, and what has arrived is kept."""
        self._closed = True
        self._listeners.clear()
        if self._pool:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _in_worker(self, work: Callable[[], T], then: Callable[[T], Any]) -> Future[Any]:
        """Run ``work`` in the worker and ``then``, with what it returned, on the pump's thread."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, thread_name_prefix="models")
        future: Future[Any] = Future()

        def finish(done: Future[T]) -> None:
            if self._closed or done.cancelled():
                future.cancel()
                return
            try:
                future.set_result(then(done.result()))
            except Exception as err:  # noqa: BLE001 - handed over to whoever waits
                if not isinstance(err, UserError):
                    _log.exception("work on the models failed")
                future.set_exception(err)

        self._pool.submit(work).add_done_callback(lambda done: self._pump.post(lambda: finish(done)))
        return future

    def _and_refresh(self, result: T) -> T:
        self.refresh()
        return result

    def _event(self, model_id: str, event: DownloadEvent) -> None:
        self._fetching[model_id].event = event
        self._tell()

    def _ended(self, entry: CatalogEntry, task: Task) -> None:
        fetching = self._fetching.pop(entry.id)
        # Until the disk is looked at, which is at once, what the download told last is what is known.
        self._found[entry.id] = settled(self._found[entry.id], fetching.event)
        if task.end is End.FAILED:
            self._leave_line(entry)
            self._problems[entry.id] = self._told(task.error)
        if fetching.discard and not isinstance(fetching.event, Downloaded):
            self._discard(entry)
        else:
            self.refresh()
        self._begin_next()
        self._tell()

    def _leave_line(self, entry: CatalogEntry) -> None:
        self._touched.add(entry.repo)
        line.leave(entry.repo)

    def _discard(self, entry: CatalogEntry) -> None:
        self._problems.pop(entry.id, None)
        self._in_worker(lambda: cache.discard(entry.repo), self._and_refresh)

    def _told(self, error: Exception | None) -> str:
        if isinstance(error, UserError):
            return str(error)
        _log.error("a download failed", exc_info=error)
        return f"Mondrian made a mistake ({error!r}). What has arrived is kept; the log has the details."

    def _now(self, standing: Standing) -> Standing:
        """Return ``standing`` with what is known of its download."""
        problem = self._problems.get(standing.id, "")
        fetching = self._fetching.get(standing.id)
        if standing.id in self._line:
            return replace(standing, state=State.WAITING, obstacle="", problem="", activity=self._before())
        if fetching is None:
            if standing.state in (State.ABSENT, State.PARTIAL) and self._is_left(standing.entry.repo):
                standing = replace(standing, state=State.PARTIAL, is_left=True)
            return replace(standing, problem=problem) if problem and standing.state is not State.BROKEN else standing
        return fetching_now(standing, fetching.event)

    def _is_left(self, repo: str) -> bool:
        return repo in self._left and repo not in self._touched

    def _before(self) -> str:
        names = [self._found[model_id].entry.name for model_id in self._fetching]
        return f"Waiting for {names[0]}" if names else "Waiting"

    def _tell(self) -> None:
        standings = self.standings
        for listener in tuple(self._listeners):
            listener(standings)


def _free_bytes() -> int | None:
    try:
        return space.free_bytes(places.hub_cache())
    except OSError:
        return None


def _remove(model_id: str) -> int:
    for model in cache.installed():
        if model.entry.id == model_id:
            return cache.remove(model)
    entry = catalog.known(model_id) or catalog.from_repo(model_id)
    place = places.locate(entry.repo)
    if place is not None:
        # Too damaged to be listed as a model.
        return cache.remove(cache.Installed(entry, place, 0))
    cache.discard(entry.repo)
    return 0
