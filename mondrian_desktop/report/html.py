"""An analysis as one self-contained HTML page, for screen and paper. The Qt subset is in ``pane``, offered here too.

Nothing is loaded from anywhere: a content security policy in the page says so to the browser as well.
"""

import re
from collections.abc import Sequence
from html import escape

from mondrian_desktop.report import facts, markdown, wording
from mondrian_desktop.report.chart import radar
from mondrian_desktop.report.clean import breakable, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels, Score
from mondrian_desktop.report.pane import pane, paper
from mondrian_desktop.report.verdict import first_to_work_on, verdict

__all__ = ["pane", "paper", "render"]

_IMAGE = re.compile(r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=\s]+")
_STYLE = """
:root { color-scheme: light dark; --ink: #1c1c1e; --soft: #5c5c61; --line: #d9d9dd; --paper: #fff; --track: #e6e6ea;
  --strong: #1b7a43; --solid: #8a5a00; --weak: #b3261e; --shape: #34506e }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #ececee; --soft: #a5a5ab; --line: #3b3b40;
  --paper: #1d1d1f; --track: #3a3a3e; --strong: #58c07f; --solid: #e0a93f; --weak: #ff8a7a; --shape: #b8c4d6 } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 -apple-system, BlinkMacSystemFont, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: anywhere }
h1 { font-size: 1.35rem; margin: 0 } h2 { font-size: 1rem; margin: 1.2rem 0 .3rem } p { margin: .3rem 0 }
ul { margin: .2rem 0; padding-left: 1.2rem }
.soft, footer { color: var(--soft); font-size: .87rem }
.notice { border-left: 3px solid var(--solid); padding-left: .6rem }
.top { display: grid; grid-template-columns: 1fr 24rem; gap: 1.5rem; align-items: center; margin: 1rem 0 }
.top > :only-child { grid-column: 1 / -1 }
.photo { max-width: 100%; max-height: 26rem; display: block; margin: 0 auto }
.overall { font-size: 2.6rem; font-weight: 600; line-height: 1; font-variant-numeric: tabular-nums }
.radar { width: 100%; height: auto } .radar .label { fill: var(--ink) } .radar .grid { stroke: var(--line) }
.radar .shape { stroke: var(--shape); fill: var(--shape) } .radar .dot { fill: var(--shape) }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: .2rem 2rem }
.dimension { break-inside: avoid; margin-top: .8rem }
.dimension h3 { display: flex; gap: .5rem; font-size: 1rem; margin: 0 }
.dimension h3 span:first-child { flex: 1 } .score { font-variant-numeric: tabular-nums }
.bar { height: .4rem; background: var(--track); border-radius: .2rem; margin: .2rem 0 } .bar i { display: block;
  height: 100%; border-radius: .2rem; background: currentColor; print-color-adjust: exact;
  -webkit-print-color-adjust: exact }
.strong { color: var(--strong) } .solid { color: var(--solid) } .weak { color: var(--weak) }
table { border-collapse: collapse; font-size: .9rem } td, th { padding: .1rem .8rem .1rem 0; text-align: left;
  vertical-align: top } pre { white-space: pre-wrap }
footer { border-top: 1px solid var(--line); margin-top: 1.2rem; padding-top: .5rem }
@media (max-width: 46rem) { .top, .two { grid-template-columns: 1fr } }
@page { margin: 11mm }
@media print { body { padding: 0; max-width: none; font-size: 9.6px; line-height: 1.35 } .photo { max-height: 17rem }
  h2 { margin: .6rem 0 .1rem } .dimension { margin-top: .35rem }
  .top { grid-template-columns: 1fr 19rem; margin: .4rem 0 }
  .two { grid-template-columns: 1fr 1fr } footer { margin-top: .6rem } }
"""


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
    if image_data_uri is not None and not _IMAGE.fullmatch(image_data_uri):
        raise ValueError("image_data_uri is not a base64 data address of an image")
    name = _text(wording.title(analysis, labels))
    body = "\n".join(part for part in _body(analysis, labels, image_data_uri) if part)
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="referrer" content="no-referrer">\n<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n'
        f"<body>\n<header><h1>{name}</h1></header>\n<main>\n{body}\n</main>\n"
        f"<footer>{_footer(analysis, labels)}</footer>\n</body>\n</html>\n"
    )


