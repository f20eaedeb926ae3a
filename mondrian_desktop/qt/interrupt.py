"""Ctrl-C on the terminal while Qt's loop runs: Python sees a signal only when it gets to run."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier


class Interrupt(QObject):
    """Calls ``on_interrupt`` on SIGINT, from Qt's loop. Main thread only; :meth:`close` puts everything back."""

    def __init__(self, on_interrupt: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._on_interrupt = on_interrupt
        self._awake, self._wake = socket.socketpair()
        for end in (self._awake, self._wake):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._awake.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)
        self._previous_fd = signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        self._previous = signal.signal(signal.SIGINT, self._handle)

    def close(self) -> None:
        """Handle interrupts as before."""
        signal.signal(signal.SIGINT, self._previous)
        signal.set_wakeup_fd(self._previous_fd)
        self._notifier.setEnabled(False)
        self._awake.close()
        self._wake.close()

    def _read(self) -> None:
        # What arrives is the signal's number; the handler itself runs as soon as Python does, which is now.
        self._awake.recv(64)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._on_interrupt()
