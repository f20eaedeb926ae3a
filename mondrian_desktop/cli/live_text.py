"""An answer on the terminal while it is written: each piece as soon as it cannot change any more."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TextIO

from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.jobs.run import JobEvent, Partial
from mondrian_desktop.report import text, wording
from mondrian_desktop.report.clean import clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels
from mondrian_desktop.report.thinking import Splitter


class LiveCritique:
    """Prints a critique block by block; at the end, what had not been printed of the finished report.

    ``title`` and ``byline`` are as :mod:`mondrian_desktop.report.wording` has them.
    """

    def __init__(self, out: TextIO, title: str, byline: str) -> None:
        self._out = out
        self._printed: set[str] = set()
        self._heading = [text.paragraph(line) for line in (title, byline)]

    def update(self, event: JobEvent) -> None:
        """Take in one event of the job."""
        if isinstance(event, Partial):
            self._print([*self._heading, *_settled_blocks(event.critique)])

    def finish(self, analysis: Analysis, labels: Labels) -> None:
        """Print the rest: the dimensions that are missing, then the overall score and what follows from it."""
        missing = _blocks(analysis.critique) if analysis.critique else ()
        self._print([*self._heading, *missing, *text.blocks(analysis, labels)])

    def _print(self, blocks: Iterable[str]) -> None:
        for block in blocks:
            if block not in self._printed:
                self._printed.add(block)
                self._out.write(block + "\n\n")
        self._out.flush()


class LiveAnswer:
    """Prints an answer without structure word by word; what the model thinks before is not printed."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._pending = ""
        self._splitter = Splitter()

    def update(self, event: JobEvent) -> None:
        """Take in one event of the job."""
        if isinstance(event, Token):
            answer = self._splitter.feed(event.text)[1]
            words, space, self._pending = (self._pending + answer).rpartition(" ")
            self._out.write(clean(words + space))
            self._out.flush()

    def finish(self, analysis: Analysis, labels: Labels) -> None:
        """Print the last word, and by whom and how it was written."""
        self._out.write(clean(self._pending) + "\n\n")
        self._out.write(" · ".join([wording.byline(analysis, labels), *wording.footer(analysis, labels)]) + "\n")
        self._out.flush()


def _settled_blocks(partial: Critique) -> Iterator[str]:
    """Yield the blocks of which the model has begun to write the next one."""
    if partial.key_strengths or partial.priority_improvements or partial.technical_notes:
        yield from _blocks(partial)
    elif partial.dimensions:
        yield from _blocks(replace(partial, dimensions=partial.dimensions[:-1]))


def _blocks(critique: Critique) -> Iterator[str]:
    """Yield description and dimensions."""
    if critique.image_description:
        yield text.paragraph(clean_line(critique.image_description))
    for score in critique.dimensions:
        yield text.dimension(score)
