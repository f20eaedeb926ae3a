"""What may begin only when there is something to see."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

_PATIENCE_MS = 2000
"""A window that was started hidden is not painted; work begins all the same."""


class FirstPaint(QObject):
    """Calls ``then`` once, after ``window`` was painted for the first time."""

    def __init__(self, window: QWidget, then: Callable[[], None]) -> None:
        super().__init__(window)
        self._window = window
        self._then = then
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._go)
        self._timer.start(_PATIENCE_MS)
        window.installEventFilter(self)

    def close(self) -> None:
        """Call nothing any more."""
        self._timer.stop()
        self._window.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Wait for the paint event; go on when it has been handled."""
        if event.type() == QEvent.Type.Paint:
            self._timer.start(0)
        return super().eventFilter(watched, event)

    def _go(self) -> None:
        self.close()
        self._then()
