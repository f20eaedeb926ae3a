"""Facts -> scores and classes: the truth that the model is taught.

Scores agree with the steps of ``resources/rubrics/technical.toml`` (what 2, 5, 8 and 10 mean). Each dimension has a
formula for the score, and named classes that the sentences are written for.
"""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from mondrian_desktop.photo.wording import hue_name
from training.measure import Facts

DIMENSIONS = (
    "Exposure",
    "Contrast",
    "Highlights & Shadows",
    "Color Balance",
    "Saturation",
    "Sharpness",
    "Noise",
    "Placement",
)

HUES = ("pink", "red", "orange", "yellow", "green", "teal", "blue", "purple")
"""The names that the application's :func:`~mondrian_desktop.photo.wording.hue_name` gives."""

DIRECTIONS = ("right", "lower_right", "lower", "lower_left", "left", "upper_left", "upper", "upper_right")
"""Clockwise from 3 o'clock, an eighth of the circle each."""


@dataclass(frozen=True)
class Reading:
    """One dimension: the score before and after rounding, and the class of the fact."""

    exact: float
    kind: str

    @property
    def score(self) -> int:
        """1 to 10."""
        return int(np.clip(np.floor(self.exact + 0.5), 1, 10))

    @property
    def family(self) -> str:
        """The class without its color or direction: "slight" of "slight_blue"."""
        head, _, tail = self.kind.partition("_")
        return head if tail in HUES or tail in DIRECTIONS else self.kind


OFF_CENTER = 0.26
"""Offset of the visual weight from which on it is clearly to one side."""

LEVELS: dict[str, dict[str, str]] = {
    "Exposure": {
        "well": "strong", "low_key": "strong", "high_key": "strong",
        "slightly_dark": "fair", "slightly_bright": "fair", "one_under": "fair", "one_over": "fair",
        "black": "weak", "two_under": "weak", "two_over": "weak",
    },
    "Contrast": {
        "good": "strong", "full": "strong", "soft": "fair", "hard": "fair", "flat": "weak", "none": "weak",
    },
    "Highlights & Shadows": {
        "none": "strong", "channel": "fair",
        "white_some": "fair", "white_much": "fair", "black_some": "fair", "black_much": "fair",
        "white_most": "weak", "black_most": "weak", "both": "weak",
    },
    "Color Balance": {"none": "strong", "slight": "fair", "clear": "weak", "heavy": "weak"},
    "Saturation": {
        "restrained": "strong", "natural": "strong", "strong": "strong", "pale": "fair", "muted": "fair",
        "overdone": "weak", "none": "",
    },
    "Sharpness": {
        "crisp": "strong", "very_crisp": "strong", "slightly_soft": "fair", "soft": "fair",
        "very_soft": "weak", "blurred": "weak",
    },
    "Noise": {"clean": "strong", "trace": "fair", "visible": "fair", "strong": "weak", "heavy": "weak"},
    "Placement": {"balanced": "strong", "near": "strong", "aside": "fair", "far": "weak"},
}  # fmt: skip
"""Dimension -> family of the class -> which of an advisor's remarks goes with it; empty: none does."""


def readings(facts: Facts) -> dict[str, Reading]:
    """Return the reading of every dimension, in the order of :data:`DIMENSIONS`."""
    each = (_exposure, _contrast, _clipping, _cast, _saturation, _sharpness, _noise, _placement)
    return {name: read(facts) for name, read in zip(DIMENSIONS, each, strict=True)}


