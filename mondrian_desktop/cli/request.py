"""What several commands share: the options of a request, Ctrl-C, documents, and files that overwrite nothing."""

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import Options
from mondrian_desktop.report import formats
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service

FORMATS: dict[str, str] = {"text": "txt", "json": "json", "md": "md", "html": "html", "pdf": "pdf"}
"""Formats of a result, each with the suffix of its files."""
PICTURED = ("html", "pdf")
"""Formats with the photo in them."""


def advisor_ids(service: Service, wanted: str | None) -> tuple[str, ...]:
    """Return the ids that an ``--advisor`` option names: one, a comma list, "all"; the default where it is not given.

    Raises
    ------
    UserError
        Where one is unknown.
    """
    return tuple(advisor.id for advisor in service.advisors.select(wanted)) if wanted else ()


def request_options(service: Service, options: argparse.Namespace) -> Options:
    """Return the settings with what the command line changes."""
    chosen = replace(service.options(), seed=options.seed)
    if options.interval is not None:
        chosen = replace(chosen, update_interval_s=options.interval)
    if options.max_tokens is not None:
        chosen = replace(chosen, max_tokens=options.max_tokens)
    if options.language:
        chosen = replace(chosen, language=options.language)
    if options.thinking:
        chosen = replace(chosen, thinking=options.thinking)
    return replace(chosen, stream=False) if options.no_stream else chosen


def document(service: Service, analysis: Analysis, fmt: str, picture: str | None = None) -> str:
    """Return an analysis in a text format; ``picture`` is its photo as a ``data:`` address, for HTML."""
    return formats.render(analysis, fmt, service.labels(analysis), picture)


def file_content(service: Service, analysis: Analysis, fmt: str, picture: str | None = None) -> str | bytes:
    """Return what a file in one of :data:`FORMATS` holds."""
    if fmt != "pdf":
        return document(service, analysis, fmt, picture) + "\n"
    # Qt: no other format waits for it.
    from mondrian_desktop.qt import paper

    return paper.pdf(analysis, service.labels(analysis), picture)


def need_folder(fmt: str, folder: Path | None) -> None:
    """Refuse to write a PDF to the terminal.

    Raises
    ------
    UserError
        Where there is no folder for it.
    """
    if fmt == "pdf" and folder is None:
        raise UserError("A PDF is a file, not text.", "Say where it goes: --output DIR.")


def make_folder(folder: Path) -> None:
    """Make a folder for results.

    Raises
    ------
    UserError
        Where that is not possible.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise UserError(f"The folder {folder} cannot be made: {err.strerror}.", "Choose another --output.") from err


def save(folder: Path, stem: str, suffix: str, content: str | bytes, *, once: bool = False) -> Path:
    """Write a file under a name that is not taken, and return it; with ``once``, not beside one that says the same.

    A file system allows 255 bytes a name; the stem is cut to leave room for number and suffix.

    Raises
    ------
    UserError
        Where it cannot be written.
    """
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    stem = stem.encode("utf-8", "replace")[:230].decode(errors="ignore")
    try:
        for number in range(1, 10_000):
            file = folder / f"{stem}{'' if number == 1 else f'-{number}'}.{suffix}"
            try:
                with file.open("xb") as new:
                    new.write(data)
            except FileExistsError:
                if once and file.is_file() and file.read_bytes() == data:
                    return file
            else:
                return file
    except OSError as err:
        raise UserError(f"{folder} could not be written: {err.strerror}.", "Choose another --output.") from err
    raise UserError(f"There are too many files named {stem} in {folder}.", "Choose another --output.")


@contextmanager
def on_ctrl_c(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call ``interrupt`` at the first Ctrl-C; a second one ends the program as usual."""

    def handle(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        interrupt()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
