"""The only entry point: arguments -> window or command."""

import multiprocessing
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the window or one command; return the exit code.

    ``multiprocessing.freeze_support()`` comes before any other import: in the packaged app a child process is this
    program again, and must become a worker instead of a second app.
    """
    multiprocessing.freeze_support()
    from mondrian_desktop.cli.main import parse, run_command

    options = parse(sys.argv[1:] if arguments is None else arguments)
    from mondrian_desktop.bootstrap import build

    if options.command == "window":
        from mondrian_desktop.gui.app import run

        return run(build, options.photos, analyze=options.analyze)
    return run_command(options, build)


if __name__ == "__main__":
    sys.exit(main())
