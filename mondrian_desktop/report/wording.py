"""The sentences around an analysis that all formats share: title, byline, notice, footer."""

from mondrian_desktop.report.claims import Disagreement
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis, Critique, Generation, Labels
from mondrian_desktop.report.verdict import first_to_work_on

NO_LABELS = Labels()
# Not by strftime, whose names follow the machine's language.
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def title(analysis: Analysis, labels: Labels = NO_LABELS) -> str:
    """Return e.g. "harbor.jpg · Ansel Adams"; the question, where there is no photo."""
    name = clean_line(analysis.photo.path.name, 120) if analysis.photo else clean_line(analysis.question, 120)
    return " · ".join(part for part in (name, advisor(analysis, labels)) if part)


def advisor(analysis: Analysis, labels: Labels = NO_LABELS) -> str:
    """Return the advisor's name, or the id."""
    return clean_line(labels.advisor or analysis.advisor, 80)


def byline(analysis: Analysis, labels: Labels = NO_LABELS) -> str:
    """Return who wrote it: a model, in the manner of."""
    return clean_line(labels.byline or f"Written by a model in the manner of {advisor(analysis, labels)}.", 200)


def notice(analysis: Analysis, labels: Labels = NO_LABELS) -> str:
    """Return a sentence about an answer that is incomplete; empty for one that ended by itself."""
    reason = ended(analysis.generation.finish_reason)
    if not reason:
        return ""
    there = len(analysis.critique.dimensions) if analysis.critique else 0
    many = f" after {there} of {labels.dimensions} dimensions" if labels.dimensions and not analysis.question else ""
    return f"{reason}{many}."


def ended(finish_reason: str) -> str:
    """Return why an answer is incomplete, without a full stop; empty for one that ended by itself."""
    return "" if finish_reason == "stop" else _REASONS.get(finish_reason, "Ended early")


_REASONS = {
    "length": "Incomplete: the longest answer allowed was reached",
    "cancelled": "Stopped",
    "repetition": "Ended early because the model repeated itself",
}


def footer(analysis: Analysis, labels: Labels = NO_LABELS) -> tuple[str, ...]:
    """Return how it was made: model, size seen, speed, and when, in this machine's time."""
    made, created = analysis.generation, analysis.created.astimezone()
    parts = [clean_line(labels.model or analysis.model, 120)]
    if size := _size_seen(made):
        parts.append(size)
    if made.generation_tokens:
        speed = f" at {made.generation_tps:.1f} tokens/s" if made.generation_tps else ""
        parts.append(f"{made.generation_tokens} tokens{speed}")
    return (*parts, f"{day(analysis)}, {created:%H:%M}")


def day(analysis: Analysis) -> str:
    """Return the day on which it was made, in this machine's time."""
    created = analysis.created.astimezone()
    return f"{_MONTHS[created.month - 1]} {created.day}, {created:%Y}"


def _size_seen(made: Generation) -> str:
    given, seen = made.given_size, made.analysis_size
    if seen is None:
        return "given at {} × {} pixels".format(*given) if given else ""
    if given in (None, seen):
        return "seen at {} × {} pixels".format(*seen)
    return "given at {} × {}, seen at {} × {} pixels".format(*given, *seen)


def size_sentence(made: Generation) -> str:
    """Return what was made of the photo before the model saw it; empty where there was none."""
    given, seen = made.given_size, made.analysis_size
    if given is None:
        return ""
    start = "The model was given the photo at {} × {} pixels".format(*given)
    if seen is None:
        return f"{start}; how its processor divided or scaled it is not known."
    return f"{start} and saw it so." if given == seen else "{}; its processor made {} × {} of it.".format(start, *seen)


def lowest(critique: Critique) -> str:
    """Return the lowest dimensions in one line, e.g. "Visual Balance 4 · Lighting 5"; empty where all are strong."""
    return " · ".join(f"{clean_line(each.name, 60)}\u00a0{each.score}" for each in first_to_work_on(critique))


def differs(disagreement: Disagreement) -> str:
    """Return the mark at a statement that measured facts contradict."""
    claim = clean_line(disagreement.claim, 160)
    return f"Differs from what was measured: the model says \u201c{claim}\u201d; {disagreement.fact}."


def thought(words: int) -> str:
    """Return the line that opens what a model thought before it answered."""
    return f"What the model thought first, {words:,} {'word' if words == 1 else 'words'}"
