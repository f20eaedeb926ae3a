"""One analysis, or several, in the formats that are text: one place for window and command line."""

import json
from collections.abc import Mapping, Sequence

from mondrian_desktop.report import codec, csv, html, markdown, text, wording
from mondrian_desktop.report.model import Analysis, Labels

SUFFIXES = {"text": "txt", "json": "json", "md": "md", "html": "html", "csv": "csv"}
"""The formats, each with the suffix of its files."""


def render(analysis: Analysis, fmt: str, labels: Labels = wording.NO_LABELS, picture: str | None = None) -> str:
    """Return an analysis in one of :data:`SUFFIXES`; ``picture`` is its photo as a ``data:`` address, for HTML."""
    if fmt == "json":
        return json.dumps(codec.to_json(analysis), indent=2, ensure_ascii=False)
    if fmt == "html":
        return html.render(analysis, labels=labels, image_data_uri=picture)
    if fmt == "csv":
        return csv.render([analysis], {analysis.advisor: labels})
    return markdown.render(analysis, labels) if fmt == "md" else text.render(analysis, labels)


def render_many(
    analyses: Sequence[Analysis], fmt: str, labels: Mapping[str, Labels], pictures: Sequence[str | None] = ()
) -> str:
    """Return several analyses as one document; ``labels`` are by advisor id, ``pictures`` in the analyses' order."""
    if fmt == "csv":
        return csv.render(analyses, labels)
    if fmt == "html":
        return html.render_many(analyses, image_data_uris=pictures, labels=labels)
    if fmt == "json":
        return json.dumps([codec.to_json(each) for each in analyses], indent=2, ensure_ascii=False)
    between = "\n\n---\n\n" if fmt == "md" else "\n\n"
    return between.join(render(each, fmt, labels.get(each.advisor, wording.NO_LABELS)) for each in analyses)
