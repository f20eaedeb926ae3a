"""``mondrian-desktop history``: list, show, search, export, delete and restore what was analyzed; sidecars."""

import argparse
import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from mondrian_desktop.cli import request
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import outcome
from mondrian_desktop.jobs.history import Entry, Query, Sort
from mondrian_desktop.jobs.outcome import Kind, Parts
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service

EXPORT_FORMATS = (*request.FORMATS, "csv")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the actions of ``history`` and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_filters(actions.add_parser("list", help="the latest analyses"))
    searching = actions.add_parser("search", help="by words in description, comments, file name, camera or lens")
    searching.add_argument("words", nargs="+", metavar="WORD")
    _add_filters(searching)
    showing = actions.add_parser("show", help="whole analyses")
    _add_ids(showing)
    showing.add_argument("--format", choices=EXPORT_FORMATS, default="text")
    showing.add_argument("--json", dest="format", action="store_const", const="json", help="same as --format json")
    showing.set_defaults(output=None)
    exporting = actions.add_parser("export", help="write analyses as files, or to stdout")
    _add_ids(exporting, needed="*")
    exporting.add_argument("--all", action="store_true", help="the whole history")
    exporting.add_argument("--format", choices=EXPORT_FORMATS, default="json")
    exporting.add_argument("--json", dest="format", action="store_const", const="json", help="same as --format json")
    exporting.add_argument("--output", type=Path, metavar="DIR", help="where the files go")
    _add_ids(actions.add_parser("sidecar", help="write critiques into XMP files beside their photos"))
    _add_ids(actions.add_parser("delete", help="can be undone for 30 days"))
    _add_ids(actions.add_parser("restore", help="bring deleted analyses back"))


