"""What the model wrote, as it wrote it."""

from collections.abc import Sequence

from PySide6.QtGui import QFontDatabase, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.report.clean import TEXT_LIMIT, clean

_RUN = 2000
"""Characters in one paragraph while it grows: Qt lays a paragraph out as a whole each time."""


class RawText(QPlainTextEdit):
    """The raw text, never markup. While it is hidden nothing is written; it catches up when it is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Raw text of the model")
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        # The pane's own ground shows through.
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(2 * GRID)
        self._job_id = ""
        self._written = 0
        self._shown_chars = 0
        self._run = 0
        self._final = ""

    def show_live(self, job_id: str, pieces: Sequence[str]) -> None:
        """Append what is new of a running job's text."""
        if self._job_id != job_id:
            self._job_id, self._written, self._shown_chars, self._run, self._final = job_id, 0, 0, 0, ""
            self.clear()
        if self.isVisible() and self._shown_chars < TEXT_LIMIT:
            text = clean("".join(pieces[self._written :]), TEXT_LIMIT)
            self._written = len(pieces)
            self._shown_chars += len(text)
            self._append(text)

    def show_final(self, text: str) -> None:
        """Show a finished text."""
        if self._job_id or text != self._final:
            place = self.verticalScrollBar().value() if self._job_id else 0
            self._job_id, self._final = "", text
            self.setPlainText(clean(text, TEXT_LIMIT))
            self.verticalScrollBar().setValue(place)

    def _append(self, text: str) -> None:
        bar = self.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 1
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        for start in range(0, len(text), _RUN):
            part = text[start : start + _RUN]
            if "\n" in part:
                self._run = len(part) - part.rindex("\n")
            elif self._run + len(part) > _RUN:
                cursor.insertText("\n")
                self._run = len(part)
            else:
                self._run += len(part)
            cursor.insertText(part)
        if follows:
            bar.setValue(bar.maximum())
