"""Asks the questions of the Ask page and keeps their conversations in sight."""

from PySide6.QtCore import QObject

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.ask_page import ABOUT_PHOTO, AskPage
from mondrian_desktop.gui.session import Session
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.report.model import Analysis, Exchange
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.catalog import known


class Questions(QObject):
    """Joins page and session."""

    def __init__(self, session: Session, page: AskPage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._service = session.service
        self._page = page
        self._job: Job | None = None
        self._follow_ups: dict[int, str] = {}
        self._free: list[str] = []
        page.asked.connect(self._ask)
        page.scope_changed.connect(self.show)
        session.feed.beat.connect(self._beat)

    def look_at(self, job: Job | None) -> None:
        """Turn to the analysis of a job."""
        self._job = job
        self.show()

    def forget(self) -> None:
        """Show no question any more, where all have been deleted."""
        self._job = None
        self._follow_ups.clear()
        self._free.clear()
        self.show()

    def show(self) -> None:
        """Show how it stands."""
        if self._page.scope == ABOUT_PHOTO:
            analysis = self._service.analysis(self._job.id) if self._job else None
            last = self._last(self._follow_up_id())
            exchanges = analysis.conversation if analysis else ()
            reason = self._reason(analysis)
        else:
            last = self._last(self._free[-1] if self._free else None)
            exchanges = tuple(each for job_id in self._free if (each := self._exchange(job_id)))
            form = self._session.form(self._service.settings.get(MODEL))
            reason = "" if form.takes_questions else self._cannot(self._service.settings.get(MODEL), "questions")
        pending = last.question if last and not last.is_over else ""
        note = last.reason if last and last.state is JobState.FAILED else ""
        self._page.show_talk(exchanges, pending, reason, note, needs_model="larger model" in reason)
        if last and (live := self._session.feed.live(last.id)):
            self._page.update_live(live)

    def _ask(self, question: str) -> None:
        try:
            if self._page.scope == ABOUT_PHOTO:
                about = self._service.analysis_id(self._job.id) if self._job else None
                if about is None:
                    return
                self._follow_ups[about] = self._service.ask(about, question).id
            else:
                self._free.append(self._service.submit(None, question=question).id)
        except UserError as err:
            self._session.told.emit(str(err))
        self.show()

    def _beat(self, news: frozenset[str]) -> None:
        shown = self._follow_up_id() if self._page.scope == ABOUT_PHOTO else next(reversed(self._free), None)
        if shown in news:
            self.show()

    def _follow_up_id(self) -> str | None:
        about = self._service.analysis_id(self._job.id) if self._job else None
        return None if about is None else self._follow_ups.get(about)

    def _last(self, job_id: str | None) -> Job | None:
        return self._service.job(job_id) if job_id else None

    def _exchange(self, job_id: str) -> Exchange | None:
        analysis = self._service.analysis(job_id)
        if analysis is None or not self._service.job(job_id).is_over:
            return None
        return Exchange(analysis.question, analysis.answer, str(analysis.generation.finish_reason), analysis.thinking)

    def _reason(self, analysis: Analysis | None) -> str:
        if analysis is None:
            return "Let the photo be analyzed first; then ask about it and its critique."
        if self._session.form(analysis.model).takes_follow_ups:
            return ""
        return self._cannot(analysis.model, "questions about a photo") + " Analyze the photo with it, and ask here."

    def _cannot(self, model: str, what: str) -> str:
        entry = known(model)
        name = entry.name if entry else "This model"
        return f"{name} writes one kind of critique and answers no {what}. Choose a larger model, which does."
