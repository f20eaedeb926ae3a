"""How fast bytes come, from the last seconds."""

from collections import deque

from mondrian_desktop.pump import Clock

WINDOW_S = 8.0
FIRST_S = 1.0
"""No speed is told from less than this: it would be a guess."""

STEP_S = 0.25
"""Shortest time between two samples that are kept."""


class Meter:
    """Speed over a sliding window.

    Parameters
    ----------
    clock
        Monotonic seconds.
    memory_s
        How far back :meth:`speed_over` can be asked.
    """

    def __init__(self, clock: Clock, memory_s: float = WINDOW_S) -> None:
        self._clock = clock
        self._memory_s = max(memory_s, WINDOW_S) + STEP_S
        self._samples: deque[tuple[float, int]] = deque()
        self._last = (0.0, 0)

    def restart(self, total_bytes: int) -> None:
        """Forget what was, and count on from ``total_bytes``."""
        self._samples.clear()
        self.add(total_bytes)

    def add(self, total_bytes: int) -> None:
        """Note that ``total_bytes`` are there now."""
        self._last = now_s, _ = (self._clock(), total_bytes)
        if not self._samples or now_s - self._samples[-1][0] >= STEP_S:
            self._samples.append(self._last)
        while now_s - self._samples[0][0] > self._memory_s:
            self._samples.popleft()

    def speed(self) -> float | None:
        """Return bytes per second over the last :data:`WINDOW_S`, or None where it is too early to tell."""
        return self._since(WINDOW_S, FIRST_S)

    def speed_over(self, seconds: float) -> float | None:
        """Return bytes per second over the last ``seconds``, or None where the samples do not go back that far."""
        return self._since(seconds, seconds)

    def _since(self, window_s: float, least_s: float) -> float | None:
        now_s, total_bytes = self._last
        first = next((sample for sample in self._samples if now_s - sample[0] <= window_s + STEP_S), None)
        if first is None or now_s - first[0] < least_s:
            return None
        return (total_bytes - first[1]) / (now_s - first[0])
