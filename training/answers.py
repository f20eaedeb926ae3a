"""Facts and an advisor -> the critique, as the model is to write it.

The same facts and the same advisor always give the same words: the model then need not guess which of two equal
wordings is meant, and what it learns is to look.
"""

import json
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from training.measure import Facts
from training.rubric import DIMENSIONS, LEVELS, Reading, direction, hue_name, readings

TEXT = Path(__file__).resolve().parent / "text"
REGISTERS = ("plain", "craft", "painters")
PLACES = {
    "right": ("to the right", "on the left"),
    "lower_right": ("to the lower right", "at the upper left"),
    "lower": ("toward the bottom", "at the top"),
    "lower_left": ("to the lower left", "at the upper right"),
    "left": ("to the left", "on the right"),
    "upper_left": ("to the upper left", "at the lower right"),
    "upper": ("toward the top", "at the bottom"),
    "upper_right": ("to the upper right", "at the lower left"),
}
"""Direction of the visual weight -> in words, and the opposite side."""
CENTER = "around the center"
_COOL, _WARM = "the temperature slider toward blue", "the temperature slider toward yellow"
_LESS_GREEN, _MORE_GREEN = "the tint slider toward magenta", "the tint slider toward green"
SLIDERS = {
    "pink": f"move {_MORE_GREEN}",
    "red": f"move {_COOL} and {_MORE_GREEN}",
    "orange": f"move {_COOL}",
    "yellow": f"move {_COOL}",
    "green": f"move {_LESS_GREEN}",
    "teal": f"move {_WARM} and {_LESS_GREEN}",
    "blue": f"move {_WARM}",
    "purple": f"move {_MORE_GREEN} and {_WARM}",
}
"""Color of a cast -> what takes it out."""


@cache
def table(name: str) -> dict[str, Any]:
    """Return one of the files in ``text``."""
    return tomllib.loads((TEXT / f"{name}.toml").read_text("utf-8"))


def advisors() -> tuple[str, ...]:
    """Return the ids of the advisors."""
    return tuple(table("voices"))


@dataclass(frozen=True)
class Answer:
    """A critique, as the application's schema has it."""

    image_description: str
    dimensions: tuple[dict[str, str | int], ...]
    key_strengths: tuple[str, ...]
    priority_improvements: tuple[str, ...]
    technical_notes: str

    def as_json(self) -> str:
        """Return the text that the model is to write."""
        return json.dumps(self.__dict__, separators=(",", ":"), ensure_ascii=False)


def answer(facts: Facts, advisor: str) -> Answer:
    """Return what ``advisor`` says about these facts. The scores are the same for all advisors."""
    voice = table("voices")[advisor]
    read = readings(facts)
    slots = _slots(facts)

    def mute(name: str) -> bool:
        # What is said about the colors is said about colors.
        return name == "Color Balance" and read["Saturation"].kind == "none"

    weakest = _ordered(read, voice, best=False)
    best = [name for name in _ordered(read, voice, best=True) if name not in weakest[:2]]
    return Answer(
        image_description=voice["description"].format(**slots),
        dimensions=tuple(_dimension(name, read[name], voice, slots, remarks=not mute(name)) for name in DIMENSIONS),
        key_strengths=_points(voice["strengths"], best, read, 0, slots),
        priority_improvements=_points(voice["priorities"], weakest, read, 1, slots),
        technical_notes=voice["notes"].format(**slots),
    )


def _ordered(read: dict[str, Reading], voice: dict[str, Any], *, best: bool) -> list[str]:
    """Return the dimensions by score; where scores are equal, what the advisor cares for comes first."""
    sign = -1 if best else 1
    return sorted(read, key=lambda name: (sign * read[name].score, name not in voice["emphasis"]))


def _dimension(
    name: str, reading: Reading, voice: dict[str, Any], slots: dict[str, Any], *, remarks: bool = True
) -> dict[str, str | int]:
    register = REGISTERS.index(voice["register"])
    family = reading.family
    comment = table("facts")[name][family][register]
    level = LEVELS[name][family]
    if level and remarks:
        comment += " " + voice["remarks"][name][("strong", "fair", "weak").index(level)]
    return {
        "name": name,
        "score": reading.score,
        "comment": comment.format(**slots),
        "recommendation": table("advice")[name][family][register].format(**slots),
    }


def every_sentence() -> Iterator[str]:
    """Yield each comment and recommendation of each advisor, its slots filled with some value."""
    slots = {
        "hue": "blue",
        "slider": SLIDERS["blue"],
        "place": "to the left",
        "opposite": "on the right",
        "percent": "5",
    }
    for voice in table("voices").values():
        for name in DIMENSIONS:
            for family in table("facts")[name]:
                each = _dimension(name, Reading(5.0, family), voice, slots)
                yield f'"comment":"{each["comment"]}","recommendation":"{each["recommendation"]}"'


def _points(
    frames: list[str], names: list[str], read: dict[str, Reading], side: int, slots: dict[str, Any]
) -> tuple[str, ...]:
    points = [table("points")[name][read[name].family][side].format(**slots) for name in names[: len(frames)]]
    return tuple(frame.format(point=point) for frame, point in zip(frames, points, strict=True))


def _slots(facts: Facts) -> dict[str, Any]:
    read = readings(facts)
    place, opposite = PLACES[direction(facts)]
    balanced = read["Placement"].kind == "balanced"
    hue = hue_name(facts.cast_a, facts.cast_b)
    return {
        "tone": TONES[bisect_right(_TONE_ENDS, facts.lightness)],
        "range": _RANGES[read["Contrast"].kind],
        "format": "square" if facts.width == facts.height else "tall" if facts.width < facts.height else "wide",
        "color": color_words(facts),
        "detail": ("smooth", "calm", "detailed", "busy")[bisect_right((0.08, 0.3, 0.65), facts.detail)],
        "place": CENTER if balanced else place,
        "opposite": opposite,
        "hue": hue,
        "slider": SLIDERS[hue],
        "percent": percent(clipped(facts, read["Highlights & Shadows"].kind)),
        "lightness": _fives(facts.lightness),
        "span": _fives(facts.tonal_range),
        "colorfulness": _fives(facts.colorfulness),
    }


TONES = ("nearly black", "very dark", "dark", "rather dark", "mid-toned", "rather bright", "bright", "very bright")
_TONE_ENDS = (12, 22, 33, 43, 60, 68, 80)
_RANGES = {"none": "flat", "flat": "flat", "soft": "soft", "good": "clear", "full": "full", "hard": "hard"}


def color_words(facts: Facts) -> str:
    """Return the color of the picture as a whole: none, little, mostly one, or mixed."""
    if facts.colorfulness < 3:
        return "without color"
    if facts.colorfulness < 9:
        return "almost without color"
    leaning = (facts.hue_a**2 + facts.hue_b**2) ** 0.5
    if leaning > 6 and leaning > 0.55 * facts.chroma:
        return f"mostly {hue_name(facts.hue_a, facts.hue_b)}"
    return "mixed in color"


def clipped(facts: Facts, kind: str) -> float:
    """Return the fraction of the frame that the sentence on highlights and shadows gives."""
    if kind == "channel":
        return facts.channel
    return facts.white + facts.black if kind == "both" else max(facts.white, facts.black)


def percent(fraction: float) -> str:
    """Return whole percent up to 10, then steps of 5; at least 1."""
    value = 100 * fraction
    return str(max(1, round(value)) if value < 9.5 else _fives(value))


def _fives(value: float) -> int:
    return int(round(value / 5) * 5)
