"""Does the window stay alive, and what does it cost? The pumped analysis against blocking and naive ones.

``python -m benchmarks.pump [--quick] [--json]``

On the embedded model and on a random-weight model of 267 million parameters, float32 on a CPU: the longest and the
p99 gap of a 5 ms heartbeat in Qt's loop, for our pump and for the naive ``for … in stream_generate:
processEvents()``, each in a process of its own from the start of loading, the library's import included; the time
of the pumped analysis against blocking ``generate``; what still happens after a cancellation.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import pump_run, random_weights, report
from benchmarks.pump_run import Job
from benchmarks.report import Figure, figure, middle, note, quantile
from mondrian_desktop import paths

_STAGES = {"loading": "load", "reading": "read", "encoding": "encode", "prefilling": "prefill", "generating": "decode"}
_LONG_PROMPT = "Look at the light, the edges and the background, and say what each does to the picture. " * 6


def measure(quick: bool) -> list[Figure]:
    """Return all figures; ``quick``: one round of each, and shorter answers."""
    rounds, side = (1, 320) if quick else (3, 512)
    with tempfile.TemporaryDirectory() as folder:
        note("building 267 million random weights …")
        random_weights.build(Path(folder), "qwen3_vl", "267m", max_pixels=side * side, seed=3)
        large = Job(folder, _LONG_PROMPT, "", tokens=16 if quick else 60)
        sample = str(paths.resource("samples", "lake.jpg"))
        mini = Job(str(paths.resource("models", "mini")), "Critique this photograph as JSON.", sample, tokens=300)
        return [*_figures("mini", mini, rounds, is_large=False), *_figures("267M", large, rounds, is_large=True)]


def _figures(name: str, job: Job, rounds: int, *, is_large: bool) -> list[Figure]:
    courses: dict[str, list[dict[str, Any]]] = {"ours": [], "naive": []}
    for number in range(rounds):
        for kind, found in courses.items():
            note(f"{name}: {kind}, round {number + 1} of {rounds} …")
            found.append(_run(kind, job))
    note(f"{name}: against blocking …")
    # A round of the large model takes minutes, and varies little.
    timed = Job(job.weights, job.prompt, job.photo, job.tokens, rounds=3 if rounds == 1 or is_large else 7)
    blocking = _run("against_blocking", timed)
    note(f"{name}: cancelling …")
    cancelled = _run("cancel", timed)
    return [
        figure(f"{name}: pumped / blocking generate", blocking["ratio"], at_most=1.03),
        *_gap_figures(name, courses, is_large=is_large),
        *_cancel_figures(name, cancelled),
        figure(f"{name}: a decoded token", _median(courses["ours"], "token_s") * 1000, "ms"),
        figure(f"{name}: prompt", courses["ours"][0]["prompt_tokens"], "tokens"),
        figure(f"{name}: first token, ours", _median(courses["ours"], "first_token_s"), "s"),
        figure(f"{name}: first token, naive", _median(courses["naive"], "first_token_s"), "s"),
    ]


def _gap_figures(name: str, courses: dict[str, list[dict[str, Any]]], *, is_large: bool) -> list[Figure]:
    figures = []
    longest = {kind: _gap(runs, "all", 1.0) for kind, runs in courses.items()}
    p99_tokens = middle([quantile(run["gaps_s"]["all"], 0.99) / run["token_s"] for run in courses["ours"]])
    # Tokens of the small model are shorter than the heartbeat and than a step of the pump: no goals there.
    figures.append(
        figure(
            f"{name}: longest gap, ours / naive", longest["ours"] / longest["naive"], at_most=0.08 if is_large else None
        )
    )
    figures.append(figure(f"{name}: p99 gap, ours", p99_tokens, "tokens", at_most=1.5 if is_large else None))
    for kind, runs in courses.items():
        for stage, word in {"all": "from load to last token", **_STAGES}.items():
            if any(stage in run["gaps_s"] for run in runs):
                # The naive loop lets nothing in before its first token: one gap, which begins with loading.
                told = "load to first token" if (kind, word) == ("naive", "load") else word
                figures.append(figure(f"{name}: longest gap, {kind}, {told}", _gap(runs, stage, 1.0) * 1000, "ms"))
                figures.append(figure(f"{name}: p99 gap, {kind}, {told}", _gap(runs, stage, 0.99) * 1000, "ms"))
    return figures


def _cancel_figures(name: str, found: dict[str, Any]) -> list[Figure]:
    while_decoding, in_prefill = found["token"], found["slice"]
    return [
        figure(f"{name}: cancel while decoding, further tokens", while_decoding["steps"], "tokens", at_most=1),
        figure(
            f"{name}: cancel while decoding, delay", while_decoding["delay_s"] / found["token_s"], "tokens", at_most=1
        ),
        figure(f"{name}: cancel in prefill, further slices", in_prefill["steps"], "slices", at_most=1),
        figure(f"{name}: cancel in prefill, delay", in_prefill["delay_s"] * 1000, "ms"),
    ]


def _gap(runs: list[dict[str, Any]], stage: str, share: float) -> float:
    return middle([quantile(run["gaps_s"].get(stage, []), share) for run in runs])


def _median(runs: list[dict[str, Any]], key: str) -> float:
    return middle([run[key] for run in runs])


def _run(kind: str, job: Job) -> dict[str, Any]:
    """Run one of pump_run's kinds in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.pump_run", kind, pump_run.as_json(job)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    sys.exit(report.run("pump", measure))
