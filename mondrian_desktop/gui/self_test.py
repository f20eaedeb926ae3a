"""The window's part of the self-test: it is painted, and everything else is tried in front of it."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from mondrian_desktop.gui import app

_PATIENCE_MS = 60_000


class FirstPaint(QObject):
    """Calls back once: with True when ``window`` was painted, or with False when that takes too long.

    Parameters
    ----------
    window
        A window that is about to be shown.
    then
        Called from the event loop, after the painting.
    patience_ms
        Milliseconds after which it is given up.
    """

    def __init__(self, window: QWidget, then: Callable[[bool], None], patience_ms: int = _PATIENCE_MS) -> None:
        super().__init__(window)
        self._window = window
        self._then = then
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(lambda: self._end(False))
        self._timer.start(patience_ms)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Look for the painting; it goes on as always."""
        if event.type() == QEvent.Type.Paint:
            self._window.removeEventFilter(self)
            self._timer.stop()
            QTimer.singleShot(0, self, lambda: self._end(True))
        return False

    def _end(self, painted: bool) -> None:
        self._window.removeEventFilter(self)
        self._then(painted)


def run(build: app.Build, then: Callable[[bool], int]) -> int:
    """Open the window, call ``then`` with whether it was painted, and end the app by the exit code that it returns."""

    def watch(desk: app.Desk) -> None:
        FirstPaint(desk.window, lambda painted: QApplication.exit(then(painted)))

    return app.run(build, [], on_made=watch)
