"""Many analyses in one file: a table, JSON, or a contact sheet; of a batch, or of a selection of the library.

A document is made in parts: what a part needs is read on the store's thread, a few analyses at a time, and put into
words and written by a worker. Neither waits long for the other, and no more than a part is in memory, but for tables.
"""

import json
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TextIO, TypeAlias, TypeVar

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.history import History
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.summary import Line, Summary
from mondrian_desktop.pump import Wait
from mondrian_desktop.report import contact, csv
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis

READ_AT_ONCE = 10
"""Analyses that are read in one step."""


class Kind(StrEnum):
    """A document, by the suffix of its file."""

    CSV = "csv"
    JSON = "json"
    CONTACT_SHEET = "html"

    @classmethod
    def of(cls, file: Path) -> "Kind":
        """Return the kind that a file's suffix names.

        Raises
        ------
        UserError
            Where it names none.
        """
        try:
            return cls(file.suffix.lower().removeprefix("."))
        except ValueError:
            known = ", ".join(f".{kind}" for kind in cls)
            raise UserError(f"{clean_line(file.name, 80)} names no known format.", f"End it with {known}.") from None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document: how many analyses it takes in, and what makes its text, in any thread."""

    analyses: int
    make: Callable[[], str]


Parts: TypeAlias = Iterator[Part]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Words:
    """What is said for ids: an advisor's name, and a line about the model that wrote an analysis."""

    advisor: Callable[[str], str]
    model_note: Callable[[Analysis], str]


def of_batch(kind: Kind, summary: Summary, history: History, words: Words) -> Parts:
    """Return a document of what came of a batch. A contact sheet has the best first.

    Raises
    ------
    UserError
        At a part, where an analysis cannot be read.
    """
    ids = [line.analysis_id for line in summary.lines if line.analysis_id is not None]
    if kind is Kind.CSV:
        return _table(ids, history)
    if kind is Kind.JSON:
        return _json(ids, history, plain(summary))
    by_path: dict[Path | None, list[Line]] = {}
    for line in summary.lines:
        by_path.setdefault(line.path, []).append(line)
    frames = [
        (contact.Frame(clean_line(path.name, 60) if path else "?", tuple(_mark(line, words) for line in lines)),
         next((line.analysis_id for line in lines if line.analysis_id is not None), None))
        for path, lines in by_path.items()
    ]  # fmt: skip
    frames.sort(key=lambda each: -(each[0].score or 0.0))
    return _sheet(summary.batch.name, frames, history, words, summary.distribution)


def of_library(kind: Kind, analysis_ids: Sequence[int], history: History, words: Words) -> Parts:
    """Return a document of analyses, in this order; those that are gone are left out.

    Raises
    ------
    UserError
        At a part, where an analysis cannot be read.
    """
    if kind is Kind.CSV:
        return _table(analysis_ids, history)
    if kind is Kind.JSON:
        return _json(analysis_ids, history)
    return _library_sheet(analysis_ids, history, words)


def write(parts: Parts, file: Path) -> Generator[int | Wait, None, None]:
    """Write a document, whole or not at all; yield how many analyses are in it so far.

    Raises
    ------
    UserError
        Where it cannot be written.
    """
    unfinished = file.with_name(f".{file.name[:200]}.part")
    try:
        out = unfinished.open("w", encoding="utf-8", errors="surrogatepass", newline="")
        with out, ThreadPoolExecutor(1, "document") as worker:
            written = 0
            for part in parts:
                future = worker.submit(_append, out, part)
                yield Wait(future)
                future.result()
                written += part.analyses
                yield written
        unfinished.replace(file)
    except OSError as err:
        what = f"{clean_line(file.name, 120)} could not be written: {err.strerror}."
        raise UserError(what, "Choose another folder, or make room.") from err
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)


def text(parts: Parts) -> str:
    """Return a document: where there is no pump."""
    return "".join(part.make() for part in parts)


def plain(summary: Summary) -> dict[str, Any]:
    """Return a summary as JSON has it."""
    spread = summary.distribution.items()
    return {
        "batch": summary.batch.name,
        "created": summary.batch.created.isoformat(),
        "photos": [
            {
                "path": _text(line.path), "advisor": line.advisor, "state": line.state.value, "reason": line.reason,
                "overall_score": line.score, "analysis_id": line.analysis_id,
            }
            for line in summary.lines
        ],
        "distribution": {name: {str(score): n for score, n in each.items()} for name, each in spread},
    }  # fmt: skip


