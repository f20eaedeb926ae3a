"""Work from other threads, carried to the thread of Qt's event loop."""

import queue
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class MainThread(QObject):
    """Runs callables on the thread it was made on, in the order in which they were posted.

    After :meth:`close` nothing runs any more and posting is still allowed, so that a worker that finishes late
    needs to know nothing about the end of the app.
    """

    _arrived = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._open = True
        self._arrived.connect(self._run_next, Qt.ConnectionType.QueuedConnection)

    def post(self, work: Callable[[], None]) -> None:
        """Run ``work`` on this object's thread, later; never from inside this call. Any thread may call."""
        if not self._open:
            return
        self._posted.put(work)
        try:
            self._arrived.emit()
        except RuntimeError:
            # The C++ object went away between the two lines: the app has ended.
            self._open = False

    def close(self) -> None:
        """Drop what has not run yet, and whatever comes."""
        self._open = False

    @Slot()
    def _run_next(self) -> None:
        # One for each arrival: an exception ends its own work only.
        if self._open and not self._posted.empty():
            self._posted.get()()
