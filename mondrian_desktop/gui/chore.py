"""What is done to many analyses beside the work: the notice tells how far it is, and has a button to stop it."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import announce
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.jobs.chore import OnEnd, OnStep, Stop
from mondrian_desktop.service import Service

Start: TypeAlias = Callable[[OnStep, OnEnd], Stop]
"""Begins it; a verb of the service."""
Words: TypeAlias = Callable[[int], str]
"""Says in a sentence what came of it, by how many are done."""


class Chore(QObject):
    """One at a time.

    Attributes
    ----------
    is_running
        Whether one is under way.
    """

    changed = Signal()
    """One has begun or ended."""

    def __init__(self, notice: Notice) -> None:
        super().__init__(notice)
        self._notice = notice
        self._doing = ""
        self._count = self._done = 0
        self._words: Words = str
        self._stop: Stop = lambda: None
        self.is_running = False

    def begin(self, doing: str, count: int, start: Start, words: Words) -> None:
        """Begin one, after ending another; where it cannot begin, the reason is told.

        Parameters
        ----------
        doing
            For people: "Exporting".
        count
            Of how many analyses.
        """
        self.stop()
        self._doing, self._count, self._done, self._words = doing, count, 0, words
        try:
            self._stop = start(self._step, self._end)
        except UserError as err:
            self._tell(str(err))
            return
        self.is_running = True
        # Of a few the end comes before anybody could read this.
        if count > 1:
            self._show()
        self.changed.emit()

    def stop(self) -> None:
        """End it early; what is done is done."""
        if self.is_running:
            self.is_running = False
            self._stop()
            self._tell(f"Stopped after {self._done:,} of {self._count:,}.")
            self.changed.emit()

    def _step(self, done: int) -> None:
        self._done = done
        # Dismissed is dismissed, until there is something new to say.
        if not self._notice.isHidden():
            self._show()

    def _end(self, problem: UserError | None) -> None:
        self.is_running = False
        told = self._words(self._done) if self._done or problem is None else ""
        self._tell(" ".join(filter(None, (told, str(problem or "")))))
        self.changed.emit()

    def _show(self) -> None:
        self._notice.tell(f"{self._doing}: {self._done:,} of {self._count:,}", "Stop", self.stop)

    def _tell(self, text: str) -> None:
        self._notice.tell(text)
        announce.politely(self._notice, text)


def write_sidecars(chore: Chore, service: Service, analysis_ids: Sequence[int]) -> None:
    """Write critiques into the sidecars beside their photos."""
    start = partial(service.write_sidecars, analysis_ids)
    chore.begin("Writing sidecars", len(analysis_ids), start, _sidecars_written)


def _sidecars_written(count: int) -> str:
    # Several critiques of one photo share a file.
    return "Sidecar written." if count == 1 else f"{count:,} critiques written into sidecars."
