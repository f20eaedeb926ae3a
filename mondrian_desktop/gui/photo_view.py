"""The photo on neutral grey: fitted, in the screen's own resolution, or pixel by pixel."""

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QImage, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from mondrian_desktop.gui.theme import GRID, Theme

_MARGIN = 3 * GRID


class PhotoView(QWidget):
    """Shows one picture, or a sentence in its place.

    The picture is never enlarged beyond one pixel of it for one pixel of the screen, except that a small stand-in
    may be drawn in the place of the picture that is still being read.
    """

    activated = Signal()
    """Double-clicked."""
    size_wanted = Signal(int)
    """After a resize: the long side, in pixels of the screen, that a sharp picture would have."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._image: QImage | None = None
        self._is_stand_in = False
        self._message = ""
        self._scaled: QPixmap | None = None
        self._actual = False
        self._offset = QPointF()
        self._grabbed: QPointF | None = None
        self._focused_by_key = False
        self.setAccessibleName("Photo")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(240, 160)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        theme.changed.connect(self.update)

    @property
    def image(self) -> QImage | None:
        """The picture that is shown."""
        return self._image

    @property
    def wanted_px(self) -> int:
        """The long side, in pixels of the screen, of a picture that fills this view."""
        return round(max(self.width(), self.height()) * self.devicePixelRatioF())

    @property
    def shows_actual_pixels(self) -> bool:
        """Whether one pixel of the picture is one pixel of the screen."""
        return self._actual

    def show_image(self, image: QImage, name: str, *, stand_in: bool = False) -> None:
        """Show a picture; a stand-in is drawn as large as the real one will be."""
        self._image, self._is_stand_in, self._message, self._scaled = image, stand_in, "", None
        self.setAccessibleName(f"Photo {name}")
        self.update()

    def show_message(self, message: str) -> None:
        """Show a sentence instead of a picture."""
        self._image, self._scaled, self._message = None, None, message
        self.setAccessibleName(f"Photo: {message}" if message else "Photo")
        self.update()

    def show_actual_pixels(self, actual: bool, around: QPointF | None = None) -> None:
        """Switch between one pixel for one pixel and the fitted picture; ``around`` stays where it is."""
        if self._image is None or actual == self._actual:
            return
        before = self._target()
        self._actual = actual
        self._offset = QPointF()
        if actual and around is not None:
            after = self._target()
            grown = after.width() / before.width()
            self._offset = around - after.topLeft() - (around - before.topLeft()) * grown
        self._offset = self._bounded(self._offset)
        self.update()

    def pan(self, by: QPointF) -> None:
        """Move the picture, as far as there is more of it than fits."""
        self._offset = self._bounded(self._offset + by)
        self.update()

    def can_pan(self) -> bool:
        """Whether there is more of the picture than fits."""
        target = self._target()
        return self._image is not None and (target.width() > self.width() or target.height() > self.height())

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return a comfortable size."""
        return QSize(640, 480)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint the surround and, on it, picture or message."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), QColor(self._theme.colors.surround))
        if self._image is not None:
            self._paint_image(painter)
        elif self._message:
            painter.setPen(QColor(self._theme.colors.on_surround))
            area = self.rect().adjusted(4 * GRID, 4 * GRID, -4 * GRID, -4 * GRID)
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
        if self._focused_by_key:
            painter.setPen(QColor(self._theme.colors.on_surround))
            painter.drawRect(self.rect().adjusted(1, 1, -2, -2))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Scale anew, and say which size would be sharp."""
        self._scaled = None
        self._offset = self._bounded(self._offset)
        self.size_wanted.emit(self.wanted_px)
        super().resizeEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt
        """Show the focus to those who came by the keyboard; a ring after a click would only be in the way."""
        self._focused_by_key = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt
        """Take the ring away."""
        self._focused_by_key = False
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt
        """Tell that a closer look is wanted."""
        self.activated.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt
        """Take hold of the picture."""
        if self.can_pan():
            self._grabbed = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt
        """Move it."""
        if self._grabbed is not None:
            self.pan(event.position() - self._grabbed)
            self._grabbed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt
        """Let go."""
        self._grabbed = None
        self.unsetCursor()

    def _paint_image(self, painter: QPainter) -> None:
        assert self._image is not None  # noqa: S101 - narrowed by the caller
        target = self._target()
        if self._actual or self._is_stand_in:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, self._is_stand_in)
            painter.drawImage(target, self._image)
            return
        ratio = self.devicePixelRatioF()
        wanted = QSizeF(target.width() * ratio, target.height() * ratio).toSize()
        if self._scaled is None or self._scaled.size() != wanted:
            smooth = Qt.TransformationMode.SmoothTransformation
            scaled = self._image.scaled(wanted, Qt.AspectRatioMode.IgnoreAspectRatio, smooth)
            self._scaled = QPixmap.fromImage(scaled)
            self._scaled.setDevicePixelRatio(ratio)
        painter.drawPixmap(target.topLeft(), self._scaled)

    def _target(self) -> QRectF:
        """Return where the picture lies, in device-independent pixels, on whole pixels of the screen."""
        if self._image is None:
            return QRectF()
        ratio = self.devicePixelRatioF()
        size = QSizeF(self._image.size()) / ratio
        room = QSizeF(self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN).expandedTo(QSizeF(1, 1))
        fits = size.width() <= room.width() and size.height() <= room.height()
        if not self._actual and (self._is_stand_in or not fits):
            size.scale(room, Qt.AspectRatioMode.KeepAspectRatio)
        size = QSizeF(max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))) / ratio
        left = (self.width() - size.width()) / 2 + self._offset.x()
        top = (self.height() - size.height()) / 2 + self._offset.y()
        return QRectF(QPointF(round(left * ratio) / ratio, round(top * ratio) / ratio), size)

    def _bounded(self, offset: QPointF) -> QPointF:
        if self._image is None or not self._actual:
            return QPointF()
        beyond = QSizeF(self._image.size()) / self.devicePixelRatioF() - QSizeF(self.size())
        most_x, most_y = max(0, round(beyond.width()) // 2), max(0, round(beyond.height()) // 2)
        return QPointF(min(max(offset.x(), -most_x), most_x), min(max(offset.y(), -most_y), most_y))
