"""The verbs that every front end shares. Window, menu bar, command line and HTTP service call these and listen.

Everything here happens on the pump's thread; updates reach listeners there.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from mondrian_desktop.critique.advisor import Advisors, load_advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Engine
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import outcome
from mondrian_desktop.jobs.ahead import ReadAhead
from mondrian_desktop.jobs.batches import Batches
from mondrian_desktop.jobs.chore import OnEnd, OnStep, Stop, chore, in_pieces
from mondrian_desktop.jobs.holdings import erase_files
from mondrian_desktop.jobs.idle import IdleUnload
from mondrian_desktop.jobs.lanes import lanes
from mondrian_desktop.jobs.listeners import Listeners
from mondrian_desktop.jobs.locate import locating
from mondrian_desktop.jobs.model import Batch, Job, JobState, Options
from mondrian_desktop.jobs.orders import Orders
from mondrian_desktop.jobs.outcome import Kind, Words
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.jobs.queue import Listener, Queue, Update
from mondrian_desktop.jobs.results import Results
from mondrian_desktop.jobs.run import Analyzed, JobEvents, run
from mondrian_desktop.jobs.seen import seen_for
from mondrian_desktop.jobs.server_desk import ServerDesk
from mondrian_desktop.jobs.server_watch import Awaited, ServerWatch
from mondrian_desktop.jobs.sidecars import Sidecars, writing
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.jobs.summary import Summary
from mondrian_desktop.jobs.watch import Arrived, Manner, Watches
from mondrian_desktop.photo.model import Photo, Pixels
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump, Task
from mondrian_desktop.report.model import Analysis, Labels
from mondrian_desktop.settings import ANALYSIS_SIZE, MODEL, UNLOAD_AFTER, Settings
from mondrian_desktop.weights.catalog import CatalogEntry, entries, known
from mondrian_desktop.weights.shelf import Shelf
from mondrian_desktop.weights.standing import Machine

_log = logging.getLogger(__name__)


class Service:
    """What the app can do, without a word about how it looks.

    Attributes
    ----------
    advisors
        Who can be asked, by id.
    settings
        The values in force.
    pump
        Drive it: :mod:`mondrian_desktop.qt.pump_driver` under Qt, :meth:`Pump.run` without.
    batches
        Many photos asked for at once: how far they are, cancel, retry.
    history
        Everything analyzed: pages, search, filters, delete and restore.
    shelf
        The models' files: what is here and what fits, download, pause, remove, add.
    servers
        Where else models run: list, add, remove, check.
    problems
        Sentences about what was found wrong with the history at the start.
    """

    def __init__(
        self,
        engine: Engine,
        reader: PhotoReader,
        advisors: Advisors,
        settings: Settings,
        pump: Pump,
        store: Store | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.advisors = advisors
        self.settings = settings
        self.pump = pump
        self._engine = engine
        self._reader = reader
        self._store = store or Store.open(None)
        self.history = self._store.history
        self.problems = self._store.problems
        self._ahead = ReadAhead(reader)
        self._results = Results(self._store)
        self._orders = Orders(advisors, settings, self._results)
        self._listeners: Listeners[Update] = Listeners()
        self._pause_listeners: Listeners[bool] = Listeners()
        self._advisor_listeners: Listeners[Advisors] = Listeners()
        self._arrival_listeners: Listeners[Arrived] = Listeners()
        self._queue = Queue(pump, self._run, lanes(engine), self._tell, self._store, self._tell_pause)
        self.servers = ServerDesk()
        self._wait_listeners: Listeners[None] = Listeners()
        self._server_watch = ServerWatch(pump.post, self._queue.release, lambda: self._wait_listeners(None))
        self.batches = Batches(pump, self._queue, self._store)
        self._watches = Watches(pump, self._queue, self._store, self._arrival_listeners)
        self.shelf = Shelf(pump, machine)
        self._trouble_listeners: Listeners[UserError] = Listeners()
        self._sidecars = Sidecars(settings, pump.post, self._trouble_listeners)
        self._idle = IdleUnload(
            pump.post, lambda: 60 * settings.get(UNLOAD_AFTER), lambda: self._queue.is_busy, engine.unload
        )
        self._leave_settings = settings.on_change(lambda each: self._idle.follow() if each is UNLOAD_AFTER else None)
        self._closed = False

    def reload_advisors(self) -> None:
        """Read the advisors' files again; the change is in force at once, and who listens is told."""
        self.advisors.take(load_advisors())
        self._advisor_listeners(self.advisors)

    def on_advisors(self, listener: Callable[[Advisors], None]) -> Callable[[], None]:
        """Have ``listener`` told when the advisors were read again; returns the way out."""
        return self._advisor_listeners.add(listener)

    def models(self) -> tuple[CatalogEntry, ...]:
        """Return the models that the app knows; a folder need not be there."""
        return entries()

    def use_model(self, model: str) -> Future[CatalogEntry]:
        """Have later jobs asked of this model; those in line keep theirs, so that it changes between two jobs.

        The future is done on the pump's thread, once the model has been looked at; it ends with a UserError where
        it cannot be loaded, and the model that was chosen before stays.

        Parameters
        ----------
        model
            Id, repository or folder of a model on this machine, or id of a server.
        """
        return self.shelf.checked(model, lambda entry: self.settings.set(MODEL, entry.id))

    def remove_model(self, model: str) -> Future[int]:
        """Remove a model as :meth:`Shelf.remove` does; where it was the chosen one, the built-in one is from now on."""
        return self.shelf.remove(model, lambda: self._leave_model(model))

    def device(self) -> str:
        """Return on what the model computes, for people."""
        return self._engine.device()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of this session, in the order in which they run."""
        return self._queue.jobs

    def latest_jobs(self, limit: int = 100) -> tuple[Job, ...]:
        """Return the latest jobs, also those of earlier sessions, the last one first."""
        return self._store.jobs(limit=limit)

    def job(self, job_id: str) -> Job:
        """Return one job as it stands, also one of an earlier session; KeyError where there is none."""
        try:
            return self._queue.job(job_id)
        except KeyError:
            return self._store.job(job_id)

    def analysis(self, job_id: str) -> Analysis | None:
        """Return the analysis of a job, the partial one of a cancelled job, or None where there is none."""
        return self._results.of_job(job_id)

    def analysis_id(self, job_id: str) -> int | None:
        """Return the id in the history of a job's analysis, or None where there is none."""
        return self._store.analysis_id(job_id)

    def last_thinking(self, job_id: str) -> str:
        """Return the last thinking line of a job that is over; empty where none is known."""
        return self._results.last_thinking(job_id)

    def partial(self, job_id: str) -> str:
        """Return the text that was kept of an interrupted or failed job; empty where nothing was written."""
        return self._store.partial(job_id)

    def labels(self, analysis: Analysis) -> Labels:
        """Return the words for people behind the analysis's ids; an advisor or model that is gone keeps its id."""
        advisor = self.advisors.get(analysis.advisor)
        entry = known(analysis.model)
        return Labels(
            advisor=advisor.name if advisor else "",
            model=entry.name if entry else Path(analysis.model).name,
            byline=advisor.byline if advisor else "",
            model_note=entry.note if entry else "",
            dimensions=len(load_rubric(analysis.rubric).dimensions),
        )

    @property
    def words(self) -> Words:
        """What documents of many analyses say for ids."""
        return Words(lambda each: self.advisors.or_gone(each).name, lambda each: self.labels(each).model_note)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called with every :class:`~mondrian_desktop.jobs.queue.Update`; returns the way out."""
        return self._listeners.add(listener)

    def on_pause(self, listener: Callable[[bool], None]) -> Callable[[], None]:
        """Have ``listener`` told whenever the queue pauses (True) or goes on; returns the way out.

        It may pause by itself, or stand for one server only (told as False): see :attr:`problem`.
        """
        return self._pause_listeners.add(listener)

    def options(self) -> Options:
        """Return the options as the settings have them now."""
        return self._orders.options()

    def submit(
        self,
        path: Path | None,
        advisor: str = "",
        *,
        question: str = "",
        model: str = "",
        options: Options | None = None,
        again: bool = True,
    ) -> Job:
        """Put a photo (or, without one, a question) in line and return its job.

        Parameters
        ----------
        path
            The photo; None for a question without a photo. What is wrong with it fails the job, not this call.
        advisor, model
            Ids, empty for the ones in the settings.
        question
            Asked instead of a critique.
        options
            None: as the settings have them now.
        again
            False: where this photo was analyzed by this advisor with the same model and settings, that analysis is
            the result (:attr:`Analyzed.earlier` tells its id), and the model is not asked.

        Raises
        ------
        UserError
            Where the advisor or the model is unknown, there is neither photo nor question, or the disk is full.
        """
        job = self._orders.job(path, advisor, question, model, options, again=again)
        self._queue.add(job)
        return self._queue.job(job.id)

    def submit_photos(self, paths: Iterable[Path], advisor: str = "", *, again: bool = True) -> tuple[Job, ...]:
        """Put photos in line, as :meth:`submit` does one, but all in one piece: either all are in line or none.

        Raises
        ------
        UserError
            Where the advisor or the model is unknown, or the disk is full.
        """
        jobs = self._orders.photos(paths, advisor, again=again)
        self._queue.add(*jobs)
        return tuple(self._queue.job(job.id) for job in jobs)

    def submit_all(
        self,
        roots: Iterable[Path],
        advisors: Sequence[str] = (),
        *,
        name: str = "",
        recursive: bool = True,
        model: str = "",
        options: Options | None = None,
        again: bool = False,
    ) -> Batch:
        """Put all photos in folders in line, each for every advisor, and return their batch.

        They are found beside the work and get in line bit by bit: see :attr:`batches`.

        Parameters
        ----------
        roots
            Folders; files are taken as they are.
        advisors, model
            Ids, empty for the ones in the settings.
        name
            Of the batch, for people; empty: of the first folder.
        recursive
            Whether to look into subfolders, too.
        options, again
            As for :meth:`submit`.

        Raises
        ------
        UserError
            Where an advisor or the model is unknown.
        """
        taken = tuple(root.absolute() for root in roots)
        batch = self._orders.batch(
            name or (taken[0].name if taken else ""), taken, advisors, model, options, recursive=recursive, again=again
        )
        self.batches.start(batch)
        return batch

    def watch(
        self,
        folder: Path,
        advisors: Sequence[str] = (),
        *,
        recursive: bool = False,
        existing: bool = False,
        model: str = "",
        options: Options | None = None,
    ) -> Batch:
        """Analyze photos as they arrive in a folder, each once, whatever it is called later; return their batch.

        Parameters
        ----------
        existing
            Whether those that are there already count as new.
        recursive
            Whether to watch its subfolders, too.
        advisors
            Ids; empty for the one in the settings, as it is now.
        model, options
            Empty and None: as the settings have them when a photo arrives.

        Raises
        ------
        UserError
            Where an advisor or the model is unknown.
        """
        batch = self._orders.batch(folder.name, (), advisors, model, options, recursive=recursive, again=False)

        def now() -> Batch:
            wanted = model or self.settings.get(MODEL)
            return replace(batch, model=wanted, options=options or self.options())

        self._watches.start(folder.absolute(), batch, Manner(recursive=recursive, existing=existing), now)
        return batch

    def change_watch(self, *, recursive: bool, existing: bool) -> None:
        """Watch the watched folders in another manner from now on; see :meth:`watch`."""
        self._watches.change(recursive=recursive, existing=existing)

    def unwatch(self, folder: Path) -> None:
        """Watch a folder no more; what is in line stays there."""
        self._watches.stop(folder.absolute())

    @property
    def watched(self) -> tuple[Path, ...]:
        """The folders being watched."""
        return self._watches.folders

    def on_arrival(self, listener: Callable[[Arrived], None]) -> Callable[[], None]:
        """Have ``listener`` told what arrives in watched folders; returns the way out."""
        return self._arrival_listeners.add(listener)

    def export_batch(self, summary: Summary, file: Path, on_step: OnStep, on_end: OnEnd) -> Stop:
        """Write what came of a batch, beside the work: ``.csv``, ``.json``, or a contact sheet as ``.html``.

        Raises
        ------
        UserError
            Where the suffix is none of these.
        """
        parts = outcome.of_batch(Kind.of(file), summary, self.history, self.words)
        return chore(self.pump, outcome.write(parts, file), on_step, on_end)

    def write_sidecar(self, analysis_id: int) -> Future[Path]:
        """Write an analysis into the XMP sidecar beside its photo, by a worker and as the settings have it.

        Raises
        ------
        UserError
            Where there is no such analysis; the future has those of writing.
        """
        analysis = self.history.analysis(analysis_id)
        if analysis is None:
            raise UserError(f"There is no analysis {analysis_id} in the history.", "It may have been deleted.")
        entry = self.history.entry(analysis_id)
        if analysis.photo and entry and entry.path:
            analysis = replace(analysis, photo=replace(analysis.photo, path=entry.path))
        return self._sidecars.write(analysis)

    def write_sidecars(self, analysis_ids: Sequence[int], on_step: OnStep, on_end: OnEnd) -> Stop:
        """Write the sidecars of many; one that cannot be written stops no other: the first reason comes at the end."""
        return chore(self.pump, writing(analysis_ids, self.write_sidecar), on_step, on_end)

    def on_trouble(self, listener: Callable[[UserError], None]) -> Callable[[], None]:
        """Have ``listener`` told what could not be done beside the work: a sidecar, say; returns the way out."""
        return self._trouble_listeners.add(listener)

    def ask(self, analysis_id: int, question: str) -> Job:
        """Put a follow-up question about an analysis in line; the answer is added to its conversation.

        Raises
        ------
        UserError
            Where there is no such analysis, or no question.
        """
        job = self._orders.follow_up(analysis_id, question)
        self._queue.add(job)
        return self._queue.job(job.id)

    def cancel(self, *job_ids: str) -> None:
        """End jobs; what was already written stays available as their analyses."""
        self._queue.cancel(*job_ids)

    def cancel_all(self) -> None:
        """End everything that waits or runs, and the finding of photos; nothing new starts in between."""
        self.batches.stop()
        self._queue.cancel_all()

    def retry(self, *job_ids: str) -> None:
        """Put failed, cancelled or interrupted jobs in line again, also of earlier sessions."""
        self._queue.retry(*job_ids)

    def progress(self) -> Progress:
        """Return counts, pace and time left of everything since the queue was last empty."""
        return self.batches.progress()

    def move(self, job_ids: str | Sequence[str], before: str | None) -> None:
        """Move waiting jobs before another waiting one, or to the end of the line."""
        self._queue.move(job_ids, before)

    @property
    def paused(self) -> bool:
        """Whether nothing goes on until :meth:`resume`."""
        return self._queue.paused

    @property
    def problem(self) -> UserError | None:
        """Why the queue paused by itself (the disk is full, say), or what waits for a server stands; or None."""
        return self._queue.problem

    @property
    def stands(self) -> bool:
        """Whether nothing goes on: :attr:`paused`, or all that waits waits for a server that does not answer.

        The latter goes on by itself when the server answers, or at :meth:`resume`.
        """
        return self._queue.stands

    @property
    def awaited(self) -> tuple[Awaited, ...]:
        """The servers that do not answer and for which jobs wait; each goes on by itself when it answers."""
        return self._server_watch.awaited(self._queue.held)

    def on_wait(self, listener: Callable[[None], None]) -> Callable[[], None]:
        """Have ``listener`` called whenever one of :attr:`awaited` is asked, or was in vain; returns the way out."""
        return self._wait_listeners.add(listener)

    def try_now(self) -> None:
        """Ask those :attr:`awaited` now, and not only when their time comes."""
        self._server_watch.try_now()

    def pause(self) -> None:
        """Hold everything, also in the middle of an answer, between two tokens."""
        self._queue.pause()

    def resume(self) -> None:
        """Go on. Where something could not be saved before and still cannot, it stays paused: see :attr:`problem`."""
        self._queue.resume()
        if not self.paused:
            self.batches.resume()
            self._watches.resume()

    def unfinished(self) -> tuple[Job, ...]:
        """Return what earlier sessions left waiting or interrupted, in order; nothing of it runs by itself."""
        return self._store.unfinished()

    def take_up(self, jobs: Iterable[Job] | None = None) -> tuple[Job, ...]:
        """Put :meth:`unfinished` jobs (None: all) in line again; return those that nobody else took first.

        Where an earlier session had not found all photos of their batches, the rest is looked for now.
        """
        taken = self._store.claim(self.unfinished() if jobs is None else jobs)
        self._queue.take(taken)
        self.batches.take_up(None if jobs is None else {job.batch for job in taken})
        return taken

    def discard(self, jobs: Iterable[Job]) -> None:
        """Cancel :meth:`unfinished` jobs: they are not offered again."""
        self._store.update(*(job.to(JobState.CANCELLED) for job in jobs))

    def preview(self, path: Path, size: int) -> Future[Pixels]:
        """Return a quick picture of the photo for the screen, long side about ``size`` pixels, from a worker."""
        return self._reader.thumbnail(path, size)

    def seen(self, job_id: str) -> Future[Pixels] | None:
        """Return the very picture that the model saw for a job, from a worker; None where it saw none."""
        return seen_for(self.job(job_id), self.analysis(job_id), self._reader)

    def inspect(self, path: Path) -> Future[Photo]:
        """Return the photo as an analysis would read it, with its facts, from a worker."""
        return self._reader.read(path, self.settings.get(ANALYSIS_SIZE))

    def locate(self, folder: Path, analysis_ids: Iterable[int], done: Callable[[int | UserError], None]) -> None:
        """Look in a folder for originals that were moved, by their content; ``done`` gets how many were found."""
        found: list[int] = []

        def ended(task: Task) -> None:
            if task.error is not None and not isinstance(task.error, UserError):
                raise task.error
            done(task.error or sum(found))

        self.pump.start(locating(folder, self.history, tuple(analysis_ids)), found.append, ended)

    def export_library(self, file: Path, analysis_ids: Sequence[int], on_step: OnStep, on_end: OnEnd) -> Stop:
        """Write analyses into one file, as :meth:`export_batch` does."""
        parts = outcome.of_library(Kind.of(file), analysis_ids, self.history, self.words)
        return chore(self.pump, outcome.write(parts, file), on_step, on_end)

    def delete(self, analysis_ids: Sequence[int], on_step: OnStep, on_end: OnEnd) -> Stop:
        """Take analyses away, some at a time; :meth:`restore` brings them back."""
        return chore(self.pump, in_pieces(self.history.delete, analysis_ids), on_step, on_end)

    def restore(self, analysis_ids: Sequence[int], on_step: OnStep, on_end: OnEnd) -> Stop:
        """Bring deleted analyses back, some at a time."""
        return chore(self.pump, in_pieces(self.history.restore, analysis_ids), on_step, on_end)

    def erase_all(self) -> None:
        """Delete what was made of photos, for good: history, photos sent to the service, log and cache.

        Photos, settings, own advisors and models stay.

        Raises
        ------
        UserError
            Where something is under way, or cannot be deleted.
        """
        if self.watched or any(not job.is_over for job in self.jobs):
            raise UserError(
                "Photos are being analyzed or waited for.", "Stop all, and watching folders, then delete again."
            )
        self.history.erase()
        self._results.forget()
        erase_files()

    def close(self) -> None:
        """End everything at once, without waiting for the model; for the end of the app.

        What runs is interrupted and, like what waits, offered again at the next start.
        """
        if self._closed:
            return
        self._closed = True
        self._leave_settings()
        self._server_watch.close()
        self._listeners.clear()
        self._pause_listeners.clear()
        self._wait_listeners.clear()
        self._advisor_listeners.clear()
        self._arrival_listeners.clear()
        self._trouble_listeners.clear()
        self.batches.close()
        self.pump.close()
        self._sidecars.close()
        self.shelf.close()
        self._idle.close()
        self._engine.unload()
        self._reader.close()
        self._queue.close()
        try:
            self._store.close()
        except UserError:
            _log.exception("the history was not closed in order")

    def _leave_model(self, model: str) -> None:
        if self.settings.get(MODEL) == model:
            self.settings.set(MODEL, MODEL.default)

    def _run(self, job: Job) -> JobEvents:
        return run(self._orders.assignment(job), self._engine, self._ahead, self.pump.clock)

    def _tell(self, update: Update) -> None:
        self._sidecars.follow(update)
        self._ahead.follow(update, self._queue.next)
        if update.event is None:
            self.batches.update(update.job)
            if update.job.state is not JobState.QUEUED:
                self._idle.follow()
        if isinstance(update.event, Analyzed):
            if update.job.about is not None:
                self._results.changed(update.job.about)
            if self.paused and self.problem is not None:
                self._results.keep_unsaved(update.job.id, update.event.analysis)
        self._listeners(update)

    def _tell_pause(self) -> None:
        self.batches.pause(paused=self._queue.stands)
        self._server_watch.follow(self._queue.held)
        if not self.paused:
            self._results.all_saved()
        self._pause_listeners(self.paused)
