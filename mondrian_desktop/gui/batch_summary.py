"""What came of a batch: a sortable table of scores, best and weakest, how the scores are spread, and export."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.gui.batch_control import WORDS
from mondrian_desktop.gui.chore import Chore
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color, tabular
from mondrian_desktop.jobs.history import SUMMED_AT_ONCE
from mondrian_desktop.jobs.model import Batch, JobState
from mondrian_desktop.jobs.summary import Line, Summary, weakest_dimension
from mondrian_desktop.pump import Task
from mondrian_desktop.report.clean import breakable, clean_line
from mondrian_desktop.report.verdict import verdict
from mondrian_desktop.service import Service

_TITLES = ("Score", "Photo", "Advisor", "Result")
_NAMED = 3
_KINDS = {"csv": "Table (*.csv)", "html": "Contact sheet (*.html)", "json": "JSON (*.json)"}
_Index = QModelIndex | QPersistentModelIndex


class Scores(QAbstractTableModel):
    """The lines of a summary, sorted by a column."""

    def __init__(self, names: Mapping[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self._lines: list[Line] = []
        self._sorted = (0, Qt.SortOrder.DescendingOrder)

    def reset(self, summary: Summary | None) -> None:
        """Show another summary."""
        self.beginResetModel()
        self._lines = list(summary.lines) if summary else []
        self._sort()
        self.endResetModel()

    def line(self, index: _Index) -> Line:
        """Return the line of an index."""
        return self._lines[index.row()]

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; equal lines keep their order."""
        self.layoutAboutToBeChanged.emit()
        held = [(index, self._lines[index.row()]) for index in self.persistentIndexList()]
        self._sorted = (column, order)
        self._sort()
        rows = {id(line): row for row, line in enumerate(self._lines)}
        self.changePersistentIndexList(
            [index for index, _ in held], [self.index(rows[id(line)], index.column()) for index, line in held]
        )
        self.layoutChanged.emit()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt
        """Return the number of lines."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt
        """Return the number of columns."""
        return 0 if parent.isValid() else len(_TITLES)

    def headerData(  # noqa: N802 - Qt
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the titles of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return _TITLES[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words of a cell, and why something failed when one points at it."""
        if index.isValid() and role == Qt.ItemDataRole.ToolTipRole and (reason := self._lines[index.row()].reason):
            return f"<qt>{escape(clean_line(reason, 1000))}</qt>"
        if not index.isValid() or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return None
        return self._text(self._lines[index.row()], index.column())

    def _text(self, line: Line, column: int) -> str:
        match column:
            case 0:
                return "–" if line.score is None else f"{line.score:.1f}"
            case 1:
                return _name(line)
            case 2:
                return clean_line(self._names.get(line.advisor, line.advisor), 80)
        if line.score is not None:
            return verdict(line.score).word
        return "No score" if line.state is JobState.DONE else WORDS[line.state]

    def _sort(self) -> None:
        column, order = self._sorted
        down = order is Qt.SortOrder.DescendingOrder
        if column == 0:
            # What has no score comes last, either way.
            self._lines.sort(key=lambda line: line.score or 0.0, reverse=down)
            self._lines.sort(key=lambda line: line.score is None)
        else:
            self._lines.sort(key=lambda line: self._text(line, column).casefold(), reverse=down)


