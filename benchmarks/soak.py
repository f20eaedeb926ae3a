"""The promise that the app stands anybody: two hours of a monkey that does anything at any time.

``python -m benchmarks.soak [--quick] [--json] [--seed N] [--minutes M]``

A monkey works on the real application, with the real engine and the built-in model, by mouse, keys and drops: photos
good and bad, start, stop, advisors, batches, library, preferences, the local service, themes, closing, quitting and
opening again. The first exception, warning of Qt's or error in the log ends it. Two hours; ``--quick``: ten minutes.

The seed and what was done at last are told on stderr; ``--seed`` does the same again, as far as the machine does. The
whole log of actions is kept where stderr says when something was found.

How long the window stood still is judged against the naive loop on the same model (see :mod:`benchmarks.pump`), which
lets nothing in from the start of loading to the first token: by the pump's own goal.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import pump_run, report
from benchmarks.pump_run import Job
from benchmarks.report import Figure, figure, note, quantile
from mondrian_desktop import paths

LONG_MINUTES, QUICK_MINUTES = 120.0, 10.0
SHOWN = 40
"""So many of the last actions are told where something was found."""
STILL_MS = 100
"""Longer than this a window should not stand still."""


def measure(seed: int, minutes: float) -> list[Figure]:
    """Return all figures of one soak."""
    note("the naive loop, for comparison …")
    naive_ms = 1000 * naive_gap_s()
    folder = Path(tempfile.mkdtemp(prefix="mondrian-soak-"))
    note(f"seed {seed}, {minutes:g} minutes, in {folder} …")
    command = [sys.executable, "-m", "benchmarks.soak_run", str(seed), str(60 * minutes), str(folder)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    lines = (folder / "actions.log").read_text(encoding="utf-8").splitlines()
    try:
        outcome: dict[str, Any] = json.loads(ended.stdout)
    except ValueError:
        # What was being done when the process died is not in the log yet: it is what comes next.
        outcome = {"actions": len(lines), "findings": [], "gaps_ms": {}, "longest": [], "standings": [], "jobs": {}}
    crashed = int(ended.returncode != 0)
    if crashed or outcome["findings"]:
        note(f"seed {seed}, the last actions:")
        note("\n".join(lines[-SHOWN:]))
        note(f"ended with {ended.returncode}; all actions: {folder / 'actions.log'}")
    for gap_ms, doing in outcome["longest"][:5]:
        note(f"stood still for {gap_ms:.0f} ms at: {doing}")
    return figures(outcome, crashed, naive_ms)


def figures(outcome: dict[str, Any], crashed: int, naive_ms: float) -> list[Figure]:
    """Return the figures of an outcome of :mod:`benchmarks.soak_run`.

    Parameters
    ----------
    crashed
        1 where the process died, else 0.
    naive_ms
        Longest gap of the naive loop, in milliseconds.
    """
    gaps = sorted((int(gap_ms), count) for gap_ms, count in outcome["gaps_ms"].items())
    longest_ms = outcome["longest"][0][0] if outcome["longest"] else 0.0
    total_ms = sum(gap_ms * count for gap_ms, count in gaps)
    still_ms = sum(gap_ms * count for gap_ms, count in gaps if gap_ms > STILL_MS)
    every = [gap_ms for gap_ms, count in gaps for _ in range(count)]
    standings = outcome["standings"]
    # What is made once is there after the second session.
    early, late = (standings[min(1, len(standings) - 1)], standings[-1]) if standings else ({}, {})
    grown = {what: late.get(what, 0) - early.get(what, 0) for what in ("threads", "files", "widgets")}
    words = {"threads": "threads", "files": "open files", "widgets": "widgets"}
    return [
        figure("actions", outcome["actions"]),
        figure("sessions", len(standings)),
        figure("photos analyzed", outcome["jobs"].get("done", 0)),
        figure("crashes", crashed, at_most=0),
        figure("exceptions, warnings of Qt's, errors, faults in the history", len(outcome["findings"]), at_most=0),
        figure("longest gap / the naive loop's", longest_ms / naive_ms, at_most=0.08),
        figure("longest gap", longest_ms, "ms"),
        figure("p99.9 gap", quantile(every, 0.999), "ms"),
        figure(f"time in gaps over {STILL_MS} ms", 100 * still_ms / max(total_ms, 1), "%"),
        *(figure(f"more {words[what]}, last session / second", more, at_most=0) for what, more in grown.items()),
        figure("resident memory at the end", late.get("resident", 0) / 1e6, "MB"),
    ]


def naive_gap_s() -> float:
    """Return the longest gap of the naive loop on the built-in model, in seconds."""
    model, sample = paths.resource("models", "mini"), paths.resource("samples", "lake.jpg")
    job = Job(str(model), "Critique this photograph as JSON.", str(sample), tokens=60)
    command = [sys.executable, "-m", "benchmarks.pump_run", "naive", pump_run.as_json(job)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return float(max(json.loads(ended.stdout.splitlines()[-1])["gaps_s"]["all"]))


def main() -> int:
    """Soak from the command line; return the exit code."""
    parser = report.parser("soak")
    parser.add_argument("--seed", type=int, default=int(time.time()), metavar="N", help="do the same again")
    parser.add_argument("--minutes", type=float, metavar="M", help="how long")
    chosen = parser.parse_args()
    minutes = chosen.minutes or (QUICK_MINUTES if chosen.quick else LONG_MINUTES)
    report.tell("soak", measure(chosen.seed, minutes), as_json=chosen.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
