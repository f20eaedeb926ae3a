"""Many analyses as one contact sheet: a page of small pictures with their scores. It loads nothing from anywhere."""

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from mondrian_desktop import paths
from mondrian_desktop.report.clean import breakable, clean_line
from mondrian_desktop.report.verdict import verdict

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
_SCORES = range(1, 11)


@dataclass(frozen=True, slots=True)
class Mark:
    """What one advisor gave: ``score`` overall, 1 to 10, or None with a ``note`` that says why there is none."""

    advisor: str
    score: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One photo of the sheet: the file's name, who gave it what, and a small JPEG or None."""

    name: str
    marks: tuple[Mark, ...] = ()
    picture: bytes | None = None

    @property
    def score(self) -> float | None:
        """The mean of its scores, or None where there is none."""
        scores = [mark.score for mark in self.marks if mark.score is not None]
        return sum(scores) / len(scores) if scores else None


def render(title: str, frames: Iterable[Frame], distribution: Mapping[str, Mapping[int, int]], footer: str = "") -> str:
    """Return the sheet as one self-contained HTML page.

    Parameters
    ----------
    frames
        In the order in which they are shown.
    distribution
        By dimension: how often each score was given.
    """
    shown = list(frames)
    return f"{begin(title, shown)}{''.join(map(frame, shown))}{end(distribution, footer)}"


def begin(title: str, frames: Sequence[Frame]) -> str:
    """Return the page up to its first frame; the frames' pictures are not needed yet."""
    style = "".join(paths.resource("report", name).read_text("utf-8") for name in ("page.css", "contact.css"))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<article>\n"
        f'<h1>{_text(title)}</h1>\n<p class="soft">{_text(count(frames))}</p>\n<ul class="sheet">\n'
    )


def frame(frame: Frame) -> str:
    """Return one frame."""
    name = _text(frame.name)
    picture = ""
    if frame.picture is not None:
        data = base64.b64encode(frame.picture).decode("ascii")
        picture = f'<img src="data:image/jpeg;base64,{data}" alt="{name}">'
    marks = "".join(map(_mark, frame.marks))
    return (
        f'<li><figure><div class="frame">{picture}</div>'
        f'<figcaption><span dir="auto">{name}</span>{marks}</figcaption></figure></li>\n'
    )


def end(distribution: Mapping[str, Mapping[int, int]], footer: str = "") -> str:
    """Return the page after its last frame."""
    return f"</ul>\n{_spread(distribution)}<footer><p>{_text(footer)}</p></footer>\n</article>\n</body>\n</html>\n"


def count(frames: Sequence[Frame]) -> str:
    """Return how many there are and how they did, in a line."""
    scores = [mark.score for frame in frames for mark in frame.marks if mark.score is not None]
    parts = [_number(len(frames), "photo"), _number(len(scores), "critique")]
    return ", ".join([*parts, f"{sum(scores) / len(scores):.1f} on average"] if scores else parts)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _mark(mark: Mark) -> str:
    note = f'<span class="soft" dir="auto">{_text(mark.note)}</span>' if mark.note else ""
    score = ""
    if mark.score is not None:
        word = verdict(mark.score)
        score = f'<span class="number">{mark.score:.1f}</span> <span class="{word.tone}">{word.word}</span> '
    who = f'<span class="soft">{_text(mark.advisor)}</span> ' if mark.advisor else ""
    return f"<div>{score}{who}{note}</div>"


def _spread(distribution: Mapping[str, Mapping[int, int]]) -> str:
    if not distribution:
        return ""
    head = "".join(f"<th>{score}</th>" for score in _SCORES)
    rows = "".join(
        f'<tr><th scope="row">{_text(dimension)}</th>'
        + "".join(f"<td>{scores.get(score, '') or ''}</td>" for score in _SCORES)
        + "</tr>\n"
        for dimension, scores in distribution.items()
    )
    return (
        "<section><h2>How often each score was given</h2>\n"
        f'<table class="spread"><tr><th></th>{head}</tr>\n{rows}</table></section>\n'
    )


def _text(text: str) -> str:
    return escape(breakable(clean_line(text, 300)))
