"""An analysis as Markdown, and Markdown of a model as harmless HTML or harmless Markdown."""

import re
from collections.abc import Sequence

from markdown_it import MarkdownIt

from mondrian_desktop.report import facts, wording
from mondrian_desktop.report.clean import TEXT_LIMIT, breakable, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels, Score
from mondrian_desktop.report.verdict import first_to_work_on, verdict

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&:@$^=\"'])")
_HTTP = re.compile(r"https?://[^\s<>\"']+", re.IGNORECASE)


def escape(text: str) -> str:
    """Return one line of foreign text that no Markdown reader takes for markup, HTML or an address."""
    return _SPECIAL.sub(r"\\\1", clean_line(text))


def to_html(text: str) -> str:
    """Return a model's Markdown as HTML: its HTML as text, links http(s) only, no images."""
    return str(_READER.render(breakable(clean(text, TEXT_LIMIT))))


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
    blocks += _critique(analysis.critique) if analysis.critique else [defuse(analysis.raw_text)]
    if analysis.photo and (line := facts.exif_line(analysis.photo.exif)):
        blocks.append(escape(line))
    for each in analysis.conversation:
        blocks += [f"> {escape(each.question)}", defuse(each.answer)]
    if labels.model_note:
        blocks.append(escape(labels.model_note))
    blocks.append("---\n\n" + escape(" · ".join(wording.footer(analysis, labels))))
    return "\n\n".join(block for block in blocks if block.strip()) + "\n"


def _critique(critique: Critique) -> list[str]:
    overall = critique.overall_score
    return [
        f"**Overall {overall:.1f} of 10 · {verdict(overall).word}**" if overall is not None else "",
        escape(critique.image_description),
        *(block for score in critique.dimensions for block in _dimension(score)),
        _list("Strengths", critique.key_strengths),
        _list("Work on these first", [f"{each.name}, {each.score} of 10" for each in first_to_work_on(critique)]),
        _list("What would help most", critique.priority_improvements),
        f"## Technical notes\n\n{escape(critique.technical_notes)}" if critique.technical_notes else "",
    ]


def _dimension(score: Score) -> tuple[str, ...]:
    heading = f"## {escape(score.name)}: {score.score} of 10 · {verdict(score.score).word}"
    tried = f"**Try:** {escape(score.recommendation)}" if score.recommendation else ""
    return heading, escape(score.comment), tried


def _list(heading: str, items: Sequence[str]) -> str:
    return f"## {heading}\n\n" + "\n".join(f"- {escape(item)}" for item in items) if items else ""


def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
    reader.disable("image")
    # Assigned as the library documents it: the built-in check lets other schemes through.
    reader.validateLink = lambda url: bool(_HTTP.fullmatch(url))  # type: ignore[method-assign]
    return reader


_READER = _reader()
