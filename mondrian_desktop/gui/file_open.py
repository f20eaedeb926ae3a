"""Files that Finder and the Dock hand over: one event each, possibly before there is a window."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class FileOpen(QObject):
    """Gathers file-open events of ``app`` and hands them on together, once somebody listens."""

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self._listener: Callable[[Sequence[Path]], None] | None = None
        self._arrived: list[Path] = []
        # Files of one gesture come in one go: they are handed on when the loop has nothing else to do.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._hand_on)
        app.installEventFilter(self)

    def listen(self, listener: Callable[[Sequence[Path]], None]) -> None:
        """Give ``listener`` what has come and what will come."""
        self._listener = listener
        if self._arrived:
            self._timer.start()

    def close(self) -> None:
        """Hand on nothing any more."""
        self._timer.stop()
        self._listener = None
        QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Take file-open events."""
        if isinstance(event, QFileOpenEvent):
            if event.file():
                self._arrived.append(Path(event.file()))
                if self._listener is not None:
                    self._timer.start()
            return True
        return super().eventFilter(watched, event)

    def _hand_on(self) -> None:
        if self._listener is not None:
            arrived, self._arrived = self._arrived, []
            self._listener(arrived)
