"""The list in the batch window, how its rows are painted, and the bar above it."""

from PySide6.QtCore import QItemSelectionModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHeaderView,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from mondrian_desktop.gui.batch_model import PHOTO, SCORE, STATE, BatchModel, Row
from mondrian_desktop.gui.item_paint import paint_picture, paint_running
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.theme import GRID, Theme, tabular
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.report.verdict import verdict

_THUMBNAIL = QSize(6 * GRID, 4 * GRID)


class BatchList(QTreeView):
    """The list of a batch: any number of rows, of which only those that are seen are read from the disk."""

    def __init__(self, model: BatchModel, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.setAccessibleName("Photos of the batch")
        self.setModel(model)
        self.setItemDelegate(RowDelegate(theme, thumbnails, self))
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDragDropOverwriteMode(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.header()
        # It would look at every row to tell whether all are selected.
        header.setSelectionModel(QItemSelectionModel(model, header))
        header.setStretchLastSection(False)
        header.setSectionsMovable(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
        for column, width in ((PHOTO, 32 * GRID), (1, 17 * GRID), (SCORE, 18 * GRID)):
            header.resizeSection(column, width)
        thumbnails.arrived.connect(lambda path: self.viewport().update())


class RowDelegate(QStyledItemDelegate):
    """Paints the thumbnail beside the name, and the words in the color of how it stands."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._thumbnails = thumbnails

    def sizeHint(  # noqa: N802 - Qt
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the same height for each."""
        return QSize(10 * GRID, _THUMBNAIL.height() + GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint one cell."""
        row: Row = index.data(Qt.ItemDataRole.UserRole)
        colors = self._theme.colors
        painter.save()
        area: QRect = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, QColor(colors.selection))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, QColor(colors.hover))
        box = area.adjusted(GRID, 0, -GRID, 0)
        if index.column() == PHOTO:
            picture = QRect(box.topLeft() + QPoint(GRID, GRID // 2), _THUMBNAIL)
            paint_picture(painter, picture, self._thumbnails.get(row.path), colors)
            box.setLeft(box.left() + GRID + _THUMBNAIL.width() + GRID)
        elif index.column() == STATE and row.job.state is JobState.RUNNING:
            box = paint_running(painter, box, colors)
        painter.setPen(QColor(self._color(row, index.column())))
        if index.column() == SCORE:
            painter.setFont(tabular(painter.font()))
        # The middle of a name is left out: the number at its end tells photos apart.
        mode = Qt.TextElideMode.ElideMiddle if index.column() == PHOTO else Qt.TextElideMode.ElideRight
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        room = box.width()
        if index.column() == STATE and painter.fontMetrics().horizontalAdvance(index.data()) > room:
            # A reason has two lines, less what breaking between words may cost.
            flags |= Qt.TextFlag.TextWordWrap
            room = round(1.8 * room)
        painter.drawText(box, flags, painter.fontMetrics().elidedText(index.data(), mode, room))
        painter.restore()

    def _color(self, row: Row, column: int) -> str:
        colors = self._theme.colors
        if column == STATE and row.job.state is JobState.FAILED:
            return colors.weak
        if column == SCORE and row.score is not None:
            return str(getattr(colors, verdict(row.score).tone))
        return colors.ink if column == PHOTO or row.job.state is JobState.RUNNING else colors.soft


class BatchBar(QWidget):
    """What is done and what failed, of all."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._counts = (0, 0, 0)
        self.setAccessibleName("Progress of the batch")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(GRID)
        theme.changed.connect(self.update)

    def show_counts(self, done: int, failed: int, total: int) -> None:
        """Show counts of jobs."""
        if self._counts != (done, failed, total):
            self._counts = (done, failed, total)
            self.setAccessibleDescription(f"{done} done, {failed} failed, {total} in all")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint the shares; an outline makes the rest seen on every ground."""
        painter = QPainter(self)
        colors = self._theme.colors
        done, failed, total = self._counts
        painter.fillRect(self.rect(), QColor(colors.track))
        left = 0
        for count, color in ((done, colors.accent), (failed, colors.weak)):
            width = round(self.width() * count / max(total, 1))
            painter.fillRect(left, 0, width, self.height(), QColor(color))
            left += width
        painter.setPen(QColor(colors.soft))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
