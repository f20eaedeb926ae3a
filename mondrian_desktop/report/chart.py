"""The radar chart, as SVG text that browsers and Qt draw alike (SVG Tiny: attributes, no style sheet needed)."""

import math
from collections.abc import Sequence
from html import escape
from textwrap import wrap

from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Score

WIDTH, HEIGHT = 420, 310
_RADIUS, _TOP = 102.0, 10
_RINGS = (2, 4, 6, 8, 10)
_LINE, _LETTERS_BESIDE, _LETTERS_ABOVE, _MOST_LINES = 14, 14, 22, 3


def radar(scores: Sequence[Score], *, dark: bool = False) -> str:
    """Return a radar chart of the scores, 420 x 310 units, clockwise from the top.

    One shape, drawn by outline and points over rings at 2 to 10, the ring at 8 (strong) heavier: it reads in gray
    too. Names stand around it with their numbers. Fewer than three scores have no shape: then points on spokes.
    """
    ink, faint, line = ("#f2f2f2", "#5a5a5a", "#b8c4d6") if dark else ("#1c1c1e", "#c4c4c8", "#34506e")
    count = max(len(scores), 3)
    parts = [_ring(value, count, faint) for value in _RINGS]
    ends = [_point(index, count, 10) for index in range(len(scores))]
    parts += [
        f'<line class="grid" x1="{WIDTH / 2:.1f}" y1="{HEIGHT / 2:.1f}" x2="{x:.1f}" y2="{y:.1f}" stroke="{faint}"/>'
        for x, y in ends
    ]
    points = [_point(index, count, min(max(each.score, 0), _TOP)) for index, each in enumerate(scores)]
    shape = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    if len(scores) > 2:
        parts.append(
            f'<polygon class="shape" points="{shape}" fill="{line}" fill-opacity="0.22" stroke="{line}" '
            'stroke-width="2" stroke-linejoin="round"/>'
        )
    parts += [f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{line}"/>' for x, y in points]
    parts += [_label(index, count, each, ink) for index, each in enumerate(scores)]
    summary = escape("; ".join(f"{clean_line(each.name, 60)} {each.score} of 10" for each in scores) or "No scores")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="radar" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" role="img" aria-label="{summary}" font-family="sans-serif" font-size="11.5">'
        f"<title>{summary}</title>{''.join(parts)}</svg>"
    )


def _point(index: int, count: int, value: float) -> tuple[float, float]:
    angle = 2 * math.pi * index / count
    reach = _RADIUS * value / _TOP
    return WIDTH / 2 + reach * math.sin(angle), HEIGHT / 2 - reach * math.cos(angle)


def _ring(value: int, count: int, color: str) -> str:
    corners = " ".join("{:.1f},{:.1f}".format(*_point(index, count, value)) for index in range(count))
    width = 1.6 if value == 8 else 0.8
    return f'<polygon class="grid" points="{corners}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _label(index: int, count: int, score: Score, color: str) -> str:
    x, y = _point(index, count, _TOP + 1.3)
    side = round(x - WIDTH / 2)
    anchor = "middle" if abs(side) < 8 else "start" if side > 0 else "end"
    letters = _LETTERS_ABOVE if anchor == "middle" and count <= 8 else _LETTERS_BESIDE
    text = wrap(f"{clean_line(score.name, 60)}\u00a0{score.score}", letters)
    if len(text) > _MOST_LINES:
        text = [*text[: _MOST_LINES - 1], f"{text[_MOST_LINES - 1][: letters - 4]}…\u00a0{score.score}"]
    # Text hangs below its anchor at the bottom, stands on it at the top, and is centered at the sides.
    share = (y - HEIGHT / 2) / _RADIUS
    top = y + 4 - _LINE * (len(text) - 1) * (0.5 - 0.5 * max(-1.0, min(1.0, share)))
    return "".join(
        f'<text class="label" x="{x:.1f}" y="{top + row * _LINE:.1f}" text-anchor="{anchor}" fill="{color}">'
        f"{escape(each)}</text>"
        for row, each in enumerate(text)
    )
