"""An analysis for the terminal: plain text, whatever the model wrote."""

import textwrap
from collections.abc import Iterator, Sequence

from mondrian_desktop.photo.facts import exif_line, sentences
from mondrian_desktop.report import wording
from mondrian_desktop.report.claims import disagreements
from mondrian_desktop.report.clean import TEXT_LIMIT, clean, clean_line
from mondrian_desktop.report.model import Analysis, Critique, Labels, Score
from mondrian_desktop.report.verdict import verdict

WIDTH = 80


def render(analysis: Analysis, labels: Labels = wording.NO_LABELS, width: int = WIDTH) -> str:
    """Return the analysis wrapped to ``width`` columns, without escapes or control characters but newlines."""
    return "\n\n".join(blocks(analysis, labels, width)) + "\n"


def blocks(analysis: Analysis, labels: Labels = wording.NO_LABELS, width: int = WIDTH) -> Iterator[str]:
    """Yield what :func:`render` joins, block by block; none is empty."""
    parts = [wording.title(analysis, labels), wording.byline(analysis, labels), wording.notice(analysis, labels)]
    if analysis.question and analysis.photo:
        parts.append(clean_line(analysis.question))
    parts += _critique(analysis.critique, width) if analysis.critique else [clean(analysis.answer, TEXT_LIMIT)]
    if analysis.facts is not None and analysis.critique:
        parts += [wording.differs(each) for each in disagreements(analysis.critique, analysis.facts)]
        parts.append(_list("Measured", sentences(analysis.facts)))
    if analysis.photo:
        parts.append(clean_line(exif_line(analysis.photo.exif)))
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
        _list("Work on these first", critique.priority_improvements, wording.lowest(critique)),
        f"Technical notes\n{clean_line(critique.technical_notes)}" if critique.technical_notes else "",
    ]


def _list(heading: str, items: Sequence[str], line: str = "") -> str:
    lines = [f"  {line}"] if line else []
    lines += [f"  - {clean_line(item)}" for item in items]
    return "\n".join([heading, *lines]) if lines else ""


def _wrap(text: str, width: int, indent: str = "") -> str:
    return "\n".join(_wrapped_line(line, width, indent) for line in text.splitlines())


def _wrapped_line(line: str, width: int, indent: str) -> str:
    if len(indent) + len(line) <= width:
        return indent + line
    hanging = " " * (len(line) - len(line.lstrip(" -")))
    return textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent + hanging)
