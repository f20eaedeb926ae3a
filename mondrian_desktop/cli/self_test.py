"""``mondrian-desktop --self-test``: tries every part of a packaged app, prints a table, and exits by it."""

import json
import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to work.

    Attributes
    ----------
    name
        What it is, for people.
    run
        Does it and returns what came of it in a few words; raises where it does not work.
    ended
        When it was over, where that was before it is looked at; in seconds since 1970.
    """

    name: str
    run: Callable[[], str]
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a check.

    Attributes
    ----------
    name, detail
        What was tried, and what came of it or went wrong.
    ok
        Whether it works.
    seconds
        How long it took.
    ended
        When it was over, in seconds since 1970: a benchmark adds up what came before.
    """

    name: str
    ok: bool
    detail: str
    seconds: float
    ended: float


def run(
    checks: Iterable[Check], out: TextIO, *, as_json: bool = False, clock: Callable[[], float] = time.perf_counter
) -> int:
    """Try all ``checks`` in order, write a line of the table after each, and return the exit code: 1 where one failed.

    Parameters
    ----------
    checks
        One that fails does not keep the others from being tried.
    as_json
        One list of objects with the fields of :class:`Outcome` at the end, instead of the table.
    clock
        Monotonic seconds.
    """
    outcomes = []
    for check in checks:
        outcomes.append(_try(check, clock))
        if not as_json:
            out.write(_row(outcomes[-1]))
            out.flush()
    failed = sum(not outcome.ok for outcome in outcomes)
    if as_json:
        json.dump([asdict(outcome) for outcome in outcomes], out, indent=1)
        out.write("\n")
    else:
        out.write(f"{failed} of {len(outcomes)} failed\n" if failed else f"All {len(outcomes)} work\n")
    out.flush()
    return 1 if failed else 0


@contextmanager
def own_folders() -> Iterator[Path]:
    """Let data, settings and caches lie in an empty folder for a while: a trial touches nobody's history."""
    names = ("MONDRIAN_DATA_DIR", "MONDRIAN_CONFIG_DIR", "MONDRIAN_CACHE_DIR")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="mondrian-self-test-", ignore_cleanup_errors=True) as folder:
        os.environ.update({name: str(Path(folder) / name) for name in names})
        try:
            yield Path(folder)
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _try(check: Check, clock: Callable[[], float]) -> Outcome:
    began_s = clock()
    try:
        ok, detail = True, check.run()
    except Exception as err:  # noqa: BLE001 - the end of a job: what fails is a line in the table
        _log.exception("self-test: %s", check.name)
        ok, detail = False, f"{type(err).__name__}: {err}"
    return Outcome(check.name, ok, " ".join(detail.split()), clock() - began_s, check.ended or time.time())


def _row(outcome: Outcome) -> str:
    state = "ok" if outcome.ok else "FAILED"
    return f"{outcome.name:<28} {state:<7}{outcome.seconds:>6.2f} s  {outcome.detail}\n"
