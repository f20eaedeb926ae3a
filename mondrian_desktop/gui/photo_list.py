"""The photos in the sidebar: thumbnail, name, and how it stands with each. Any number of them."""

from collections.abc import Sequence

from PySide6.QtCore import (
    QAbstractItemModel,
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mondrian_desktop.gui.album import RUNNING, Album, Entry, EntryRole, Standing
from mondrian_desktop.gui.item_paint import paint_ground, paint_picture, paint_running
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.selected_rows import selected_rows
from mondrian_desktop.gui.theme import GRID, SIDEBAR_WIDTH, Theme, tabular

THUMBNAIL_WIDTH = SIDEBAR_WIDTH - 5 * GRID
_THUMBNAIL_HEIGHT = THUMBNAIL_WIDTH * 2 // 3


class PhotoDelegate(QStyledItemDelegate):
    """Paints one photo of the list."""

    def __init__(self, theme: Theme, thumbnails: Thumbnails, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._thumbnails = thumbnails

    def sizeHint(  # noqa: N802 - Qt
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the same size for each."""
        return QSize(SIDEBAR_WIDTH - 2 * GRID, _THUMBNAIL_HEIGHT + 2 * option.fontMetrics.height() + 3 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Paint ground, thumbnail and two lines of words."""
        entry: Entry = index.data(EntryRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        state: QStyle.StateFlag = option.state
        area: QRect = option.rect.adjusted(GRID, GRID // 2, -GRID, -GRID // 2)
        paint_ground(painter, area, state, self._theme.colors)
        box = QRect(area.left() + GRID, area.top() + GRID, area.width() - 2 * GRID, _THUMBNAIL_HEIGHT)
        paint_picture(painter, box, self._thumbnails.get(entry.path), self._theme.colors, at_bottom=True)
        line = option.fontMetrics.height()
        self._paint_words(painter, QRect(box.left(), box.bottom() + GRID // 2, box.width(), line), entry, state)
        painter.restore()

    def _paint_words(self, painter: QPainter, line: QRect, entry: Entry, state: QStyle.StateFlag) -> None:
        colors = self._theme.colors
        metrics = painter.fontMetrics()
        painter.setPen(QColor(colors.ink))
        # The middle is left out: the number at the end of a name tells photos apart.
        name = metrics.elidedText(entry.name, Qt.TextElideMode.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        below = line.translated(0, line.height())
        if entry.standing in RUNNING:
            below = paint_running(painter, below, colors)
        elif not state & QStyle.StateFlag.State_Selected:
            failed = entry.standing in (Standing.FAILED, Standing.UNREADABLE)
            painter.setPen(QColor(colors.weak if failed else colors.soft))
        painter.setFont(tabular(painter.font()))
        caption = metrics.elidedText(entry.caption, Qt.TextElideMode.ElideRight, below.width())
        painter.drawText(below, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, caption)


class PhotoList(QListView):
    """The list. Thumbnails are asked for by painting, so that only what is seen is read."""

    current_changed = Signal(object)
    """The current :class:`Entry`, or None."""
    selection_changed = Signal()

    def __init__(self, album: Album, theme: Theme, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._album = album
        self.setAccessibleName("Photos")
        self.setModel(album)
        self.setItemDelegate(PhotoDelegate(theme, thumbnails, self))
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setAcceptDrops(False)
        # The sidebar's own ground shows through.
        self.viewport().setAutoFillBackground(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.NoDragDrop)
        thumbnails.arrived.connect(lambda path: self.viewport().update())
        theme.changed.connect(self.viewport().update)

    @property
    def current(self) -> Entry | None:
        """The photo that is looked at."""
        return self.currentIndex().data(EntryRole) if self.currentIndex().isValid() else None

    @property
    def selected(self) -> list[Entry]:
        """The selected photos, from top to bottom."""
        entries = self._album.entries
        return [entries[row] for row in selected_rows(self)]

    def choose(self, entry: Entry) -> None:
        """Make a photo the current one, and the only one that is selected."""
        index = self._album.index_of(entry)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def step(self, by: int) -> None:
        """Go to the previous (-1) or next (1) photo."""
        row = self.currentIndex().row() + by
        if 0 <= row < self._album.rowCount():
            self.setCurrentIndex(self._album.index(row))

    def currentChanged(  # noqa: N802 - Qt
        self, current: QModelIndex | QPersistentModelIndex, previous: QModelIndex | QPersistentModelIndex
    ) -> None:
        """Tell which photo is looked at."""
        super().currentChanged(current, previous)
        self.current_changed.emit(current.data(EntryRole) if current.isValid() else None)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:  # noqa: N802 - Qt
        """Tell that there is something else to act upon."""
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit()

    def dataChanged(  # noqa: N802 - Qt
        self,
        first: QModelIndex | QPersistentModelIndex,
        last: QModelIndex | QPersistentModelIndex,
        roles: Sequence[int] = (),
    ) -> None:
        """Paint anew and no more: every photo has the same room, and a list of Qt would lay out all of them again."""
        QAbstractItemView.dataChanged(self, first, last, list(roles))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt
        """Leave Space to the full-size look, and letters to nobody: a list of file names needs no type-ahead."""
        if event.key() == Qt.Key.Key_Space:
            event.ignore()
            return
        super().keyPressEvent(event)

    def model(self) -> QAbstractItemModel:
        """Return the album."""
        return self._album
