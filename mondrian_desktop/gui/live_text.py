"""A critique in a text document while it is written: what is there stays where it is, the rest is appended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtGui import QFont, QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument

from mondrian_desktop.report import wording
from mondrian_desktop.report.clean import breakable, clean, clean_line
from mondrian_desktop.report.model import Critique, Score
from mondrian_desktop.report.pane import dimension

_PLAIN_RUN = 2000
"""Characters of unstructured text in one paragraph: Qt lays a paragraph out as a whole each time it grows."""

_LINE_HEIGHT_PERCENT = 118

Kind: TypeAlias = Literal["paragraph", "dimension", "try", "heading", "item"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of the document; only the last one grows. ``score`` heads a dimension, its text is empty."""

    kind: Kind
    text: str
    score: Score | None = None


class LiveText:
    """Writes into ``document``, in the same order and form as the finished report.

    Where an earlier piece turns out different after all (the parser took it another way), everything from there on
    is written again.
    """

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._dark = False
        self._units: list[Unit] = []
        self._starts: list[int] = []
        self._plain = 0

    def start(self, dark: bool) -> None:
        """Begin with an empty document, in the colors of an appearance."""
        self._document.clear()
        self._dark = dark
        self._units, self._starts, self._plain = [], [], 0

    def show(self, critique: Critique) -> None:
        """Bring the document to what is there of the critique."""
        if self._plain:
            self.start(self._dark)
        units = list(_units(critique))
        same = _common(self._units, units)
        if same == len(self._units) - 1 and same < len(units) and self._grow(units[same]):
            same += 1
        self._cut(same)
        for unit in units[same:]:
            self._append(unit)

    def add_plain(self, text: str) -> None:
        """Append to an answer without structure, as it is."""
        cursor = self._end()
        for line in clean(text, 2 * _PLAIN_RUN).splitlines(keepends=True):
            if self._plain >= _PLAIN_RUN:
                cursor.insertText("\n")
                self._plain = 1
            cursor.insertText(line)
            self._plain = 1 if line.endswith("\n") else self._plain + len(line)

    def _grow(self, unit: Unit) -> bool:
        """Append what is new of the last piece; False where that is not how it changed."""
        old = self._units[-1]
        if old.kind != unit.kind or old.score != unit.score or unit.kind == "dimension":
            return False
        kept = _common_length(old.text, unit.text)
        cursor = self._end()
        # Usually nothing is taken back; but the spaces that break a long run move as it grows.
        cursor.setPosition(cursor.position() - _utf16_length(old.text[kept:]), QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(unit.text[kept:], QTextCharFormat())
        self._units[-1] = unit
        return True

    def _cut(self, count: int) -> None:
        """Remove all pieces but the first ``count``."""
        if count < len(self._units):
            cursor = self._end()
            cursor.setPosition(self._starts[count], QTextCursor.MoveMode.KeepAnchor)
            cursor.removeSelectedText()
            del self._units[count:], self._starts[count:]

    def _append(self, unit: Unit) -> None:
        cursor = self._end()
        self._starts.append(max(cursor.position(), 0))
        self._units.append(unit)
        if unit.score is not None:
            start = cursor.position()
            cursor.insertHtml(dimension(unit.score, self._dark))
            cursor.setPosition(start, QTextCursor.MoveMode.KeepAnchor)
            _space(cursor)
            return
        block, bold = QTextBlockFormat(), QTextCharFormat()
        block.setTopMargin(14 if unit.kind == "heading" else 2)
        bold.setFontWeight(QFont.Weight.Bold)
        if unit.kind == "item":
            block.setLeftMargin(14)
            block.setTextIndent(-12)
        if cursor.block().length() > 1:
            cursor.insertBlock(block, QTextCharFormat())
        else:
            cursor.setBlockFormat(block)
            cursor.setCharFormat(QTextCharFormat())
        lead = {"try": "Try: ", "item": "•\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}"}.get(unit.kind, "")
        if lead:
            cursor.insertText(lead, bold if unit.kind == "try" else QTextCharFormat())
        cursor.insertText(unit.text, bold if unit.kind == "heading" else QTextCharFormat())
        _space(cursor)

    def _end(self) -> QTextCursor:
        cursor = QTextCursor(self._document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        return cursor


def space_lines(document: QTextDocument) -> None:
    """Give the lines of a document room to be read in."""
    cursor = QTextCursor(document)
    cursor.select(QTextCursor.SelectionType.Document)
    _space(cursor)


def _space(cursor: QTextCursor) -> None:
    spaced = QTextBlockFormat()
    spaced.setLineHeight(_LINE_HEIGHT_PERCENT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
    cursor.mergeBlockFormat(spaced)


def _units(critique: Critique) -> Iterator[Unit]:
    """Yield the pieces of a critique in the order of the finished report."""
    yield from _texts("paragraph", [critique.image_description])
    for score in critique.dimensions:
        yield Unit("dimension", "", Score(score.name, score.score, "", ""))
        yield from _texts("paragraph", [score.comment])
        yield from _texts("try", [score.recommendation])
    if critique.key_strengths:
        yield Unit("heading", "Strengths")
        yield from _texts("item", critique.key_strengths)
    if critique.priority_improvements:
        yield Unit("heading", "Work on these first")
        yield from _texts("paragraph", [wording.lowest(critique)])
        yield from _texts("item", critique.priority_improvements)
    if critique.technical_notes:
        yield Unit("heading", "Technical notes")
        yield from _texts("paragraph", [critique.technical_notes])


def _texts(kind: Kind, texts: Sequence[str]) -> Iterator[Unit]:
    for text in texts:
        line = breakable(clean_line(text))
        if line:
            yield Unit(kind, line)


def _common(old: Sequence[Unit], new: Sequence[Unit]) -> int:
    """Return how many pieces at the beginning are equal."""
    return next(
        (at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new))
    )


def _common_length(old: str, new: str) -> int:
    if new.startswith(old):
        return len(old)
    return next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), len(new))


def _utf16_length(text: str) -> int:
    """Return the length as Qt counts it."""
    return len(text.encode("utf-16-le")) // 2