def _add_ids(parser: argparse.ArgumentParser, needed: str = "+") -> None:
    parser.add_argument("ids", nargs=needed, type=int, metavar="ID")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--advisor", dest="for_advisor", metavar="ID", help="only by this advisor")
    parser.add_argument("--camera", metavar="NAME", help="only from this camera")
    parser.add_argument("--min-score", type=float, metavar="N", help="only with at least this overall score")
    parser.add_argument("--max-score", type=float, metavar="N", help="only with at most this overall score")
    parser.add_argument("--since", metavar="DATE", help="only analyzed on or after this day, e.g. 2026-08-31")
    parser.add_argument("--until", metavar="DATE", help="only analyzed before this day")
    parser.add_argument("--sort", choices=[each.value for each in Sort], default=Sort.NEWEST.value)
    parser.add_argument("--limit", type=_whole, default=50, metavar="N", help="how many, default 50; 0 for all")
    parser.add_argument("--offset", type=_whole, default=0, metavar="N", help="how many to leave out at the beginning")
    parser.add_argument("--json", action="store_true", help="as JSON")


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Carry out one of the history's commands; return the exit code: 1 where an id is not there.

    Parameters
    ----------
    options
        ``action``: "list", "search" (``words``), "show" (``ids``, ``format``), "export" (``ids`` or ``all``,
        ``format``, ``output``), "sidecar", "delete" or "restore" (``ids``). "list" and "search" take the filters
        ``for_advisor``, ``min_score``, ``max_score``, ``since``, ``until``, ``camera``, ``sort``, ``limit``,
        ``offset`` and ``json``.

    Raises
    ------
    UserError
        Where nothing can be written, or there is too much for one page.
    """
    if options.action in ("list", "search"):
        return _list(service, options, out)
    if options.action == "export" and options.all:
        options.ids = [entry.id for entry in _all(service)]
    known = [each for each in options.ids if options.action == "restore" or service.history.entry(each)]
    for each in options.ids:
        if each not in known:
            err.write(f"There is no analysis {each} in the history.\n")
    if options.action == "delete":
        service.history.delete(known)
        err.write(
            f"Deleted: {len(known)}. Within 30 days: mondrian-desktop history restore {_words(known)}\n"
            if known
            else ""
        )
    elif options.action == "restore":
        service.history.restore(known)
        known = [each for each in known if service.history.entry(each)]
        err.write(f"Restored: {len(known)}\n")
    elif options.action == "sidecar":
        written = [each for each in known if _write_sidecar(service, each, err)]
        return 0 if len(written) == len(options.ids) else 1
    elif options.output is not None:
        _export(service, known, options, err)
    else:
        request.need_folder(options.format, None)
        _print(service, known, options.format, out)
    return 0 if len(known) == len(options.ids) else 1


def query(options: argparse.Namespace) -> Query:
    """Return what the options ask for.

    Raises
    ------
    UserError
        Where a date is none.
    """
    return Query(
        words=" ".join(getattr(options, "words", ())),
        advisor=options.for_advisor or "",
        camera=options.camera or "",
        min_score=options.min_score,
        max_score=options.max_score,
        since=_date(options.since),
        until=_date(options.until),
        sort=Sort(options.sort),
    )


def _list(service: Service, options: argparse.Namespace, out: TextIO) -> int:
    wanted = query(options)
    entries = service.history.page(wanted, options.limit or -1, options.offset)
    if options.json:
        json.dump([_plain(entry) for entry in entries], out, indent=2, ensure_ascii=False)
        out.write("\n")
        return 0
    for entry in entries:
        out.write(_line(service, entry) + "\n")
    total = service.history.count(wanted)
    if total > len(entries):
        out.write(f"{len(entries)} of {total}; more with --limit and --offset\n")
    return 0


def _line(service: Service, entry: Entry) -> str:
    score = "  – " if entry.overall_score is None else f"{entry.overall_score:4.1f}"
    known = service.advisors.get(entry.advisor)
    advisor = known.name if known else entry.advisor
    name = clean_line(entry.file_name or entry.question, 60)
    made = entry.created.astimezone()
    stopped = "" if entry.finish_reason == "stop" else f" ({entry.finish_reason})"
    return f"{entry.id:>6}  {made:%Y-%m-%d %H:%M}  {score}  {advisor:18}  {name}{stopped}"


def _plain(entry: Entry) -> dict[str, Any]:
    plain = asdict(entry)
    path = None if entry.path is None else str(entry.path).encode("utf-8", "replace").decode("utf-8")
    return {**plain, "path": path, "created": entry.created.isoformat()}


def _print(service: Service, ids: list[int], fmt: str, out: TextIO) -> None:
    if fmt == "csv" or (fmt == "json" and len(ids) != 1):
        # Part by part: a whole library does not fit in memory.
        out.writelines(part.make() for part in _parts(service, ids, Kind(fmt)))
        return
    for each, analysis in _analyses(service, ids):
        out.write(request.document(service, analysis, fmt, _picture(service, each)) + "\n")


def _export(service: Service, ids: list[int], options: argparse.Namespace, err: TextIO) -> None:
    request.make_folder(options.output)
    if options.format == "csv":
        table = outcome.text(_parts(service, ids, Kind.CSV))
        file = request.save(options.output, "history", "csv", table, once=True)
        err.write(f"Written: {clean_line(str(file))}\n")
        return
    count = 0
    for each, analysis in _analyses(service, ids):
        name = analysis.photo.path.name if analysis.photo else "answer"
        stem = f"{clean_line(name, 120).replace('/', '_')}.{analysis.advisor}"
        content = request.file_content(service, analysis, options.format, _picture(service, each))
        request.save(options.output, stem, request.FORMATS[options.format], content, once=True)
        count += 1
    err.write(f"Written: {count} files in {clean_line(str(options.output))}\n")


def _write_sidecar(service: Service, analysis_id: int, err: TextIO) -> bool:
    try:
        file = service.write_sidecar(analysis_id).result()
    except UserError as error:
        err.write(f"{error}\n")
        return False
    err.write(f"Written: {clean_line(str(file))}\n")
    return True


def _parts(service: Service, ids: list[int], kind: Kind) -> Parts:
    return outcome.of_library(kind, ids, service.history, service.words)


def _analyses(service: Service, ids: list[int]) -> Iterator[tuple[int, Analysis]]:
    """Yield what is still there: the window may delete meanwhile."""
    for each in ids:
        analysis = service.history.analysis(each)
        if analysis is not None:
            yield each, analysis


def _all(service: Service) -> Iterator[Entry]:
    page = 500
    for offset in range(0, service.history.count(Query()), page):
        yield from service.history.page(Query(sort=Sort.OLDEST), page, offset)


def _picture(service: Service, analysis_id: int) -> str | None:
    thumbnail = service.history.thumbnail(analysis_id)
    return None if thumbnail is None else "data:image/jpeg;base64," + base64.b64encode(thumbnail).decode("ascii")


def _date(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as err:
        raise UserError(f"{clean_line(text, 40)} is no date.", "Write it as 2026-08-31.") from err


def _words(ids: list[int]) -> str:
    return " ".join(str(each) for each in ids)
