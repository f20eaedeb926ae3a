"""``mondrian-desktop models``: list, download, remove, and choose models."""

import argparse
import json
from typing import Any, TextIO

from mondrian_desktop.errors import UserError
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.catalog import CAUTION, from_repo, known
from mondrian_desktop.weights.space import readable_bytes
from mondrian_desktop.weights.standing import Standing, State


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare what can be done."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="which models there are, and whether they fit this Mac")
    for verb, what in (
        ("download", "fetch a model, or go on where it stopped; Ctrl-C pauses"),
        ("remove", "remove a model, or what has arrived of it"),
        ("use", "ask this model from now on"),
    ):
        made = verbs.add_parser(verb, help=what)
        made.add_argument("model", metavar="ID|ORGANIZATION/NAME" + ("|DIR" if verb == "use" else ""))
    for each in verbs.choices.values():
        each.add_argument("--json", action="store_true", help="as JSON")


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Do it and return the exit code: 0, or 1 where a download ended early.

    Raises
    ------
    UserError
        Where the model is unknown, cannot be loaded, or is not to be removed.
    """
    if options.verb == "download":
        return _download(service, options, out, err)
    future: Any
    if options.verb == "list":
        future = service.shelf.refresh()
    elif options.verb == "remove":
        future = service.remove_model(options.model)
    else:
        future = service.use_model(options.model)
    service.pump.run(until=future.done)
    result = future.result()
    chosen = service.settings.get(MODEL)
    if options.verb == "list":
        _list(result, chosen, out, as_json=options.json)
    elif options.json:
        out.write(json.dumps({"model": chosen if options.verb == "use" else options.model}) + "\n")
    elif options.verb == "remove":
        out.write(f"Removed. {readable_bytes(result)} became free.\n" if result else "Removed.\n")
    else:
        out.write(f"{clean_line(result.name)} writes from now on.\n")
    return 0


def _list(standings: tuple[Standing, ...], chosen: str, out: TextIO, *, as_json: bool) -> None:
    if as_json:
        out.write(json.dumps([_record(each, chosen) for each in standings], indent=1) + "\n")
        return
    for each in standings:
        marks = [str(each.state), "in use" if each.id == chosen else "", "recommended" if each.is_recommended else ""]
        size = readable_bytes(each.total_bytes) if each.total_bytes else "?"
        sure = "" if each.entry.verified else ", not verified here"
        out.write(f"{clean_line(each.id):<16}  {size:>8}  {', '.join(mark for mark in marks if mark)}\n")
        out.write(f"    {clean_line(each.entry.name)}{sure}. {clean_line(each.entry.good_at, 300)}\n")
        for line in (each.obstacle, each.problem):
            out.write(f"    {clean_line(line, 500)}\n" if line else "")


def _record(each: Standing, chosen: str) -> dict[str, Any]:
    return {
        "id": each.id,
        "name": each.entry.name,
        "state": str(each.state),
        "in_use": each.id == chosen,
        "recommended": each.is_recommended,
        "verified": each.entry.verified,
        "fit": each.fit.value,
        "bytes": each.total_bytes,
        "arrived_bytes": each.done_bytes,
        "memory_bytes": each.memory_bytes,
        "repo": each.entry.repo,
        "folder": str(each.entry.path) if each.state in (State.INSTALLED, State.BROKEN) else None,
        "obstacle": each.obstacle,
        "problem": each.problem,
    }


def _download(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    shelf = service.shelf
    entry = known(options.model) or from_repo(options.model)
    if entry.good_at == CAUTION:
        err.write(f"{CAUTION}\n")
    last = ""

    def tell(standings: tuple[Standing, ...]) -> None:
        nonlocal last
        each = next((each for each in standings if each.id == entry.id), None)
        if each is None or each.state is not State.DOWNLOADING:
            return
        percent = f" ({100 * each.done_bytes // each.total_bytes}%)" if each.total_bytes else ""
        words = each.activity or f"{readable_bytes(each.done_bytes)} of {readable_bytes(each.total_bytes)}{percent}"
        if words != last:
            last = words
            err.write(f"{clean_line(words, 300)}\n")
            err.flush()

    shelf.on_change(tell)
    shelf.download(entry.id)
    try:
        service.pump.run(until=lambda: (now := shelf.standing(entry.id)) is None or now.state is not State.DOWNLOADING)
    except KeyboardInterrupt:
        shelf.pause(entry.id)
        err.write("Paused. What has arrived is kept; the same command goes on with it.\n")
        return 130
    standing = shelf.standing(entry.id)
    if standing is None or standing.state is not State.INSTALLED:
        raise UserError(standing.problem if standing else f"{entry.name} was not downloaded.")
    if options.json:
        out.write(json.dumps(_record(standing, service.settings.get(MODEL))) + "\n")
    else:
        out.write(f"{clean_line(entry.name)} is in {standing.entry.path}\n")
    return 0
