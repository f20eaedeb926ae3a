"""The only entry point: arguments -> window or command."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mondrian_desktop.display import Painting
    from mondrian_desktop.service import Service


def main(arguments: Sequence[str] | None = None, prepare: Callable[[], object] = lambda: None) -> int:
    """Run the window or one command; return the exit code.

    Parameters
    ----------
    arguments
        None: those of the process.
    prepare
        Called before anything can start a process, and not before the empty window is painted: what the packaged app
        needs for that (packaging/mondrian.py).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    # The two ways to an empty window: it does not wait for the command line's modules.
    if not words:
        return _window(_builder(prepare), [], analyze=False)
    if words[0] in ("--self-test", "self-test") and set(words[1:]) <= {"--json"}:
        return _self_test(_builder(prepare), as_json="--json" in words)
    prepare()
    from mondrian_desktop.cli.main import parse, run_command

    options = parse(words)
    if options.command == "window":
        return _window(_builder(prepare), options.photos, analyze=options.analyze)
    from mondrian_desktop.bootstrap import build

    try:
        code = run_command(options, build)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Whoever read, `head` say, has enough: no reason for a traceback, nor for another one at the very end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _window(build: "Callable[..., Service]", photos: Sequence[Path], *, analyze: bool) -> int:
    from mondrian_desktop.display import has_display

    if not has_display():
        sys.stderr.write("mondrian-desktop: There is no display for the window. Try `analyze PHOTO`, or --help.\n")
        return 2
    from mondrian_desktop.gui.app import run

    return run(build, photos, analyze=analyze)


def _builder(prepare: Callable[[], object]) -> "Callable[..., Service]":
    """Return what makes a service, and imports the composition root only then: the window is painted first."""

    def make(**more: Any) -> "Service":
        prepare()
        from mondrian_desktop.bootstrap import build

        return build(**more)

    return make


def _self_test(build: "Callable[..., Service]", *, as_json: bool) -> int:
    """Try every part of the app, with folders of its own; the exit code is 1 where one does not work."""
    from mondrian_desktop.cli import self_test
    from mondrian_desktop.display import has_display

    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    with self_test.own_folders():
        from mondrian_desktop.gui import self_test as window

        def then(paintings: "Sequence[Painting]") -> int:
            from mondrian_desktop.cli.self_checks import Checks
            from mondrian_desktop.engine import probe

            return self_test.run(Checks(build, probe, paintings).all(), sys.stdout, as_json=as_json)

        return window.run(build, then)


if __name__ == "__main__":
    sys.exit(main())
