"""What may begin only when there is something to see."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

_PATIENCE_MS = 2000
"""A window that was started hidden is not painted; work begins all the same."""


def is_painting(window: QWidget, event: QEvent) -> bool:
    """Return whether ``event`` paints ``window``, or only what is in it."""
    if event.type() == QEvent.Type.UpdateRequest:
        # One that comes before there is a place on the screen paints nothing. Widgets in a window have no handle.
        handle = window.windowHandle()
        return handle is not None and handle.isExposed()  # type: ignore[redundant-expr]
    return event.type() == QEvent.Type.Paint


class FirstPaint(QObject):
    """Calls ``then`` once, after ``window`` was painted for the first time, or anew where it is seen already.

    Parameters
    ----------
    patience_ms
        Milliseconds after which it is called all the same.

    Attributes
    ----------
    is_over
        Whether it was painted.
    """

    def __init__(self, window: QWidget, then: Callable[[], None], patience_ms: int = _PATIENCE_MS) -> None:
        super().__init__(window)
        self._window = window
        self._then = then
        self.is_over = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go)
        self._timer.start(patience_ms)
        window.installEventFilter(self)

    def close(self) -> None:
        """Call nothing any more."""
        self._timer.stop()
        self._window.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Wait for the painting; go on when it has been done."""
        if is_painting(self._window, event):
            self.is_over = True
            self._timer.start(0)
        return super().eventFilter(watched, event)

    def _go(self) -> None:
        self.close()
        self._then()
