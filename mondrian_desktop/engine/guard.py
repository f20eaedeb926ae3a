"""Stops an answer that has begun to repeat itself: small models do, and would go on to the token limit."""

import numpy as np

REPEATS = 4
"""A unit has to stand this many times in a row."""
CHARACTERS = 32
"""And the repeated stretch has to be at least this long: "........" is punctuation."""
LONGEST_UNIT = 320
"""Longest unit that is looked for, in characters: about three sentences."""


class RepetitionGuard:
    """Watches a growing text for a unit that is repeated exactly, at its end.

    Works character by character, so that the place where it stops depends on the text alone, not on the pieces
    in which it came.
    """

    def __init__(self) -> None:
        self._recent = np.zeros(LONGEST_UNIT, np.int32)
        self._matched = np.zeros(LONGEST_UNIT, np.int64)
        units = np.arange(1, LONGEST_UNIT + 1)
        # A character that equals the one a unit before it continues a repetition; the first unit itself matched
        # nothing and is not counted.
        self._enough = np.maximum((REPEATS - 1) * units, CHARACTERS - units)

    def cut(self, piece: str) -> int | None:
        """Append ``piece``; return how many of its characters to keep, or None where nothing is repeated yet.

        After it has returned a number, the text has ended: nothing may be appended.
        """
        for count, character in enumerate(piece, start=1):
            code = ord(character)
            # recent[u - 1] is the character u places back.
            self._matched = np.where(self._recent == code, self._matched + 1, 0)
            if (self._matched >= self._enough).any():
                return count
            self._recent = np.roll(self._recent, 1)
            self._recent[0] = code
        return None
