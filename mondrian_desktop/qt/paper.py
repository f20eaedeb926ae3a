"""An analysis on paper: its page with photo and chart, as PDF or for a printer."""

import base64
import os
import sys

from PySide6.QtGui import QGuiApplication, QImage, QTextDocument

from mondrian_desktop.qt.pdf import Paper, drawing, make_document, pdf_bytes
from mondrian_desktop.report import wording
from mondrian_desktop.report.chart import radar
from mondrian_desktop.report.model import Analysis, Labels
from mondrian_desktop.report.pane import CHART, PHOTO, paper

_CHART_WIDTH = 1120
"""Four times the 280 units that it takes on the page."""


def document(
    analysis: Analysis, labels: Labels = wording.NO_LABELS, picture: str | None = None, sheet: Paper = Paper.A4
) -> QTextDocument:
    """Return the page on a sheet; ``picture`` is the photo as a base64 ``data:`` address, None leaves it out."""
    images: dict[str, QImage] = {}
    if picture:
        photo = QImage()
        photo.loadFromData(base64.b64decode(picture.partition(",")[2]))
        if not photo.isNull():
            images[PHOTO] = photo
    if analysis.critique and analysis.critique.overall_score is not None:
        images[CHART] = drawing(radar(analysis.critique.dimensions), _CHART_WIDTH)
    html = paper(analysis, labels, photo=PHOTO if PHOTO in images else None)
    return make_document(html, images, sheet)


def pdf(analysis: Analysis, labels: Labels = wording.NO_LABELS, picture: str | None = None) -> bytes:
    """Return a PDF file of the page, on the sheet that is usual here, without a window."""
    if QGuiApplication.instance() is None:
        _make_application()
    sheet = Paper.usual()
    return pdf_bytes(document(analysis, labels, picture, sheet), sheet, title=wording.title(analysis, labels))


_kept: list[QGuiApplication] = []


def _make_application() -> None:
    """Make what Qt needs for fonts, where the program has no window. It lives to the end."""
    if sys.platform.startswith("linux"):
        # There may be no display.
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _kept.append(QGuiApplication(sys.argv[:1]))
