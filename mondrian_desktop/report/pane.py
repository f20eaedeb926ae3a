"""An analysis in the HTML that Qt's rich text knows: tables, inline styles, no style sheet of pages.

https://doc.qt.io/qt-6/richtext-html-subset.html. Pictures are named by addresses that the caller resolves
("chart:radar", "photo:image"), so that they come in the screen's resolution and nothing else can be loaded.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from html import escape

from mondrian_desktop.photo.facts import exif_line, sentences
from mondrian_desktop.report import chart as charts
from mondrian_desktop.report import markdown, wording
from mondrian_desktop.report.claims import disagreements
from mondrian_desktop.report.clean import TEXT_LIMIT, breakable, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Exchange, Labels, Score
from mondrian_desktop.report.panel import Row, comparison
from mondrian_desktop.report.verdict import verdict

CHART = "chart:radar"
PHOTO = "photo:image"
_WORD = 12
"""Characters of a word that is not broken in the head of a column."""
_NEARLY = 'width="98%"'
"""Width of a table of many columns: Qt rounds each of them up, and what is a pixel too wide gets a scroll bar."""
_FACTS = 5
"""Measured facts shown beside the technical notes: the most telling ones. All of them have their own place."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors of one appearance; each text color has at least 4.5:1 on its ground."""

    soft: str
    line: str
    track: str
    strong: str
    solid: str
    weak: str

    def tone(self, score: float) -> str:
        """Return the color of a score."""
        return str(getattr(self, verdict(score).tone))


LIGHT = Palette("#5c5c61", "#d9d9dd", "#e3e3e7", "#1b7a43", "#8a5a00", "#b3261e")
DARK = Palette("#a5a5ab", "#3b3b40", "#3f3f44", "#58c07f", "#e0a93f", "#ff8a7a")


def pane(
    analysis: Analysis,
    dark: bool,
    labels: Labels = wording.NO_LABELS,
    *,
    chart: str | None = CHART,
    head: bool = True,
) -> str:
    """Return the body of a QTextBrowser, one column.

    Parameters
    ----------
    head
        False leaves out score, advisor and notice, where the window shows them beside the text.
    chart
        Address of the chart's picture (:func:`mondrian_desktop.report.chart.radar`), shown 378 units wide;
        None leaves it out.
    """
    look = DARK if dark else LIGHT
    critique = analysis.critique
    parts = [_overall(critique, look), _who(analysis, labels, look)] if head else []
    parts.append(_chart(critique, chart))
    parts.append(_heading(analysis.question) if analysis.question else "")
    if critique:
        parts.append(_paragraph(critique.image_description))
        parts += [dimension(score, dark) for score in critique.dimensions]
        parts += _rest(critique, analysis, look)
    else:
        parts.append(markdown.to_html(analysis.answer))
    parts.append(talk(analysis.conversation))
    parts.append(_foot(analysis, labels, look))
    return "\n".join(part for part in parts if part)


def talk(exchanges: Sequence[Exchange]) -> str:
    """Return questions and answers, oldest first, as the body of a QTextBrowser."""
    return "\n".join(f"{_heading(each.question)}{_answer(each)}" for each in exchanges)


def talk_with_thinking(exchanges: Sequence[Exchange], dark: bool, opened: Set[int]) -> str:
    """Return the same with what the model thought before each answer: a line that is a link and opens it.

    Parameters
    ----------
    opened
        The places of those that are open, from 0; :func:`thought_place` tells them from the links.
    """
    look = DARK if dark else LIGHT
    return "\n".join(
        f"{_heading(each.question)}{_thought(each.thinking, place, place in opened, look)}{_answer(each)}"
        for place, each in enumerate(exchanges)
    )


def thought_place(address: str) -> int | None:
    """Return the place of the exchange whose thinking a link of :func:`talk_with_thinking` opens; None of others."""
    scheme, _, place = address.partition(":")
    return int(place) if scheme == _THOUGHT and place.isascii() and place.isdigit() else None


