"""Where the model's words disagree with what was measured.

The rules are few and conservative: a mark that is wrong does more harm than one that is missing. Only plain
statements in English about the whole picture count, only in the description, the comments and the technical notes,
and only against measurements that leave no doubt.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mondrian_desktop.photo.model import Measurements
from mondrian_desktop.report.model import Critique


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One statement of the model (``claim``, its own words, data) and the measured ``fact`` against it."""

    claim: str
    fact: str


@dataclass(frozen=True, slots=True)
class _Rule:
    says: re.Pattern[str]
    contradicted: Callable[[Measurements], bool]
    fact: Callable[[Measurements], str]


def disagreements(critique: Critique, facts: Measurements) -> tuple[Disagreement, ...]:
    """Return the statements that measured facts contradict, in the order of the text, each fact once at most.

    Nothing where nothing was measured.
    """
    if not facts.histogram_luma:
        return ()
    found: dict[str, Disagreement] = {}
    for clause in _clauses(critique):
        for rule in _RULES:
            if rule.says.search(clause) and rule.contradicted(facts):
                found.setdefault(rule.fact(facts), Disagreement(clause.strip(), rule.fact(facts)))
    return tuple(found.values())


def _clauses(critique: Critique) -> Iterator[str]:
    """Yield the clauses that state something plainly: no negation, no "if", no comparison with what might be."""
    texts = [critique.image_description, *(each.comment for each in critique.dimensions), critique.technical_notes]
    for text in texts:
        for clause in _BREAK.split(text[:4000]):
            if not _HEDGED.search(clause):
                yield clause.rstrip(".;:!? ")


_BREAK = re.compile(r"[.;:!?]\s+|,\s+(?:and|but|while|though|yet|so)\s+|\s+(?:but|while|though)\s+")
_HEDGED = re.compile(
    r"\b(?:if|would|could|might|may|almost|nearly|not|never|hardly|without|lacks?|avoid\w*|rather than|instead of|"
    r"risk\w*|feels?|looks? like|as if)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
# A word of place makes a statement local: "the background is blurry" says nothing about the picture as a whole.
_LOCAL = (
    r"(?!.*\b(?:background|foreground|corners?|edges?|parts?|areas?|sky|behind|left|right|upper|lower|top|bottom|"
    r"distance|distant|around|hands?|faces?|window|lamps?|subject)\b)"
)


_DENIED = r"(?!.*\b(?:no|nothing|none|neither|nor|free of)\b)"


def _says(pattern: str) -> re.Pattern[str]:
    """Match a clause that states ``pattern`` of the whole picture."""
    return re.compile(rf"^{_LOCAL}{_DENIED}.*\b(?:{pattern})\b", re.IGNORECASE)


def _denies(pattern: str) -> re.Pattern[str]:
    """Match a clause with ``pattern``, which is itself a denial."""
    return re.compile(rf"^{_LOCAL}.*\b(?:{pattern})\b", re.IGNORECASE)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}%" if share >= 0.001 or share == 0 else "less than 0.1%"


def _clipped_bright(facts: Measurements) -> str:
    return f"{_percent(facts.highlights_clipped)} of the frame is clipped at the bright end"


def _clipped_dark(facts: Measurements) -> str:
    return f"{_percent(facts.shadows_clipped)} of the frame is clipped at the dark end"


def _lightness(facts: Measurements) -> str:
    return f"mean lightness is {facts.mean_lightness:.0f} of 100"


def _cast(facts: Measurements) -> str:
    lean = facts.cast_a**2 + facts.cast_b**2
    if lean < _NEUTRAL**2:
        return "the middle tones are neutral"
    hue = _hue(facts.cast_a, facts.cast_b)
    return f"the middle tones lean toward {hue}"


def _hue(a: float, b: float) -> str:
    if abs(b) >= abs(a):
        return "yellow" if b > 0 else "blue"
    return "magenta" if a > 0 else "green"


_NEUTRAL = 3.0
"""Distance from neutral in CIELAB that nobody sees as a cast."""


def _leans(facts: Measurements) -> bool:
    return facts.cast_a**2 + facts.cast_b**2 > 15**2 and facts.cast_ratio > 1


_RULES = (
    _Rule(_says(r"under-?exposed|too dark"), lambda m: m.mean_lightness > 65, _lightness),
    _Rule(_says(r"over-?exposed|too bright|washed out"), lambda m: m.mean_lightness < 35, _lightness),
    _Rule(
        _says(r"(?:blown(?:[- ]out)?|clipped|burn(?:t|ed)[- ]out) highlights|highlights (?:are|is) (?:blown|clipped)"),
        lambda m: m.highlights_clipped < 0.0005,
        _clipped_bright,
    ),
    _Rule(
        _denies(
            r"no (?:blown|clipped|clipping)|"
            r"(?:detail|texture) is (?:held|kept|retained|preserved) (?:in|at) (?:the |both )?(?:highlights|ends)"
        ),
        lambda m: m.highlights_clipped > 0.05,
        _clipped_bright,
    ),
    _Rule(
        _says(
            r"(?:blocked(?:[- ]up)?|crushed|clipped) (?:shadows|blacks)|shadows (?:are|is) (?:blocked|crushed|clipped)"
        ),
        lambda m: m.shadows_clipped < 0.0005,
        _clipped_dark,
    ),
    _Rule(
        _says(
            r"tack[- ]sharp|(?:sharp|crisp) throughout|everything is (?:sharp|crisp)|"
            r"(?:picture|image|photo\w*) is (?:sharp|crisp)"
        ),
        lambda m: m.edge_blur_px is not None and m.edge_blur_px > 4,
        lambda m: f"even the sharpest edges are about {m.edge_blur_px:.0f} pixels wide",
    ),
    _Rule(
        _says(
            r"everything is (?:blurred|blurry|soft|out of focus)|"
            r"(?:picture|image|photo\w*) is (?:blurred|blurry|out of focus)"
        ),
        lambda m: m.edge_blur_px is not None and m.edge_blur_px < 0.8,
        lambda m: "the sharpest edges are crisp at full resolution",
    ),
    _Rule(
        _says(r"heavy noise|very noisy|noisy throughout|noise is (?:heavy|strong|clearly visible)"),
        lambda m: m.noise_sigma is not None and m.noise_sigma < 1.5,
        lambda m: "hardly any noise at full resolution",
    ),
    _Rule(
        _denies(r"no (?:visible |noticeable )?noise|noise[- ]free|free of noise"),
        lambda m: m.noise_sigma is not None and m.noise_sigma > 15,
        lambda m: "strong noise at full resolution",
    ),
    _Rule(_says(r"(?:blue|cool|cold|bluish) cast"), lambda m: m.cast_b > _NEUTRAL, _cast),
    _Rule(_says(r"(?:yellow|warm|orange|yellowish) cast"), lambda m: m.cast_b < -_NEUTRAL, _cast),
    _Rule(_denies(r"no (?:visible |noticeable )?colou?r cast|free of (?:any )?colou?r cast"), _leans, _cast),
    _Rule(
        _says(r"black[- ]and[- ]white|monochrom\w+"),
        lambda m: m.colorfulness > 25,
        lambda m: "the file holds clearly visible color",
    ),
    _Rule(
        _says(r"horizon is (?:perfectly |nicely )?(?:level|straight)|(?:level|straight) horizon"),
        lambda m: m.tilt_deg is not None and abs(m.tilt_deg) > 2 and m.tilt_confidence > 0.8,
        lambda m: f"the longest level line is tilted by {abs(m.tilt_deg or 0):.1f} degrees",
    ),
)
