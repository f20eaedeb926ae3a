"""The packaged app's start: how soon is its window there, against the import that every model needs.

``python -m benchmarks.startup [--quick] [--json]``, after ``make app``

From the start of the process to the first painting, of the empty window and of the furnished one, and the time of
``import mlx_vlm`` afterwards in the same process, by the app's own self-test. The first run, with nothing of the app in
memory, is told apart. ``MONDRIAN_APP`` names another program.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks import report
from benchmarks.report import Figure, figure, middle, note
from mondrian_desktop import APP_NAME

_DIST = Path(__file__).resolve().parent.parent / "dist"
_PROGRAMS = (_DIST / f"{APP_NAME}.app" / "Contents" / "MacOS" / APP_NAME, _DIST / APP_NAME / APP_NAME)


def measure(quick: bool) -> list[Figure]:
    """Return all figures; ``quick``: two runs after the first instead of six."""
    program = app()
    note(f"{program}: first run …")
    first = run(program)
    runs = []
    for number in range(2 if quick else 6):
        note(f"run {number + 2} …")
        runs.append(run(program))
    shares = [each.window_s / each.library_s for each in runs]
    return [
        figure("window painted / import mlx_vlm", middle(shares), at_most=0.2),
        figure("window painted, after the start", middle([each.window_s for each in runs]), "s"),
        figure("window furnished, after the start", middle([each.furnished_s for each in runs]), "s"),
        figure("import mlx_vlm", middle([each.library_s for each in runs]), "s"),
        figure("first run: window painted", first.window_s, "s"),
        figure("first run: window furnished", first.furnished_s, "s"),
        figure("first run: import mlx_vlm", first.library_s, "s"),
    ]


def app() -> Path:
    """Return the packaged program; FileNotFoundError where there is none."""
    named = os.environ.get("MONDRIAN_APP")
    for program in (Path(named),) if named else _PROGRAMS:
        if program.is_file():
            return program
    raise FileNotFoundError("There is no packaged app. Run: make app")


class Start(NamedTuple):
    """Seconds from the start to the painted window and to the furnished one, and those of the library's import."""

    window_s: float
    furnished_s: float
    library_s: float


def run(program: Path) -> Start:
    """Start the app once."""
    environment = dict(os.environ)
    if sys.platform == "linux" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    began = time.time()
    done = subprocess.run([program, "--self-test", "--json"], env=environment, stdout=subprocess.PIPE, text=True)
    outcomes = {each["name"]: each for each in json.loads(done.stdout)}
    window, furnished, library = (
        outcomes[name] for name in ("Window painted", "Window furnished", "Model library imported")
    )
    if not (window["ok"] and furnished["ok"] and library["ok"]):
        raise RuntimeError(f"{window['detail']}; {furnished['detail']}; {library['detail']}")
    return Start(window["ended"] - began, furnished["ended"] - began, library["seconds"])


if __name__ == "__main__":
    sys.exit(report.run("startup", measure))
