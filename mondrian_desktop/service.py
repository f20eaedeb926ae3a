"""The verbs that every front end shares. Window, menu bar, command line and HTTP service call these and listen.

Everything here happens on the pump's thread; updates reach listeners there.
"""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from pathlib import Path

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Engine
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Job, JobState, Options
from mondrian_desktop.jobs.queue import Listener, Queue, Update
from mondrian_desktop.jobs.run import Analyzed, Assignment, JobEvents, run
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.model import Photo, Pixels
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.report.model import Analysis, Labels
from mondrian_desktop.settings import (
    ADVISOR,
    ANALYSIS_SIZE,
    MAX_TOKENS,
    MODEL,
    STREAM,
    TEMPERATURE,
    UPDATE_INTERVAL,
    Settings,
)
from mondrian_desktop.weights.catalog import CatalogEntry, entries, find

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
    ) -> None:
        self.advisors = advisors
        self.settings = settings
        self.pump = pump
        self._engine = engine
        self._reader = reader
        self._store = store or Store.open(None)
        self.problems = self._store.problems
        self._unsaved: dict[str, Analysis] = {}
        self._listeners: list[Listener] = []
        self._pause_listeners: list[Callable[[], None]] = []
        self._queue = Queue(pump, self._run, engine.concurrency, self._tell, self._store, self._tell_pause)
        self._closed = False

    def models(self) -> tuple[CatalogEntry, ...]:
        """Return the models that the app knows; a folder need not be there."""
        return entries()

    def device(self) -> str:
        """Return on what the model computes, for people."""
        return self._engine.device()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs of this session, in the order in which they run."""
        return self._queue.jobs

    def job(self, job_id: str) -> Job:
        """Return one job as it stands, also one of an earlier session; KeyError where there is none."""
        try:
            return self._queue.job(job_id)
        except KeyError:
            return self._store.job(job_id)

    def analysis(self, job_id: str) -> Analysis | None:
        """Return the analysis of a job, the partial one of a cancelled job, or None where there is none."""
        if job_id in self._unsaved:
            return self._unsaved[job_id]
        analysis_id = self._store.analysis_id(job_id)
        return None if analysis_id is None else self._store.analysis(analysis_id)

    def analysis_id(self, job_id: str) -> int | None:
        """Return the id in the history of a job's analysis, or None where there is none."""
        return self._store.analysis_id(job_id)

    def partial(self, job_id: str) -> str:
        """Return the text that was kept of an interrupted or failed job; empty where nothing was written."""
        return self._store.partial(job_id)

    def labels(self, analysis: Analysis) -> Labels:
        """Return the words for people behind the analysis's ids; an advisor or model that is gone keeps its id."""
        advisor = self.advisors.get(analysis.advisor)
        entry = next((each for each in entries() if each.id == analysis.model), None)
        return Labels(
            advisor=advisor.name if advisor else "",
            model=entry.name if entry else Path(analysis.model).name,
            byline=advisor.byline if advisor else "",
            model_note=entry.note if entry else "",
            dimensions=len(load_rubric(analysis.rubric).dimensions),
        )

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Have ``listener`` called with every :class:`~mondrian_desktop.jobs.queue.Update`; returns the way out."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_pause(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Have ``listener`` called whenever the queue pauses or goes on, by itself or not; returns the way out.

        See :attr:`paused` and :attr:`problem`.
        """
        self._pause_listeners.append(listener)
        return lambda: self._pause_listeners.remove(listener)

    def options(self) -> Options:
        """Return the options as the settings have them now."""
        get = self.settings.get
        return Options(
            update_interval_s=get(UPDATE_INTERVAL),
            analysis_size=get(ANALYSIS_SIZE),
            max_tokens=get(MAX_TOKENS),
            temperature=get(TEMPERATURE),
            stream=get(STREAM),
        )

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
        if path is None and not question.strip():
            raise UserError("There is nothing to analyze.", "Give a photo or a question.")
        advisor = advisor or self.settings.get(ADVISOR)
        if advisor not in self.advisors:
            known = ", ".join(self.advisors)
            raise UserError(f'There is no advisor "{advisor}".', f"Choose one of: {known}.")
        model = model or self.settings.get(MODEL)
        find(model)
        job = Job(
            path and path.absolute(), advisor, model, question.strip(), options=options or self.options(), again=again
        )
        self._queue.add(job)
        return self._queue.job(job.id)

    def ask(self, analysis_id: int, question: str) -> Job:
        """Put a follow-up question about an analysis in line; the answer is added to its conversation.

        Raises
        ------
        UserError
            Where there is no such analysis, or no question.
        """
        about = self._store.analysis(analysis_id)
        if about is None:
            raise UserError("This analysis is not in the history any more.")
        if not question.strip():
            raise UserError("There is no question.", "Write what you would like to know.")
        path = about.photo.path if about.photo else None
        job = Job(path, about.advisor, about.model, question.strip(), options=self.options(), about=analysis_id)
        self._queue.add(job)
        return self._queue.job(job.id)

    def cancel(self, job_id: str) -> None:
        """End a job; what was already written stays available as its analysis."""
        self._queue.cancel(job_id)

    def cancel_all(self) -> None:
        """End everything that waits or runs; nothing new starts in between."""
        self._queue.cancel_all()

    def retry(self, job_id: str) -> None:
        """Put a failed, cancelled or interrupted job in line again."""
        self._queue.retry(job_id)

    def move(self, job_id: str, before: str | None) -> None:
        """Move a waiting job before another waiting one, or to the end of the line."""
        self._queue.move(job_id, before)

    @property
    def paused(self) -> bool:
        """Whether nothing goes on until :meth:`resume`."""
        return self._queue.paused

    @property
    def problem(self) -> UserError | None:
        """Why the queue paused by itself (the disk is full, say), or None."""
        return self._queue.problem

    def pause(self) -> None:
        """Hold everything, also in the middle of an answer, between two tokens."""
        self._queue.pause()

    def resume(self) -> None:
        """Go on. Where something could not be saved before and still cannot, it stays paused: see :attr:`problem`."""
        self._queue.resume()

    def unfinished(self) -> tuple[Job, ...]:
        """Return what earlier sessions left waiting or interrupted, in order; nothing of it runs by itself."""
        return self._store.unfinished()

    def take_up(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Put :meth:`unfinished` jobs in line again; return those that nobody else took first."""
        taken = self._store.claim(jobs)
        self._queue.take(taken)
        return taken

    def discard(self, jobs: Iterable[Job]) -> None:
        """Cancel :meth:`unfinished` jobs: they are not offered again."""
        self._store.update(*(job.to(JobState.CANCELLED) for job in jobs))

    def preview(self, path: Path, size: int) -> Future[Pixels]:
        """Return a quick picture of the photo for the screen, long side about ``size`` pixels, from a worker."""
        return self._reader.thumbnail(path, size)

    def inspect(self, path: Path) -> Future[Photo]:
        """Return the photo as an analysis would read it, with its facts, from a worker."""
        return self._reader.read(path, self.settings.get(ANALYSIS_SIZE))

    def close(self) -> None:
        """End everything at once, without waiting for the model; for the end of the app.

        What runs is interrupted and, like what waits, offered again at the next start.
        """
        if self._closed:
            return
        self._closed = True
        self._listeners.clear()
        self._pause_listeners.clear()
        self.pump.close()
        self._engine.unload()
        self._reader.close()
        self._queue.close()
        try:
            self._store.close()
        except UserError:
            _log.exception("the history was not closed in order")

    def _run(self, job: Job) -> JobEvents:
        entry = find(job.model)
        assignment = Assignment(
            job, self.advisors[job.advisor], load_rubric(entry.rubric), entry,
            earlier=None if job.again else self._earlier,
            about=None if job.about is None else self._store.analysis(job.about),
        )  # fmt: skip
        return run(assignment, self._engine, self._reader, self.pump.clock)

    def _earlier(self, content_hash: str, fingerprint: str) -> tuple[int, Analysis] | None:
        analysis_id = self._store.earlier(content_hash, fingerprint)
        analysis = None if analysis_id is None else self._store.analysis(analysis_id)
        return None if analysis_id is None or analysis is None else (analysis_id, analysis)

    def _tell(self, update: Update) -> None:
        if isinstance(update.event, Analyzed) and self.problem is not None:
            self._unsaved[update.job.id] = update.event.analysis
        for listener in tuple(self._listeners):
            listener(update)

    def _tell_pause(self) -> None:
        if not self.paused:
            self._unsaved.clear()
        for listener in tuple(self._pause_listeners):
            listener()