def _answer(exchange: Exchange) -> str:
    ended = wording.ended(exchange.finish_reason)
    return markdown.to_html(exchange.answer) + (f'<p style="margin:2px 0 0 0"><i>{ended}.</i></p>' if ended else "")


_THOUGHT = "thought"


def _thought(text: str, place: int, is_open: bool, look: Palette) -> str:
    if not text.strip():
        return ""
    line = f"{'▾' if is_open else '▸'} {wording.thought(len(text.split()))}"
    shown = (
        f'<p dir="auto" style="margin:2px 0 0 0"><a href="{_THOUGHT}:{place}" '
        f'style="color:{look.soft}; text-decoration:none">{line}</a></p>'
    )
    if is_open:
        lines = "<br>".join(_text(each) for each in clean(text, TEXT_LIMIT).splitlines())
        shown += f'<p dir="auto" style="margin:2px 0 6px 14px; color:{look.soft}">{lines}</p>'
    return shown


def dimension(score: Score, dark: bool) -> str:
    """Return one dimension: name, word and number over its bar, comment, recommendation. Also to append live."""
    look = DARK if dark else LIGHT
    color = look.tone(score.score)
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="margin-top:14px"><tr>'
        f'<td><b>{_text(score.name)}</b></td><td align="right"><span style="color:{color}">'
        f"{verdict(score.score).word}</span>&nbsp;&nbsp;<b>{score.score}</b></td></tr></table>"
        f"{_bar(score.score, color, look.track)}{_paragraph(score.comment)}{_tried(score)}"
    )


def panel(analyses: Sequence[Analysis], labels: Mapping[str, Labels], dark: bool, *, is_narrow: bool = False) -> str:
    """Return the table of several advisors' scores on one photo; labels by advisor id.

    Side by side, a column for each advisor; where it is narrow a row for each, and initials of the dimensions, which
    are written out below.
    """
    names = [wording.advisor(each, labels.get(each.advisor, wording.NO_LABELS)) for each in analyses]
    if not is_narrow:
        return side_by_side(analyses, names, dark)
    look, rows = DARK if dark else LIGHT, comparison(analyses)
    short = dict(zip((row.name for row in rows), initials([row.name for row in rows]), strict=True))
    heads = "".join(
        f'<td align="right"><b>{_text(row.name if row.is_overall else short[row.name])}</b></td>' for row in rows
    )
    lines = "".join(
        f'<tr><td style="white-space:nowrap">{_text(clean_line(name, 24))}</td>'
        f"{''.join(_cell(row, place, look) for row in rows)}</tr>"
        for place, name in enumerate(names)
    )
    spread = "".join(f'<td align="right" style="color:{look.soft}">{row.spread_text()}</td>' for row in rows)
    legend = " &nbsp; ".join(
        f"<b>{_text(short[row.name])}</b>&nbsp;{_text(clean_line(row.name, 40)).replace(' ', '&nbsp;')}"
        for row in rows
        if not row.is_overall
    )
    return (
        f'<table cellspacing="0" cellpadding="3" {_NEARLY} style="font-size:11px"><tr><td></td>{heads}</tr>{lines}'
        f'<tr><td style="color:{look.soft}">Spread</td>{spread}</tr></table>'
        f'<p style="color:{look.soft}; margin-top:12px"><small>{legend}</small></p>'
    )


def initials(names: Sequence[str]) -> list[str]:
    """Return one or two letters for each name; a number is added where others have the same ones."""
    found: list[str] = []
    for name in names:
        words = [word for word in name.split() if word[0].isalnum()] or ["?"]
        letters = words[0][:2] if len(words) == 1 else words[0][0].upper() + words[-1][0].upper()
        again = sum(each.rstrip("0123456789") == letters for each in found)
        found.append(f"{letters}{again + 1}" if again else letters)
    return found


