"""All promises in one go: one JSON and one Markdown table with goals and figures.

``python -m benchmarks.all [--quick] [--only NAME…] [--output DIR]``

Every module runs in a process of its own. Ends with 1 where a goal is missed, with 2 where something could not be
measured at all.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import note

MODULES = ("pump", "prefix", "photo", "startup", "history", "service", "batch", "memory", "crash", "remote", "soak")
ALWAYS_QUICK = {"soak"}
"""Their long form takes hours and is for a night of its own: ``python -m benchmarks.soak``."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks and write ``benchmarks.json`` and ``benchmarks.md``; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.all", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--only", nargs="+", choices=MODULES, default=MODULES, metavar="NAME", help="these alone")
    parser.add_argument("--output", type=Path, default=Path("build"), metavar="DIR", help="where the tables go")
    chosen = parser.parse_args(arguments)
    found = {name: _run(name, quick=chosen.quick) for name in chosen.only}
    chosen.output.mkdir(parents=True, exist_ok=True)
    (chosen.output / "benchmarks.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    table = markdown(found)
    (chosen.output / "benchmarks.md").write_text(table, encoding="utf-8")
    print(table)
    return exit_code(found)


def exit_code(found: dict[str, dict[str, Any] | None]) -> int:
    """Return 0 where every goal is met, 1 where one is missed, 2 where a module (None) measured nothing."""
    if None in found.values():
        return 2
    figures = [each for told in found.values() if told for each in told["figures"]]
    return 1 if any(each["met"] is False for each in figures) else 0


def markdown(found: dict[str, dict[str, Any] | None]) -> str:
    """Return the table of all figures."""
    machines = {told["machine"] for told in found.values() if told}
    lines = [f"Measured on {', '.join(sorted(machines))}.", "", "| what | value | goal | met |", "|---|---:|---|---|"]
    for name, told in found.items():
        if told is None:
            lines.append(f"| **{name}** | could not be measured | | **no** |")
            continue
        lines.append(f"| **{name}** | | | |")
        for each in told["figures"]:
            met = {True: "yes", False: "**no**", None: ""}[each["met"]]
            lines.append(f"| {each['name']} | {each['value']:,.6g} {each['unit']} | {each['goal'] or ''} | {met} |")
    return "\n".join(lines) + "\n"


def _run(name: str, *, quick: bool) -> dict[str, Any] | None:
    note(f"== {name}")
    speed = ["--quick"] if quick or name in ALWAYS_QUICK else []
    command = [sys.executable, "-m", f"benchmarks.{name}", "--json", *speed]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    try:
        told: dict[str, Any] | None = json.loads(ended.stdout) if ended.returncode == 0 else None
    except ValueError:
        # The others were measured, perhaps for hours: they are told all the same.
        told = None
    if told is None:
        note(f"{name} ended with {ended.returncode}, and with no figures that can be read")
    return told


if __name__ == "__main__":
    sys.exit(main())
