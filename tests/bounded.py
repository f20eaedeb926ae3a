"""A bound for what a test waits for: where it never comes, the test fails instead of waiting for ever."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

PATIENCE_S = 600.0
"""Longer than any test takes on a slow machine."""
PATIENCE_AT_NIGHT_S = 7200.0
_AGAIN_S = 5.0


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """Fail the test where the block takes longer, wherever it waits: a lock, a queue, a loop. Main thread only."""

    def fail(_number: int, _frame: FrameType | None) -> None:
        # Not an Exception: what catches those, as the pump does for its tasks, lets it pass.
        pytest.fail(f"what was waited for did not come within {seconds:g} s")

    before = signal.signal(signal.SIGALRM, fail)
    # Again and again: what is raised in a callback, or while another error is handled, may get lost.
    outer_s, outer_again_s = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, outer_s, outer_again_s)
        signal.signal(signal.SIGALRM, before)
