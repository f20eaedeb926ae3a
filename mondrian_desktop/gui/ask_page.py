"""Questions: about the photo and its critique, or about photography; the answer is shown while it is written."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mondrian_desktop.critique.prompt import QUESTION_LIMIT
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.live_text import LiveText, space_lines
from mondrian_desktop.gui.report_text import ReportText
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.report.model import Exchange
from mondrian_desktop.report.pane import talk_with_thinking, thought_place

ABOUT_PHOTO, ABOUT_ANYTHING = range(2)


class AskPage(QWidget):
    """The conversation over the line in which one asks; where nothing can be asked, the reason stands there."""

    asked = Signal(str)
    """A question about what :attr:`scope` says."""
    scope_changed = Signal()
    models_wanted = Signal()
    """The way to a model that can."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._exchanges: tuple[Exchange, ...] | None = None
        self._pending = ""
        self._opened: set[int] = set()
        self._live_job = ""
        self._shown_pieces = 0
        self.text = ReportText(theme)
        self.text.setAccessibleName("Conversation")
        self.text.anchorClicked.connect(self._open_thought)
        self._live = LiveText(self.text.document())
        self.subject = QComboBox()
        self.subject.setAccessibleName("What the question is about")
        self.subject.addItems(["About this photo and its critique", "About photography, without a photo"])
        self.subject.currentIndexChanged.connect(lambda _: self.scope_changed.emit())
        self.reason = QLabel()
        self.reason.setTextFormat(Qt.TextFormat.PlainText)
        self.reason.setWordWrap(True)
        self.line = QLineEdit()
        self.line.setAccessibleName("Question")
        self.line.setMaxLength(QUESTION_LIMIT)
        self.line.setPlaceholderText("Your question")
        self.line.returnPressed.connect(self._ask)
        self.line.textChanged.connect(lambda _: self._refresh())
        self.button = QPushButton("Ask")
        self.button.clicked.connect(self._ask)
        self.models = QPushButton("Models…")
        self.models.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.models.clicked.connect(self.models_wanted)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()
        self._refresh()

    @property
    def scope(self) -> int:
        """:data:`ABOUT_PHOTO` or :data:`ABOUT_ANYTHING`."""
        return self.subject.currentIndex()

    def show_talk(
        self, exchanges: Sequence[Exchange], pending: str, reason: str, note: str = "", *, needs_model: bool = False
    ) -> None:
        """Show a conversation.

        Parameters
        ----------
        pending
            The question that is being answered or waits; empty where none is.
        reason
            Why nothing can be asked here; empty where it can.
        needs_model
            Whether the reason is the model.
        note
            What went wrong with the last question.
        """
        self.reason.setText(reason or note)
        self.reason.setVisible(bool(reason or note))
        self.models.setVisible(needs_model)
        self.line.setVisible(not reason)
        self.button.setVisible(not reason)
        if self._exchanges != tuple(exchanges) or self._pending != pending:
            if tuple(exchanges)[: len(self._exchanges or ())] != self._exchanges:
                self._opened.clear()
            self._exchanges, self._pending = tuple(exchanges), pending
            self._render()
        self._refresh()

    def update_live(self, live: Live) -> None:
        """Append what has come of the answer since."""
        if self._live_job != live.job.id:
            self._live_job, self._shown_pieces = live.job.id, 0
        if live.is_thinking:
            self.reason.setText("The model thinks first…")
            self.reason.show()
        if new := live.answer[self._shown_pieces :]:
            self._shown_pieces = len(live.answer)
            bar = self.text.verticalScrollBar()
            follows = bar.value() >= bar.maximum() - GRID
            self._live.add_plain("".join(new))
            if follows:
                bar.setValue(bar.maximum())

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.line, 1)
        row.addWidget(self.button)
        foot = QVBoxLayout()
        foot.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        foot.setSpacing(GRID)
        foot.addWidget(self.reason)
        foot.addWidget(self.models)
        foot.addWidget(self.subject)
        foot.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.text, 1)
        layout.addLayout(foot)

    def _ask(self) -> None:
        if self.button.isEnabled() and (question := self.line.text().strip()):
            self.line.clear()
            self.asked.emit(question)

    def _render(self) -> None:
        waiting = [Exchange(self._pending, "")] if self._pending else []
        self.text.clear_text()
        exchanges = [*(self._exchanges or ()), *waiting]
        self.text.setHtml(talk_with_thinking(exchanges, self._theme.colors.dark, self._opened))
        space_lines(self.text.document())
        self._live_job, self._live = "", LiveText(self.text.document())
        if self._pending:
            cursor = QTextCursor(self.text.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertHtml("<p></p>")
            cursor.insertBlock()
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())

    def _open_thought(self, address: QUrl) -> None:
        place = thought_place(address.toString())
        if place is None:
            return
        self._opened ^= {place}
        bar = self.text.verticalScrollBar()
        seen = bar.value()
        self._render()
        bar.setValue(seen)

    def _refresh(self) -> None:
        self.button.setEnabled(bool(self.line.text().strip()) and not self._pending)

    def _restyle(self) -> None:
        set_text_color(self.reason, self._theme.colors.soft)
        if self._exchanges:
            self._render()
