"""Makes foreign text harmless before any format escapes it: what a model or a file said is data."""

import re

# C0 and C1 controls but tab and newline; line and paragraph separators; embeddings, overrides and isolates of text
# direction (marks and joiners stay: languages need them); invisible fillers and tags; the mark
# by which rich text knows its pictures (U+FFFC); noncharacters; lone surrogates.
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff0-\ufffc\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
# https://ecma-international.org/publications-and-standards/standards/ecma-48/: CSI, OSC and the like, two-byte escapes
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)|[ -/]*[0-~])")
_GAP = re.compile(r"[^\S\u00a0\u202f]+")
_LONG_RUN = re.compile(r"[^\s\u00ad\u200b]{40}(?=[^\s\u00ad\u200b]{8})")

LIMIT = 4000
"""Characters of one field that any report shows."""
TEXT_LIMIT = 60_000
"""Characters of a free text that any report shows."""


def clean(text: str, limit: int = LIMIT) -> str:
    """Return ``text`` without control characters, terminal escapes and direction overrides, at most ``limit`` long.

    Newlines and tabs stay. What is cut off is marked by an ellipsis.
    """
    # Twice the limit is looked at, so that the work is bounded whatever comes.
    text = text[: 2 * limit + 1].replace("\r\n", "\n").replace("\r", "\n")
    text = _FORBIDDEN.sub("", _ANSI.sub("", text))
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clean_line(text: str, limit: int = LIMIT) -> str:
    """Return ``text`` cleaned and on one line, runs of white space as one space; spaces that do not break stay."""
    return _GAP.sub(" ", clean(text, limit)).strip()


def breakable(text: str) -> str:
    """Return ``text`` with a zero-width space after every 40 characters that have no white space between them."""
    return _LONG_RUN.sub(lambda run: run[0] + "\u200b", text)
