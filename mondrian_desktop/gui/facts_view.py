"""What the file and the pixels say: a line below the photo, and a page beside the critique."""

from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from mondrian_desktop.gui.histogram import Histogram
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.photo.facts import exif_line, sentences
from mondrian_desktop.photo.model import Exif, Measurements, Photo, Swatch
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about one photo, without its pixels. ``width`` and ``height`` in pixels of the original."""

    width: int
    height: int
    exif: Exif
    measurements: Measurements

    @classmethod
    def of_photo(cls, photo: Photo) -> "Facts":
        """Return the facts of a photo that was read."""
        return cls(photo.width, photo.height, photo.exif, photo.measurements)

    @classmethod
    def of_analysis(cls, analysis: Analysis) -> "Facts | None":
        """Return the facts that an analysis keeps, or None for a question without a photo."""
        if analysis.photo is None or analysis.facts is None:
            return None
        return cls(analysis.photo.width, analysis.photo.height, analysis.photo.exif, analysis.facts)

    @property
    def line(self) -> str:
        """Size and exposure in one line."""
        size = f"{self.width} × {self.height}"
        return " · ".join(part for part in (clean_line(exif_line(self.exif), 300), size) if part)


class FactsStrip(QWidget):
    """The line below the photo: histogram with clipping marks, and what the camera wrote."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._line = ""
        self.histogram = Histogram(theme, QSize(20 * GRID, 5 * GRID))
        self._label = plain_label(wraps=False, figures=True)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.histogram)
        layout.addWidget(self._label, 1)
        theme.changed.connect(self._restyle)
        self.setMinimumHeight(7 * GRID)
        self._restyle()
        self.show_facts(None)

    @property
    def line(self) -> str:
        """The words shown."""
        return self._line

    def show_facts(self, facts: Facts | None) -> None:
        """Show the facts of the photo, or nothing."""
        self.histogram.show_facts(facts.measurements if facts else None)
        self._line = facts.line if facts else ""
        # Text of a file: never markup, which Qt would look for in a tip.
        self._label.setToolTip(f"<qt>{escape(self._line)}</qt>" if self._line else "")
        self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Shorten the line to the room there is."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        metrics = self._label.fontMetrics()
        self._label.setText(metrics.elidedText(self._line, Qt.TextElideMode.ElideRight, self._label.width()))
        self._label.setAccessibleName(self._line)

    def _restyle(self) -> None:
        set_text_color(self._label, self._theme.colors.soft)
        set_background(self, self._theme.colors.window)


class Palette(QWidget):
    """The dominant colors, as wide as their share of the frame."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._swatches: tuple[Swatch, ...] = ()
        self.setFixedHeight(3 * GRID)
        self.setAccessibleName("Dominant colors")

    def show_swatches(self, swatches: tuple[Swatch, ...]) -> None:
        """Show colors, the largest first."""
        self._swatches = swatches
        words = ", ".join(f"{each.hex} {100 * each.fraction:.0f}%" for each in swatches)
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.setVisible(bool(swatches))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint one field for each color."""
        painter = QPainter(self)
        total = sum(each.fraction for each in self._swatches) or 1.0
        left = 0.0
        for each in self._swatches:
            width = self.width() * each.fraction / total
            painter.fillRect(QRectF(left, 0, width - 2, self.height()), QColor(each.hex))
            left += width


class FactsPage(QScrollArea):
    """Everything that was measured, in a photographer's words.

    Attributes
    ----------
    seen
        The button that opens what the model saw; hidden where there is no analysis.
    """

    seen_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: Facts | None = None
        self.setAccessibleName("Facts")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.histogram = Histogram(theme, QSize(40 * GRID, 14 * GRID))
        self.histogram.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.palette_view = Palette()
        self._camera = _text()
        self._measured = _text()
        self._seen_line = _text()
        self.seen = QPushButton("Show what the model saw")
        self.seen.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.seen.clicked.connect(self.seen_wanted)
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        for widget in (self.histogram, self.palette_view, self._camera, self._seen_line, self.seen, self._measured):
            layout.addWidget(widget)
        layout.addStretch()
        self.setWidget(self._content)
        # The pane's own ground shows through.
        self.viewport().setAutoFillBackground(False)
        self._content.setAutoFillBackground(False)
        theme.changed.connect(self._restyle)
        self.show_seen("")
        self._restyle()

    def show_seen(self, sentence: str) -> None:
        """Say what was made of the photo before the model saw it; empty where no model saw it."""
        self._seen_line.setText(sentence)
        for widget in (self._seen_line, self.seen):
            widget.setVisible(bool(sentence))

    def show_facts(self, facts: Facts) -> None:
        """Show the facts of the photo."""
        if facts == self._shown:
            return
        self._shown = facts
        self.histogram.show_facts(facts.measurements)
        self.palette_view.show_swatches(facts.measurements.palette)
        self._camera.setText(facts.line)
        measured = "\n\n".join(clean_line(each) for each in sentences(facts.measurements))
        self._measured.setText(measured)
        self._measured.setVisible(bool(measured))

    def _restyle(self) -> None:
        for label in (self._camera, self._seen_line):
            set_text_color(label, self._theme.colors.soft)


def _text() -> QLabel:
    label = plain_label(figures=True)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label
