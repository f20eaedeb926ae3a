"""The list of the library: as rows with their words, or as a grid of pictures."""

from PySide6.QtCore import QItemSelection, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QRegion
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from mondrian_desktop.gui.item_paint import paint_ground, paint_picture
from mondrian_desktop.gui.library_model import LibraryModel, LineRole
from mondrian_desktop.gui.theme import GRID, Theme, tabular
from mondrian_desktop.jobs.history import Entry
from mondrian_desktop.report.verdict import verdict

_ROW_PICTURE = QSize(9 * GRID, 6 * GRID)
_CELL_PICTURE = QSize(21 * GRID, 14 * GRID)
_LAID_OUT_AT_ONCE = 5000


class LibraryList(QListView):
    """Rows or cells of the model; several can be selected."""

    def __init__(self, model: LibraryModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._delegate = _Delegate(model, theme, self)
        self.setItemDelegate(self._delegate)
        self.setAccessibleName("Analyses")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        # All of one size: a hundred thousand rows cost no more than a hundred.
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setBatchSize(_LAID_OUT_AT_ONCE)
        self.setMouseTracking(True)
        theme.changed.connect(self.viewport().update)

    def visualRegionForSelection(self, selection: QItemSelection) -> QRegion:  # noqa: N802 - Qt
        """Return what is to be painted anew where these are selected: Qt would look for each cell of a grid."""
        return QRegion(self.viewport().rect())

    @property
    def is_grid(self) -> bool:
        """Whether pictures stand beside each other."""
        return self._delegate.is_grid

    def show_grid(self, is_grid: bool) -> None:
        """Show a grid of pictures, or rows."""
        self._delegate.is_grid = is_grid
        self.setViewMode(QListView.ViewMode.IconMode if is_grid else QListView.ViewMode.ListMode)
        self.setMovement(QListView.Movement.Static)
        self.setWrapping(is_grid)
        self.setUniformItemSizes(True)
        self.doItemsLayout()
        if self.currentIndex().isValid():
            self.scrollTo(self.currentIndex())


class _Delegate(QStyledItemDelegate):
    def __init__(self, model: LibraryModel, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self._theme = theme
        self.is_grid = False

    def sizeHint(  # noqa: N802 - Qt
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        line = option.fontMetrics.height()
        if self.is_grid:
            return QSize(_CELL_PICTURE.width() + 3 * GRID, _CELL_PICTURE.height() + 2 * line + 4 * GRID)
        return QSize(30 * GRID, max(_ROW_PICTURE.height(), 2 * line) + 2 * GRID)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry | None = index.data(LineRole)
        if entry is None:
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area: QRect = option.rect.adjusted(GRID // 2, GRID // 4, -GRID // 2, -GRID // 4)
        paint_ground(painter, area, option.state, self._theme.colors)
        inside = area.adjusted(GRID, GRID // 2, -GRID, -GRID // 2)
        line = option.fontMetrics.height()
        if self.is_grid:
            picture = QRect(inside.topLeft(), QSize(inside.width(), _CELL_PICTURE.height()))
            words = QRect(inside.left(), picture.bottom() + GRID // 2, inside.width(), 2 * line)
        else:
            picture = QRect(inside.left(), inside.center().y() - _ROW_PICTURE.height() // 2, *_ROW_PICTURE.toTuple())
            words = QRect(picture.right() + 2 * GRID, inside.center().y() - line, 0, 2 * line)
            words.setRight(inside.right())
        paint_picture(painter, picture, self._model.picture(entry), self._theme.colors)
        self._paint_words(painter, words, entry, line)
        painter.restore()

    def _paint_words(self, painter: QPainter, box: QRect, entry: Entry, line: int) -> None:
        colors = self._theme.colors
        font = QFont(painter.font())
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        above = QRect(box.left(), box.top(), box.width(), line)
        if entry.overall_score is not None:
            number = f"{entry.overall_score:.1f}"
            painter.setFont(tabular(font))
            painter.setPen(QColor(getattr(colors, verdict(entry.overall_score).tone)))
            painter.drawText(above, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, number)
            above.setRight(above.right() - painter.fontMetrics().horizontalAdvance("10.0") - GRID)
        bold = QFont(font)
        bold.setWeight(QFont.Weight.DemiBold)
        painter.setFont(bold)
        painter.setPen(QColor(colors.ink))
        middle = Qt.TextElideMode.ElideMiddle
        painter.drawText(above, left, painter.fontMetrics().elidedText(self._model.name(entry), middle, above.width()))
        painter.setFont(font)
        painter.setPen(QColor(colors.soft))
        below = QRect(box.left(), box.top() + line, box.width(), line)
        caption = self._model.caption(entry)
        painter.drawText(
            below, left, painter.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideRight, below.width())
        )