class _Roomy(QStyledItemDelegate):
    """Gives each line the height that text needs to be read as a line."""

    def sizeHint(  # noqa: N802 - Qt
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the same height for each."""
        return QSize(8 * GRID, option.fontMetrics.height() + GRID)

    def initStyleOption(  # noqa: N802 - Qt
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Leave the room that the titles have at the left."""
        super().initStyleOption(option, index)
        option.rect = option.rect.adjusted(GRID // 2 if index.column() else 3 * GRID // 2, 0, 0, 0)


class BatchSummary(QWidget):
    """The page."""

    open_wanted = Signal(object, str)
    """Path and advisor of a line that is to be shown in the main window."""

    def __init__(self, service: Service, theme: Theme, chore: Chore) -> None:
        super().__init__()
        self._service = service
        self._theme = theme
        self._chore = chore
        self._summary: Summary | None = None
        self._reading: Task | None = None
        advisors = service.advisors
        self.scores = Scores({each: advisors[each].name for each in advisors}, self)
        self.table = QTreeView()
        self.words = plain_label(figures=True)
        self.best = plain_label(figures=True)
        self.weakest = plain_label(figures=True)
        self.spread = _Spread(theme)
        self.exports = {kind: self._export_button(kind) for kind in _KINDS}
        self._set_up_table()
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def batch(self) -> Batch | None:
        """The batch that is shown."""
        return self._summary.batch if self._summary else None

    def show_batch(self, batch: Batch | None) -> None:
        """Show what came of a batch so far: of a large one first a part."""
        self.stop_reading()
        if batch is None:
            self._show(None)
            return
        parts = self._service.history.summing(batch)
        self._show(first := next(parts))
        if len(first.lines) == SUMMED_AT_ONCE:
            whole: deque[Summary] = deque(maxlen=1)
            self._reading = self._service.pump.start(parts, whole.append, lambda task: self._summed_up(task, whole))

    def stop_reading(self) -> None:
        """Read no more of the batch that is shown."""
        if self._reading is not None:
            self._service.pump.cancel(self._reading)
            self._reading = None

    def _summed_up(self, task: Task, whole: Sequence[Summary]) -> None:
        if task is self._reading:
            self._reading = None
            if task.error is not None:
                raise task.error
            self._show(whole[-1])

    def _show(self, summary: Summary | None) -> None:
        self._summary = summary
        self.scores.reset(summary)
        ranked = summary.ranked if summary else ()
        self.words.setText(_words(summary))
        many = len(ranked) > _NAMED
        self.best.setText(f"Best: {_names(ranked[:_NAMED])}" if ranked else "")
        self.weakest.setText(f"Weakest: {_names(ranked[: -_NAMED - 1 : -1])}" if many else "")
        for label in (self.best, self.weakest):
            label.setVisible(bool(label.text()))
        self.spread.show_spread(summary.distribution if summary else {})
        for button in self.exports.values():
            button.setEnabled(bool(summary and summary.lines))

    def export(self, kind: str, file: Path) -> None:
        """Write the summary, beside the work; how far it is and what came of it is told."""
        if self._summary is None:
            return
        path = file if file.suffix.lower() == f".{kind}" else file.with_name(f"{file.name}.{kind}")

        count = sum(line.analysis_id is not None for line in self._summary.lines)
        start = partial(self._service.export_batch, self._summary, path)
        self._chore.begin("Exporting", count, start, lambda done: f"Written: {clean_line(path.name, 120)}")

    def _set_up_table(self) -> None:
        self.table.setAccessibleName("Scores")
        self.table.setModel(self.scores)
        self.table.setItemDelegate(_Roomy(self.table))
        self.table.setRootIsDecorated(False)
        self.table.setUniformRowHeights(True)
        self.table.setAllColumnsShowFocus(True)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setFrameShape(QFrame.Shape.NoFrame)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setFont(tabular(self.table.font()))
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        header = self.table.header()
        header.setStretchLastSection(True)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        for column, width in ((0, 10 * GRID), (2, 16 * GRID), (3, 18 * GRID)):
            header.resizeSection(column, width)
        self.table.sortByColumn(0, Qt.SortOrder.DescendingOrder)
        self.table.setSortingEnabled(True)
        self.table.activated.connect(self._open)
        self.table.doubleClicked.connect(self._open)

    def _lay_out(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        for widget in (self.words, self.best, self.weakest):
            column.addWidget(widget)
        column.addSpacing(GRID)
        column.addWidget(self.spread)
        column.addStretch()
        area.setWidget(side)
        area.viewport().setAutoFillBackground(False)
        side.setAutoFillBackground(False)
        area.setFixedWidth(40 * GRID)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.table, 1)
        middle.addWidget(area)
        row = QHBoxLayout()
        row.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        row.setSpacing(GRID)
        row.addStretch()
        for button in self.exports.values():
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(middle, 1)
        layout.addLayout(row)

    def _export_button(self, kind: str) -> QPushButton:
        button = QPushButton({"csv": "Export table…", "html": "Export contact sheet…", "json": "Export JSON…"}[kind])
        button.clicked.connect(lambda: self._ask_where(kind))
        return button

    def _ask_where(self, kind: str) -> QFileDialog:
        name = clean_line(self.batch.name if self.batch else "", 80).replace("/", "_") or "batch"
        dialog = QFileDialog(self, "Export", str(Path.home() / f"{name}.{kind}"), _KINDS[kind])
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(kind)
        dialog.selectFile(f"{name}.{kind}")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda file: self.export(kind, Path(file)))
        dialog.open()
        return dialog

    def _open(self, index: QModelIndex) -> None:
        line = self.scores.line(index)
        self.open_wanted.emit(line.path, line.advisor)

    def _restyle(self) -> None:
        for label in (self.best, self.weakest):
            set_text_color(label, self._theme.colors.soft)


class _Spread(QWidget):
    """How often each score was given, by dimension: ten small columns each, with their mean in words."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._spread: Mapping[str, Mapping[int, int]] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_spread(self, spread: Mapping[str, Mapping[int, int]]) -> None:
        """Show another one."""
        self._spread = spread
        words = (f"{clean_line(name, 60)}: {_mean(counts):.1f} on average" for name, counts in spread.items())
        self.setAccessibleName("How the scores are spread")
        self.setAccessibleDescription("; ".join(words))
        self.setFixedHeight(self.sizeHint().height())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return the size of all dimensions below each other."""
        return QSize(30 * GRID, len(self._spread) * self._step() + (2 * GRID if self._spread else 0))

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint a line of words and ten columns for each dimension."""
        painter = QPainter(self)
        colors = self._theme.colors
        metrics = painter.fontMetrics()
        painter.setFont(tabular(painter.font()))
        cell = self.width() // 10
        line = metrics.height()
        for n, (name, counts) in enumerate(self._spread.items()):
            top = n * self._step()
            words = QRect(0, top, self.width(), line)
            mean = f"{_mean(counts):.1f}"
            painter.setPen(QColor(colors.ink))
            room = self.width() - metrics.horizontalAdvance(mean) - GRID
            label = metrics.elidedText(clean_line(name, 60), Qt.TextElideMode.ElideRight, room)
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft, label)
            painter.drawText(words, Qt.AlignmentFlag.AlignRight, mean)
            most = max(counts.values(), default=1)
            for score in range(1, 11):
                height = round(3 * GRID * counts.get(score, 0) / most)
                box = QRect((score - 1) * cell, top + line + 3 * GRID, cell - 2, 1)
                painter.fillRect(box, QColor(colors.soft))
                painter.fillRect(box.adjusted(0, -height, 0, 0), QColor(colors.soft))
        if self._spread:
            painter.setPen(QColor(colors.soft))
            for score in range(1, 11):
                at = QRect((score - 1) * cell, len(self._spread) * self._step() - GRID // 2, cell - 2, line)
                painter.drawText(at, Qt.AlignmentFlag.AlignHCenter, str(score))

    def _step(self) -> int:
        return self.fontMetrics().height() + 4 * GRID


def _words(summary: Summary | None) -> str:
    if summary is None or not summary.lines:
        return "Nothing was analyzed yet."
    ranked = summary.ranked
    mean = summary.mean
    parts = [f"{len(ranked):,} scored, {mean:.1f} on average." if mean is not None else "Nothing was scored."]
    if summary.failed:
        parts.append(f"{len(summary.failed):,} failed.")
    if low := weakest_dimension(summary.distribution):
        parts.append(f"Weakest dimension: {clean_line(low[0], 60)}, {low[1]:.1f} on average.")
    return " ".join(parts)


def _names(lines: tuple[Line, ...]) -> str:
    return breakable(", ".join(f"{_name(line)} ({line.score:.1f})" for line in lines))


def _name(line: Line) -> str:
    return clean_line(line.path.name, 60) if line.path else "?"


def _mean(counts: Mapping[int, int]) -> float:
    times = sum(counts.values())
    return sum(score * each for score, each in counts.items()) / times if times else 0.0
