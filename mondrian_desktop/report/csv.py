"""Many analyses as one table, a row each. Spreadsheets run formulas: no cell may begin one."""

import csv
import io
from collections.abc import Iterable, Mapping

from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis, Labels

# Full-width forms too: some programs fold them to ASCII when they import.
_BEGINS_FORMULA = ("=", "+", "-", "@", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_INVISIBLE = "\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202f"
_FIXED = ("photo", "advisor", "model", "rubric", "created", "finish", "overall")
_TEXTS = ("description", "strengths", "improvements", "technical_notes")


def inert(text: str) -> str:
    """Return a cell that a spreadsheet takes for text.

    An apostrophe is put before what could begin a formula, see https://owasp.org/www-community/attacks/CSV_Injection.
    """
    line = clean_line(text)
    return f"'{line}" if line.lstrip(_INVISIBLE).startswith(_BEGINS_FORMULA) else line


def render(analyses: Iterable[Analysis], labels: Mapping[str, Labels] | None = None) -> str:
    """Return a table with a header: a row per analysis, a column of scores per dimension that occurs in any.

    Parameters
    ----------
    labels
        Names by advisor id, for the advisor column.
    """
    rows = list(analyses)
    names = list(dict.fromkeys(score.name for each in rows if each.critique for score in each.critique.dimensions))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_FIXED, *map(inert, names), *_TEXTS])
    writer.writerows(_row(each, names, labels or {}) for each in rows)
    return out.getvalue()


def _row(analysis: Analysis, names: list[str], labels: Mapping[str, Labels]) -> list[str]:
    critique = analysis.critique
    scores = {score.name: str(score.score) for score in critique.dimensions} if critique else {}
    overall = critique.overall_score if critique else None
    label = labels.get(analysis.advisor)
    fixed = (
        str(analysis.photo.path) if analysis.photo else "",
        label.advisor if label else analysis.advisor,
        analysis.model,
        analysis.rubric,
        analysis.created.isoformat(timespec="seconds"),
        analysis.generation.finish_reason,
    )
    texts = (
        critique.image_description if critique else analysis.answer,
        "; ".join(critique.key_strengths) if critique else "",
        "; ".join(critique.priority_improvements) if critique else "",
        critique.technical_notes if critique else "",
    )
    numbers = ["" if overall is None else f"{overall:.1f}", *(scores.get(name, "") for name in names)]
    return [*map(inert, fixed), *numbers, *map(inert, texts)]
