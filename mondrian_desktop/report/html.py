"""An analysis as one self-contained HTML page, for screen and paper. The Qt subset is in ``pane``, offered here too.

Nothing is loaded from anywhere: a content security policy in the page says so to the browser as well.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape

from mondrian_desktop import paths
from mondrian_desktop.photo.facts import exif_line, sentences
from mondrian_desktop.report import markdown, wording
from mondrian_desktop.report.chart import radar
from mondrian_desktop.report.claims import disagreements
from mondrian_desktop.report.clean import TEXT_LIMIT, breakable, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Exchange, Labels, Score
from mondrian_desktop.report.pane import pane, paper
from mondrian_desktop.report.panel import Row, comparison
from mondrian_desktop.report.verdict import verdict

__all__ = ["pane", "paper", "render", "render_many"]

_IMAGE = re.compile(r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=\s]+")
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"


def render(analysis: Analysis, *, image_data_uri: str | None = None, labels: Labels = wording.NO_LABELS) -> str:
    """Return a whole HTML page.

    Parameters
    ----------
    image_data_uri
        The photo as a base64 ``data:`` address of a PNG, JPEG or WebP, or None to leave it out.

    Raises
    ------
    ValueError
        Where ``image_data_uri`` is anything else: the page would load something.
    """
    return _page(wording.title(analysis, labels), _article(analysis, labels, image_data_uri))


def render_many(
    analyses: Sequence[Analysis],
    *,
    image_data_uris: Sequence[str | None] = (),
    labels: Mapping[str, Labels] | None = None,
) -> str:
    """Return a page with several analyses, each on its own sheet of paper.

    Several of one photo begin with a table of their scores, and show the photo once.

    Parameters
    ----------
    image_data_uris
        As in :func:`render`, in the order of the analyses; may be shorter.
    labels
        By advisor id.
    """
    known = labels or {}
    named = [known.get(each.advisor, wording.NO_LABELS) for each in analyses]
    images = [*image_data_uris, *[None] * len(analyses)][: len(analyses)]
    hashes = {each.photo.content_hash if each.photo else "" for each in analyses}
    same = len(analyses) > 1 and len(hashes) == 1 and hashes != {""}
    parts = [_panel(analyses, named)] if same else []
    for place, (analysis, label, image) in enumerate(zip(analyses, named, images, strict=True)):
        parts.append(_article(analysis, label, None if same and place else image))
    photo = analyses[0].photo if same else None
    return _page(photo.path.name if photo else f"{len(analyses)} analyses", "\n".join(parts))


def _page(title: str, body: str) -> str:
    name = _text(title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{name}</title>\n<style>\n{_style()}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


@cache
def _style() -> str:
    return paths.resource("report", "page.css").read_text(encoding="utf-8")


def _article(analysis: Analysis, labels: Labels, image: str | None) -> str:
    if image is not None and not _IMAGE.fullmatch(image):
        raise ValueError("the picture is not a base64 data address of an image")
    notice = wording.notice(analysis, labels)
    parts = [
        f"<article>\n<h1>{_text(wording.title(analysis, labels))}</h1>",
        f'<p class="soft">{_text(wording.byline(analysis, labels))}</p>',
        f'<p class="notice">{_text(notice)}</p>' if notice else "",
        f'<h2 dir="auto">{_text(analysis.question)}</h2>' if analysis.question and analysis.photo else "",
        _top(analysis, image),
        *(_critique(analysis.critique, analysis) if analysis.critique else [_markdown(analysis.answer)]),
        _thinking(analysis.thinking),
        *map(_exchange, analysis.conversation),
        f"<footer>{_footer(analysis, labels)}</footer>\n</article>",
    ]
    return "\n".join(part for part in parts if part)


def _top(analysis: Analysis, image: str | None) -> str:
    name = _text(analysis.photo.path.name) if analysis.photo else ""
    photo = f'<img class="photo" src="{escape(image)}" alt="{name}">' if image else ""
    critique = analysis.critique
    chart = ""
    # No chart and no number where too little was judged: a triangle of three dimensions says nothing.
    if critique and critique.overall_score is not None:
        word = verdict(critique.overall_score)
        number = f'<span class="overall">{critique.overall_score:.1f}</span>'
        head = f'<p>{number} of 10 · <span class="{word.tone}">{word.word}</span></p>'
        chart = f"<div>{head}{radar(critique.dimensions)}</div>"
    return f'<div class="top">{photo}{chart}</div>' if photo or chart else ""


def _critique(critique: Critique, analysis: Analysis) -> list[str]:
    dimensions = "".join(_dimension(score) for score in critique.dimensions)
    work = _list("Work on these first", critique.priority_improvements, wording.lowest(critique))
    return [
        f'<p class="description" dir="auto">{_text(critique.image_description)}</p>',
        f'<div class="two">{dimensions}</div>' if dimensions else "",
        _columns(_list("Strengths", critique.key_strengths), work),
        _technical(critique, analysis),
    ]


def _technical(critique: Critique, analysis: Analysis) -> str:
    said = f'<h2>Technical notes</h2><p dir="auto">{_text(critique.technical_notes)}</p>'
    facts = analysis.facts
    if facts is not None:
        for each in disagreements(critique, facts):
            said += f'<p class="differs">{_text(wording.differs(each))}</p>'
    measured = _list("Measured", sentences(facts), kind="measured") if facts is not None else ""
    left = f"<section>{said}</section>" if critique.technical_notes else ""
    return _columns(left, measured)


def _exchange(each: Exchange) -> str:
    ended = wording.ended(each.finish_reason)
    notice = f'<p class="notice">{ended}.</p>' if ended else ""
    return f'<h2 dir="auto">{_text(each.question)}</h2>{_thinking(each.thinking)}{_markdown(each.answer)}{notice}'


def _thinking(text: str) -> str:
    shown = "<br>".join(_text(line) for line in clean(text, TEXT_LIMIT).splitlines())
    return f"<details><summary>What the model thought first</summary><p>{shown}</p></details>" if shown else ""


def _columns(*sections: str) -> str:
    there = [section for section in sections if section]
    return f'<div class="two">{"".join(there)}</div>' if there else ""


def _dimension(score: Score) -> str:
    word = verdict(score.score)
    tried = f'<p dir="auto"><b>Try:</b> {_text(score.recommendation)}</p>' if score.recommendation else ""
    return (
        f'<section class="dimension"><h3><span>{_text(score.name)}</span>'
        f'<span class="word {word.tone}">{word.word}</span><span class="score">{score.score}</span></h3>'
        f'<div class="bar {word.tone}"><i style="width:{score.score * 10}%"></i></div>'
        f'<p dir="auto">{_text(score.comment)}</p>{tried}</section>\n'
    )


def _panel(analyses: Sequence[Analysis], labels: Sequence[Labels]) -> str:
    heads = "".join(
        f'<th class="number">{_text(wording.advisor(each, label))}</th>'
        for each, label in zip(analyses, labels, strict=True)
    )
    rows = "".join(_panel_row(row) for row in comparison(analyses))
    return (
        f"<article>\n<h1>{_text(analyses[0].photo.path.name) if analyses[0].photo else ''}</h1>\n"
        f'<div class="wide"><table class="panel"><tr><th></th>{heads}<th class="number">Spread</th></tr>{rows}</table>'
        "</div>\n</article>"
    )


def _panel_row(row: Row) -> str:
    kind = ' class="overall-row"' if row.is_overall else ""
    cells = "".join(f'<td class="number">{cell}</td>' for cell in (*row.cells(), row.spread_text()))
    return f'<tr{kind}><th scope="row">{_text(row.name)}</th>{cells}</tr>'


def _list(heading: str, items: Sequence[str], line: str = "", kind: str = "list") -> str:
    rows = "".join(f'<li dir="auto">{_text(item)}</li>' for item in items)
    shown = (f"<p>{_text(line)}</p>" if line else "") + (f"<ul>{rows}</ul>" if rows else "")
    return f'<section class="{kind}"><h2>{heading}</h2>{shown}</section>' if shown else ""


def _footer(analysis: Analysis, labels: Labels) -> str:
    lines = [
        exif_line(analysis.photo.exif) if analysis.photo else "",
        labels.model_note,
        " · ".join(wording.footer(analysis, labels)),
    ]
    return "".join(f"<p>{_text(line)}</p>" for line in lines if line)


def _markdown(text: str) -> str:
    return f'<div dir="auto">{markdown.to_html(text)}</div>'


def _text(text: str) -> str:
    return escape(breakable(clean_line(text)))
