"""The figures of an examination, from answers and the truth."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median
from typing import Any

import numpy as np

from mondrian_desktop.photo.measure import measure as measure_photo
from mondrian_desktop.report.claims import disagreements
from mondrian_desktop.report.model import Critique, Score
from training.claims import apart, claims, contradicts, number_errors, place_of
from training.degrade import LADDERS
from training.exam import Case
from training.rubric import DIMENSIONS, DIRECTIONS, OFF_CENTER, direction, readings

Figures = dict[str, Any]
_MIRRORED = dict(zip(DIRECTIONS, (DIRECTIONS[(4 - i) % 8] for i in range(8)), strict=True))
_NOTE_TOLERANCE = 15


@dataclass(frozen=True, eq=False)
class Answered:
    """A case with the model's answer; ``critique`` is None where it is not one."""

    case: Case
    text: str
    finish_reason: str
    tokens: int
    tokens_per_second: float
    first_token_s: float
    critique: dict[str, Any] | None = None

    @property
    def scores(self) -> list[int]:
        """The scores in the order of the dimensions."""
        assert self.critique is not None
        return [each["score"] for each in self.critique["dimensions"]]


def parse(text: str) -> dict[str, Any] | None:
    """Return the critique if ``text`` is exactly one of the right shape, else None."""
    try:
        found = json.loads(text)
        shaped = (
            [each["name"] for each in found["dimensions"]] == list(DIMENSIONS)
            and all(isinstance(each["score"], int) and 1 <= each["score"] <= 10 for each in found["dimensions"])
            and all(each["comment"] and each["recommendation"] for each in found["dimensions"])
            and all(found[key] for key in ("image_description", "technical_notes"))
            and all(found[key] and all(found[key]) for key in ("key_strengths", "priority_improvements"))
        )
    except (ValueError, KeyError, TypeError):
        return None
    return found if shaped else None


def whole(answers: list[Answered]) -> Figures:
    """Return the figures of all answers without the mask."""
    valid = [each for each in answers if each.critique]
    return {
        "pictures": len(answers),
        "photographs": len({each.case.photo for each in answers}),
        "valid": _share([each.critique is not None for each in answers]),
        "stops_by_itself": _share([each.finish_reason == "stop" for each in answers]),
        "distinct_texts": len({each.text for each in answers}),
        "tokens": {
            "mean": round(fmean(each.tokens for each in answers), 1),
            "per_second": round(median(each.tokens_per_second for each in answers), 1),
            "first_after_s": round(median(each.first_token_s for each in answers), 3),
        },
        "error": errors(valid),
        "order": {kind: order(valid, kind) for kind in LADDERS},
        "contradictions": contradictions(valid),
        "placement": placement(valid),
        "mirror": mirror(valid),
        "application_marks": application_marks(valid),
    }


def errors(answers: list[Answered]) -> Figures:
    """Return for each dimension the mean absolute error of the score, that of the best constant, and more."""
    out: Figures = {}
    for number, name in enumerate(DIMENSIONS if answers else ()):
        said = np.array([each.scores[number] for each in answers], float)
        true = np.array([readings(each.case.facts)[name].score for each in answers], float)
        varied = said.std() > 0 and true.std() > 0
        out[name] = {
            "mean": _round(np.abs(said - true).mean()),
            "best_constant": _round(np.abs(true - np.median(true)).mean()),
            "within_one": _round((np.abs(said - true) <= 1).mean()),
            "correlation": _round(np.corrcoef(said, true)[0, 1]) if varied else None,
        }
    return out


def order(answers: list[Answered], kind: str) -> Figures:
    """Return how often pairs on a ladder whose true scores differ are ordered rightly; ties count half."""
    number = DIMENSIONS.index(LADDERS[kind][0])
    ladders = defaultdict(list)
    for each in answers:
        if each.case.kind in ("base", kind):
            ladders[each.case.photo].append(each)
    outcomes = []
    for ladder in ladders.values():
        for one, another in combinations(ladder, 2):
            true = np.sign(_true(one, number) - _true(another, number))
            if true:
                outcomes.append(float(true * np.sign(one.scores[number] - another.scores[number])))
    counts = Counter(outcomes)
    return {
        "pairs": len(outcomes),
        "accuracy": _round(fmean((each + 1) / 2 for each in outcomes)) if outcomes else None,
        "ties": _round(counts[0.0] / max(len(outcomes), 1)),
        "wrong": _round(counts[-1.0] / max(len(outcomes), 1)),
    }


