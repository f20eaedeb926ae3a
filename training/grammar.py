"""A checker of the English that the model is taught: what it is taught wrong, it says wrong for ever."""

import re

LONGEST_SENTENCE = 160
"""Characters."""

# Letters that are spoken by name, as in "an S-curve" and "an ND filter", and the usual rule.
_VOWEL_SOUND = re.compile(
    r"^(?:[AEFHILMNORSXf][-/]|[AEFHILMNORSX][A-Z]+\b|8|11|18|[aeioAEIO]|u(?!ni[^nm]|s[eu])|hour|honest)"
)
_DOUBLED = re.compile(r"\b(\w+) \1\b", re.IGNORECASE)
_ARTICLE = re.compile(r"\b([Aa]n?) ([\w/-]+)")
_BRITISH = re.compile(
    r"\b(?:\w*colour\w*|gr[e]y\w*|centre\w*|\w+ise[ds]?|favourit\w+|neighbour\w*|behaviour\w*|towards|afterwards|metre\w*)\b",
    re.IGNORECASE,
)
_NOT_BRITISH = re.compile(
    r"^(?:wise|noise|rise|raise[ds]?|otherwise|likewise|precise|exercise[ds]?|promise[ds]?|close|sunrise|advise[ds]?|"
    r"exposed?|use[ds]?|surprise[ds]?|disguise[ds]?|rise[ds]?|greyhound)$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"(?<=[.!?:;])\s+")


def problems(text: str) -> list[str]:
    """Return what is wrong with a piece of prose: a comment, a recommendation, a description."""
    found = []
    if not text or text != text.strip():
        found.append("empty, or space at an end")
    if "  " in text or " ." in text or " ," in text or "{" in text or "}" in text:
        found.append("spacing or an unfilled slot")
    if text and not (text[0].isupper() or text[0].isdigit()):
        found.append("begins without a capital")
    if text and text[-1] not in ".?":
        found.append("does not end with a period")
    if "!" in text or ".." in text:
        found.append("exclamation mark or doubled period")
    found += [f"doubled word: {match.group()}" for match in _DOUBLED.finditer(text)]
    found += [f"article: {match.group()}" for match in _ARTICLE.finditer(text) if not _fits(match)]
    found += [f"not American: {word}" for word in british(text)]
    found += [f"long sentence: {each}" for each in _SENTENCE.split(text) if len(each) > LONGEST_SENTENCE]
    found += [
        f"no capital after a period: {each}" for each in re.split(r"(?<=[.!?])\s+", text) if each and each[0].islower()
    ]
    return found


def british(text: str) -> list[str]:
    """Return the words in British spelling."""
    return [word for word in _BRITISH.findall(text) if not _NOT_BRITISH.match(word)]


def _fits(article: re.Match[str]) -> bool:
    return (article.group(1).lower() == "an") == bool(_VOWEL_SOUND.match(article.group(2)))
