"""From the model's text to a critique: strict where it can be, tolerant where it must be, and while it grows.

Whatever comes in, the work is bounded and nothing raises: a text is either a critique or it is not.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeGuard

from mondrian_desktop.critique.rubric import Rubric
from mondrian_desktop.report.clean import clean, clean_line
from mondrian_desktop.report.model import Critique, Score
from mondrian_desktop.report.thinking import MAX_CHARS as MAX_CHARS
from mondrian_desktop.report.thinking import split

_FIELD, _ITEM, _ITEMS = 2000, 500, 8
_TRIES = 12
_KEYS = {
    "image_description": ("image_description", "description"),
    "dimensions": ("dimensions", "scores"),
    "key_strengths": ("key_strengths", "strengths"),
    "priority_improvements": ("priority_improvements", "improvements"),
    "technical_notes": ("technical_notes", "notes"),
    "name": ("name", "dimension"),
    "score": ("score", "rating"),
    "comment": ("comment", "comments", "feedback"),
    "recommendation": ("recommendation", "recommendations", "suggestion"),
}
# How long each field is expected to be, in characters: weights of the progress.
_EXPECTED = {"image_description": 260, "key_strengths": 200, "priority_improvements": 200, "technical_notes": 140}
_EXPECTED_DIMENSION = {"name": 15, "score": 5, "comment": 180, "recommendation": 140}
_TOP_LEVEL = ("image_description", "dimensions", "key_strengths", "priority_improvements", "technical_notes")
_PIECE, _PIECES = 6000, 40
_NAMED = re.compile(r'\{\s*"(?:name|dimension)"\s*:')
_TRAILING_COMMA = re.compile(r",(?=\s*[}\]])")
_CONTROLS = dict.fromkeys(range(0x20), " ")
# Escapes that JSON does not know, such as \\', and halves of characters. What is at the very end may still grow.
_ESCAPE = re.compile(
    rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>\\u[dD][89a-fA-F]..(?=.{6}))|\\[\"\\/bfnrtu]|(?P<unknown>\\(?=.))"
)
_SCORE = re.compile(r"\s*(\d{1,2}(?:[.,]\d{1,4})?)\s*(?:(?:/|out of|of)\s*10(?:[.,]0+)?)?\s*")


def split_thinking(text: str) -> tuple[str, str]:
    """Return (thinking, answer): what a thinking model wrote before its answer, and the rest.

    As :func:`mondrian_desktop.report.thinking.split`; an object that looks like a critique is the answer, whatever is
    in its texts.
    """
    return split(text, _is_answer)


def parse(text: str, rubric: Rubric) -> Critique | None:
    """Return the critique in a finished text, or None where it has no structure that fits the rubric.

    Strict JSON first; else the first object in the text that looks like an answer (after prose, in fenced code,
    with text after it, cut off); else the single dimensions that can be found. Names are matched by
    :meth:`Rubric.match`. A score counts where it is a number from 1 to 10, also as "7/10"; halves go up. A dimension
    without a usable score is left out. The overall score is ours, where at least half of the dimensions have one.
    """
    answer = split_thinking(text)[1]
    for found in _documents(answer):
        critique = _critique(found, rubric)
        if critique != Critique():
            if 2 * len(critique.dimensions) >= len(rubric.dimensions):
                critique = replace(critique, overall_score=rubric.overall(critique.dimensions))
            return critique
    return None


class PartialParser:
    """Follows an answer while it is written.

    Every call of :meth:`feed` reads the text so far with a compiled parser (0.15 ms at the end of a critique):
    call it at the rate of display, not for every token; :meth:`append` alone is cheap.
    """

    def __init__(self, rubric: Rubric) -> None:
        self._rubric = rubric
        self._text = ""
        self._stale = False
        self._critique = Critique()
        self._progress = 0.0

    def append(self, piece: str) -> None:
        """Take the next piece of text."""
        if len(self._text) < MAX_CHARS:
            self._text += piece
            self._stale = True

    def feed(self, piece: str) -> Critique:
        """Take the next piece of text, and return what is there of the critique."""
        self.append(piece)
        return self.critique

    @property
    def critique(self) -> Critique:
        """What is there so far. Scores appear when they are complete; the overall score when all are there."""
        self._update()
        return self._critique

    @property
    def progress(self) -> float:
        """Share of the fields that are complete, weighted by expected length: 0.0 to 1.0, never falling."""
        self._update()
        return self._progress

    @property
    def thinking(self) -> str:
        """What a thinking model wrote before its answer."""
        return split_thinking(self._text)[0]

    def _update(self) -> None:
        if not self._stale:
            return
        self._stale = False
        answer = split_thinking(self._text)[1]
        start = answer.find("{")
        # A number at the very end may still grow: 1 becomes 10.
        found, complete = _load(answer[start:].rstrip("0123456789.")) if start >= 0 else (None, False)
        if not _looks_right(found):
            return
        critique = _critique(found, self._rubric, growing=not complete)
        if len(critique.dimensions) == len(self._rubric.dimensions):
            critique = replace(critique, overall_score=self._rubric.overall(critique.dimensions))
        if critique != Critique():
            self._critique = critique
        share = 1.0 if complete and critique != Critique() else _share(found, len(self._rubric.dimensions))
        self._progress = max(self._progress, share)


def _is_answer(text: str) -> bool:
    start = text.find("{")
    found, _ = _load(text[start:]) if start >= 0 else (None, False)
    return _looks_right(found)


def _looks_right(found: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(found, dict) and any(name in found for field in _TOP_LEVEL for name in _KEYS[field])


def _load(text: str) -> tuple[Any, bool]:
    """Read JSON at the start of ``text``, as far as it goes; return it and whether it was complete.

    Unlike the standard library's, this parser has a partial mode, and neither deep nesting nor length hurts it.
    """
    # The window does not wait for it.
    from pydantic_core import from_json

    data = text[:MAX_CHARS].translate(_CONTROLS).encode("utf-8", "replace")
    complete = False
    try:
        return from_json(data), True
    except ValueError as err:
        complete = str(err).startswith("trailing characters")
    try:
        return from_json(data, allow_partial="trailing-strings"), complete
    except ValueError:
        data = _ESCAPE.sub(_mended, data)
    try:
        return from_json(data, allow_partial="trailing-strings"), complete
    except ValueError as err:
        # One line, since control characters were replaced: the column is the place, in bytes.
        column = int(str(err).rpartition(" ")[2])
    try:
        return from_json(data[: column - 1], allow_partial="trailing-strings"), False
    except ValueError:
        return None, False


def _mended(escape: re.Match[bytes]) -> bytes:
    if escape["lone"]:
        return b"\\ufffd"
    return b"" if escape["unknown"] else escape[0]


def _documents(text: str) -> Iterator[Mapping[str, Any]]:
    """Yield what may be the answer, best first."""
    starts = [match.start() for match in islice(re.finditer(r"\{", text), _TRIES)]
    partial: Mapping[str, Any] = {}
    for start in starts:
        for attempt in (text[start:], _TRAILING_COMMA.sub("", text[start:])):
            found, complete = _load(attempt)
            for answer in _unwrapped(found):
                if complete:
                    yield answer
                elif len(answer) > len(partial):
                    partial = answer
    pieces = [
        _load(text[match.start() : match.start() + _PIECE])[0] for match in islice(_NAMED.finditer(text), _PIECES)
    ]
    known = _get(partial, "dimensions")
    if pieces and not (isinstance(known, Sequence) and len(known) >= len(pieces)):
        partial = {**partial, "dimensions": pieces}
    yield partial


def _unwrapped(found: Any) -> Iterator[Mapping[str, Any]]:
    """Yield ``found`` if it looks like an answer, else what is inside it and does."""
    if _looks_right(found):
        yield found
    elif isinstance(found, dict):
        yield from (each for each in found.values() if _looks_right(each))


def _critique(found: Mapping[str, Any], rubric: Rubric, *, growing: bool = False) -> Critique:
    return Critique(
        image_description=_text(_get(found, "image_description")),
        dimensions=_scores(_get(found, "dimensions"), rubric, growing=growing),
        key_strengths=_texts(_get(found, "key_strengths")),
        priority_improvements=_texts(_get(found, "priority_improvements")),
        technical_notes=_text(_get(found, "technical_notes")),
    )


def _get(found: Mapping[str, Any], field: str) -> Any:
    return next((found[name] for name in _KEYS[field] if name in found), None)


def _text(value: Any) -> str:
    return clean(value, _FIELD).strip() if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    items = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    lines = (clean_line(item, _ITEM) for item in items[:_ITEMS] if isinstance(item, str))
    return tuple(line for line in lines if line)


def _scores(value: Any, rubric: Rubric, *, growing: bool) -> tuple[Score, ...]:
    if isinstance(value, dict):
        value = [{"name": name, **each} for name, each in value.items() if isinstance(each, dict)]
    if not isinstance(value, list):
        return ()
    found: dict[str, Score] = {}
    for each in value[:_PIECES]:
        dimension = rubric.match(_text(_get(each, "name"))) if isinstance(each, dict) else None
        if dimension is None or dimension.name in found:
            continue
        still_typed = growing and each is value[-1] and next(reversed(each)) in _KEYS["score"]
        score = None if still_typed and isinstance(_get(each, "score"), str) else _score(_get(each, "score"))
        if score is not None:
            comment, recommendation = _text(_get(each, "comment")), _text(_get(each, "recommendation"))
            found[dimension.name] = Score(dimension.name, score, comment, recommendation)
    return tuple(found[each.name] for each in rubric.dimensions if each.name in found)


def _score(value: Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        match = _SCORE.fullmatch(value)
        value = float(match[1].replace(",", ".")) if match else None
    return math.floor(value + 0.5) if isinstance(value, int | float) and 1 <= value <= 10 else None


def _share(found: dict[str, Any], dimensions: int) -> float:
    """Return the share of the answer that is there: complete fields count whole, the one being written in part."""
    whole = sum(_EXPECTED.values()) + dimensions * sum(_EXPECTED_DIMENSION.values())
    done = 0.0
    for field, names in _KEYS.items():
        value = _get(found, field)
        last = bool(found) and next(reversed(found)) in names
        if field == "dimensions" and isinstance(value, list):
            done += sum(_dimension_done(each, last and each is value[-1]) for each in value[:dimensions])
        elif field in _EXPECTED and value is not None:
            done += _field_done(value, _EXPECTED[field], last)
    return min(done / whole, 0.99)


def _dimension_done(value: Any, growing: bool) -> float:
    if not isinstance(value, dict):
        return 0.0
    last = next(reversed(value), None)
    return sum(
        _field_done(_get(value, field), expected, growing and last in _KEYS[field])
        for field, expected in _EXPECTED_DIMENSION.items()
        if _get(value, field) is not None
    )


def _field_done(value: Any, expected: int, growing: bool) -> float:
    if not growing:
        return expected
    length = (
        len(value)
        if isinstance(value, str)
        else sum(len(str(item)) for item in value)
        if isinstance(value, list)
        else 0
    )
    return expected * min(length / expected, 0.95)
