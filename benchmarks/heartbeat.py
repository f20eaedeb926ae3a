"""A timer that beats every 5 ms in Qt's loop, and what its gaps say about a window that may freeze."""

import time
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Qt, QTimer

INTERVAL_MS = 5


class Heart(QObject):
    """Notes the time of each beat while Qt's loop runs.

    Attributes
    ----------
    beats_s
        When it beat, in seconds of ``time.perf_counter``.
    """

    def __init__(self) -> None:
        super().__init__()
        self.beats_s: list[float] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(lambda: self.beats_s.append(time.perf_counter()))
        self._timer.start(INTERVAL_MS)


@dataclass
class Course:
    """What happened when, in one run from the start of loading to the last token.

    Attributes
    ----------
    stages
        (seconds, name) where each stage begins.
    tokens_s
        When each token was there.
    """

    stages: list[tuple[float, str]] = field(default_factory=list)
    tokens_s: list[float] = field(default_factory=list)

    def begin(self, stage: str) -> None:
        """Note that ``stage`` begins now."""
        self.stages.append((time.perf_counter(), stage))

    def token(self) -> None:
        """Note that a token has come now."""
        self.tokens_s.append(time.perf_counter())

    def token_s(self) -> float:
        """Return the mean time of a decoded token, in seconds; the first is not one."""
        return (self.tokens_s[-1] - self.tokens_s[0]) / (len(self.tokens_s) - 1)

    def gaps_s(self, beats_s: list[float]) -> dict[str, list[float]]:
        """Return the gaps between beats by the stage in which each gap began, and all of them under "all"."""
        starts = [start for start, _ in self.stages]
        began_s, ended_s = starts[0], self.tokens_s[-1]
        gaps: dict[str, list[float]] = {"all": []}
        # The beat before the beginning opens the first gap, which began with the stage.
        for before, after in zip([began_s, *beats_s], beats_s, strict=False):
            before = max(before, began_s)
            if after <= before or before >= ended_s:
                continue
            current = [name for start, name in self.stages if start <= before + 1e-4]
            gaps.setdefault(current[-1] if current else self.stages[0][1], []).append(after - before)
            gaps["all"].append(after - before)
        return gaps
