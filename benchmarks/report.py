"""The shape that all benchmarks share: figures with goals, as a table or as one JSON object."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One measured value.

    Attributes
    ----------
    name, value, unit
        What was measured; the unit is empty for a plain ratio.
    goal
        In words ("at most 1.03"), or None where there is none.
    met
        Whether the goal is met; None without a goal.
    """

    name: str
    value: float
    unit: str = ""
    goal: str | None = None
    met: bool | None = None


def figure(
    name: str, value: float, unit: str = "", *, at_most: float | None = None, at_least: float | None = None
) -> Figure:
    """Return a figure, with its goal judged."""
    value = round(value, 4)
    if at_most is not None:
        return Figure(name, value, unit, f"at most {at_most:g}", value <= at_most)
    if at_least is not None:
        return Figure(name, value, unit, f"at least {at_least:g}", value >= at_least)
    return Figure(name, value, unit)


def middle(values: Sequence[float]) -> float:
    """Return the median; rounds are few, and one may have been disturbed."""
    return float(median(values))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that ``share`` of ``values`` do not exceed; 0.0 of none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0


def machine() -> str:
    """Return on what was measured, for people."""
    memory_gb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory_gb:.0f} GB, "
        f"Python {platform.python_version()}"
    )


def run(benchmark: str, measure: Callable[[bool], list[Figure]], arguments: Sequence[str] | None = None) -> int:
    """Run a benchmark from the command line and print its figures; return the exit code.

    Goals that are missed do not change the exit code; what cannot be measured raises.

    Parameters
    ----------
    benchmark
        Its name.
    measure
        Given whether it has to be quick, returns the figures.
    arguments
        ``[--quick] [--json]``; None for those of the process.
    """
    chosen = parser(benchmark).parse_args(arguments)
    tell(benchmark, measure(chosen.quick), as_json=chosen.json)
    return 0


def parser(benchmark: str) -> argparse.ArgumentParser:
    """Return the parser of the options that all benchmarks have."""
    made = argparse.ArgumentParser(prog=f"python -m benchmarks.{benchmark}")
    made.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    made.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    return made


def tell(benchmark: str, figures: list[Figure], *, as_json: bool) -> None:
    """Print figures."""
    print(_json(benchmark, figures) if as_json else _table(benchmark, figures))


def _json(benchmark: str, figures: list[Figure]) -> str:
    report: dict[str, Any] = {
        "benchmark": benchmark,
        "machine": machine(),
        "figures": [asdict(each) for each in figures],
    }
    return json.dumps(report, indent=2)


def _table(benchmark: str, figures: list[Figure]) -> str:
    width = max(len(each.name) for each in figures)
    lines = [f"{benchmark}: {machine()}"]
    for each in figures:
        judged = "" if each.goal is None else f"  {each.goal}: {'met' if each.met else 'MISSED'}"
        lines.append(f"  {each.name:<{width}}  {each.value:>10.4g} {each.unit:<7}{judged}".rstrip())
    return "\n".join(lines)


def note(text: str) -> None:
    """Tell what is going on, beside the figures."""
    print(text, file=sys.stderr, flush=True)