def direction(facts: Facts) -> str:
    """Return where the visual weight lies from the center, one of :data:`DIRECTIONS`."""
    angle = float(np.degrees(np.arctan2(facts.weight_y, facts.weight_x)) % 360)
    return DIRECTIONS[int((angle + 22.5) // 45) % 8]


def exposure_error(facts: Facts) -> float:
    """Return stops below (negative) or above the range of well exposed pictures, 0 within it.

    The range is mean L* 44 to 68. A dark picture whose lights reach full brightness is a low-key one, and its error
    counts half; likewise a bright picture with real blacks. Beyond white there is nothing, so stops above the range
    count 1.6 times.
    """
    y = _luminance(facts.lightness)
    if facts.lightness < 44:
        stops = np.log2(_luminance(44) / max(y, 1e-4))
        return -float(stops * (1 - 0.5 * np.clip((facts.lightest - 60) / 30, 0, 1)))
    stops = 1.6 * max(0.0, np.log2(y / _luminance(68)))
    return float(stops * (1 - 0.5 * np.clip((46 - facts.darkest) / 30, 0, 1)))


def _luminance(lightness: float) -> float:
    return float(((lightness + 16) / 116) ** 3)


def _exposure(facts: Facts) -> Reading:
    error = exposure_error(facts)
    kinds = ("black", "two_under", "one_under", "slightly_dark", "well", "slightly_bright", "one_over", "two_over")
    kind = kinds[bisect_right((-2.2, -1.2, -0.5, -0.15, 0.15, 0.5, 1.2), error)]
    if kind in ("well", "slightly_dark") and facts.lightness < 38 and facts.lightest > 75:
        kind = "low_key"
    elif kind in ("well", "slightly_bright") and facts.lightness > 73 and facts.darkest < 37:
        kind = "high_key"
    return Reading(10 - 4.5 * abs(error) ** 0.8, kind)


def _contrast(facts: Facts) -> Reading:
    spread = facts.tonal_range
    kind = ("none", "flat", "soft", "good", "full", "hard")[bisect_right((20, 38, 56, 70, 96.5), spread)]
    return Reading(10 - max(0, 70 - spread) / 6.5 - max(0, spread - 96), kind)


def _clipping(facts: Facts) -> Reading:
    white, black = facts.white, facts.black
    size = ("some", "much", "most")[bisect_right((0.03, 0.12), max(white, black))]
    if max(white, black) < 0.005:
        kind = "none" if facts.channel < 0.03 else "channel"
    elif min(white, black) >= 0.02:
        kind = "both"
    else:
        kind = f"{'white' if white >= black else 'black'}_{size}"
    # A color that is cut off has lost texture, but is not empty.
    lost = white + black + 0.15 * max(0.0, facts.channel - 0.01)
    return Reading(10 - 9 * min(1, (lost / 0.35) ** 0.5), kind)


def _cast(facts: Facts) -> Reading:
    strength = ("none", "slight", "clear", "heavy")[bisect_right((5, 11, 20), facts.cast)]
    kind = strength if strength == "none" else f"{strength}_{hue_name(facts.cast_a, facts.cast_b)}"
    return Reading(10 - max(0, facts.cast - 3) / 3, kind)


def _saturation(facts: Facts) -> Reading:
    amount = facts.colorfulness
    kinds = ("none", "pale", "muted", "restrained", "natural", "strong", "overdone")
    kind = kinds[bisect_right((3, 9, 17, 30, 75, 105), amount)]
    return Reading(10 - 0.27 * max(0, 30 - amount) - 0.09 * max(0, amount - 75), kind)


def _sharpness(facts: Facts) -> Reading:
    exact = 10 - 5.5 * max(0.0, float(np.log2(0.45 / max(facts.acutance, 0.05))))
    kinds = ("blurred", "very_soft", "soft", "slightly_soft", "crisp", "very_crisp")
    kind = kinds[bisect_right((2.5, 4.5, 6.5, 8.5, 10), exact)]
    return Reading(exact, kind)


def _noise(facts: Facts) -> Reading:
    kind = ("clean", "trace", "visible", "strong", "heavy")[bisect_right((0.004, 0.016, 0.035, 0.075), facts.noise)]
    return Reading(10 - 9 * min(1, (facts.noise / 0.1) ** 0.7), kind)


def _placement(facts: Facts) -> Reading:
    strength = ("balanced", "near", "aside", "far")[bisect_right((0.12, OFF_CENTER, 0.46), facts.offset)]
    kind = strength if strength == "balanced" else f"{strength}_{direction(facts)}"
    return Reading(10 - 15 * max(0, facts.offset - 0.08), kind)
