"""What came of a batch, as documents: table, JSON, contact sheet. Collected bit by bit, put together by a worker."""

import json
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.history import History
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.summary import Line, Summary
from mondrian_desktop.pump import Wait
from mondrian_desktop.report import contact, csv
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis, Labels


class Kind(StrEnum):
    """A document, by the suffix of its file."""

    CSV = "csv"
    JSON = "json"
    CONTACT_SHEET = "html"


KINDS = {f".{kind}": kind for kind in Kind}

T = TypeVar("T")
Making: TypeAlias = Generator[int | Wait, None, str]
"""Yields how many analyses were taken in so far; returns the document."""


def document(
    kind: Kind, summary: Summary, history: History, advisors: Advisors, labels: Callable[[Analysis], Labels]
) -> Making:
    """Make a document of a batch.

    Raises
    ------
    UserError
        Where an analysis cannot be read.
    """
    ids = [line.analysis_id for line in summary.lines if line.analysis_id is not None]
    if kind is Kind.CONTACT_SHEET:
        pictures: dict[int, bytes] = {}
        for analysis_id in ids:
            if picture := history.thumbnail(analysis_id):
                pictures[analysis_id] = picture
            yield len(pictures)
        first = next(filter(None, map(history.analysis, ids)), None)
        note = labels(first).model_note if first else ""
        names = {advisor: advisors[advisor].name for advisor in advisors}
        return (yield from _worked(lambda: _contact_sheet(summary, pictures, names, note)))
    analyses: list[Analysis] = []
    for analysis_id in ids:
        if analysis := history.analysis(analysis_id):
            # Without the histograms a table of 10,000 photos fits in memory.
            analyses.append(replace(analysis, facts=None) if kind is Kind.CSV else analysis)
        yield len(analyses)
    if kind is Kind.CSV:
        return (yield from _worked(lambda: csv.render(analyses)))
    return (yield from _worked(lambda: _json(summary, analyses)))


def write(making: Making, file: Path) -> Generator[int | Wait, None, None]:
    """Write a document, whole or not at all.

    Raises
    ------
    UserError
        Where it cannot be written.
    """
    text = yield from making
    yield from _worked(lambda: _write(file, text.encode("utf-8", "surrogatepass")))


def finish(making: Making) -> str:
    """Return the document, waiting for it: where there is no pump."""
    while True:
        try:
            step = next(making)
        except StopIteration as end:
            return str(end.value)
        if isinstance(step, Wait):
            step.future.exception()


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


def _worked(work: Callable[[], T]) -> Generator[Wait, None, T]:
    with ThreadPoolExecutor(1, "document") as worker:
        future = worker.submit(work)
        yield Wait(future)
        return future.result()


def _json(summary: Summary, analyses: list[Analysis]) -> str:
    # Pydantic: the window does not wait for it.
    from mondrian_desktop.report import codec

    whole = {**plain(summary), "analyses": [codec.to_json(each) for each in analyses]}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _contact_sheet(summary: Summary, pictures: Mapping[int, bytes], names: Mapping[str, str], note: str) -> str:
    """Return the sheet: a frame for each photo, the best first, those without a score at the end."""
    by_path: dict[Path | None, list[Line]] = {}
    for line in summary.lines:
        by_path.setdefault(line.path, []).append(line)
    frames = [
        contact.Frame(
            clean_line(path.name, 60) if path else "?",
            tuple(
                contact.Mark(names.get(line.advisor, line.advisor), line.score, _without_score(line)) for line in lines
            ),
            next(filter(None, (pictures.get(line.analysis_id or 0) for line in lines)), None),
        )
        for path, lines in by_path.items()
    ]
    ranked = sorted(frames, key=lambda frame: -(frame.score or 0.0))
    return contact.render(summary.batch.name, ranked, summary.distribution, note)


def _without_score(line: Line) -> str:
    if line.score is not None:
        return ""
    return line.reason or ("no score" if line.state is JobState.DONE else line.state.value)


def _write(file: Path, data: bytes) -> None:
    part = file.with_name(f".{file.name[:200]}.part")
    try:
        part.write_bytes(data)
        part.replace(file)
    except OSError as err:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        what = f"{clean_line(file.name, 120)} could not be written: {err.strerror}."
        raise UserError(what, "Choose another folder, or make room.") from err


def _text(path: Path | None) -> str | None:
    """Return the path with bytes that are no text replaced."""
    return None if path is None else str(path).encode("utf-8", "replace").decode("utf-8")
