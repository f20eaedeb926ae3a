"""What is open in the window and what is being done with it: the album, its jobs, and undo."""

from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.engine.protocol import Stage
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.album import Album, Entry, Standing
from mondrian_desktop.gui.feed import Feed, Live
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.report.verdict import verdict
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.catalog import NEUTRAL_ADVISOR, PromptForm, find

if TYPE_CHECKING:
    from mondrian_desktop.pump import Task

PUT_AT_ONCE = 100
"""Photos that get in line in one step: some ten milliseconds."""
_BY_STAGE = {
    Stage.READING: Standing.READING,
    Stage.LOADING: Standing.READING,
    Stage.ENCODING: Standing.LOOKING,
    Stage.PREFILLING: Standing.LOOKING,
    Stage.GENERATING: Standing.WRITING,
}
_BY_STATE = {
    JobState.QUEUED: Standing.WAITING,
    JobState.DONE: Standing.DONE,
    JobState.CANCELLED: Standing.STOPPED,
    JobState.INTERRUPTED: Standing.STOPPED,
    JobState.FAILED: Standing.FAILED,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """All that the critique pane needs to show one advisor's job on one photo.

    Attributes
    ----------
    advisor
        Whose critique it is or would be.
    job, live, analysis
        The job, what is known of it while it runs, and what came of it; None where there is none.
    ahead
        How many jobs come before a waiting one.
    is_voiced
        Whether the model can write in this advisor's manner; a small one may have one voice for all.
    others
        Other advisors who have a critique of this photo, with the overall score where there is one.
    """

    entry: Entry
    advisor: Advisor
    job: Job | None = None
    live: Live | None = None
    analysis: Analysis | None = None
    ahead: int = 0
    is_voiced: bool = True
    others: tuple[tuple[Advisor, float | None], ...] = ()


class Session(QObject):
    """The window's own state over the service's.

    Attributes
    ----------
    album, feed, undo_stack
        What is open, what runs, what can be undone.
    """

    changed = Signal(object)
    """An :class:`Entry` whose jobs changed state."""
    moved = Signal()
    """Some jobs changed state: the line moved."""
    paused = Signal(object)
    """Something in line stands still because of this :class:`UserError`; None: nothing does, or the user wanted it."""
    waits = Signal()
    """A server that does not answer is being asked, or was in vain."""
    restored = Signal(object)
    """Entries that came back by undo."""
    all_stopped = Signal()
    """Nothing is wanted any more, not even what is not in line yet."""
    told = Signal(str)
    """A sentence for the user about something that could not be done."""

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.service = service
        self.album = Album(self)
        self.feed = Feed(service, self)
        self.undo_stack = QUndoStack(self)
        self._by_job: dict[str, Entry] = {}
        self._putting: dict[Task, Generator[bool, None, None]] = {}
        self._is_over = False
        self._moves = 0
        self._counted: tuple[tuple[str, int, Sequence[Entry]], int] = (("", 0, ()), 0)
        self._states: dict[str, JobState] = {}
        self._forms: dict[str, PromptForm] = {}
        self.feed.beat.connect(self._refresh)
        self._leaving = [
            service.on_pause(lambda paused: self.paused.emit(service.problem)),
            service.on_wait(lambda _: self.waits.emit()),
            service.on_trouble(lambda problem: self.told.emit(str(problem))),
        ]

    def close(self) -> None:
        """Put in line what is being put there, which the next start then offers, and listen no more.

        Closing again does nothing.
        """
        self._is_over = True
        self.feed.close()
        for pieces in self._putting.values():
            deque(pieces, maxlen=0)
        self._putting.clear()
        while self._leaving:
            self._leaving.pop()()

    def analyze(self, entries: Iterable[Entry], advisor_id: str) -> None:
        """Put photos in line for an advisor; one that this advisor already has in hand is not put there twice."""
        idle = self.idle(entries, advisor_id)
        # What is shown already is asked for again; of the rest, what is in the history comes first.
        idle.sort(key=lambda entry: self.job(entry, advisor_id) is not None)
        pieces = self._put_in_line(idle, advisor_id)
        if next(pieces, False):
            task = self.service.pump.start(pieces, lambda event: None, self._put)
            self._putting[task] = pieces

    def _put(self, task: "Task") -> None:
        self._putting.pop(task, None)
        if task.error is not None:
            raise task.error

    def _put_in_line(self, entries: Sequence[Entry], advisor_id: str) -> Generator[bool, None, None]:
        """Put photos in line, of thousands some at a time, at the end all the rest; yield whether there are more."""
        done = 0
        while done < len(entries):
            some = entries[done:] if self._is_over else entries[done : done + PUT_AT_ONCE]
            done += len(some)
            idle = self.idle(some, advisor_id)
            again = [self.job(entry, advisor_id) is not None for entry in idle]
            jobs: list[Job] = []
            try:
                for asked_again in (False, True):
                    paths = [entry.path for entry, is_so in zip(idle, again, strict=True) if is_so is asked_again]
                    if paths:
                        jobs += self.service.submit_photos(paths, advisor_id, again=asked_again)
            except UserError as err:
                self.told.emit(str(err))
                return
            for entry, job in zip(idle, jobs, strict=True):
                self._by_job[job.id] = entry
                entry.jobs.append(job.id)
            if not self._is_over:
                self._refresh([job.id for job in jobs])
            yield done < len(entries)

    def adopt(self, job: Job) -> Entry:
        """Open the photo of a job that was started elsewhere, with what came of it; return its entry."""
        (entry,) = self.album.add([job.path or Path()])
        if job.id not in entry.jobs:
            entry.jobs.append(job.id)
            self._by_job[job.id] = entry
            self._refresh([job.id])
        return entry

    def idle(self, entries: Iterable[Entry], advisor_id: str) -> list[Entry]:
        """Return the photos that this advisor does not have in hand."""
        jobs = ((entry, self.job(entry, advisor_id)) for entry in entries)
        return [entry for entry, job in jobs if job is None or job.is_over]

    def count_idle(self, entries: Sequence[Entry], advisor_id: str) -> int:
        """Return how many these are: many are only counted again once a job has moved."""
        if len(entries) <= PUT_AT_ONCE:
            return len(self.idle(entries, advisor_id))
        wanted = (advisor_id, self._moves, entries)
        if self._counted[0] != wanted:
            self._counted = (wanted, len(self.idle(entries, advisor_id)))
        return self._counted[1]

    def stop(self) -> None:
        """End the running job; what it has written is kept. The next one in line begins."""
        if running := self.feed.running:
            self.service.cancel(running.job.id)

    def stop_all(self) -> None:
        """End the running job and take all that wait out of the line."""
        for task in self._putting:
            self.service.pump.cancel(task)
        self._putting.clear()
        self.all_stopped.emit()
        self.service.cancel_all()

    def drop_job(self, job_id: str) -> None:
        """End one job, running or waiting."""
        self.service.cancel(job_id)

    def remove(self, entries: Sequence[Entry]) -> None:
        """Take photos out of the window, not off the disk; what they still have to do is ended. Can be undone."""
        if entries:
            self.undo_stack.push(_Remove(self, entries))

    def withdraw(self, entries: Iterable[Entry]) -> None:
        """End what these photos still have to do, the waiting jobs first."""
        self.service.cancel(*(job_id for entry in entries for job_id in entry.jobs))

    def waiting(self) -> int:
        """Return how many jobs wait in line."""
        return self.service.progress().waiting

    def job(self, entry: Entry, advisor_id: str) -> Job | None:
        """Return an advisor's latest job on a photo."""
        jobs = (self.service.job(job_id) for job_id in reversed(entry.jobs))
        return next((job for job in jobs if job.advisor == advisor_id), None)

    def latest_advisor(self, entry: Entry) -> str | None:
        """Return the id of the advisor who had this photo last."""
        return self.service.job(entry.jobs[-1]).advisor if entry.jobs else None

    def analyses(self, entry: Entry) -> list[Analysis]:
        """Return the latest analysis of each advisor of a photo, in the order in which they were first asked."""
        ids = dict.fromkeys(self.service.job(job_id).advisor for job_id in entry.jobs)
        jobs = (self.job(entry, each) for each in ids)
        return [analysis for job in jobs if job and (analysis := self.service.analysis(job.id))]

    def shown(self, entry: Entry, advisor_id: str) -> Shown:
        """Return what there is of one advisor about one photo."""
        job = self.job(entry, advisor_id)
        return Shown(
            entry=entry,
            advisor=self.service.advisors.or_gone(advisor_id),
            job=job,
            live=self.feed.live(job.id) if job else None,
            analysis=self.service.analysis(job.id) if job else None,
            ahead=self._ahead(job) if job else 0,
            is_voiced=self._is_voiced(job, advisor_id),
            others=self._others(entry, advisor_id),
        )

    def entry_of(self, job_id: str) -> Entry | None:
        """Return the photo of a job that was started here."""
        return self._by_job.get(job_id)

    def mark_unreadable(self, entry: Entry, problem: str) -> None:
        """Remember why a photo's picture cannot be shown."""
        entry.problem = problem
        self._restate(entry)
        self.changed.emit(entry)

    def _others(self, entry: Entry, advisor_id: str) -> tuple[tuple[Advisor, float | None], ...]:
        ids = dict.fromkeys(self.service.job(job_id).advisor for job_id in entry.jobs)
        return tuple(
            (self.service.advisors.or_gone(each), self._score(self.job(entry, each)))
            for each in ids
            if each != advisor_id
        )

    def _score(self, job: Job | None) -> float | None:
        analysis = self.service.analysis(job.id) if job else None
        return analysis.critique.overall_score if analysis and analysis.critique else None

    def _is_voiced(self, job: Job | None, advisor_id: str) -> bool:
        form = self.form(job.model if job else self.service.settings.get(MODEL))
        knows = "{advisor}" in form.control and advisor_id in form.advisors
        return form.kind == "chat" or knows or advisor_id == NEUTRAL_ADVISOR

    def form(self, model: str) -> PromptForm:
        """Return how a model is asked."""
        # Kept, because finding a model looks through folders.
        if model not in self._forms:
            try:
                self._forms[model] = find(model).prompt
            except UserError:
                return PromptForm()
        return self._forms[model]

    def _ahead(self, job: Job) -> int:
        """Return how many jobs run or wait before a waiting one."""
        if job.state is not JobState.QUEUED:
            return 0
        before = 0
        for each in self.service.jobs:
            if each.id == job.id:
                break
            before += not each.is_over
        return before

    def _refresh(self, job_ids: Iterable[str]) -> None:
        moved: dict[Entry, None] = {}
        for job_id in job_ids:
            entry = self._by_job.get(job_id)
            if entry is None:
                continue
            self._restate(entry)
            state = self.service.job(job_id).state
            if self._states.get(job_id) is not state:
                self._states[job_id] = state
                self._moves += 1
                moved[entry] = None
        for entry in moved:
            self.changed.emit(entry)
        if moved:
            self.moved.emit()

    def _restate(self, entry: Entry) -> None:
        """Work out how it stands with a photo: by its running job, else its waiting one, else its last."""
        jobs = [self.service.job(job_id) for job_id in entry.jobs]
        open_jobs = [job for job in jobs if not job.is_over]
        job = next(iter(open_jobs), jobs[-1] if jobs else None)
        if job is None:
            standing = Standing.UNREADABLE if entry.problem else Standing.NEW
        elif job.state is JobState.RUNNING:
            live = self.feed.live(job.id)
            standing = _BY_STAGE[live.stage] if live else Standing.READING
        else:
            standing = _BY_STATE[job.state]
        score = self._score(job) if standing is Standing.DONE else None
        caption = f"{score:.1f} · {verdict(score).word}" if score is not None else str(standing)
        self.album.refresh(entry, standing, caption)


class _Remove(QUndoCommand):
    """Photos taken out of the window."""

    def __init__(self, session: Session, entries: Sequence[Entry]) -> None:
        what = entries[0].short_name.replace("&", "&&") if len(entries) == 1 else f"{len(entries)} Photos"
        super().__init__(f"Remove {what}")
        self._session = session
        self._entries = tuple(entries)
        self._placed: list[tuple[int, Entry]] = []

    def redo(self) -> None:
        self._session.withdraw(self._entries)
        self._placed = self._session.album.remove(self._entries)

    def undo(self) -> None:
        self._session.album.insert(self._placed)
        if self._placed:
            self._session.restored.emit([entry for _, entry in self._placed])
