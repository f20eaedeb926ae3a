"""The shape of a critique at a glance: one spoke for each dimension, filled as scores come."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.report.model import Score

_TOP, _STRONG = 10, 8
_SIDE = 10 * GRID


class Radar(QWidget):
    """A small radar chart without words: the words, numbers and bars stand below it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._names: tuple[str, ...] = ()
        self._scores: dict[str, int] = {}
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Scores")
        theme.changed.connect(self.update)

    def show_scores(self, names: Sequence[str], scores: Sequence[Score]) -> None:
        """Show the scores on one spoke for each name; dimensions without a score are open."""
        given = {score.name: score.score for score in scores}
        if (tuple(names), given) != (self._names, self._scores):
            self._names, self._scores = tuple(names), given
            words = "; ".join(f"{name} {given[name]} of {_TOP}" for name in names if name in given)
            self.setAccessibleDescription(words)
            self.setToolTip(words)
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return a square of ten grid steps, with room at its right."""
        return QSize(_SIDE + 2 * GRID, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint rings, spokes and shape."""
        if len(self._names) < 3:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors = self._theme.colors
        for value in (2, 4, 6, _STRONG, _TOP):
            painter.setPen(QPen(QColor(colors.control_edge if value == _STRONG else colors.line), 1))
            painter.drawPolygon(QPolygonF([self._point(index, value) for index in range(len(self._names))]))
        ends = [
            self._point(index, self._scores[name]) for index, name in enumerate(self._names) if name in self._scores
        ]
        ink = QColor(colors.soft)
        painter.setPen(QPen(ink, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        fill = QColor(ink)
        fill.setAlphaF(0.22)
        painter.setBrush(fill)
        if len(ends) == len(self._names):
            painter.drawPolygon(QPolygonF(ends))
        else:
            # Open while scores are missing: a shape through the middle would say that they are low.
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawPolyline(QPolygonF(ends))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for point in ends:
            painter.drawEllipse(point, 2, 2)

    def _point(self, index: int, value: float) -> QPointF:
        angle = 2 * math.pi * index / len(self._names)
        reach = (_SIDE / 2 - 3) * value / _TOP
        return QPointF(_SIDE / 2 + reach * math.sin(angle), _SIDE / 2 - reach * math.cos(angle))
