"""The verbs that every front end shares. Window, menu bar, command line and HTTP service call these and listen.

Everything here happens on the pump's thread; updates reach listeners there.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Engine
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.queue import Listener, Queue, Update
from mondrian_desktop.jobs.run import Analyzed, Assignment, JobEvents, Options, run
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
    """

    def __init__(self, engine: Engine, reader: PhotoReader, advisors: Advisors, settings: Settings, pump: Pump) -> None:
        self.advisors = advisors
        self.settings = settings
        self.pump = pump
        self._engine = engine
        self._reader = reader
        self._options: dict[str, Options] = {}
        self._analyses: dict[str, Analysis] = {}
        self._listeners: list[Listener] = []
        self._queue = Queue(pump, self._run, engine.concurrency, self._tell)

    def models(self) -> tuple[CatalogEntry, ...]:
        """Return the models that the app knows; a folder need not be there."""
        return entries()

    def device(self) -> str:
        """Return on what the model computes, for people."""
        return self._engine.device()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All jobs, oldest first."""
        return self._queue.jobs

    def job(self, job_id: str) -> Job:
        """Return one job as it stands; KeyError where there is none."""
        return self._queue.job(job_id)

    def analysis(self, job_id: str) -> Analysis | None:
        """Return the analysis of a job, the partial one of a cancelled job, or None where there is none."""
        return self._analyses.get(job_id)

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

        Raises
        ------
        UserError
            Where the advisor or the model is unknown, or there is neither photo nor question.
        """
        if path is None and not question.strip():
            raise UserError("There is nothing to analyze.", "Give a photo or a question.")
        advisor = advisor or self.settings.get(ADVISOR)
        if advisor not in self.advisors:
            known = ", ".join(self.advisors)
            raise UserError(f'There is no advisor "{advisor}".', f"Choose one of: {known}.")
        model = model or self.settings.get(MODEL)
        find(model)
        job = Job(path and path.absolute(), advisor, model, question.strip())
        self._options[job.id] = options or self.options()
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

    def preview(self, path: Path, size: int) -> Future[Pixels]:
        """Return a quick picture of the photo for the screen, long side about ``size`` pixels, from a worker."""
        return self._reader.thumbnail(path, size)

    def inspect(self, path: Path) -> Future[Photo]:
        """Return the photo as an analysis would read it, with its facts, from a worker."""
        return self._reader.read(path, self.settings.get(ANALYSIS_SIZE))

    def close(self) -> None:
        """End everything at once, without waiting for the model; for the end of the app."""
        self._listeners.clear()
        self.pump.close()
        self._engine.unload()
        self._reader.close()

    def _run(self, job: Job) -> JobEvents:
        entry = find(job.model)
        assignment = Assignment(
            job, self.advisors[job.advisor], load_rubric(entry.rubric), entry, self._options[job.id]
        )
        return run(assignment, self._engine, self._reader, self.pump.clock)

    def _tell(self, update: Update) -> None:
        if isinstance(update.event, Analyzed):
            self._analyses[update.job.id] = update.event.analysis
        for listener in tuple(self._listeners):
            listener(update)
