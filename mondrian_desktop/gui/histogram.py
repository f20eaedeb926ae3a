"""The histogram: three channels and luma, with marks where the ends are clipped."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.photo.model import Measurements

_CLIPPED = 0.001
"""Fraction of the frame from which clipping is marked."""
_TOWERS = 4
"""Bins that may stick out at the top, so that the rest can be seen."""
_CHANNELS = ("#d0402f", "#3f9a4a", "#3f6fd0")


class Histogram(QWidget):
    """Shows the histogram of :class:`~mondrian_desktop.photo.model.Measurements`; hidden where there is none."""

    def __init__(self, theme: Theme, size: QSize, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._size = size
        self._facts: Measurements | None = None
        self.setAccessibleName("Histogram")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(8 * GRID)
        theme.changed.connect(self.update)

    def show_facts(self, facts: Measurements | None) -> None:
        """Show what was measured."""
        self._facts = facts if facts is not None and facts.histogram_luma else None
        self.setVisible(self._facts is not None)
        words = clipping_words(facts) if facts is not None else ""
        self.setToolTip(words)
        self.setAccessibleDescription(words)
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return the size it was made for."""
        return self._size

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint luma as an area, the channels as lines over it, and a triangle at each clipped end."""
        if self._facts is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        painter.fillRect(self.rect(), QColor(colors.track))
        area = QRectF(self.rect()).adjusted(1, 2, -1, -1)
        channels = (self._facts.histogram_red, self._facts.histogram_green, self._facts.histogram_blue)
        top = max(map(_top, (self._facts.histogram_luma, *channels)))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.soft))
        painter.drawPolygon(_curve(self._facts.histogram_luma, top, area, closed=True))
        for counts, color in zip(channels, _CHANNELS, strict=True):
            painter.setPen(QColor(color))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(_curve(counts, top, area, closed=False))
        self._paint_marks(painter)

    def _paint_marks(self, painter: QPainter) -> None:
        assert self._facts is not None  # noqa: S101 - narrowed by the caller
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.colors.ink))
        side, width = GRID - 1, self.width()
        if self._facts.shadows_clipped >= _CLIPPED:
            painter.drawPolygon(QPolygonF([QPointF(0, 0), QPointF(side, 0), QPointF(0, side)]))
        if self._facts.highlights_clipped >= _CLIPPED:
            painter.drawPolygon(QPolygonF([QPointF(width, 0), QPointF(width - side, 0), QPointF(width, side)]))


def clipping_words(facts: Measurements) -> str:
    """Return in words what the marks tell."""
    return (
        f"Highlights clipped: {100 * facts.highlights_clipped:.1f}% of the frame. "
        f"Shadows clipped: {100 * facts.shadows_clipped:.1f}%."
    )


def _top(counts: Sequence[int]) -> int:
    # A clipped end towers over everything else; it is marked, and the rest stays readable.
    return max(1, sorted(counts[1:-1])[-_TOWERS]) if len(counts) > _TOWERS + 2 else 1


def _curve(counts: Sequence[int], top: int, area: QRectF, *, closed: bool) -> QPolygonF:
    step = area.width() / max(1, len(counts) - 1)
    points = [
        QPointF(area.left() + n * step, area.bottom() - area.height() * min(1.0, count / top))
        for n, count in enumerate(counts)
    ]
    if closed:
        points = [QPointF(area.left(), area.bottom()), *points, QPointF(area.right(), area.bottom())]
    return QPolygonF(points)
