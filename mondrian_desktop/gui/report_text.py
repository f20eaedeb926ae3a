"""The text of a critique: appended while it is written, rich text when it is finished. It loads nothing."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent, QTextBlock, QTextDocument
from PySide6.QtWidgets import QFrame, QTextBrowser, QWidget

from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.live_text import LiveText, space_lines
from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.report.model import Analysis, Critique, Labels
from mondrian_desktop.report.pane import pane

_PATIENCE_TOKENS = 40
"""Tokens after which an answer in which no critique was found yet is shown as it is."""


class ReportText(QTextBrowser):
    """One critique. Scrolling follows the text only while the reader is at its end."""

    resized = Signal()
    """There is another width or height to write in."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._live = LiveText(self.document())
        self._job: Live | None = None
        self._analysis: tuple[Analysis, Labels] | None = None
        self._plain_pieces = 0
        self.setAccessibleName("Critique")
        self.setFrameShape(QFrame.Shape.NoFrame)
        # Always there, so that no line breaks anew when it would appear in the middle of the writing.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.verticalScrollBar().rangeChanged.connect(self._show_bar)
        self._show_bar(0, 0)
        # Nothing is opened in here; a click on an address asks the system's browser, http(s) only.
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._open)
        self.setUndoRedoEnabled(False)
        self.setAcceptDrops(False)
        # The pane's own ground shows through.
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(2 * GRID)
        theme.changed.connect(self._render_again)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Tell whoever writes for a certain width."""
        super().resizeEvent(event)
        self.resized.emit()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt
        """Load nothing, wherever it lies."""
        return None

    def show_live(self, live: Live) -> None:
        """Bring the text to what the model has written."""
        if self._job is not live:
            self._job, self._analysis, self._plain_pieces = live, None, 0
            self._live.start(self._theme.colors.dark)
        follows = self._is_at_end()
        if live.partial is not None and live.partial.critique != Critique():
            self._live.show(live.partial.critique)
        elif live.generation_tokens - live.thinking_tokens >= _PATIENCE_TOKENS:
            self._live.add_plain("".join(live.answer[self._plain_pieces :]))
            self._plain_pieces = len(live.answer)
        if follows:
            self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def show_analysis(self, job_id: str, analysis: Analysis, labels: Labels) -> None:
        """Show a finished analysis; what was just watched being written stays where it is."""
        if self._analysis is not None and self._analysis[0] is analysis:
            return
        was_watched = self._job is not None and self._job.job.id == job_id
        self._job, self._analysis = None, (analysis, labels)
        if was_watched:
            self._keeping_place(self._render)
        else:
            self._render()
            self.verticalScrollBar().setValue(0)

    def clear_text(self) -> None:
        """Show nothing."""
        self._job, self._analysis = None, None
        self.clear()

    def _show_bar(self, least: int, most: int) -> None:
        """Have the bar drawn only where there is something to scroll."""
        bar = self.verticalScrollBar()
        idle = most <= least
        if bar.property("idle") != idle:
            bar.setProperty("idle", idle)
            bar.style().polish(bar)

    def _is_at_end(self) -> bool:
        bar = self.verticalScrollBar()
        return bar.value() >= bar.maximum() - GRID

    def _render(self) -> None:
        if self._analysis is not None:
            analysis, labels = self._analysis
            self.setHtml(pane(analysis, self._theme.colors.dark, labels, chart=None, head=False))
            space_lines(self.document())

    def _render_again(self) -> None:
        self._keeping_place(self._render_live if self._job else self._render)

    def _render_live(self) -> None:
        if live := self._job:
            self._job = None
            self.show_live(live)

    def _keeping_place(self, render: Callable[[], None]) -> None:
        """Render anew so that the line at the top of the view stays where it is."""
        line = self.cursorForPosition(QPoint(0, 0)).block()
        text, top = line.text(), self._top(line)
        alike = sum(
            block.text() == text for block in _blocks(self.document()) if block.blockNumber() < line.blockNumber()
        )
        place = self.verticalScrollBar().value()
        render()
        found = next(islice((block for block in _blocks(self.document()) if block.text() == text), alike, None), None)
        moved = self._top(found) - top if found is not None and text else 0
        self.verticalScrollBar().setValue(place + round(moved))

    def _top(self, block: QTextBlock) -> float:
        return self.document().documentLayout().blockBoundingRect(block).top()

    def _open(self, address: QUrl) -> None:
        if address.scheme() in ("http", "https"):
            QDesktopServices.openUrl(address)


def _blocks(document: QTextDocument) -> Iterator[QTextBlock]:
    block = document.begin()
    while block.isValid():
        yield block
        block = block.next()
