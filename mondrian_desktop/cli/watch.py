"""``mondrian-desktop watch``: analyze photos as they arrive in a folder, until Ctrl-C."""

import argparse
from pathlib import Path
from typing import TextIO

from mondrian_desktop.cli import request
from mondrian_desktop.cli.batch import Ticker
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.watch import Arrived
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``watch``; those of a request come beside."""
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--recursive", action="store_true", help="watch subfolders, too")
    parser.add_argument("--existing", action="store_true", help="analyze what is there already, too")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write one file (JSON) a critique there")


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Watch until Ctrl-C; return the exit code: 0, or 1 where the disk is full.

    Parameters
    ----------
    options
        ``folder``, ``recursive``, ``existing``, ``output`` (folder or None), ``advisor`` and the options of a request.

    Raises
    ------
    UserError
        Where an option makes no sense.
    """
    if not options.folder.is_dir():
        raise UserError(f"There is no folder {clean_line(str(options.folder))}.", "Check its name.")
    if options.output is not None:
        request.make_folder(options.output)
    ticker = Ticker(service, err, options.output)

    def arrived(news: Arrived) -> None:
        for problem in news.problems:
            ticker.write(clean_line(problem))

    service.on_arrival(arrived)
    service.watch(
        options.folder,
        request.advisor_ids(service, options.advisor),
        recursive=options.recursive,
        existing=options.existing,
        model=options.model,
        options=request.request_options(service, options),
    )
    out.write(f"Watching {clean_line(str(options.folder))}. Press Ctrl-C to stop.\n")
    out.flush()
    with request.on_ctrl_c(lambda: service.pump.post(ticker.stop)):
        service.pump.run(until=lambda: ticker.stopped)
    if service.problem:
        err.write(f"{service.problem}\nWhat is done is kept.\n")
        return 1
    return 0
