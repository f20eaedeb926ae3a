"""An analysis as Markdown, and Markdown of a model as harmless HTML or harmless Markdown."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

from mondrian_desktop.photo.facts import exif_line, sentences
from mondrian_desktop.report import wording
from mondrian_desktop.report.claims import disagreements
from mondrian_desktop.report.clean import TEXT_LIMIT, breakable, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels, Score
from mondrian_desktop.report.panel import comparison
from mondrian_desktop.report.verdict import verdict

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

# What means something anywhere in a line, and what means something at its beginning.
_SPECIAL = re.compile(r"([\\`*_\[\]<>|~]|&(?=[#\w]))")
_BEGINNING = re.compile(r"^(\d{0,9})([#+\-=:.)])")
_HTTP = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def escape(text: str) -> str:
    """Return one line of foreign text that no Markdown reader takes for markup, HTML or an address."""
    return _BEGINNING.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", clean_line(text)))


def to_html(text: str) -> str:
    """Return a model's Markdown as HTML: its HTML as text, links http(s) only, no images."""
    return str(_reader().render(breakable(clean(text, TEXT_LIMIT))))


def defuse(text: str) -> str:
    """Return a model's Markdown with HTML as text, images as links, and no links but http(s)."""
    text = clean(text, TEXT_LIMIT).replace("&", "&amp;").replace("<", "&lt;").replace("![", "!\\[")
    text = re.sub(r"\]\((?!\s*https?://)", r"]\\(", text, flags=re.IGNORECASE)
    return re.sub(r"\]:(?!\s*https?://)", r"]\\:", text, flags=re.IGNORECASE)


def render(analysis: Analysis, labels: Labels = wording.NO_LABELS) -> str:
    """Return the whole analysis as Markdown."""
    blocks = [f"# {escape(wording.title(analysis, labels))}", f"*{escape(wording.byline(analysis, labels))}*"]
    if notice := wording.notice(analysis, labels):
        blocks.append(f"**{escape(notice)}**")
    if analysis.question:
        blocks.append(f"> {escape(analysis.question)}")
    blocks += _critique(analysis.critique) if analysis.critique else [defuse(analysis.answer)]
    if analysis.facts is not None and analysis.critique:
        blocks += [f"> {escape(wording.differs(each))}" for each in disagreements(analysis.critique, analysis.facts)]
        blocks.append(_list("Measured", sentences(analysis.facts)))
    if analysis.photo and (line := exif_line(analysis.photo.exif)):
        blocks.append(escape(line))
    for each in analysis.conversation:
        blocks += [f"> {escape(each.question)}", defuse(each.answer)]
    if labels.model_note:
        blocks.append(escape(labels.model_note))
    blocks.append("---\n\n" + escape(" · ".join(wording.footer(analysis, labels))))
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def render_many(analyses: Sequence[Analysis], labels: Mapping[str, Labels] | None = None) -> str:
    """Return several analyses; those of one photo begin with a table of their scores. Labels by advisor id."""
    named = [(labels or {}).get(each.advisor, wording.NO_LABELS) for each in analyses]
    parts = [render(each, label) for each, label in zip(analyses, named, strict=True)]
    if len(analyses) > 1 and len({each.photo.content_hash if each.photo else "" for each in analyses}) == 1:
        parts.insert(0, _panel(analyses, named))
    return "\n".join(part for part in parts if part)


def _panel(analyses: Sequence[Analysis], labels: Sequence[Labels]) -> str:
    rows = comparison(analyses)
    heads = [escape(wording.advisor(each, label)) for each, label in zip(analyses, labels, strict=True)]
    lines = [["", *heads, "Spread"], ["---", *["---:"] * (len(heads) + 1)]]
    lines += [[escape(row.name), *row.cells(), row.spread_text()] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) if rows else ""


def _critique(critique: Critique) -> list[str]:
    overall = critique.overall_score
    return [
        f"**Overall {overall:.1f} of 10 · {verdict(overall).word}**" if overall is not None else "",
        escape(critique.image_description),
        *(block for score in critique.dimensions for block in _dimension(score)),
        _list("Strengths", critique.key_strengths),
        *_work(critique),
        f"## Technical notes\n\n{escape(critique.technical_notes)}" if critique.technical_notes else "",
    ]


def _work(critique: Critique) -> tuple[str, ...]:
    lowest, items = wording.lowest(critique), critique.priority_improvements
    heading = "## Work on these first" if lowest or items else ""
    return heading, escape(lowest), "\n".join(f"- {escape(item)}" for item in items)


def _dimension(score: Score) -> tuple[str, ...]:
    heading = f"## {escape(score.name)}: {score.score} of 10 · {verdict(score.score).word}"
    tried = f"**Try:** {escape(score.recommendation)}" if score.recommendation else ""
    return heading, escape(score.comment), tried


def _list(heading: str, items: Sequence[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(f"- {escape(item)}" for item in items) if items else ""


@cache
def _reader() -> "MarkdownIt":
    # The window is there before any Markdown is.
    from markdown_it import MarkdownIt

    reader = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    reader.disable("image")
    # Assigned as the library documents it: the built-in check lets other schemes through.
    reader.validateLink = lambda url: bool(_HTTP.fullmatch(url))  # type: ignore[method-assign]
    return reader
