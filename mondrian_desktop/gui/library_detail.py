"""What is shown of the selected analyses: one with its picture and text, two side by side, or how many there are."""

from html import escape

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPixmap, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.library_model import LibraryModel
from mondrian_desktop.gui.report_text import ReportText
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.gui.thinking_box import ThinkingBox
from mondrian_desktop.jobs.history import Entry
from mondrian_desktop.photo.text import left_to_right
from mondrian_desktop.report.clean import breakable, clean_line
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.report.pane import pane, side_by_side
from mondrian_desktop.service import Service

_PICTURE_HEIGHT = 24 * GRID
_SMALLEST_PICTURE = QSize(8 * GRID, 10 * GRID)
"""In a low window."""


class LibraryDetail(QStackedWidget):
    """Shows what it is given; originals are not needed."""

    def __init__(self, service: Service, model: LibraryModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._model = model
        self._theme = theme
        self._shown: list[Entry] = []
        self.message = QLabel()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.pictures = [_Picture(), _Picture()]
        self.names = [_Name(), _Name()]
        self.thinking = ThinkingBox()
        self.text = ReportText(theme)
        self._page = QWidget()
        grid = QGridLayout()
        grid.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        grid.setSpacing(GRID)
        for column, (picture, name) in enumerate(zip(self.pictures, self.names, strict=True)):
            grid.addWidget(picture, 0, column)
            grid.addWidget(name, 1, column)
        self._grid = grid
        layout = QVBoxLayout(self._page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(grid)
        layout.addWidget(self.thinking)
        layout.addWidget(self.text, 1)
        self.addWidget(self.message)
        self.addWidget(self._page)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_entries([])

    def show_entries(self, entries: list[Entry], count: int | None = None) -> None:
        """Show one analysis, two for comparison, or a line about several (``count``, or all of these) or none."""
        many = len(entries) if count is None else count
        self._shown = entries if many in (1, 2) else []
        if not self._shown:
            self._say(f"{many:,} analyses selected" if many else "Select an analysis, or two to compare them")
            return
        try:
            analyses = [self._service.history.analysis(entry.id) for entry in entries]
        except UserError as err:
            self._say(str(err))
            return
        if any(analysis is None for analysis in analyses):
            self._say("It is no longer in the library")
            return
        found = [analysis for analysis in analyses if analysis is not None]
        for place, (picture, name) in enumerate(zip(self.pictures, self.names, strict=True)):
            there = place < len(entries)
            self._grid.setColumnStretch(place, 1 if there else 0)
            picture.setVisible(there)
            name.setVisible(there)
            if there:
                picture.show_pixmap(self._model.picture(entries[place]), self._model.name(entries[place]))
                name.show_words(self._model.name(entries[place]), self._model.caption(entries[place]))
        self.thinking.show_final(found[0].thinking if len(found) == 1 else "")
        self.thinking.setVisible(self.thinking.needed)
        self.text.setHtml(self._html(entries, found))
        self.text.verticalScrollBar().setValue(0)
        self.setCurrentWidget(self._page)

    def _html(self, entries: list[Entry], analyses: list[Analysis]) -> str:
        dark = self._theme.colors.dark
        if len(analyses) == 1:
            return pane(analyses[0], dark, self._service.labels(analyses[0]), chart=None)
        names = [left_to_right(clean_line(self._model.name(entry), 60)) for entry in entries]
        if names[0] == names[1]:
            names = [self._model.caption(entry) for entry in entries]
        return side_by_side(analyses, names, dark)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.setCurrentWidget(self.message)

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_text_color(self.message, colors.soft)
        for name in self.names:
            set_text_color(name, colors.soft)
        for picture in self.pictures:
            set_background(picture, colors.surround)
        if self._shown:
            self.show_entries(self._shown)


class _Picture(QLabel):
    """A picture, fitted."""

    def __init__(self) -> None:
        super().__init__()
        self._pixmap = QPixmap()
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setMinimumSize(_SMALLEST_PICTURE)
        self.setMaximumHeight(_PICTURE_HEIGHT)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        # Not that of the pixmap, which is made for the room that there is.
        return QSize(_SMALLEST_PICTURE.width(), _PICTURE_HEIGHT)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt
        return _SMALLEST_PICTURE

    def show_pixmap(self, pixmap: QPixmap, name: str) -> None:
        self._pixmap = pixmap
        self.setAccessibleName(name)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._pixmap.isNull():
            self.setText("No picture")
            return
        size = (QSize(self.size()) - QSize(2 * GRID, 2 * GRID)) * self.devicePixelRatioF()
        fitted = self._pixmap.scaled(
            size, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        fitted.setDevicePixelRatio(self.devicePixelRatioF())
        self.setPixmap(fitted)


class _Name(QLabel):
    """A file's name on one line, whatever its length, and below it what else is known."""

    def __init__(self) -> None:
        super().__init__()
        self._words = ("", "")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(8 * GRID)

    def show_words(self, name: str, caption: str) -> None:
        self._words = (clean_line(name, 255), caption)
        # Never markup, whatever the name: Qt takes a tip that looks like HTML for HTML.
        self.setToolTip(f"<qt>{escape(self._words[0])}</qt>")
        self.setAccessibleName(". ".join(self._words))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        name, caption = self._words
        # The middle is left out: the number at the end of a name tells photos apart.
        short = self.fontMetrics().elidedText(left_to_right(name), Qt.TextElideMode.ElideMiddle, self.width())
        self.setText(f"{short}\n{breakable(caption)}")
