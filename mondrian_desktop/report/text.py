"""An analysis for the terminal: plain text, whatever the model wrote."""

import textwrap
from collections.abc import Iterator, Sequence

from mondrian_desktop.report import facts, wording
from mondrian_desktop.report.clean import TEXT_LIMIT, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels, Score
from mondrian_desktop.report.verdict import first_to_work_on, verdict

WIDTH = 80


def render(analysis: Analysis, labels: Labels = wording.NO_LABELS, width: int = WIDTH) -> str:
    """Return the analysis wrapped to ``width`` columns, without escapes or control characters but newlines."""
    return "\n\n".join(blocks(analysis, labels, width)) + "\n"


def blocks(analysis: Analysis, labels: Labels = wording.NO_LABELS, width: int = WIDTH) -> Iterator[str]:
    """Yield what :func:`render` joins, block by block; none is empty."""
    parts = [wording.title(analysis, labels), wording.byline(analysis, labels), wording.notice(analysis, labels)]
    if analysis.question and analysis.photo:
        parts.append(clean_line(analysis.question))
    parts += _critique(analysis.critique, width) if analysis.critique else [clean(analysis.raw_text, TEXT_LIMIT)]
    if analysis.photo:
        parts.append(facts.exif_line(analysis.photo.exif))
    for each in analysis.conversation:
        parts += [f"> {clean_line(each.question)}", clean(each.answer, TEXT_LIMIT)]
    parts += [clean_line(labels.model_note), " · ".join(wording.footer(analysis, labels))]
    yield from (paragraph(part, width) for part in parts if part.strip())


def paragraph(text: str, width: int = WIDTH) -> str:
    """Return ``text`` with its long lines wrapped to ``width`` columns."""
    return _wrap(text, width)


def dimension(score: Score, width: int = WIDTH) -> str:
    """Return one dimension: name, number, bar, word, then comment and recommendation."""
    bar = "█" * score.score + "░" * (10 - score.score)
    lines = [f"{clean_line(score.name, 40):<24} {score.score:>2} {bar} {verdict(score.score).word}"]
    lines += [_wrap(clean_line(score.comment), width, "  ")] if score.comment else []
    lines += [_wrap(f"→ {clean_line(score.recommendation)}", width, "  ")] if score.recommendation else []
    return "\n".join(lines)


def _critique(critique: Critique, width: int) -> list[str]:
    overall = critique.overall_score
    return [
        f"Overall {overall:.1f} of 10 · {verdict(overall).word}" if overall is not None else "",
        clean_line(critique.image_description),
        *(dimension(score, width) for score in critique.dimensions),
        _list("Strengths", critique.key_strengths),
        _list("Work on these first", [f"{each.name}, {each.score} of 10" for each in first_to_work_on(critique)]),
        _list("What would help most", critique.priority_improvements),
        f"Technical notes\n{clean_line(critique.technical_notes)}" if critique.technical_notes else "",
    ]


def _list(heading: str, items: Sequence[str]) -> str:
    return "\n".join([heading, *(f"  - {clean_line(item)}" for item in items)]) if items else ""


def _wrap(text: str, width: int, indent: str = "") -> str:
    return "\n".join(
        textwrap.fill(
            line, width, initial_indent=indent, subsequent_indent=indent or " " * (len(line) - len(line.lstrip()))
        )
        if len(line) > width - len(indent) or indent
        else line
        for line in text.splitlines()
    )
