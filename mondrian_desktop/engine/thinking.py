"""How a model thinks before it answers: whether it does, between which marks, and what may be written meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mondrian_desktop.engine.mask import SchemaMask

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_PAIRS = (("<think>", "</think>"), ("<|channel>", "<channel|>"))
"""Qwen's, which most others took over, and Gemma's."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Between what a model thinks; each is one token.

    ``is_open``: the prompt ends with the opening one, so that the model writes the closing one only.
    """

    start: str
    end: str
    start_id: int
    end_id: int
    is_open: bool


def arrange(tokenizer: Any, text: str, wanted: str, *, is_told: bool) -> tuple[str, Marks | None]:
    """Return the prompt with which the model thinks, or not, as is wanted; and its marks where it may think.

    Parameters
    ----------
    text
        The prompt in the model's template.
    wanted
        As in :class:`~mondrian_desktop.engine.protocol.Request`.
    is_told
        Whether this prompt tells the model to think.
    """
    marks = [_marks(tokenizer, start, end, text) for start, end in _PAIRS]
    opened = next((end for start, end in _PAIRS if text.rstrip().endswith(start)), None)
    known = next((each for each in marks if each and each.is_open), None)
    if opened and (wanted == "off" or known is None):
        # As models that can be told not to think have it in their own templates. What has no end that can be set
        # does not begin, either.
        return f"{text.rstrip()}\n\n{opened}\n\n", None
    if opened is None and is_told:
        known = next(filter(None, marks), None)
    return text, known


def _marks(tokenizer: Any, start: str, end: str, text: str) -> Marks | None:
    ids = [tokenizer.encode(mark, add_special_tokens=False) for mark in (start, end)]
    if any(len(each) != 1 for each in ids):
        return None
    return Marks(start, end, ids[0][0], ids[1][0], text.rstrip().endswith(start))


class ThinkingMask:
    """A schema's mask that leaves a model free while it thinks. It cannot end there: an answer has to follow.

    Parameters
    ----------
    mask
        Of the answer.
    stop_ids
        Tokens with which the model ends.
    """

    def __init__(self, mask: SchemaMask, marks: Marks, stop_ids: Sequence[int]) -> None:
        self._mask = mask
        self._marks = marks
        self._stop_ids = list(stop_ids)
        self._is_thinking = marks.is_open
        self._is_undecided = not marks.is_open

    def allowed(self, last_token: int | None, size: int) -> "npt.NDArray[np.bool_]":
        """Return which of ``size`` tokens may come next: as :meth:`SchemaMask.allowed`."""
        import numpy as np

        if self._is_undecided and last_token is None:
            allowed = self._mask.allowed(None, size)
            allowed[self._marks.start_id] = True
            return allowed
        if self._is_undecided:
            self._is_thinking, self._is_undecided = last_token == self._marks.start_id, False
        if self._is_thinking and last_token != self._marks.end_id:
            allowed = np.ones(size, bool)
            allowed[self._stop_ids] = False
            return allowed
        allowed = self._mask.allowed(None if self._is_thinking else last_token, size)
        self._is_thinking = False
        # They may be words like others to the grammar, and the library would count thinking anew.
        allowed[[self._marks.start_id, self._marks.end_id]] = False
        return allowed
