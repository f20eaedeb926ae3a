"""The pane at the right: what one advisor says about one photo, in every state from "not asked" to "finished"."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.advisor_card import AdvisorCard
from mondrian_desktop.gui.ask_page import AskPage
from mondrian_desktop.gui.facts_view import Facts, FactsPage
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.message_page import MessagePage
from mondrian_desktop.gui.panel_page import PanelPage
from mondrian_desktop.gui.raw_text import RawText
from mondrian_desktop.gui.report_header import ReportHeader
from mondrian_desktop.gui.report_text import ReportText
from mondrian_desktop.gui.session import Shown
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.gui.thinking_box import ThinkingBox
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.report import wording
from mondrian_desktop.report.model import Analysis, Critique, Labels
from mondrian_desktop.weights.catalog import find

CRITIQUE, FACTS, RAW, ASK, PANEL = range(5)
_WIDEST = 80 * GRID


class ReportPane(QWidget):
    """Header, tabs and pages. It shows what it is given and asks for what the user wants by signals."""

    analyze_wanted = Signal()
    """The advisor shown is to write a critique, for the first time or again."""
    cancel_wanted = Signal(str)
    """The id of a job that is no longer wanted."""
    advisor_chosen = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: Shown | None = None
        self._facts: Facts | None = None
        self._dimensions: dict[str, tuple[str, ...]] = {}
        self.setAccessibleName("Critique pane")
        self.tabs = QTabBar()
        self.header = ReportHeader(theme)
        self.banner = _Banner(theme)
        self.thinking = ThinkingBox()
        self.card = AdvisorCard(theme)
        self.text = ReportText(theme)
        self.message = MessagePage(theme, "State of the analysis")
        self.facts = FactsPage(theme)
        self.raw = RawText()
        self.ask = AskPage(theme)
        self.panel = PanelPage(theme)
        self._has_panel = False
        self._pages = QStackedWidget()
        self._critique_page: QWidget = self.card
        self._lay_out()
        self._connect()
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def critique(self) -> Critique | None:
        """The critique that is shown, finished or partial."""
        shown = self._shown
        if shown is None:
            return None
        if shown.live is not None:
            return shown.live.partial.critique if shown.live.partial else None
        return shown.analysis.critique if shown.analysis else None

    def show_state(self, shown: Shown, labels: Labels | None) -> None:
        """Show how it stands; ``labels`` belong to the analysis, where there is one."""
        self._shown = shown
        self.facts.show_seen(wording.size_sentence(shown.analysis.generation) if shown.analysis else "")
        self.header.show_advisor(shown.advisor, _byline(shown), shown.others)
        self._show_scores()
        self.banner.hide()
        if shown.live is not None:
            self._show_live(shown.live)
        elif shown.job is None:
            self._show_unasked(shown)
        elif shown.analysis is not None:
            self._show_analysis(shown.job, shown.analysis, labels or Labels())
        else:
            self._show_without_text(shown.job, shown.ahead)
        self._show_tabs()

    def show_facts(self, facts: Facts | None) -> None:
        """Fill the facts tab; without facts there is none."""
        self._facts = facts
        if facts is not None:
            self.facts.show_facts(facts)
        self._show_tabs()

    def show_panel(self, analyses: Sequence[Analysis], labels: Mapping[str, Labels]) -> None:
        """Fill the panel; of fewer than two analyses there is none."""
        self._has_panel = len(analyses) > 1
        if self._has_panel:
            self.panel.show_panel(analyses, labels)
        self._show_tabs()

    def update_live(self) -> None:
        """Show what has come since: the live job changes behind our back, beat by beat."""
        if self._shown is not None and self._shown.live is not None:
            self._show_scores()
            self._show_live(self._shown.live)
            self._show_tabs()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Keep lines short enough to be read, where the pane is wide."""
        super().resizeEvent(event)
        side = max(0, (self.width() - _WIDEST) // 2)
        self.setContentsMargins(side, 0, side, 0)

    def copy_text(self) -> str:
        """Return what is selected in the page shown, or nothing."""
        page = self._pages.currentWidget()
        return page.textCursor().selection().toPlainText() if isinstance(page, ReportText | RawText) else ""

    def _lay_out(self) -> None:
        self.tabs.setAccessibleName("Pages of the pane")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for title in ("Critique", "Facts", "Raw", "Ask", "Panel"):
            self.tabs.addTab(title)
        for page in (self.card, self.text, self.message, self.facts, self.raw, self.ask, self.panel):
            self._pages.addWidget(page)
        bar = QHBoxLayout()
        bar.setContentsMargins(2 * GRID, GRID, 2 * GRID, 0)
        bar.addWidget(self.tabs)
        bar.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self.header)
        layout.addWidget(self.banner)
        layout.addWidget(self.thinking)
        layout.addWidget(self._pages, 1)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(lambda _: self._show_page())
        self.header.advisor_chosen.connect(self.advisor_chosen)
        self.card.analyze_wanted.connect(self.analyze_wanted)
        self.banner.pressed.connect(self.analyze_wanted)
        self.message.pressed.connect(self._message_pressed)

    def _show_scores(self) -> None:
        shown, critique = self._shown, self.critique
        names: tuple[str, ...] = ()
        if shown is not None and shown.job is not None and not shown.job.question and (shown.live or critique):
            names = self._names(shown.job.model)
        scores = critique.dimensions if critique else ()
        self.header.show_scores(critique.overall_score if critique else None, names, scores)

    def _names(self, model: str) -> tuple[str, ...]:
        """Return the dimensions by which a model judges. Kept, because finding a model looks through folders."""
        if model not in self._dimensions:
            try:
                rubric = load_rubric(find(model).rubric)
            except UserError:
                return ()
            self._dimensions[model] = tuple(dimension.name for dimension in rubric.dimensions)
        return self._dimensions[model]

    def _show_live(self, live: Live) -> None:
        self.thinking.show_live(live)
        self.text.show_live(live)
        self.raw.show_live(live.job.id, live.pieces)
        self._critique_page = self.text

    def _show_analysis(self, job: Job, analysis: Analysis, labels: Labels) -> None:
        self.thinking.show_final(analysis.thinking)
        self.text.show_analysis(job.id, analysis, labels)
        self.raw.show_final(analysis.raw_text)
        self._critique_page = self.text
        notice = wording.notice(analysis, labels)
        if not notice and not job.again and analysis.created < job.created:
            # The history had it: the model was not asked this time.
            notice = f"Analyzed before, on {wording.day(analysis)}."
        if notice:
            self.banner.show_notice(notice)
        if not analysis.answer.strip():
            done = "only thought about it so far" if analysis.thinking else "had not written anything yet"
            self.message.show_message("Stopped", f"The model {done}.", "", "Analyze again")
            self.banner.hide()
            self._critique_page = self.message

    def _show_unasked(self, shown: Shown) -> None:
        self.thinking.show_final("")
        self.text.clear_text()
        self.raw.show_final("")
        if shown.entry.problem:
            self.message.show_message("This photo cannot be shown", shown.entry.problem, "", "Try again")
            self._critique_page = self.message
        else:
            self.card.show_advisor(shown.advisor, _voice_note(shown))
            self._critique_page = self.card

    def _show_without_text(self, job: Job, ahead: int) -> None:
        self.thinking.show_final("")
        self.text.clear_text()
        self.raw.show_final("")
        self._critique_page = self.message
        if job.state is JobState.FAILED:
            safe = "The photo is unchanged, and the other photos go on."
            self.message.show_message("No critique", job.reason, safe, "Try again")
        elif job.state is JobState.QUEUED:
            before = f"{ahead} before it" if ahead else "Next"
            self.message.show_message("Waiting in line", before, "", "Take out of line")
        elif job.state is JobState.RUNNING:
            self.message.show_message("", "")
        else:
            self.message.show_message("Stopped", "Nothing was written yet.", "", "Analyze again")

    def _message_pressed(self) -> None:
        job = self._shown.job if self._shown else None
        if job is not None and job.state is JobState.QUEUED:
            self.cancel_wanted.emit(job.id)
        else:
            self.analyze_wanted.emit()

    def _show_tabs(self) -> None:
        shown = self._shown
        has_text = shown is not None and bool(
            shown.live.pieces if shown.live else shown.analysis and shown.analysis.raw_text
        )
        for tab, is_there in ((FACTS, self._facts is not None), (RAW, has_text), (PANEL, self._has_panel)):
            # To set what is so already makes Qt (6.11) forget that the tabs are to be laid out anew: a gap stayed.
            if self.tabs.isTabVisible(tab) != is_there:
                self.tabs.setTabVisible(tab, is_there)
        self.tabs.updateGeometry()
        if not self.tabs.isTabVisible(self.tabs.currentIndex()):
            self.tabs.setCurrentIndex(CRITIQUE)
        self._show_page()

    def _show_page(self) -> None:
        page = (self._critique_page, self.facts, self.raw, self.ask, self.panel)[self.tabs.currentIndex()]
        self.thinking.setVisible(self.thinking.needed and page is self._critique_page)
        if self._pages.currentWidget() is not page:
            self._pages.setCurrentWidget(page)
        if page is self.raw and self._shown is not None and self._shown.live is not None:
            self.raw.show_live(self._shown.live.job.id, self._shown.live.pieces)

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.paper)


def _byline(shown: Shown) -> str:
    """Return who wrote it, or would: a model, in the manner of."""
    if shown.job is None:
        would_be = shown.advisor.is_person and shown.is_voiced
        return f"A critique by a model in the manner of {shown.advisor.name}." if would_be else ""
    return shown.advisor.byline if shown.is_voiced else "Written by a model that has one voice for all advisors."


def _voice_note(shown: Shown) -> str:
    if shown.is_voiced:
        return ""
    return (
        f"The model in use has one voice for all advisors. A larger one writes in the manner of {shown.advisor.name}."
    )


class _Banner(QFrame):
    """One line above a critique that is not whole, with the way to a whole one."""

    pressed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.label = QLabel()
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        self.button = QPushButton("Analyze again")
        self.button.clicked.connect(self.pressed)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.addWidget(self.label, 1)
        layout.addWidget(self.button)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_notice(self, text: str) -> None:
        """Show a line."""
        self.label.setText(text)
        self.show()

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.hover)
        set_text_color(self.label, self._theme.colors.ink)
