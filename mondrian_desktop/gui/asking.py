"""Asking for critiques: who is asked, what the pane and the bottom strip show of it, beat by beat."""

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import announce
from mondrian_desktop.gui.album import Entry
from mondrian_desktop.gui.bottom_bar import BottomBar, result_words
from mondrian_desktop.gui.facts_view import Facts
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.questions import Questions
from mondrian_desktop.gui.report_pane import PANEL, ReportPane
from mondrian_desktop.gui.session import Session
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.server_watch import next_try_words, waiting_words
from mondrian_desktop.report import markdown, wording
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.settings import ADVISOR, MODEL
from mondrian_desktop.weights.catalog import find

_SAID = {"reading": "Reading the photo", "encoding": "Looking at the photo", "generating": "Writing the critique"}


class Asking(QObject):
    """Keeps the pane and the strip in step with the session."""

    advisor_changed = Signal(str)
    """The advisor who will be asked next."""
    facts_found = Signal(object, object)
    """An :class:`Entry`, and :class:`Facts` that its job found."""
    retried = Signal(object)
    """An :class:`Entry` that could not be shown is tried again."""
    updated = Signal()
    """Something changed that decides which actions are possible."""

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._service = session.service
        self._window = window
        self._entry: Entry | None = None
        self._said: tuple[str, str] = ("", "")
        self.pane = ReportPane(theme)
        self.bottom = BottomBar(theme)
        self.questions = Questions(session, self.pane.ask, self)
        wanted = self._service.settings.get(ADVISOR)
        self.advisor = wanted if wanted in self._service.advisors else next(iter(self._service.advisors))
        self._shown_advisor = self.advisor
        session.changed.connect(self._entry_changed)
        session.moved.connect(self._line_moved)
        session.feed.beat.connect(self._beat)
        session.waits.connect(self._waits)
        session.paused.connect(lambda _: self._waits())
        self.pane.analyze_wanted.connect(self._analyze_shown)
        self.pane.cancel_wanted.connect(session.drop_job)
        self.pane.advisor_chosen.connect(self.show_advisor)
        self.bottom.stop_wanted.connect(session.stop)
        self.bottom.stop_all_wanted.connect(session.stop_all)
        self.bottom.try_wanted.connect(self._service.try_now)

    @property
    def has_critique(self) -> bool:
        """Whether there is something to copy."""
        if self._entry is None:
            return False
        job = self._session.job(self._entry, self._shown_advisor)
        return job is not None and (self._service.analysis(job.id) or self._session.feed.live(job.id)) is not None

    @property
    def seen(self) -> tuple[str, str] | None:
        """The id of the job shown, and a sentence about the picture that the model saw for it; None without one."""
        job = self._session.job(self._entry, self._shown_advisor) if self._entry else None
        analysis = self._service.analysis(job.id) if job else None
        sentence = wording.size_sentence(analysis.generation) if analysis else ""
        return (job.id, sentence) if job and sentence else None

    def model_line(self) -> str:
        """Return one line about the model that will write."""
        try:
            entry = find(self._service.settings.get(MODEL))
        except UserError as err:
            return str(err)
        return entry.note or entry.name

    def model_changed(self) -> None:
        """Say which model will write from now on."""
        if self.bottom.is_at_rest:
            self.bottom.rest(self.model_line())
        self._show()

    def look_at(self, entry: Entry | None) -> None:
        """Show what there is about a photo: of the chosen advisor, else of the one who had it last."""
        self._entry = entry
        if self.bottom.is_at_rest and not self.bottom.label.text():
            self.bottom.rest(self.model_line())
        self._shown_advisor = self.advisor
        if entry is not None and self._session.job(entry, self.advisor) is None:
            self._shown_advisor = self._session.latest_advisor(entry) or self.advisor
        self._show()

    def choose_advisor(self, advisor_id: str) -> None:
        """Ask this advisor from now on, also next time."""
        if advisor_id != self.advisor:
            try:
                self._service.settings.set(ADVISOR, advisor_id)
            except UserError as err:
                self._session.told.emit(str(err))
        self.advisor = advisor_id
        self.advisor_changed.emit(advisor_id)
        self.show_advisor(advisor_id)

    def show_advisor(self, advisor_id: str) -> None:
        """Show what an advisor said about the photo, or who that is."""
        self._shown_advisor = advisor_id
        self._show()

    def analyze(self, entries: Iterable[Entry]) -> None:
        """Put photos in line for the chosen advisor."""
        self._start(list(entries), self.advisor)
        self.show_advisor(self.advisor)

    @property
    def report(self) -> Sequence[Analysis]:
        """What is to be exported: the analysis shown, or all of the panel while that is shown."""
        if self._entry is None:
            return ()
        if self.pane.tabs.currentIndex() == PANEL:
            return self._session.analyses(self._entry)
        job = self._session.job(self._entry, self._shown_advisor)
        analysis = self._service.analysis(job.id) if job else None
        return (analysis,) if analysis else ()

    @property
    def analysis_ids(self) -> Sequence[int]:
        """The ids in the history of what :attr:`report` has."""
        if self._entry is None:
            return ()
        advisors = dict.fromkeys(self._service.job(job_id).advisor for job_id in self._entry.jobs)
        asked = advisors if self.pane.tabs.currentIndex() == PANEL else [self._shown_advisor]
        jobs = (self._session.job(self._entry, advisor_id) for advisor_id in asked)
        return [found for job in jobs if job and (found := self._service.analysis_id(job.id)) is not None]

    def ask_several(self, advisor_ids: Sequence[str]) -> None:
        """Have several advisors look at the photo, one after the other."""
        if self._entry is not None:
            for advisor_id in advisor_ids:
                self._start([self._entry], advisor_id)
            self._show()

    def copy_text(self) -> str:
        """Return the critique shown as Markdown; what is there of it while it is written."""
        if self._entry is None:
            return ""
        shown = self._session.shown(self._entry, self._shown_advisor)
        if shown.analysis is not None:
            return markdown.render(shown.analysis, self._service.labels(shown.analysis))
        return self.pane.text.toPlainText() if shown.live else ""

    def _analyze_shown(self) -> None:
        if self._entry is not None:
            self._start([self._entry], self._shown_advisor)
            self._show()

    def _start(self, entries: list[Entry], advisor_id: str) -> None:
        for entry in entries:
            if entry.problem:
                self.retried.emit(entry)
        self._session.analyze(entries, advisor_id)

    def _show(self) -> None:
        if self._entry is not None:
            shown = self._session.shown(self._entry, self._shown_advisor)
            labels = self._service.labels(shown.analysis) if shown.analysis else None
            self.pane.show_state(shown, labels)
            self.questions.look_at(shown.job)
            analyses = self._session.analyses(self._entry)
            self.pane.show_panel(analyses, {each.advisor: self._service.labels(each) for each in analyses})
        self.updated.emit()

    def _entry_changed(self, entry: Entry) -> None:
        facts = self._facts(entry)
        if facts is not None:
            self.facts_found.emit(entry, facts)
        if entry is self._entry:
            self._show()
        self._say_end(entry)

    def _line_moved(self) -> None:
        job = self._session.job(self._entry, self._shown_advisor) if self._entry else None
        if job is not None and job.state is JobState.QUEUED:
            self._show()
        self.updated.emit()

    def _facts(self, entry: Entry) -> Facts | None:
        is_over = bool(entry.jobs) and self._service.job(entry.jobs[-1]).is_over
        analysis = self._service.analysis(entry.jobs[-1]) if is_over else None
        return Facts.of_analysis(analysis) if analysis else None

    def _beat(self, news: frozenset[str]) -> None:
        live = self._session.feed.running
        if live is None:
            self._show_rest(news)
        else:
            max_tokens = live.job.options.max_tokens
            self.bottom.show_live(live, self._session.feed.now_s(), max_tokens, self._session.waiting())
            self._say_stage(live)
            if live.photo is not None and (entry := self._session.entry_of(live.job.id)) is not None:
                self.facts_found.emit(entry, Facts.of_photo(live.photo))
                live.photo = None
        if self._entry is not None and (job := self._session.job(self._entry, self._shown_advisor)) and job.id in news:
            self.pane.update_live()
            self.updated.emit()

    def _show_rest(self, news: frozenset[str] = frozenset()) -> None:
        """Show in the strip what was done last, or for which server all waits."""
        awaited = () if self._service.paused else self._service.awaited
        if awaited:
            words = waiting_words(awaited)
            self.bottom.stand(words[:1].upper() + words[1:], next_try_words(awaited), self._session.waiting())
        else:
            self.bottom.rest(self._rest_words(news))

    def _waits(self) -> None:
        if self._session.feed.running is None:
            self._show_rest()

    def _rest_words(self, news: frozenset[str]) -> str:
        for job_id in news:
            # First what costs nothing: thousands may have ended at once.
            entry = self._session.entry_of(job_id)
            if entry is not None and self._service.job(job_id).is_over:
                analysis = self._service.analysis(job_id)
                return f"{entry.short_name}: {result_words(analysis) if analysis else entry.caption.lower()}"
        return self.bottom.label.text() if self.bottom.is_at_rest else self.model_line()

    def _say_stage(self, live: Live) -> None:
        words = _SAID.get(str(live.stage), "")
        if words and self._said != (live.job.id, words):
            self._said = (live.job.id, words)
            announce.politely(self._window, words)

    def _say_end(self, entry: Entry) -> None:
        job = self._service.job(entry.jobs[-1]) if entry.jobs else None
        # What was taken out of the line has nothing to tell.
        if job is not None and job.is_over and (job.reason or self._service.analysis(job.id)):
            announce.politely(self._window, job.reason or f"{entry.short_name}: {entry.caption}")