def _append(out: TextIO, part: Part) -> None:
    out.write(part.make())


def _table(ids: Iterable[int], history: History) -> Parts:
    rows: list[Analysis] = []

    def take(stored: Sequence[str]) -> str:
        # Without the histograms a table of a whole library fits in memory; its columns are known at the end.
        rows.extend(replace(each, facts=None) for each in map(_analysis, stored))
        return ""

    for some in _stored(ids, history):
        yield Part(len(some), partial(take, some))
    yield Part(0, lambda: csv.render(rows))


def _json(ids: Iterable[int], history: History, head: dict[str, Any] | None = None) -> Parts:
    """Return a list of analyses, or an object that has it as its last member."""
    indent = 2 if head is None else 4
    yield Part(0, partial(_opening, head))
    comma = ""
    for some in _stored(ids, history):
        yield Part(len(some), partial(_members, some, comma, indent))
        comma = "," if some else comma
    line = "\n" if comma else ""
    yield Part(0, lambda: f"{line}]\n" if head is None else f"{line}{'  ' if comma else ''}]\n}}\n")


def _opening(head: dict[str, Any] | None) -> str:
    if head is None:
        return "["
    return json.dumps(head, indent=2, ensure_ascii=False).removesuffix("\n}") + ',\n  "analyses": ['


def _members(stored: Sequence[str], comma: str, indent: int) -> str:
    """Return analyses as members of a list, each on lines of its own; the first one after ``comma``."""
    from mondrian_desktop.report import codec

    documents = (json.dumps(codec.to_json(_analysis(each)), indent=2, ensure_ascii=False) for each in stored)
    return comma + ",".join(f"\n{each}".replace("\n", "\n" + " " * indent) for each in documents)


def _library_sheet(ids: Sequence[int], history: History, words: Words) -> Parts:
    frames = []
    for some in _some(ids):
        for entry in filter(None, map(history.entry, some)):
            note = "" if entry.overall_score is not None else "no score"
            mark = contact.Mark(words.advisor(entry.advisor), entry.overall_score, note)
            frames.append((contact.Frame(clean_line(entry.file_name or entry.question, 60), (mark,)), entry.id))
        yield Part(0, str)
    yield from _sheet("Library", frames, history, words, {})


def _sheet(
    title: str, frames: Sequence[tuple[contact.Frame, int | None]], history: History, words: Words,
    distribution: Mapping[str, Mapping[int, int]],
) -> Parts:  # fmt: skip
    """Return a contact sheet; pictures are read as they are needed."""
    first = next((history.analysis(each) for _, each in frames if each is not None), None)
    note = words.model_note(first) if first else ""
    yield Part(0, lambda: contact.begin(title, [frame for frame, _ in frames]))
    for some in _some(frames):
        shown = [replace(frame, picture=history.thumbnail(each) if each else None) for frame, each in some]
        yield Part(len(some), partial(_frames, shown))
    yield Part(0, lambda: contact.end(distribution, note))


def _frames(frames: Sequence[contact.Frame]) -> str:
    return "".join(map(contact.frame, frames))


def _stored(ids: Iterable[int], history: History) -> Iterator[Sequence[str]]:
    for some in _some(ids):
        yield [text for each in some if (text := history.document(each)) is not None]


def _some(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while some := list(islice(left, READ_AT_ONCE)):
        yield some


def _analysis(stored: str) -> Analysis:
    # Pydantic: the window does not wait for it.
    from mondrian_desktop.report import codec

    return codec.from_json(json.loads(stored))


def _mark(line: Line, words: Words) -> contact.Mark:
    without = "" if line.score is not None else line.reason
    if line.score is None and not without:
        without = "no score" if line.state is JobState.DONE else line.state.value
    return contact.Mark(words.advisor(line.advisor), line.score, without)


def _text(path: Path | None) -> str | None:
    """Return the path with bytes that are no text replaced."""
    return None if path is None else str(path).encode("utf-8", "replace").decode("utf-8")
