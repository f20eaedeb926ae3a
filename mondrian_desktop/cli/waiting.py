"""For which server is waited, and when it is asked again: a line that changes on a terminal, one a try otherwise."""

from collections.abc import Sequence
from typing import TextIO

from mondrian_desktop.jobs.server_watch import Awaited, next_try_words, waiting_words

_CLEAR = "\r\x1b[K"
"""To the beginning of the line, and what is there erased (ECMA-48, EL)."""


class WaitingLine:
    """Tells on ``stream`` what is waited for."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._on_terminal = stream.isatty()
        self._told = ""

    def show(self, awaited: Sequence[Awaited]) -> None:
        """Take in how it stands with the servers that do not answer; nothing where none is waited for."""
        words = waiting_words(awaited)
        line = f"{words[:1].upper()}{words[1:]} · {next_try_words(awaited)}" if awaited else ""
        if line == self._told:
            return
        if self._on_terminal:
            self._stream.write(_CLEAR + line)
            self._told = line
        elif awaited and all(each.next_try for each in awaited):
            self._stream.write(line + "\n")
            self._told = line
        self._stream.flush()

    def clear(self) -> None:
        """Take it off the screen, so that something else can be printed."""
        if self._on_terminal and self._told:
            self._stream.write(_CLEAR)
            self._told = ""
