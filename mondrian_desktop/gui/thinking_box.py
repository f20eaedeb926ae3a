"""What a model thinks before it answers: one line that opens, above the critique."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.raw_text import RawText
from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.report import wording

_HEIGHT = 22 * GRID


class ThinkingBox(QWidget):
    """Collapsed until it is opened, then it stays open. Where nothing was thought it is not :attr:`needed`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live: tuple[str, list[str]] | None = None
        self._counted = self._words = 0
        self.needed = False
        self.button = QToolButton()
        self.button.setAccessibleName("What the model thought first")
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.button.setAutoRaise(True)
        self.button.setCheckable(True)
        self.button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.button.toggled.connect(self._open)
        self.text = RawText()
        self.text.setAccessibleName("Thinking of the model")
        self.text.setFont(self.font())
        self.text.setFixedHeight(_HEIGHT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.button)
        layout.addWidget(self.text)
        self._open(False)
        self.hide()

    def show_live(self, live: Live) -> None:
        """Show what is thought so far."""
        job_id, pieces = live.job.id, live.thoughts
        if self._live is None or self._live[0] != job_id:
            self._counted = self._words = 0
        self._live = job_id, pieces
        # A word is counted where a blank follows it: each piece is looked at once.
        self._words += sum(character.isspace() for piece in pieces[self._counted :] for character in piece)
        self._counted = len(pieces)
        self.needed = bool(pieces) or live.is_thinking
        self._say(f"Thinking, {self._words:,} words so far" if live.is_thinking else wording.thought(self._words))
        self.text.show_live(job_id, pieces)

    def show_final(self, thinking: str) -> None:
        """Show what was thought, or be gone."""
        self._live = None
        self.needed = bool(thinking)
        self._say(wording.thought(len(thinking.split())))
        self.text.show_final(thinking)

    def _say(self, words: str) -> None:
        if self.button.text() != words:
            self.button.setText(words)

    def _open(self, is_open: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if is_open else Qt.ArrowType.RightArrow)
        self.text.setVisible(is_open)
        if self._live is not None:
            # What is hidden is not written into.
            self.text.show_live(*self._live)
