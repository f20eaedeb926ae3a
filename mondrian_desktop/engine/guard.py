"""Stops an answer that has begun to repeat itself: small models do, and would go on to the token limit."""

REPEATS = 4
"""A unit has to stand this many times in a row."""
CHARACTERS = 32
"""And the repeated stretch has to be at least this long: "........" is punctuation."""
LONGEST_UNIT = 320
"""Longest unit that is looked for, in characters: about three sentences."""

_KEPT = REPEATS * LONGEST_UNIT
# Where a unit is repeated often enough, at least so many characters stand a second time, a unit further back.
_TAIL = CHARACTERS * (REPEATS - 1) // REPEATS


class RepetitionGuard:
    """Watches a growing text for a unit that is repeated exactly, at its end.

    Works character by character, so that the place where it stops depends on the text alone, not on the pieces
    in which it came.
    """

    def __init__(self) -> None:
        self._recent = ""

    def cut(self, piece: str) -> int | None:
        """Append ``piece``; return how many of its characters to keep, or None where nothing is repeated yet.

        After it has returned a number, the text has ended: nothing may be appended.
        """
        text = self._recent + piece
        for end in range(len(self._recent) + 1, len(text) + 1):
            if _is_repeated(text, end):
                return end - len(self._recent)
        self._recent = text[-_KEPT:]
        return None


def _is_repeated(text: str, end: int) -> bool:
    """Return whether ``text[:end]`` ends with a unit that is repeated often enough."""
    tail = text[end - _TAIL : end] if end >= _TAIL else ""
    farthest = max(0, end - _TAIL - LONGEST_UNIT)
    at = text.rfind(tail, farthest, end - 1) if tail else -1
    while at >= 0:
        unit = end - _TAIL - at
        again = max((REPEATS - 1) * unit, CHARACTERS - unit)
        if end >= again + unit and text[end - again : end] == text[end - again - unit : end - unit]:
            return True
        at = text.rfind(tail, farthest, at + _TAIL - 1)
    return False
