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
    if options.command == "self-test":
        return _self_test(as_json=options.json)
    from mondrian_desktop.bootstrap import build

    if options.command == "window":
        from mondrian_desktop.gui.app import run

        return run(build, options.photos, analyze=options.analyze)
    return run_command(options, build)


def _self_test(*, as_json: bool) -> int:
    """Try every part of the app, with folders of its own; the exit code is 1 where one does not work."""
    from mondrian_desktop import log
    from mondrian_desktop.cli import self_test

    log.start()
    with self_test.own_folders():
        from mondrian_desktop.bootstrap import build
        from mondrian_desktop.cli.self_checks import Checks
        from mondrian_desktop.engine import probe
        from mondrian_desktop.gui import self_test as window

        return window.run(
            build, lambda painted: self_test.run(Checks(build, probe, painted).all(), sys.stdout, as_json=as_json)
        )


if __name__ == "__main__":
    sys.exit(main())
