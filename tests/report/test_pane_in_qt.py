"""The pane's HTML in Qt's own rich text: what it loads, and whether it can be laid out."""

import dataclasses
import re

import pytest
from PySide6.QtCore import QSizeF, QUrl
from PySide6.QtGui import QColor, QImage, QPainter, QTextDocument
from pytestqt.qtbot import QtBot

from mondrian_desktop.qt import paper as sheet
from mondrian_desktop.report.model import Analysis, Labels
from mondrian_desktop.report.pane import pane, panel, paper


class Document(QTextDocument):
    """Notes what is asked for, and gives a gray picture for it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def loadResource(self, kind: int, address: QUrl) -> object:  # noqa: N802 - Qt's name
        self.asked.add(address.toString())
        picture = QImage(420, 310, QImage.Format.Format_RGB32)
        picture.fill(QColor("gray"))
        return picture


def laid_out(html: str, width: float = 420) -> Document:
    document = Document()
    document.setDefaultStyleSheet("")
    document.setTextWidth(width)
    document.setHtml(html)
    canvas = QImage(int(width), 2000, QImage.Format.Format_RGB32)
    painter = QPainter(canvas)
    document.drawContents(painter)
    painter.end()
    return document


@pytest.mark.parametrize("dark", [False, True])
def test_only_the_chart_is_asked_for(qtbot: QtBot, hostile: Analysis, hostile_labels: Labels, dark: bool) -> None:
    assert laid_out(pane(hostile, dark, hostile_labels)).asked == {"chart:radar"}


def test_nothing_is_asked_for_by_a_text_without_structure(qtbot: QtBot, hostile_text: Analysis) -> None:
    assert laid_out(pane(hostile_text, False)).asked == set()


def test_only_photo_and_chart_are_asked_for_on_paper(qtbot: QtBot, hostile: Analysis, hostile_labels: Labels) -> None:
    assert laid_out(paper(hostile, hostile_labels)).asked == {"chart:radar", "photo:image"}


def test_words_stay_within_the_pane(qtbot: QtBot, hostile: Analysis, hostile_labels: Labels) -> None:
    document = laid_out(pane(hostile, False, hostile_labels, chart=None), 380)
    assert document.size().width() <= 380


def test_a_panel_of_ten_fits_the_narrowest_pane(qtbot: QtBot, analysis: Analysis) -> None:
    ten = [dataclasses.replace(analysis, advisor=str(number)) for number in range(10)]
    labels = {str(number): Labels("Imogen Cunningham") for number in range(10)}
    # The narrowest critique pane, without its margins and scroll bar.
    assert laid_out(panel(ten, labels, False), 330).size().width() > 330
    assert laid_out(panel(ten, labels, False, is_narrow=True), 330).size().width() <= 330


@pytest.mark.parametrize("has_critique", [True, False])
def test_a_hostile_sheet_of_paper_stays_within_its_edges_and_does_nothing(
    qtbot: QtBot, hostile: Analysis, hostile_labels: Labels, has_critique: bool
) -> None:
    shown = hostile if has_critique else dataclasses.replace(hostile, critique=None)
    made = sheet.document(shown, hostile_labels)
    assert made.idealWidth() <= made.pageSize().width()
    data = sheet.pdf(shown, hostile_labels)
    assert data.startswith(b"%PDF-")
    assert not re.search(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|OpenAction|URI \((?!https?:))", data)


def test_the_words_are_there(qtbot: QtBot, analysis: Analysis, labels: Labels) -> None:
    words = laid_out(pane(analysis, False, labels)).toPlainText()
    for said in ("7.1", "Ansel Adams", "Comment on Lighting.", "Try: Try Lighting.", "Work on this", "The mast."):
        assert said in words


def pages(html: str, size: QSizeF, font_units: int) -> int:
    document = Document()
    font = document.defaultFont()
    font.setPixelSize(font_units)
    document.setDefaultFont(font)
    document.setPageSize(size)
    document.setHtml(html)
    return document.pageCount()


def test_an_ordinary_critique_fits_on_one_sheet(qtbot: QtBot, analysis: Analysis, labels: Labels) -> None:
    assert analysis.critique is not None
    long = tuple(
        dataclasses.replace(each, name=f"{each.name} {n}", comment="Seven words that say something here. " * 5,
                            recommendation="Step half a meter back and wait. " * 3)
        for n in range(2) for each in analysis.critique.dimensions
    )  # fmt: skip
    whole = dataclasses.replace(analysis, critique=dataclasses.replace(analysis.critique, dimensions=long))
    for page in (QSizeF(700, 990), QSizeF(700, 906)):
        assert pages(paper(whole, labels), page, 9) == 1
