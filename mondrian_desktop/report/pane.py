"""An analysis in the HTML that Qt's rich text knows: tables, inline styles, no style sheet of pages.

https://doc.qt.io/qt-6/richtext-html-subset.html. Pictures are named by addresses that the caller resolves
("chart:radar", "photo:image"), so that they come in the screen's resolution and nothing else can be loaded.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mondrian_desktop.report import facts, markdown, wording
from mondrian_desktop.report.clean import breakable, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels, Score
from mondrian_desktop.report.verdict import first_to_work_on, verdict

CHART = "chart:radar"
PHOTO = "photo:image"


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors of one appearance; each text color has at least 4.5:1 on the ground."""

    ink: str
    soft: str
    line: str
    track: str
    tones: dict[str, str]


LIGHT = Palette(
    "#1c1c1e", "#5c5c61", "#d9d9dd", "#e3e3e7", {"strong": "#1b7a43", "solid": "#8a5a00", "weak": "#b3261e"}
)
DARK = Palette("#ececee", "#a5a5ab", "#3b3b40", "#3f3f44", {"strong": "#58c07f", "solid": "#e0a93f", "weak": "#ff8a7a"})


def pane(analysis: Analysis, dark: bool, labels: Labels = wording.NO_LABELS, *, chart: str | None = CHART) -> str:
    """Return the body of a QTextBrowser, one column.

    Parameters
    ----------
    chart
        Address of the chart's picture (:func:`mondrian_desktop.report.chart.radar`), 420 x 300; None leaves it out.
    """
    look = DARK if dark else LIGHT
    parts = [_head(analysis, labels, look, chart)]
    if analysis.question:
        parts.append(f"<h3>{_text(analysis.question)}</h3>")
    if analysis.critique:
        critique = analysis.critique
        parts.append(_paragraph(critique.image_description))
        parts += [dimension(score, dark) for score in critique.dimensions]
        parts += _rest(critique)
    else:
        parts.append(markdown.to_html(analysis.raw_text))
    for each in analysis.conversation:
        parts.append(f"<h3>{_text(each.question)}</h3>{markdown.to_html(each.answer)}")
    parts.append(_foot(analysis, labels, look))
    return "\n".join(part for part in parts if part)


def dimension(score: Score, dark: bool) -> str:
    """Return one dimension: name, word and number over its bar, comment, recommendation. Also to append live."""
    look = DARK if dark else LIGHT
    word = verdict(score.score)
    tone = look.tones[word.tone]
    tried = f"<b>Try:</b> {_text(score.recommendation)}" if score.recommendation else ""
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="margin-top:12px"><tr>'
        f'<td><b>{_text(score.name)}</b></td><td align="right"><span style="color:{tone}">{word.word}</span>'
        f"&nbsp;&nbsp;<b>{score.score}</b></td></tr></table>"
        f"{_bar(score.score, tone, look.track)}{_paragraph(score.comment)}{f'<p>{tried}</p>' if tried else ''}"
    )


def paper(
    analysis: Analysis, labels: Labels = wording.NO_LABELS, *, photo: str | None = PHOTO, chart: str | None = CHART
) -> str:
    """Return the body of a QTextDocument for printing: black on white, dimensions in two columns."""
    raise NotImplementedError


def _head(analysis: Analysis, labels: Labels, look: Palette, chart: str | None) -> str:
    critique = analysis.critique
    overall = critique.overall_score if critique else None
    rows = []
    if overall is not None:
        word = verdict(overall)
        rows.append(
            f'<span style="font-size:34px; font-weight:600">{overall:.1f}</span> '
            f'<span style="color:{look.tones[word.tone]}">{word.word}</span>'
        )
    rows.append(f"<b>{_text(wording.advisor(analysis, labels))}</b>")
    rows.append(f'<span style="color:{look.soft}">{_text(wording.byline(analysis, labels))}</span>')
    if notice := wording.notice(analysis, labels):
        rows.append(f"<b>{_text(notice)}</b>")
    picture = ""
    if chart and critique and critique.dimensions:
        picture = f'<p align="center"><img src="{escape(chart)}" width="336" height="240"></p>'
    return "".join(f'<p style="margin:2px 0">{row}</p>' for row in rows) + picture


def _rest(critique: Critique) -> list[str]:
    first = [f"{each.name}, {each.score} of 10" for each in first_to_work_on(critique)]
    return [
        _list("Strengths", critique.key_strengths),
        _list("Work on these first", first),
        _list("What would help most", critique.priority_improvements),
        f"<h4>Technical notes</h4>{_paragraph(critique.technical_notes)}" if critique.technical_notes else "",
    ]


def _foot(analysis: Analysis, labels: Labels, look: Palette) -> str:
    lines = [" · ".join(wording.footer(analysis, labels))]
    if analysis.photo:
        lines.insert(0, facts.exif_line(analysis.photo.exif))
    lines.insert(0, labels.model_note)
    shown = "<br>".join(_text(line) for line in lines if line)
    return f'<p style="color:{look.soft}; margin-top:16px"><small>{shown}</small></p>'


def _bar(score: int, tone: str, track: str) -> str:
    empty = f'<td width="{100 - 10 * score}%" bgcolor="{track}"></td>' if score < 10 else ""
    return (
        '<table width="100%" cellspacing="0" cellpadding="0" style="font-size:4px"><tr>'
        f'<td width="{10 * score}%" bgcolor="{tone}">&nbsp;</td>{empty}</tr></table>'
    )


def _list(heading: str, items: Sequence[str]) -> str:
    rows = "".join(f"<li>{_text(item)}</li>" for item in items)
    return f"<h4>{heading}</h4><ul>{rows}</ul>" if rows else ""


def _paragraph(text: str) -> str:
    return f'<p dir="auto" style="margin:3px 0">{_text(text)}</p>' if text.strip() else ""


def _text(text: str) -> str:
    return escape(breakable(clean_line(text)))
