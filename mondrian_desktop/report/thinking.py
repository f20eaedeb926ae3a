"""What a model thinks before it answers, told apart from the answer: in a finished text, and in one that grows.

Models mark it in several ways: Qwen and most others as ``<think>…</think>``, Gemma as ``<|channel>thought…<channel|>``,
gpt-oss as ``<|channel|>analysis<|message|>…<|end|>``.
"""

import re
from collections.abc import Callable

MAX_CHARS = 200_000
"""Characters of a text that are looked at."""
_OPENINGS = ("<think>", "<thinking>", "<|channel>thought", "<|channel|>analysis<|message|>")
_CLOSINGS = ("</think>", "</thinking>", "<channel|>", "<|end|>")
_OPENING = re.compile("|".join(map(re.escape, _OPENINGS)))
_CLOSING = re.compile("|".join(map(re.escape, _CLOSINGS)))
_BLOCKS = 12


def split(text: str, is_answer: Callable[[str], bool] = lambda text: False) -> tuple[str, str]:
    """Return (thinking, answer) of a finished text.

    A block that is not closed is thinking to its end. A closing mark alone ends a block that the prompt opened.
    Marks in a JSON object, which begins with a brace, are part of the answer.

    Parameters
    ----------
    is_answer
        Tells of a text with a closing mark in it whether it is the answer all the same.
    """
    text = text[:MAX_CHARS]
    thoughts: list[str] = []
    for _ in range(_BLOCKS):
        brace = text.find("{")
        opening, closing = _OPENING.search(text), _CLOSING.search(text)
        if opening and (brace < 0 or opening.start() < brace):
            end = _CLOSING.search(text, opening.end())
            thoughts.append(text[opening.end() : end.start() if end else None])
            text = text[: opening.start()] + (text[end.end() :] if end else "")
        elif closing and not is_answer(text):
            thoughts.append(text[: closing.start()])
            text = text[closing.end() :]
        else:
            break
    return "\n\n".join(each.strip() for each in thoughts if each.strip()), text


class Splitter:
    """Follows a text while it is written, at the same cost for each piece however long it is.

    What may still become a mark is held back until it is one or is not. A closing mark alone is not recognized here:
    what came before it has been handed out. :func:`split` does.

    Attributes
    ----------
    is_thinking
        Whether the model is thinking now.
    """

    def __init__(self) -> None:
        self.is_thinking = False
        self._held = ""
        self._is_json = False
        self._is_beginning = True

    def feed(self, piece: str) -> tuple[str, str]:
        """Take the next piece; return what it adds to (thinking, answer)."""
        if self._is_json:
            return "", piece
        text, self._held = self._held + piece, ""
        added = {True: "", False: ""}
        while text:
            marks, pattern = (_CLOSINGS, _CLOSING) if self.is_thinking else (_OPENINGS, _OPENING)
            mark, brace = pattern.search(text), text.find("{")
            if not self.is_thinking and brace >= 0 and (mark is None or brace < mark.start()):
                self._is_json = True
                added[False] += self._begun(text)
                break
            if mark is None:
                held = _unfinished(text, marks)
                added[self.is_thinking] += self._begun(text[: len(text) - held])
                self._held = text[len(text) - held :]
                break
            added[self.is_thinking] += self._begun(text[: mark.start()])
            text = text[mark.end() :]
            self.is_thinking, self._is_beginning = not self.is_thinking, True
        return added[True], added[False]

    def _begun(self, text: str) -> str:
        """Return ``text`` without the blanks between a mark and what it marks."""
        if self._is_beginning:
            text = text.lstrip()
            self._is_beginning = not text
        return text


def _unfinished(text: str, marks: tuple[str, ...]) -> int:
    """Return how many characters at the end of ``text`` may be the beginning of a mark."""
    longest = min(len(text), max(map(len, marks)) - 1)
    ends = (size for size in range(longest, 0, -1) if any(mark.startswith(text[-size:]) for mark in marks))
    return next(ends, 0)
