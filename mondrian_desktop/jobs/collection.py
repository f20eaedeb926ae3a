"""Some analyses of the library in one file: a table, a contact sheet, or JSON."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.history import Entry, History
from mondrian_desktop.report import contact, csv
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis

SUFFIXES = (".csv", ".html", ".json")


def export(history: History, file: Path, analysis_ids: Iterable[int], advisor_name: Callable[[str], str]) -> None:
    """Write analyses into ``file``, in the format that its suffix names; what was there before is replaced as a whole.

    Parameters
    ----------
    advisor_name
        Of an advisor's id, for people.

    Raises
    ------
    UserError
        Where the suffix is none of :data:`SUFFIXES`, or the file cannot be written.
    """
    found = [entry for each in analysis_ids if (entry := history.entry(each)) is not None]
    kind = file.suffix.lower()
    if kind == ".csv":
        # Without the histograms a table of a whole library fits in memory.
        content = csv.render(replace(each, facts=None) for each in _analyses(history, found))
    elif kind == ".html":
        content = contact.render("Library", (_frame(history, each, advisor_name) for each in found), {})
    elif kind == ".json":
        # Pydantic: the window does not wait for it.
        from mondrian_desktop.report import codec

        documents = [codec.to_json(each) for each in _analyses(history, found)]
        content = json.dumps(documents, indent=2, ensure_ascii=False) + "\n"
    else:
        raise UserError(f"{clean_line(file.name, 80)} names no known format.", f"End it with {', '.join(SUFFIXES)}.")
    part = file.with_name(file.name + ".part")
    try:
        part.write_text(content, encoding="utf-8", errors="surrogatepass", newline="")
        part.replace(file)
    except OSError as err:
        part.unlink(missing_ok=True)
        raise UserError(
            f"{clean_line(file.name, 80)} could not be written: {err.strerror}.", "Choose another folder."
        ) from err


def _analyses(history: History, entries: Iterable[Entry]) -> Iterator[Analysis]:
    for entry in entries:
        if (analysis := history.analysis(entry.id)) is not None:
            yield analysis


def _frame(history: History, entry: Entry, advisor_name: Callable[[str], str]) -> contact.Frame:
    note = "" if entry.overall_score is not None else "no score"
    mark = contact.Mark(advisor_name(entry.advisor), entry.overall_score, note)
    return contact.Frame(clean_line(entry.file_name or entry.question, 60), (mark,), history.thumbnail(entry.id))
