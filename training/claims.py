"""What an answer claims, sentence by sentence, and whether it contradicts what is known about the picture.

Sentences are recognized by the tables they were learned from. A claim contradicts where it is more than one class off,
names a color or a direction that is not even a neighbor of the true one, or a number that is clearly wrong.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from mondrian_desktop.photo.wording import hue_name
from training import answers
from training.measure import Facts
from training.rubric import DIMENSIONS, DIRECTIONS, HUES, readings

ORDER: dict[str, tuple[str, ...]] = {
    "Exposure": (
        "black", "two_under", "one_under", "slightly_dark", "well", "slightly_bright", "one_over", "two_over",
    ),
    "Contrast": ("none", "flat", "soft", "good", "full", "hard"),
    "Color Balance": ("none", "slight", "clear", "heavy"),
    "Saturation": ("none", "pale", "muted", "restrained", "natural", "strong", "overdone"),
    "Sharpness": ("blurred", "very_soft", "soft", "slightly_soft", "crisp", "very_crisp"),
    "Noise": ("clean", "trace", "visible", "strong", "heavy"),
    "Placement": ("balanced", "near", "aside", "far"),
}  # fmt: skip
"""The classes of each dimension that form a scale."""

_BETWEEN = {"low_key": ("one_under", "slightly_dark", "well"), "high_key": ("well", "slightly_bright", "one_over")}
_PLACES = {words: name for name, (words, _) in answers.PLACES.items()}
_OPPOSITES = {words: name for name, (_, words) in answers.PLACES.items()}
_SLOTS = {
    "hue": "|".join(HUES),
    "place": "|".join(map(re.escape, _PLACES)),
    "opposite": "|".join(map(re.escape, _OPPOSITES)),
    "slider": "|".join(map(re.escape, sorted(set(answers.SLIDERS.values()), key=len, reverse=True))),
    "percent": r"\d+",
}
_CLIPPED = (0.005, 0.03, 0.12)


@dataclass(frozen=True)
class Claim:
    """One sentence that states a fact: which dimension, the classes it can stand for, and what filled its slots."""

    text: str
    dimension: str
    families: frozenset[str]
    slots: tuple[tuple[str, str], ...] = ()


def claims(critique: dict[str, Any]) -> Iterator[Claim | None]:
    """Yield what each sentence claims; None for one that was never taught."""
    for each in critique["dimensions"]:
        yield _recognized("facts", each["comment"], each["name"])
        yield _recognized("advice", each["recommendation"], each["name"])
    for index, key in enumerate(("key_strengths", "priority_improvements")):
        for text in critique[key]:
            yield _recognized(f"points{index}", text)


def contradicts(claim: Claim, facts: Facts) -> bool:
    """Return whether no reading of the claim fits the facts."""
    slots = dict(claim.slots)
    if claim.dimension == "Highlights & Shadows":
        fits = any(_clipping_fits(family, facts) for family in claim.families)
        return not fits or ("percent" in slots and not _percent_fits(int(slots["percent"]), claim, facts))
    true = readings(facts)[claim.dimension].family
    order = ORDER[claim.dimension]
    spots = [order.index(each) for each in _BETWEEN.get(true, (true,))]
    near = any(
        abs(order.index(each) - spot) <= 1
        for family in claim.families
        for each, spot in product(_BETWEEN.get(family, (family,)), spots)
    )
    return not near or not _slots_fit(slots, facts)


def place_of(critique: dict[str, Any]) -> str | None:
    """Return where the comment on placement puts the visual weight: a direction, "center", or None if it is unclear."""
    comment = critique["dimensions"][DIMENSIONS.index("Placement")]["comment"]
    claim = _recognized("facts", comment, "Placement")
    if claim is None:
        return None
    place = dict(claim.slots).get("place")
    return _PLACES[place] if place else "center"


def apart(one: str, another: str) -> int:
    """Return how many eighths of the circle two directions are apart, 0 to 4."""
    steps = abs(DIRECTIONS.index(one) - DIRECTIONS.index(another))
    return min(steps, 8 - steps)


def number_errors(critique: dict[str, Any], facts: Facts) -> list[float]:
    """Return how far the three numbers of the technical notes are off."""
    found = re.search(r"(\d+) of 100\D+(\d+)\D+(\d+)", critique["technical_notes"])
    true = (facts.lightness, facts.tonal_range, facts.colorfulness)
    return [abs(int(said) - is_) for said, is_ in zip(found.groups(), true, strict=True)] if found else []


def _clipping_fits(family: str, facts: Facts) -> bool:
    """Compare the levels (none, some, much, most) of white and of black, each with one level of tolerance."""
    white, black = (int(np.searchsorted(_CLIPPED, share, side="right")) for share in (facts.white, facts.black))
    if family == "none":
        return max(white, black) <= 1 and facts.channel < 0.08
    if family == "channel":
        return max(white, black) <= 1 and facts.channel > 0.01
    if family == "both":
        return min(white, black) >= 1
    color, size = family.split("_")
    level = ("some", "much", "most").index(size) + 1
    said, other = (white, black) if color == "white" else (black, white)
    return abs(said - level) <= 1 and other <= level + 1


def _percent_fits(said: int, claim: Claim, facts: Facts) -> bool:
    true = [100 * answers.clipped(facts, family) for family in claim.families]
    return any(abs(said - each) <= max(3, 0.4 * each) for each in true)


def _slots_fit(slots: dict[str, str], facts: Facts) -> bool:
    if "hue" in slots and facts.cast >= 5:
        true = HUES.index(hue_name(facts.cast_a, facts.cast_b))
        off = abs(HUES.index(slots["hue"]) - true)
        if min(off, len(HUES) - off) > 1:
            return False
    said = _PLACES.get(slots.get("place", "")) or _OPPOSITES.get(slots.get("opposite", ""))
    if said and facts.offset >= 0.12:
        angle = np.degrees(np.arctan2(facts.weight_y, facts.weight_x)) % 360
        off = abs(DIRECTIONS.index(said) * 45 - angle) % 360
        return bool(min(off, 360 - off) <= 67.5)
    return True


def _recognized(table: str, text: str, dimension: str | None = None) -> Claim | None:
    """Return the claim of the longest known sentence with which ``text`` begins (or, for points, that it holds)."""
    best: tuple[int, Claim] | None = None
    for pattern, name, family in _patterns(table):
        if dimension is not None and name != dimension:
            continue
        match = pattern.search(text) if table.startswith("points") else pattern.match(text)
        if match is None:
            continue
        slots = tuple(match.groupdict().items())
        length = len(match.group())
        if best is None or length > best[0]:
            best = (length, Claim(text, name, frozenset([family]), slots))
        elif length == best[0] and name == best[1].dimension:
            best = (length, Claim(text, name, best[1].families | {family}, slots))
    return best[1] if best else None


@cache
def _patterns(table: str) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Return a pattern for every sentence of a table, with its dimension and class."""
    name = table.rstrip("01")
    patterns = []
    for dimension, families in answers.table(name).items():
        for family, texts in families.items():
            chosen = texts if name == table else [texts[int(table[-1])]]
            patterns += [(_pattern(text), dimension, family) for text in chosen]
    return tuple(patterns)


def _pattern(text: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", text)
    known = [re.escape(piece) if i % 2 == 0 else f"(?P<{piece}>{_SLOTS[piece]})" for i, piece in enumerate(pieces)]
    return re.compile("".join(known))
