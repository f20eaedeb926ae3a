"""The model's memory is given back when there has been no work for a while."""

import threading
from collections.abc import Callable
from typing import Any

from mondrian_desktop.pump import Post


class IdleUnload:
    """Calls ``unload`` some time after the last job.

    Parameters
    ----------
    post
        Runs a callable on the pump's thread.
    delay_s
        How long to wait; 0: for ever. Asked each time.
    is_busy
        Whether a job runs.
    unload
        Gives the memory back.
    make_timer
        As :class:`threading.Timer`.
    """

    def __init__(
        self, post: Post, delay_s: Callable[[], float], is_busy: Callable[[], bool], unload: Callable[[], None],
        make_timer: Callable[[float, Callable[[], None]], Any] = threading.Timer,
    ) -> None:  # fmt: skip
        self._post = post
        self._delay_s = delay_s
        self._is_busy = is_busy
        self._unload = unload
        self._make_timer = make_timer
        self._timer: Any = None
        self._waits_s = 0.0
        self._is_closed = False

    def follow(self) -> None:
        """Look whether work has begun or ended; to be called when a job changed its state."""
        delay_s = 0.0 if self._is_busy() or self._is_closed else self._delay_s()
        # Idle already: of thousands of waiting jobs that are cancelled none begins it anew.
        if self._timer is not None and delay_s == self._waits_s:
            return
        self._stop()
        if delay_s:
            self._waits_s = delay_s
            self._timer = self._make_timer(delay_s, lambda: self._post(self._elapsed))
            self._timer.name, self._timer.daemon = "unload when idle", True
            self._timer.start()

    def close(self) -> None:
        """Wait no more."""
        self._is_closed = True
        self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _elapsed(self) -> None:
        if self._timer is not None and not self._is_closed and not self._is_busy():
            self._timer = None
            self._unload()
