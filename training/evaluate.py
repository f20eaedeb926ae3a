"""Examine the weights through the application's own engine: ``python -m training.evaluate --json``.

Takes about 15 minutes on two cores. Run it in the application's environment: it needs no PyTorch.
"""

import argparse
import json
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.critique.schema import answer_schema
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Finished, Image, Message, Request
from training import figures, photos, topics
from training.answers import TEXT, advisors
from training.exam import Case, at_analysis_size, cases
from training.figures import Answered, Figures
from training.tokenizer import CONTROL

WEIGHTS = photos.ROOT / "resources" / "models" / "mini"
LONGEST = 400
GOALS: tuple[tuple[str, str, float], ...] = (
    ("valid with the mask", "at least", 1.0),
    ("valid without the mask", "at least", 0.99),
    ("stops by itself", "at least", 0.99),
    *(
        (f"order: {kind}", "at least", 0.95)
        for kind in ("darker", "brighter", "flatter", "noisier", "paler", "bluer", "warmer")
    ),
    ("order: blurrier", "at least", 0.85),
    ("largest error against the best constant", "below", 1.0),
    ("placement words", "at least", 0.8),
    ("contradictions", "below", 0.03),
    ("mirrored pictures", "at least", 0.8),
    ("scores identical across advisors", "at least", 0.95),
)


def examine(weights: Path, names: list[str] | None = None, *, log: Any = sys.stderr) -> Figures:
    """Return all figures of the weights, on all held-out photographs or those named."""
    engine = MlxEngine()
    everything = list(cases(names))
    print(f"{len(everything)} pictures", file=log, flush=True)
    plain = list(_progress(ask(engine, weights, everything), len(everything), log))
    schema = answer_schema(load_rubric("technical"))
    some = [case for case in everything if case.kind == "base" or case.step == 3]
    masked = list(ask(engine, weights, some, schema=schema))
    free = {each.case.name: each.text for each in plain}
    bases = [case for case in everything if case.kind == "base"]
    voices = [list(ask(engine, weights, bases, advisor=advisor)) for advisor in advisors()]
    by_picture = {case.name: [voice[number] for voice in voices] for number, case in enumerate(bases)}
    out = figures.whole(plain)
    out["with_mask"] = {
        "pictures": len(masked),
        "valid": sum(each.critique is not None for each in masked) / len(masked),
        "same_text_as_without": sum(each.text == free[each.case.name] for each in masked) / len(masked),
    }
    out["advisors"] = figures.advisors(by_picture)
    large = list(ask(engine, weights, [at_analysis_size(case) for case in bases]))
    out["at_analysis_size"] = figures.scaling(large, [each for each in plain if each.case.kind == "base"])
    out["questions"] = questions(engine, weights)
    out["goals"] = goals(out)
    return out


def ask(
    engine: MlxEngine, weights: Path, asked: Iterable[Case], *, advisor: str = "mentor", schema: Any = None
) -> Iterator[Answered]:
    """Yield the answer to each case, decoded greedily."""
    text = CONTROL.format(advisor=advisor)
    for case in asked:
        message = Message("user", text, has_image=True)
        request = Request(
            weights, (message,), Image(case.pixels, case.name), max_tokens=LONGEST, temperature=0.0, schema=schema
        )
        done = _finished(engine, request)
        yield Answered(
            case,
            done.text,
            str(done.finish_reason),
            done.generation_tokens,
            done.generation_tps,
            done.time_to_first_token_s,
            figures.parse(done.text),
        )


def questions(engine: MlxEngine, weights: Path) -> Figures:
    """Return how often questions in phrasings never trained on get the right answer, word for word."""
    asked: dict[str, list[str]] = tomllib.loads((TEXT / "heldout_questions.toml").read_text("utf-8"))
    right: dict[str, bool] = {}
    for topic, texts in asked.items():
        for text in texts:
            done = _finished(engine, Request(weights, (Message("user", text),), max_tokens=LONGEST))
            right[f"{topic}: {text}"] = done.text.strip() == topics.reply(topic)
    known = [key for key in right if not key.startswith(topics.OTHER)]
    foreign = [key for key in right if key.startswith(topics.OTHER)]
    return {
        "known": {"asked": len(known), "right": sum(right[key] for key in known) / len(known)},
        "foreign": {"asked": len(foreign), "right": sum(right[key] for key in foreign) / len(foreign)},
        "wrong": [key for key, value in right.items() if not value],
    }


def goals(found: Figures) -> list[dict[str, Any]]:
    """Return each goal with its value and whether it is met."""
    values = {
        "valid with the mask": found["with_mask"]["valid"],
        "valid without the mask": found["valid"],
        "stops by itself": found["stops_by_itself"],
        "largest error against the best constant": max(
            (each["mean"] / max(each["best_constant"], 1e-9) for each in found["error"].values()), default=None
        ),
        "placement words": found["placement"]["right"],
        "contradictions": found["contradictions"]["share"],
        "mirrored pictures": found["mirror"]["swapped"],
        "scores identical across advisors": found["advisors"]["scores_identical"],
    }
    values |= {f"order: {kind}": each["accuracy"] for kind, each in found["order"].items()}
    return [
        {"goal": name, "asked": f"{sense} {limit}", "found": values[name], "met": _met(values[name], sense, limit)}
        for name, sense, limit in GOALS
    ]


def _met(value: float | None, sense: str, limit: float) -> bool:
    return value is not None and (value >= limit if sense == "at least" else value < limit)


def _finished(engine: MlxEngine, request: Request) -> Finished:
    *_, last = engine.generate(request)
    assert isinstance(last, Finished)
    return last


def _progress(answers: Iterator[Answered], total: int, log: Any) -> Iterator[Answered]:
    for number, each in enumerate(answers, 1):
        if number % 50 == 0 or number == total:
            print(f"{number} of {total}, {each.tokens_per_second:.0f} tokens/s", file=log, flush=True)
        yield each


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__)
    parser.add_argument("--weights", type=Path, default=WEIGHTS, help="folder of the weights")
    parser.add_argument("--photo", action="append", help="only this held-out photograph; may be repeated")
    parser.add_argument("--out", type=Path, help="also write the figures to this file")
    parser.add_argument("--json", action="store_true", help="print JSON (it is always JSON; kept for scripts)")
    arguments = parser.parse_args()
    for problem in photos.collect():
        print("could not be had:", problem, file=sys.stderr)
    found = json.dumps(examine(arguments.weights, arguments.photo), indent=1)
    if arguments.out:
        arguments.out.write_text(found + "\n", encoding="utf-8")
    print(found)


if __name__ == "__main__":
    main()
