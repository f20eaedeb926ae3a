"""What the lists of photos paint alike: the ground of an item, its picture, and the mark of one that is worked on."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QStyle

from mondrian_desktop.gui.theme import Colors


def paint_ground(painter: QPainter, area: QRect, state: QStyle.StateFlag, colors: Colors) -> None:
    """Paint the ground of a selected item or one under the pointer, and a line around the one that keys go to."""
    shape = QPainterPath()
    shape.addRoundedRect(QRectF(area), 6, 6)
    if state & QStyle.StateFlag.State_Selected:
        painter.fillPath(shape, QColor(colors.selection))
    elif state & QStyle.StateFlag.State_MouseOver:
        painter.fillPath(shape, QColor(colors.hover))
    if state & QStyle.StateFlag.State_HasFocus and state & QStyle.StateFlag.State_KeyboardFocusChange:
        painter.setPen(QColor(colors.soft))
        painter.drawPath(shape)


def paint_picture(
    painter: QPainter, box: QRect, pixmap: QPixmap | None, colors: Colors, *, at_bottom: bool = False
) -> None:
    """Paint a picture as large as it fits into the middle of ``box``, or at its bottom; its place where it is none."""
    if pixmap is None or pixmap.isNull():
        painter.fillRect(box, QColor(colors.track))
        return
    size = pixmap.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
    # A panorama still has a line.
    spot = QRect(0, 0, max(1, size.width()), max(1, size.height()))
    spot.moveCenter(box.center())
    if at_bottom:
        spot.moveBottom(box.bottom())
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawPixmap(spot, pixmap)


def paint_running(painter: QPainter, line: QRect, colors: Colors) -> QRect:
    """Paint the mark of what is worked on at the beginning of a line; return the room for the words behind it."""
    painter.fillRect(line.left(), line.center().y() - 3, 7, 7, QColor(colors.ink))
    return line.adjusted(12, 0, 0, 0)
