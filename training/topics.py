"""Questions without a photo, in many phrasings, and their answers.

The chat template sets questions in lower case with a mark before every word (tokenizer.py), so phrasings differ in
words, not in capitals.
"""

import re
import string
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

_TEXT = Path(__file__).resolve().parent / "text"
OTHER = "other"
"""The topic of everything that is none."""

_SPELLINGS = (
    ("gray", "grey"),
    ("color", "colour"),
    ("colors", "colours"),
    ("photos", "pictures"),
    ("photo", "picture"),
    ("photo", "image"),
)


@cache
def _load(name: str) -> dict[str, Any]:
    return tomllib.loads((_TEXT / f"{name}.toml").read_text("utf-8"))


def names() -> tuple[str, ...]:
    """Return the ids of the topics, :data:`OTHER` last."""
    return tuple(_load("topics"))


def reply(topic: str) -> str:
    """Return the answer to questions of this topic."""
    return str(_load("topics")[topic]["answer"]).strip()


def question(rng: np.random.Generator, topic: str) -> str:
    """Return a question on this topic, in one of very many phrasings, sometimes with a slip of the keyboard."""
    if topic == OTHER:
        text = _other(rng)
    else:
        known = _load("topics")[topic]
        whole = not known["names"] or (known["asked"] and rng.random() < 0.45)
        text = (
            _pick(rng, known["asked"])
            if whole
            else _pick(rng, _load("phrasings")["frames"]).format(_pick(rng, known["names"]))
        )
    return _varied(rng, text)


def _other(rng: np.random.Generator) -> str:
    other = _load("other")
    if rng.random() < 0.3:
        return _pick(rng, other["asked"])
    made_up = rng.random() < 0.25
    things = [_made_up(rng) if made_up else _pick(rng, other["things"]) for _ in range(2)]
    frames = (
        other["frames"]
        if rng.random() < 0.6
        else [frame.replace("{}", "{x}") for frame in _load("phrasings")["frames"]]
    )
    return _pick(rng, frames).format(x=things[0], y=things[1])


def _made_up(rng: np.random.Generator) -> str:
    """Return one to three words that mean nothing: the model should not mistake what it has never seen."""
    words = []
    for _ in range(int(rng.integers(1, 4))):
        syllables = int(rng.integers(1, 4))
        words.append(
            "".join(
                _pick(rng, "bcdfghjklmnprstvwz") + _pick(rng, "aeiou") + _pick(rng, "nrst ").strip()
                for _ in range(syllables)
            )
        )
    return " ".join(words)


def _varied(rng: np.random.Generator, text: str) -> str:
    for one, another in _SPELLINGS:
        if rng.random() < 0.15:
            text = re.sub(rf"\b{one}\b", another, text)
    if rng.random() < 0.2:
        text = f"{_pick(rng, _load('phrasings')['before'])}{_pick(rng, (',', '', ':'))} {text}"
    if rng.random() < 0.2:
        text = f"{text} {_pick(rng, _load('phrasings')['after'])}"
    if rng.random() < 0.12:
        text = _slip(rng, text)
    return text + str(rng.choice(["?", "", ".", "??", "!"], p=[0.6, 0.25, 0.09, 0.03, 0.03]))


def _slip(rng: np.random.Generator, text: str) -> str:
    """Drop, double, swap or replace one letter."""
    at = int(rng.integers(len(text)))
    kind = int(rng.integers(4))
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at : at + 2][::-1] + text[at + 2 :]
    return text[:at] + _pick(rng, string.ascii_lowercase) + text[at + 1 :]


def _pick(rng: np.random.Generator, choices: Any) -> Any:
    return choices[int(rng.integers(len(choices)))]
