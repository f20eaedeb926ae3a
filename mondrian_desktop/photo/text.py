"""Text from files, made safe to show: bounded, one paragraph, without control and direction characters."""

import unicodedata
from datetime import datetime
from pathlib import Path

_DROPPED_CATEGORIES = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# The zero-width joiners shape letters and emoji; everything else in Cf is invisible or turns the text around.
_KEPT = {"\u200c", "\u200d"}


def clean(text: str, limit: int = 200) -> str:
    """Return ``text`` without control, direction, private and unassigned characters, runs of space made one.

    At most ``limit`` characters; what is longer is cut and ends in an ellipsis.
    """
    # Bounded before the loop: a caption may be megabytes.
    kept = "".join(
        " " if char.isspace() else char
        for char in text[: 4 * limit]
        if char.isspace() or char in _KEPT or unicodedata.category(char) not in _DROPPED_CATEGORIES
    )
    words = " ".join(kept.split())
    return words if len(words) <= limit else words[: limit - 1].rstrip() + "…"


def left_to_right(text: str) -> str:
    """Return ``text`` so that it lies in a line of English as any other word, whatever script it is written in.

    A text that begins with Hebrew or Arabic would turn the whole line around: it would begin at the right, and words
    and punctuation behind the name would come before it. Left-to-right marks around it keep them (UAX #9, P2).
    """
    directions = (unicodedata.bidirectional(char) for char in text)
    first = next((direction for direction in directions if direction in ("L", "R", "AL")), "L")
    return text if first == "L" else f"\u200e{text}\u200e"


def shown_name(path: Path) -> str:
    """Return the file's name as it is shown in sentences."""
    return left_to_right(f"“{clean(path.name, 80) or clean(str(path), 80)}”")


def iso_date(date: str, zone: str = "") -> str | None:
    """Return EXIF's ``2024:05:01 12:30:00`` (or ISO 8601) with a zone as ISO 8601, None where it is no date."""
    text = date.strip()
    if text[4:5] == ":" and text[7:8] == ":":
        text = f"{text[:4]}-{text[5:7]}-{text[8:]}"
    for candidate in (text[:19] + zone.strip(), text[:19], text) if zone else (text, text[:19]):
        try:
            taken = datetime.fromisoformat(candidate)
        except ValueError:
            continue
        # The first photograph is of about 1826; cameras without a set clock write the year 0 or 1.
        return taken.isoformat(timespec="seconds") if 1826 <= taken.year <= 2200 else None
    return None


def unique_words(words: list[str]) -> tuple[str, ...]:
    """Return cleaned words once each, in their order; at most 100 of at most 64 characters."""
    return tuple(dict.fromkeys(word for word in (clean(word, 64) for word in words[:400]) if word))[:100]
