"""How scores move: a small line for each dimension, what keeps being weak, and one assignment drawn from it."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, tabular
from mondrian_desktop.jobs.growth import LATEST, lines, weakness
from mondrian_desktop.jobs.history import History, Point
from mondrian_desktop.report.verdict import verdict

RUBRICS = ("critique", "technical")
_MEAN_OF = 10
"""Points of which the trend is the running mean."""


class GrowthView(QWidget):
    """Reads the history anew each time it is told to."""

    def __init__(self, history: History, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._theme = theme
        self.rubric = QComboBox()
        self.rubric.setAccessibleName("Rubric")
        for each in RUBRICS:
            self.rubric.addItem(load_rubric(each).name, each)
        self.rubric.currentIndexChanged.connect(self._show)
        self.words, self.assignment = plain_label(), plain_label()
        for label in (self.words, self.assignment):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._charts = QWidget()
        self._grid = QGridLayout(self._charts)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(2 * GRID)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(self._charts)
        top = QHBoxLayout()
        top.addWidget(self.rubric)
        top.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(top)
        layout.addWidget(self.words)
        layout.addWidget(self.assignment)
        layout.addSpacing(GRID)
        layout.addWidget(area, 1)

    def show_latest(self) -> None:
        """Show the history as it is now: by the rubric that was used last, where there is a choice."""
        latest = {each: self._history.points(1, rubric=each) for each in RUBRICS}
        used = max(RUBRICS, key=lambda each: max((point.analysis_id for point in latest[each]), default=0))
        self.rubric.setVisible(sum(1 for each in latest.values() if each) > 1)
        self.rubric.setCurrentIndex(RUBRICS.index(used))
        self._show()

    def _show(self) -> None:
        rubric = load_rubric(self.rubric.currentData())
        points = self._history.points(rubric=rubric.id)
        weak = weakness(points, rubric)
        if weak is not None:
            self.words.setText(
                f"{weak.dimension.name} was among the three lowest in {weak.times} of your last {weak.of} critiques, "
                f"with {weak.mean:.1f} on average."
            )
            self.assignment.setText(f"Assignment: {weak.dimension.assignment}" if weak.dimension.assignment else "")
        else:
            self.words.setText(
                f"What keeps being weak shows after a few critiques; the last {LATEST} are looked at."
                if len({each.analysis_id for each in points}) < LATEST
                else "No dimension stays behind the others."
            )
            self.assignment.setText("")
        self.assignment.setVisible(bool(self.assignment.text()))
        self._show_lines(lines(points, rubric))

    def _show_lines(self, found: Mapping[str, Sequence[Point]]) -> None:
        while item := self._grid.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for number, (name, points) in enumerate(found.items()):
            self._grid.addWidget(_Line(name, points, self._theme), number // 2, number % 2)
        self._grid.setRowStretch(len(found), 1)


class _Line(QWidget):
    """One dimension: its scores as points, and their running mean as a line."""

    def __init__(self, name: str, points: Sequence[Point], theme: Theme) -> None:
        super().__init__()
        self._name = name
        self._scores = [point.score for point in points]
        self._theme = theme
        mean = sum(self._scores[-_MEAN_OF:]) / len(self._scores[-_MEAN_OF:])
        self._latest = mean
        self.setMinimumSize(QSize(26 * GRID, 13 * GRID))
        self.setMaximumHeight(18 * GRID)
        times = "1 score" if len(points) == 1 else f"{len(points)} scores"
        self.setAccessibleName(f"{name}: {times}, {mean:.1f} on average of the last {_MEAN_OF}")
        self.setToolTip(f"{points[0].created.astimezone():%x} to {points[-1].created.astimezone():%x}")
        theme.changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint name and latest mean above, the lines at 2, 5, 8 and 10, points and trend."""
        colors = self._theme.colors
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = painter.fontMetrics().height()
        head = QRectF(0, 0, self.width(), line)
        painter.setPen(QColor(colors.ink))
        painter.drawText(head, Qt.AlignmentFlag.AlignLeft, self._name)
        painter.setFont(tabular(painter.font()))
        painter.setPen(QColor(getattr(colors, verdict(self._latest).tone)))
        painter.drawText(head, Qt.AlignmentFlag.AlignRight, f"{self._latest:.1f}")
        area = QRectF(0, line + GRID, self.width() - 3 * GRID, self.height() - line - 2 * GRID)
        for score in (2, 5, 8, 10):
            y = self._y(score, area)
            painter.setPen(QPen(QColor(colors.line), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(colors.soft))
            box = QRectF(area.right(), y - line / 2, 3 * GRID, line)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(score))
        step = area.width() / max(len(self._scores) - 1, 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colors.soft))
        for number, score in enumerate(self._scores):
            painter.drawEllipse(QPointF(area.left() + number * step, self._y(score, area)), 1.6, 1.6)
        means = [
            sum(part) / len(part)
            for end in range(1, len(self._scores) + 1)
            for part in [self._scores[max(0, end - _MEAN_OF) : end]]
        ]
        trend = QPolygonF([QPointF(area.left() + n * step, self._y(mean, area)) for n, mean in enumerate(means)])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colors.ink), 2))
        painter.drawPolyline(trend)

    def _y(self, score: float, area: QRectF) -> float:
        return area.bottom() - (score - 1) / 9 * area.height()
