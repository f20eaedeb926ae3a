"""Dropping photos: anywhere on the window, with a highlight that says what would happen."""

from collections.abc import Callable, Sequence
from operator import attrgetter

from PySide6.QtCore import QEvent, QObject, QRect, Qt, Signal
from PySide6.QtGui import QColor, QDragEnterEvent, QDragMoveEvent, QDropEvent, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from mondrian_desktop.gui.incoming import Incoming, dropped, hovering
from mondrian_desktop.gui.theme import BLUE, GRID, RED, YELLOW, Theme, scaled

_FRAME = GRID


class DropHighlight(QWidget):
    """Lies over the window while photos are dragged over it; the mouse goes through."""

    def __init__(self, theme: Theme, window: QWidget, offer: Callable[[Incoming], str]) -> None:
        super().__init__(window)
        self._window = window
        self._offer = offer
        self._theme = theme
        self._incoming = Incoming()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Drop photos")
        self.hide()

    @property
    def incoming(self) -> Incoming:
        """What hovers."""
        return self._incoming

    def show_for(self, incoming: Incoming) -> None:
        """Cover the window and say what hovers."""
        self._incoming = incoming
        self.setAccessibleName(f"{self._offer(incoming)}. {incoming.refusal}".strip())
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint a veil, a frame in the manner of Piet Mondrian, and the words."""
        painter = QPainter(self)
        colors = self._theme.colors
        veil = QColor(colors.window)
        veil.setAlphaF(0.75)
        painter.fillRect(self.rect(), veil)
        if self._incoming.opens:
            self._paint_frame(painter)
        self._paint_words(painter)

    def _paint_words(self, painter: QPainter) -> None:
        colors = self._theme.colors
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        inside = QRect(0, 0, min(self.width() - 16 * GRID, 60 * GRID), self.height())
        large = scaled(self.font(), 1.7)
        offer = QFontMetrics(large).boundingRect(inside, flags, self._offer(self._incoming))
        refusal = QFontMetrics(self.font()).boundingRect(inside, flags, self._incoming.refusal)
        gap = GRID if self._incoming.refusal else 0
        card = QRect(0, 0, inside.width() + 6 * GRID, offer.height() + gap + refusal.height() + 6 * GRID)
        card.moveCenter(self.rect().center())
        painter.setPen(QColor(colors.control_edge))
        painter.setBrush(QColor(colors.paper))
        painter.drawRect(card)
        words = card.adjusted(3 * GRID, 3 * GRID, -3 * GRID, -3 * GRID)
        painter.setPen(QColor(colors.ink))
        painter.setFont(large)
        painter.drawText(words, flags, self._offer(self._incoming))
        painter.setPen(QColor(colors.soft))
        painter.setFont(self.font())
        painter.drawText(words.adjusted(0, offer.height() + gap, 0, 0), flags, self._incoming.refusal)

    def _paint_frame(self, painter: QPainter) -> None:
        width, height = self.width(), self.height()
        bar, line = 2 * _FRAME, 4
        ink = QColor(self._theme.colors.ink)
        pieces = (
            (RED, QRect(0, 0, width * 62 // 100, bar)),
            (YELLOW, QRect(width - bar, 0, bar, height * 70 // 100)),
            (BLUE, QRect(0, height * 38 // 100, bar, height)),
            (None, QRect(width * 62 // 100, 0, width, bar)),
            (None, QRect(0, bar, bar, height * 38 // 100 - bar)),
            (None, QRect(width - bar, height * 70 // 100, bar, height)),
            (None, QRect(bar, height - bar, width - 2 * bar, bar)),
        )
        for color, box in pieces:
            painter.fillRect(box, QColor(color or self._theme.colors.paper))
        inner = self.rect().adjusted(bar, bar, -bar, -bar)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawRect(QRect(0, inner.top() - line, width, line))
        painter.drawRect(QRect(0, inner.bottom() + 1, width, line))
        painter.drawRect(QRect(inner.left() - line, 0, line, height))
        painter.drawRect(QRect(inner.right() + 1, 0, line, height))
        painter.drawRect(QRect(width * 62 // 100, 0, line, bar))
        painter.drawRect(QRect(0, height * 38 // 100, bar, line))
        painter.drawRect(QRect(width - bar, height * 70 // 100, bar, line))


class DropArea(QObject):
    """Makes a window accept photos wherever they are dropped on it.

    Qt offers a drag to the widget under the pointer and then to its parents, as far as they accept drops; views and
    text panes accept drops of their own, and are told not to.

    Parameters
    ----------
    can_open
        Whether photos are welcome now.
    offer
        Says in a few words what dropping would do.
    keeps
        Views that go on accepting what is dragged within them.
    """

    dropped = Signal(object)
    """A :class:`~mondrian_desktop.gui.incoming.Dropped`, also one without photos."""

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        can_open: Callable[[], bool] = lambda: True,
        *,
        offer: Callable[[Incoming], str] = attrgetter("offer"),
        keeps: Sequence[QWidget] = (),
    ) -> None:
        super().__init__(window)
        self._can_open = can_open
        self.highlight = DropHighlight(theme, window, offer)
        window.setAcceptDrops(True)
        window.installEventFilter(self)
        for area in set(window.findChildren(QAbstractScrollArea)).difference(keeps):
            area.setAcceptDrops(False)
            area.viewport().setAcceptDrops(False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Handle the window's drag events."""
        if isinstance(event, QDragEnterEvent):
            self._enter(event)
        elif isinstance(event, QDropEvent) and event.type() == QEvent.Type.Drop:
            self._drop(event)
        elif isinstance(event, QDragMoveEvent):
            self._move(event)
        elif event.type() == QEvent.Type.DragLeave:
            self.highlight.hide()
        else:
            return super().eventFilter(watched, event)
        return True

    def _enter(self, event: QDragEnterEvent) -> None:
        incoming = hovering(event.mimeData())
        if incoming and self._can_open():
            self.highlight.show_for(incoming)
            # Accepted also without photos: dropping it then tells what to do instead.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
        else:
            event.ignore()

    def _move(self, event: QDragMoveEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.setAccepted(self.highlight.isVisible())

    def _drop(self, event: QDropEvent) -> None:
        self.highlight.hide()
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        self.dropped.emit(dropped(event.mimeData()))
