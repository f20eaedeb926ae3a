"""The window's part of the self-test: it is painted, and everything else is tried in front of it."""

import sys
import time
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QApplication

from mondrian_desktop.display import Painting
from mondrian_desktop.gui import app
from mondrian_desktop.gui.first_paint import FirstPaint

_PATIENCE_MS = 60_000
"""A machine that builds apps may be busy."""


def run(build: app.Build, then: Callable[[Sequence[Painting]], int]) -> int:
    """Open the window, call ``then`` with its two paintings, and end the app by the exit code that it returns.

    The first painting is that of the empty window, the second that of the window with everything in it.
    """
    paintings: list[Painting] = []

    def note(painted: bool) -> None:
        paintings.append(Painting(time.time() if painted else None, frozenset(sys.modules)))

    def watch(desk: app.Desk) -> None:
        def end() -> None:
            note(painting.is_over)
            QApplication.exit(then(paintings))

        painting = FirstPaint(desk.window, end, _PATIENCE_MS)

    return app.run(build, [], on_painted=note, on_made=watch)