def _body(analysis: Analysis, labels: Labels, image: str | None) -> list[str]:
    notice = wording.notice(analysis, labels)
    parts = [
        f'<p class="soft">{_text(wording.byline(analysis, labels))}</p>',
        f'<p class="notice">{_text(notice)}</p>' if notice else "",
        f"<h2>{_text(analysis.question)}</h2>" if analysis.question and analysis.photo else "",
        _top(analysis, image),
    ]
    if analysis.critique:
        parts += _critique(analysis.critique)
    else:
        parts.append(f'<div dir="auto">{markdown.to_html(analysis.raw_text)}</div>')
    if analysis.photo and (line := facts.exif_line(analysis.photo.exif)):
        parts.append(f'<p class="soft">{_text(line)}</p>')
    for each in analysis.conversation:
        parts.append(f'<h2 dir="auto">{_text(each.question)}</h2><div dir="auto">{markdown.to_html(each.answer)}</div>')
    return parts


def _top(analysis: Analysis, image: str | None) -> str:
    name = _text(analysis.photo.path.name) if analysis.photo else ""
    photo = f'<img class="photo" src="{escape(image)}" alt="{name}">' if image else ""
    critique = analysis.critique
    chart = radar(critique.dimensions) if critique and critique.dimensions else ""
    overall = critique.overall_score if critique else None
    if overall is not None:
        word = verdict(overall)
        head = f'<p><span class="overall">{overall:.1f}</span> of 10 · <span class="{word.tone}">{word.word}</span></p>'
        chart = f"<div>{head}{chart}</div>"
    return f'<div class="top">{photo}{chart}</div>' if photo or chart else ""


def _critique(critique: Critique) -> list[str]:
    dimensions = "".join(_dimension(score) for score in critique.dimensions)
    first = [f"{each.name}, {each.score} of 10" for each in first_to_work_on(critique)]
    notes = critique.technical_notes
    return [
        f'<p dir="auto">{_text(critique.image_description)}</p>',
        f'<div class="two">{dimensions}</div>' if dimensions else "",
        f'<div class="two">{_list("Strengths", critique.key_strengths)}{_list("Work on these first", first)}</div>',
        _list("What would help most", critique.priority_improvements),
        f'<section><h2>Technical notes</h2><p dir="auto">{_text(notes)}</p></section>' if notes else "",
    ]


def _dimension(score: Score) -> str:
    word = verdict(score.score)
    tried = f'<p dir="auto"><b>Try:</b> {_text(score.recommendation)}</p>' if score.recommendation else ""
    return (
        f'<section class="dimension"><h3><span>{_text(score.name)}</span><span class="{word.tone}">{word.word}</span>'
        f'<span class="score">{score.score}</span></h3>'
        f'<div class="bar {word.tone}"><i style="width:{score.score * 10}%"></i></div>'
        f'<p dir="auto">{_text(score.comment)}</p>{tried}</section>'
    )


def _list(heading: str, items: Sequence[str]) -> str:
    rows = "".join(f'<li dir="auto">{_text(item)}</li>' for item in items)
    return f"<section><h2>{heading}</h2><ul>{rows}</ul></section>" if rows else ""


def _footer(analysis: Analysis, labels: Labels) -> str:
    note = f"<p>{_text(labels.model_note)}</p>" if labels.model_note else ""
    return f"{note}<p>{_text(' · '.join(wording.footer(analysis, labels)))}</p>"


def _text(text: str) -> str:
    return escape(breakable(clean_line(clean(text))))
