"""The licenses, from About to the texts."""

import threading

from PySide6.QtWidgets import QMessageBox, QPushButton

from mondrian_desktop.gui.licenses_sheet import LISTS, NOTICE, LicensesSheet
from mondrian_desktop.licenses import Component, ThirdParty

OTHERS = ThirdParty(
    (
        Component("qt", "6.0", "LGPL-3.0", "https://qt.example", ("Terms of the lesser license.", "Those it adds to.")),
        Component("<b>odd</b>", "1", "", "", ()),
    ),
    {"libheif": "LGPL-3.0-or-later"},
)


def rows(sheet):
    return [sheet.names.item(row).text() for row in range(sheet.names.count())]


def open_sheet(stand, read):
    sheet = LicensesSheet(stand.window, stand.service.pump.post, read)
    sheet.open()
    return sheet


def test_about_leads_to_every_part_with_its_text_and_the_notice_about_qt(stand):
    stand.trigger("about")
    (box,) = stand.window.findChildren(QMessageBox)
    assert "GNU Lesser General Public License" in box.informativeText()
    next(button for button in box.findChildren(QPushButton) if button.text() == "Licenses…").click()
    (sheet,) = stand.window.findChildren(LicensesSheet)
    stand.qtbot.waitUntil(lambda: sheet.names.count() > 10, timeout=20_000)
    assert "Qt and Qt for Python" in sheet.text.toPlainText()
    assert "You may replace them" in sheet.text.toPlainText()
    (row,) = [row for row, name in enumerate(rows(sheet)) if name.lower().startswith("pyside6")]
    sheet.names.setCurrentRow(row)
    assert "LGPL" in sheet.heading.text()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in sheet.text.toPlainText()
    assert not any(name.startswith(("pytest", "ruff", "mypy")) for name in rows(sheet)), "not of the app"
    sheet.reject()


def test_each_row_shows_what_it_names(stand):
    sheet = open_sheet(stand, lambda: OTHERS)
    stand.qtbot.waitUntil(lambda: sheet.names.count() > 0)
    assert rows(sheet) == [NOTICE, LISTS, "qt 6.0", "<b>odd</b> 1"]
    assert "under its own license and the copyright of its authors.\n\nQt and" in sheet.text.toPlainText()
    assert "\n\n    codesign --force" in sheet.text.toPlainText()
    sheet.names.setCurrentRow(1)
    assert "libheif" in sheet.text.toPlainText()
    sheet.names.setCurrentRow(2)
    assert sheet.heading.text() == "qt 6.0: LGPL-3.0\nhttps://qt.example"
    assert sheet.text.toPlainText() == "Terms of the lesser license.\n\n\nThose it adds to."
    sheet.names.setCurrentRow(3)
    assert sheet.heading.text() == "<b>odd</b> 1: no license is named"
    assert "without its text" in sheet.text.toPlainText()
    sheet.reject()


def test_what_cannot_be_read_is_told(stand):
    def read():
        raise FileNotFoundError("third-party.json is gone")

    sheet = open_sheet(stand, read)
    stand.qtbot.waitUntil(lambda: "cannot be read" in sheet.heading.text())
    assert sheet.text.toPlainText() == "third-party.json is gone"
    sheet.reject()


def test_it_can_be_closed_while_it_reads(stand):
    goes_on, posted = threading.Event(), []

    def read():
        goes_on.wait(10)
        return OTHERS

    sheet = LicensesSheet(stand.window, posted.append, read)
    sheet.open()
    sheet.reject()
    goes_on.set()
    stand.qtbot.waitUntil(lambda: len(posted) == 1)
    posted[0]()
