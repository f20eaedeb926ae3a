"""Reports on paper: pages, pictures, and files that cannot be written."""

import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QLocale, QMarginsF, QSizeF
from PySide6.QtGui import QColor, QImage, QPageLayout, QPageSize
from pytestqt.qtbot import QtBot

from mondrian_desktop.errors import UserError
from mondrian_desktop.qt.pdf import Paper, drawing, make_document, picture, write_pdf

WORDS = "<p>Seven words that say something about it. </p>"


def red(width: int = 40, height: int = 30) -> QImage:
    return picture(np.full((height, width, 3), (200, 30, 20), np.uint8))


@pytest.mark.parametrize(("paper", "box"), [(Paper.A4, (595, 842)), (Paper.LETTER, (612, 792))])
def test_a_report_is_one_upright_sheet(qtbot: QtBot, tmp_path: Path, paper: Paper, box: tuple[int, int]) -> None:
    file = tmp_path / "report.pdf"
    assert write_pdf(WORDS * 10, file, {}, paper=paper, title="Lake") == 1
    data = file.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    found = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", data)
    assert found
    assert [round(float(each)) for each in found.groups()] == list(box)
    assert list(tmp_path.iterdir()) == [file]


def test_a_country_has_its_usual_paper() -> None:
    usual = {name: Paper.usual(QLocale(name)) for name in ("en_US", "es_MX", "fr_CA", "en_GB", "de_DE", "ja_JP")}
    assert [name for name, paper in usual.items() if paper is Paper.LETTER] == ["en_US", "es_MX", "fr_CA"]
    assert set(usual.values()) == {Paper.A4, Paper.LETTER}


def test_a_printer_gets_the_page_that_fits_its_sheet() -> None:
    sheets = {
        QPageSize.PageSizeId.Letter: Paper.LETTER,
        QPageSize.PageSizeId.A5: Paper.A4,
        QPageSize.PageSizeId.A4: Paper.A4,
    }
    for size, paper in sheets.items():
        layout = QPageLayout(QPageSize(size), QPageLayout.Orientation.Portrait, QMarginsF(5, 5, 5, 5))
        assert Paper.like(layout) is paper


def test_the_proportions_of_the_page_are_kept() -> None:
    for paper in Paper:
        area = paper.layout.paintRect()
        assert area.width() / area.height() == pytest.approx(paper.units.width() / paper.units.height(), rel=0.002)


def test_pictures_are_in_it_and_nothing_else_is_loaded(qtbot: QtBot, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    red(7, 7).save(str(secret))
    html = f'<img src="photo:image"><img src="file://{secret}"><img src="{secret}">'
    write_pdf(html, tmp_path / "report.pdf", {"photo:image": red()})
    data = (tmp_path / "report.pdf").read_bytes()
    sizes = set(re.findall(rb"/Width (\d+)\s*/Height (\d+)", data))
    assert (b"40", b"30") in sizes
    assert (b"7", b"7") not in sizes


def test_type_shrinks_until_the_report_is_one_page(qtbot: QtBot) -> None:
    little, much, book = (make_document(WORDS * count, {}) for count in (5, 42, 500))
    assert [each.pageCount() == 1 for each in (little, much, book)] == [True, True, False]
    sizes = [each.defaultFont().pixelSize() for each in (little, much, book)]
    assert sizes[0] == 11
    assert 8 <= sizes[1] < 11
    assert sizes[2] == 8
    assert little.pageSize() == QSizeF(700, 990)


def test_a_drawing_is_made_in_the_size_that_was_asked_for() -> None:
    square = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10" width="20" height="10">'
    image = drawing(square + '<rect width="10" height="10" fill="#d42a1e"/></svg>', 400)
    assert (image.width(), image.height()) == (400, 200)
    assert image.pixelColor(50, 100) == QColor("#d42a1e")
    assert image.pixelColor(350, 100).alpha() == 0


def test_an_image_keeps_its_pixels() -> None:
    pixels = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    image = picture(pixels)
    assert (image.width(), image.height()) == (7, 5)
    assert [image.pixelColor(6, 4).red(), image.pixelColor(6, 4).blue()] == list(pixels[4, 6, ::2])


def test_a_file_that_cannot_be_written_is_told_and_leaves_nothing(qtbot: QtBot, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"report\.pdf could not be written") as caught:
        write_pdf(WORDS, tmp_path / "no such folder" / "report.pdf", {})
    assert caught.value.advice
    (tmp_path / "taken.pdf").mkdir()
    with pytest.raises(UserError, match=r"taken\.pdf"):
        write_pdf(WORDS, tmp_path / "taken.pdf", {})
    assert [each.name for each in tmp_path.iterdir()] == ["taken.pdf"]


def test_the_words_are_in_the_file_as_text(qtbot: QtBot, tmp_path: Path) -> None:
    write_pdf(WORDS, tmp_path / "report.pdf", {}, title="Lake")
    data = (tmp_path / "report.pdf").read_bytes()
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    texts = [zlib.decompress(each) for each in streams if each[:1] == b"\x78"]
    assert any(b" Tj" in text or b" TJ" in text for text in texts)