def side_by_side(analyses: Sequence[Analysis], names: Sequence[str], dark: bool) -> str:
    """Return the scores of analyses side by side, a column for each under its name, and how far they lie apart."""
    look = DARK if dark else LIGHT
    heads = "".join(f'<td align="right" valign="bottom" style="{_unbroken(name)}">{_head(name)}</td>' for name in names)
    rows = "".join(_panel_row(row, look) for row in comparison(analyses))
    # Many advisors: small type, so that their names need not be broken.
    size, padding = ("font-size:10px", 3) if len(analyses) > 5 else ("", 5)
    return (
        f'<table cellspacing="0" cellpadding="{padding}" {_NEARLY} style="{size}"><tr><td></td>{heads}'
        f'<td align="right" valign="bottom" style="color:{look.soft}; white-space:nowrap">Spread</td></tr>'
        f"{rows}</table>"
    )


def paper(
    analysis: Analysis, labels: Labels = wording.NO_LABELS, *, photo: str | None = PHOTO, chart: str | None = CHART
) -> str:
    """Return the body of a QTextDocument for one sheet of paper: black on white, dimensions in two columns.

    Set the document's page size to 700 x 990 units (A4) or 700 x 906 (Letter) with a font of 11 units, or the
    largest from there down to 8 at which it is one page (``QTextDocument.pageCount``); ``photo`` is shown 210 units
    high, at most 400 wide, ``chart`` 280 wide.
    """
    look = LIGHT
    critique = analysis.critique
    top = f"{_overall(critique, look)}{_chart(critique, chart, 280)}"
    picture = _photo(analysis, photo) if photo and analysis.photo else ""
    head = f'<td width="58%" valign="middle">{picture}</td><td align="center" valign="middle">{top}</td>'
    parts = [
        f'<p style="margin:0; font-size:17px"><b>{_text(wording.title(analysis, labels))}</b></p>',
        _who(analysis, labels, look, name=False),
        f'<table width="100%" cellspacing="0" cellpadding="0"><tr>{head}</tr></table>' if picture or top else "",
        _heading(analysis.question) if analysis.question and analysis.photo else "",
    ]
    if critique:
        cells = [dimension(score, dark=False) for score in critique.dimensions]
        parts.append(_paragraph(critique.image_description))
        parts.append(_columns(cells[: (len(cells) + 1) // 2], cells[(len(cells) + 1) // 2 :]))
        rest = _rest(critique, analysis, look)
        parts.append(_columns(rest[:2], rest[2:]))
    else:
        parts.append(markdown.to_html(analysis.answer))
    parts.append(talk(analysis.conversation))
    return "\n".join(part for part in [*parts, _foot(analysis, labels, look)] if part)


def _overall(critique: Critique | None, look: Palette) -> str:
    overall = critique.overall_score if critique else None
    if overall is None:
        return ""
    return (
        f'<p style="margin:0"><span style="font-size:34px; font-weight:600">{overall:.1f}</span>&nbsp; '
        f'<span style="color:{look.tone(overall)}">{verdict(overall).word}</span></p>'
    )


def _who(analysis: Analysis, labels: Labels, look: Palette, *, name: bool = True) -> str:
    notice = wording.notice(analysis, labels)
    return (
        (f'<p style="margin:0"><b>{_text(wording.advisor(analysis, labels))}</b></p>' if name else "")
        + f'<p style="margin:0; color:{look.soft}">{_text(wording.byline(analysis, labels))}</p>'
        + (f'<p style="margin:6px 0 0 0; color:{look.solid}"><b>{_text(notice)}</b></p>' if notice else "")
    )


def _photo(analysis: Analysis, address: str) -> str:
    ratio = analysis.photo.width / analysis.photo.height if analysis.photo and analysis.photo.height else 1.5
    height = min(210, round(400 / ratio)) if ratio > 0 else 210
    return f'<img src="{escape(address)}" width="{max(1, round(height * ratio))}" height="{max(1, height)}">'


def _chart(critique: Critique | None, address: str | None, width: int = 378) -> str:
    if not address or not critique or critique.overall_score is None:
        return ""
    height = width * charts.HEIGHT // charts.WIDTH
    return f'<p align="center" style="margin:0"><img src="{escape(address)}" width="{width}" height="{height}"></p>'


def _rest(critique: Critique, analysis: Analysis, look: Palette) -> list[str]:
    notes, facts = critique.technical_notes, analysis.facts
    differing = disagreements(critique, facts) if facts is not None else ()
    marks = "".join(
        f'<p style="margin:3px 0; color:{look.weak}">{_text(wording.differs(each))}</p>' for each in differing
    )
    return [
        _list("Strengths", critique.key_strengths),
        _list("Work on these first", critique.priority_improvements, wording.lowest(critique)),
        f"{_heading('Technical notes')}{_paragraph(notes)}{marks}" if notes or marks else "",
        _list("Measured", sentences(facts)[:_FACTS]) if facts is not None else "",
    ]


def _foot(analysis: Analysis, labels: Labels, look: Palette) -> str:
    lines = [
        exif_line(analysis.photo.exif) if analysis.photo else "",
        labels.model_note,
        " · ".join(wording.footer(analysis, labels)),
    ]
    shown = "<br>".join(_text(line) for line in lines if line)
    return f'<p style="color:{look.soft}; margin-top:16px"><small>{shown}</small></p>'


def _head(name: str) -> str:
    """Return a column's name, each word in a line of its own."""
    return "<br>".join(f"<b>{_text(word)}</b>" for word in name.split())


def _unbroken(name: str) -> str:
    return "white-space:nowrap" if all(len(word) <= _WORD for word in name.split()) else ""


def _panel_row(row: Row, look: Palette) -> str:
    cells = "".join(_cell(row, place, look) for place in range(len(row.scores)))
    name = _strong(_text(clean_line(row.name, 40)), row)
    spread = f'<td align="right" style="color:{look.soft}">{row.spread_text()}</td>'
    return f'<tr><td style="white-space:nowrap">{name}</td>{cells}{spread}</tr>'


def _cell(row: Row, place: int, look: Palette) -> str:
    score = row.scores[place]
    color = f"color:{look.tone(score)}; " if score is not None else ""
    return f'<td align="right" style="{color}white-space:nowrap">{_strong(row.cells()[place], row)}</td>'


def _strong(text: str, row: Row) -> str:
    return f"<b>{text}</b>" if row.is_overall else text


def _columns(left: Sequence[str], right: Sequence[str]) -> str:
    cell = '<td width="50%" valign="top" style="padding-{}:12px">{}</td>'
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="margin-top:8px"><tr>'
        f"{cell.format('right', ''.join(left))}{cell.format('left', ''.join(right))}</tr></table>"
    )


def _bar(score: int, color: str, track: str) -> str:
    empty = f'<td width="{100 - 10 * score}%" bgcolor="{track}"></td>' if score < 10 else ""
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="font-size:4px; margin:2px 0"><tr>'
        f'<td width="{10 * score}%" bgcolor="{color}">&nbsp;</td>{empty}</tr></table>'
    )


def _tried(score: Score) -> str:
    text = _text(score.recommendation)
    return f'<p dir="auto" style="margin:2px 0 0 0"><b>Try:</b> {text}</p>' if text else ""


def _list(heading: str, items: Sequence[str], line: str = "") -> str:
    rows = _paragraph(line) + "".join(
        f'<p dir="auto" style="margin:2px 0 0 14px; text-indent:-12px">•&nbsp;&nbsp;{_text(item)}</p>' for item in items
    )
    return f"{_heading(heading)}{rows}" if rows else ""


def _heading(text: str) -> str:
    return f'<p dir="auto" style="margin:14px 0 2px 0"><b>{_text(text)}</b></p>'


def _paragraph(text: str) -> str:
    return f'<p dir="auto" style="margin:2px 0 0 0">{_text(text)}</p>' if text.strip() else ""


def _text(text: str) -> str:
    return escape(breakable(clean_line(text)))