def contradictions(answers: list[Answered]) -> Figures:
    """Return the share of sentences that contradict a known fact, by dimension, with examples."""
    total, wrong, unknown = Counter[str](), Counter[str](), 0
    examples: dict[str, str] = {}
    numbers: list[bool] = []
    for each in answers:
        assert each.critique is not None
        for claim in claims(each.critique):
            if claim is None:
                unknown += 1
                continue
            total[claim.dimension] += 1
            if contradicts(claim, each.case.facts):
                wrong[claim.dimension] += 1
                examples.setdefault(claim.dimension, f"{each.case.name}: {claim.text}")
        numbers += [error > _NOTE_TOLERANCE for error in number_errors(each.critique, each.case.facts)]
    sentences = sum(total.values()) + len(numbers)
    return {
        "sentences": sentences,
        "share": _round((sum(wrong.values()) + sum(numbers)) / max(sentences, 1), 4),
        "by_dimension": {name: _round(wrong[name] / max(total[name], 1), 4) for name in DIMENSIONS},
        "wrong_numbers": _share(numbers),
        "sentences_never_taught": unknown,
        "examples": examples,
    }


def placement(answers: list[Answered]) -> Figures:
    """Return how often the words for the place are right, on pictures that are clearly off the center."""
    off = [each for each in answers if each.case.facts.offset >= OFF_CENTER and each.case.kind not in LADDERS]
    said = [(place_of(each.critique or {}), direction(each.case.facts)) for each in off]
    return {
        "pictures": len(off),
        "right": _share([place not in (None, "center") and apart(place, true) <= 1 for place, true in said]),
        "exactly": _share([place == true for place, true in said]),
    }


def mirror(answers: list[Answered]) -> Figures:
    """Return how often left and right swap with the picture, among photographs that lean to a side."""
    by_name = {each.case.name: each for each in answers}
    swapped = []
    for each in answers:
        twin = by_name.get(f"{each.case.photo}.{each.case.kind}.mirror{each.case.step}")
        if twin is None or abs(each.case.facts.weight_x) < 0.15:
            continue
        one, another = place_of(each.critique or {}), place_of(twin.critique or {})
        swapped.append(one is not None and _MIRRORED.get(one, one) == another)
    return {"pairs": len(swapped), "swapped": _share(swapped)}


def application_marks(answers: list[Answered]) -> Figures:
    """Return the share of answers in which the application itself marks a statement as against its measurements."""
    found = []
    for each in answers:
        assert each.critique is not None
        facts = measure_photo(each.case.pixels)
        found.append([mark.claim for mark in disagreements(_as_report(each.critique), facts)])
    return {
        "answers_marked": _share([bool(marks) for marks in found]),
        "most_common": Counter(claim for marks in found for claim in marks).most_common(5),
    }


def scaling(large: list[Answered], small: list[Answered]) -> Figures:
    """Return how far scores differ where the processor scales the picture instead of the examination."""
    pairs = [(a.scores, b.scores) for a, b in zip(large, small, strict=True) if a.critique and b.critique]
    apart = [abs(x - y) for a, b in pairs for x, y in zip(a, b, strict=True)]
    return {
        "pictures": len(pairs),
        "same": _share([d == 0 for d in apart]),
        "within_one": _share([d <= 1 for d in apart]),
    }


def advisors(answers: dict[str, list[Answered]]) -> Figures:
    """Return how often all advisors give the same scores to a picture, and how many texts they write."""
    same, texts = [], []
    for each in answers.values():
        scores = {tuple(one.scores) if one.critique else None for one in each}
        same.append(len(scores) == 1 and None not in scores)
        texts.append(len({one.text for one in each}))
    return {"pictures": len(answers), "scores_identical": _share(same), "distinct_texts_per_picture": fmean(texts)}


def _as_report(critique: dict[str, Any]) -> Critique:
    return Critique(
        image_description=critique["image_description"],
        dimensions=tuple(Score(**each) for each in critique["dimensions"]),
        key_strengths=tuple(critique["key_strengths"]),
        priority_improvements=tuple(critique["priority_improvements"]),
        technical_notes=critique["technical_notes"],
    )


def _true(answered: Answered, number: int) -> int:
    return readings(answered.case.facts)[DIMENSIONS[number]].score


def _share(flags: list[bool]) -> float | None:
    return _round(fmean(flags), 4) if flags else None


def _round(value: float, digits: int = 3) -> float | None:
    """Round; None for the mean of nothing."""
    return round(float(value), digits) if np.isfinite(value) else None
