"""Drives the pump from Qt's own event loop: input, timers and painting get their turn between any two steps."""

from PySide6.QtCore import QObject, QTimer, Slot

from mondrian_desktop.pump import Pump


class PumpDriver(QObject):
    """Steps ``pump`` by a zero-interval timer that runs only while there is work.

    A zero-interval timer fires when the loop has nothing else to do, so that it starves nobody (a self-posted
    queued signal would starve timers).

    Parameters
    ----------
    pump
        Its budget is the longest time that events have to wait, short of one event that overruns it.
    """

    def __init__(self, pump: Pump, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pump = pump
        self._is_stepping = False
        self._is_closed = False
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._step)
        pump.on_work(self._start)
        self._start()

    @property
    def is_running(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def close(self) -> None:
        """Step no more, whatever work appears."""
        self._is_closed = True
        self._timer.stop()

    def _start(self) -> None:
        # What appears during a step is seen at its end.
        if not (self._is_stepping or self._is_closed) and self._pump.has_work:
            self._timer.start()

    @Slot()
    def _step(self) -> None:
        # Stopped first: after an exception Qt would go on firing, with nobody to see the end.
        self._timer.stop()
        if self._is_stepping:
            # A nested loop (a native dialog opened from a listener) got here; the outer step goes on later.
            return
        self._is_stepping = True
        try:
            self._pump.step()
        finally:
            self._is_stepping = False
            # Also after an exception: it cost one task, the others go on.
            self._start()
