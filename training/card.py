"""The model card, filled in with the figures of a run."""

import json
from pathlib import Path
from typing import Any

from safetensors import safe_open

from training import photos, topics
from training.answers import advisors
from training.rubric import DIMENSIONS

TEMPLATE = Path(__file__).with_suffix(".md")


def write(weights: Path, run: Path) -> None:
    """Write ``README.md`` into the folder of the weights."""
    found, environment, seconds = (
        json.loads((run / f"{name}.json").read_text("utf-8")) for name in ("evaluation", "environment", "seconds")
    )
    with safe_open(weights / "model.safetensors", "numpy") as stored:
        parameters = sum(_product(stored.get_slice(name).get_shape()) for name in stored.keys())  # noqa: SIM118
    size = sum(file.stat().st_size for file in weights.iterdir() if file.name != "README.md")
    asked = found["questions"]
    text = TEMPLATE.read_text("utf-8").format(
        dimensions=", ".join(DIMENSIONS),
        topics=len(topics.names()) - 1,
        advisors=", ".join(advisors()),
        parameters=f"{parameters / 1e6:.1f}",
        megabytes=f"{size / 1e6:.1f}",
        pictures=f"{environment['plan']['pictures']:,}",
        credits="\n".join(f"- {line}" for line in photos.credit_lines()),
        photographs=found["photographs"],
        cases=found["pictures"],
        processor=f"{environment['processor']}, {environment['threads']} cores",
        goals=_goals(found["goals"]),
        errors="\n".join(_error_row(name, each) for name, each in found["error"].items()),
        distinct=found["distinct_texts"],
        tokens=found["tokens"]["mean"],
        tps=found["tokens"]["per_second"],
        first=found["tokens"]["first_after_s"],
        known=_of(asked["known"]),
        known_asked=asked["known"]["asked"],
        foreign=_of(asked["foreign"]),
        foreign_asked=asked["foreign"]["asked"],
        minutes=round(sum(seconds.values()) / 60),
        threads=environment["threads"],
        seed=environment["plan"]["seed"],
    )
    (weights / "README.md").write_text(text, encoding="utf-8")


def _product(shape: list[int]) -> int:
    total = 1
    for side in shape:
        total *= side
    return total


def _of(share: dict[str, Any]) -> int:
    return round(share["right"] * share["asked"])


def _goals(goals: list[dict[str, Any]]) -> str:
    rows = ["| | goal | found |", "|---|---|---|"]
    rows += [f"| {each['goal']} | {each['asked']} | {_value(each)} |" for each in goals]
    return "\n".join(rows)


def _value(goal: dict[str, Any]) -> str:
    value = "nothing to measure" if goal["found"] is None else f"{goal['found']:.3f}"
    return value if goal["met"] else f"**{value}, missed**"


def _error_row(name: str, error: dict[str, Any]) -> str:
    return f"| {name} | {error['mean']:.2f} | {error['best_constant']:.2f} | {error['within_one']:.0%} |"
