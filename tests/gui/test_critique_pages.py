"""Ask, panel, export and print, as the user gets to them."""

import json
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QPageSize
from PySide6.QtWidgets import QDialog, QFileDialog

from mondrian_desktop.engine.protocol import Finished, FinishReason
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.advisors_sheet import AdvisorsSheet
from mondrian_desktop.gui.ask_page import ABOUT_ANYTHING
from mondrian_desktop.gui.report_pane import ASK, CRITIQUE, FACTS, PANEL, RAW
from mondrian_desktop.report.model import Exchange
from mondrian_desktop.settings import MODEL
from tests.gui.conftest import answer

HOSTILE = '<script>alert(1)</script> <img src="file:///etc/passwd"> [x](javascript:alert(1))'


@pytest.fixture
def make_chat_stand(make_stand, tmp_path):
    """Return a function that opens a window whose model is asked in words."""

    def make(*scripts):
        stand = make_stand(*scripts)
        folder = tmp_path / "weights"
        folder.mkdir()
        (folder / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
        stand.service.settings.set(MODEL, str(folder))
        return stand

    return make


def analyzed(stand, photo):
    stand.open(photo)
    stand.trigger("analyze")
    stand.wait_for_states("Done")
    stand.wait_until_idle()
    return stand.window.asking.pane


def ask(stand, question):
    page = stand.window.asking.pane.ask
    stand.qtbot.keyClicks(page.line, question)
    stand.qtbot.keyClick(page.line, Qt.Key.Key_Return)
    stand.wait_until_idle()
    return page


def test_a_follow_up_is_answered_and_kept_with_the_analysis(make_chat_stand, make_photo):
    stand = make_chat_stand(script(answer()), script("Step to the **left**."), script("Yes."))
    pane = analyzed(stand, make_photo())
    stand.trigger("tab_ask")
    assert pane.ask.isVisible()
    page = ask(stand, "Where should I stand?")
    assert "Where should I stand?\nStep to the left." in page.text.toPlainText()
    ask(stand, "Really?")
    assert page.text.toPlainText().strip().endswith("Really?\nYes.")
    job = stand.window.session.album.entries[0].jobs[0]
    assert [each.answer for each in stand.service.analysis(job).conversation] == ["Step to the **left**.", "Yes."]
    assert "Step to the **left**." in stand.engine.requests[-1].messages[-2].text
    assert stand.states() == ["Done"]


def lines(page):
    return [line.strip() for line in page.text.toPlainText().splitlines()]


def test_what_was_thought_before_an_answer_is_kept_and_folded(make_chat_stand, make_photo):
    thoughts = ["Where is the <b>light</b>?\nIn the west.", "It is so."]
    stand = make_chat_stand(
        script(answer()), script(f"<think>{thoughts[0]}</think>Step left."), script(f"<think>{thoughts[1]}</think>Yes.")
    )
    analyzed(stand, make_photo())
    stand.trigger("tab_ask")
    page = ask(stand, "Where to?")
    ask(stand, "Really?")
    folded = [
        "Where to?", "▸ What the model thought first, 7 words", "Step left.",
        "Really?", "▸ What the model thought first, 3 words", "Yes.",
    ]  # fmt: skip
    assert lines(page) == folded
    page.text.anchorClicked.emit(QUrl("thought:0"))
    opened = ["▾" + folded[1][1:], "Where is the <b>light</b>?", "In the west."]
    assert lines(page) == [folded[0], *opened, *folded[2:]]
    page.text.anchorClicked.emit(QUrl("thought:one"))
    page.text.anchorClicked.emit(QUrl("thought:0"))
    assert lines(page) == folded
    job = stand.window.session.album.entries[0].jobs[0]
    kept = stand.service.analysis(job).conversation
    assert [each.thinking for each in kept] == thoughts
    assert [each.answer for each in kept] == ["Step left.", "Yes."]


def test_a_question_that_waits_for_its_answer_says_nothing_of_its_end(make_chat_stand, make_photo):
    stand = make_chat_stand(script(answer()))
    page = analyzed(stand, make_photo()).ask
    page.show_talk([Exchange("Why?", "Because.")], "And then?", "")
    assert lines(page)[:3] == ["Why?", "Because.", "And then?"]
    assert not "".join(lines(page)[3:])


def test_tabs_that_are_not_there_leave_no_gap(stand, make_photo):
    pane = analyzed(stand, make_photo())
    tabs = pane.tabs
    assert [tabs.isTabVisible(each) for each in (FACTS, RAW, PANEL)] == [True, True, False]
    assert tabs.tabRect(FACTS).left() > tabs.tabRect(CRITIQUE).left()
    pane.show_facts(None)
    assert tabs.tabRect(RAW).left() == tabs.tabRect(CRITIQUE).right() + 1


def test_an_answer_that_was_stopped_says_so(make_chat_stand, make_photo):
    stand = make_chat_stand(script(answer()), [*script("Step to")[:-1], Finished("Step to", FinishReason.LENGTH)])
    analyzed(stand, make_photo())
    stand.trigger("tab_ask")
    page = ask(stand, "Where to?")
    assert lines(page) == ["Where to?", "Step to", "Incomplete: the longest answer allowed was reached."]


def test_a_hostile_answer_to_a_question_stays_text(make_chat_stand, make_photo):
    stand = make_chat_stand(script(answer()), script(HOSTILE))
    analyzed(stand, make_photo())
    stand.trigger("tab_ask")
    page = ask(stand, "<b>What</b> is it?")
    shown = page.text.toPlainText().replace("\u200b", "")
    assert "<b>What</b> is it?" in shown
    assert "<script>alert(1)</script>" in shown
    assert "javascript" in shown, "it is there to be read"
    assert re.findall(r'href="(?!https?://)', page.text.toHtml()) == [], "and not to be followed"


def test_a_model_that_takes_no_questions_says_so_in_its_place(stand, make_photo):
    pane = analyzed(stand, make_photo())
    stand.trigger("tab_ask")
    assert not pane.ask.line.isVisible()
    assert "answers no questions about a photo" in pane.ask.reason.text()
    assert "larger model" in pane.ask.reason.text()
    assert pane.ask.models.isVisible()


def test_a_question_without_a_photo(make_chat_stand, make_photo):
    stand = make_chat_stand(script("How much of it is sharp."))
    stand.open(make_photo())
    stand.trigger("tab_ask")
    page = stand.window.asking.pane.ask
    assert "analyzed first" in page.reason.text()
    page.subject.setCurrentIndex(ABOUT_ANYTHING)
    ask(stand, "What is depth of field?")
    assert page.text.toPlainText().strip() == "What is depth of field?\nHow much of it is sharp."
    assert stand.engine.requests[0].image is None
    assert stand.states() == [""]


def test_several_advisors_make_a_panel(make_stand, make_photo):
    stand = make_stand(script(answer(4)), script(answer(9)))
    stand.open(make_photo())
    pane = stand.window.asking.pane
    assert not pane.tabs.isTabVisible(PANEL)
    stand.trigger("ask_several")
    sheet = stand.window.findChild(AdvisorsSheet)
    assert sheet.checked == list(stand.service.advisors)
    for row in range(2, sheet.list.count()):
        sheet.list.item(row).setCheckState(Qt.CheckState.Unchecked)
    assert sheet.ask.text() == "Ask 2"
    sheet.ask.click()
    stand.qtbot.waitUntil(lambda: pane.tabs.isTabVisible(PANEL), timeout=10_000)
    stand.wait_until_idle()
    stand.trigger("tab_panel")
    assert pane.panel.text.isVisible()
    cells = pane.panel.text.toPlainText().split()
    assert {"4.0", "9.0", "5.0", "Spread"} <= set(cells)
    assert pane.panel.tabs.count() == 3
    pane.panel.tabs.setCurrentIndex(1)
    assert "A quiet harbor at dusk" in pane.panel.text.toPlainText()
    pane.panel.tabs.setCurrentIndex(0)
    assert len(stand.window.asking.report) == 2
    stand.trigger("tab_critique")
    assert pane.tabs.currentIndex() == CRITIQUE
    assert len(stand.window.asking.report) == 1


@pytest.mark.parametrize("suffix", ["pdf", "html", "md", "json", "csv"])
def test_a_critique_is_exported(stand, make_photo, tmp_path, suffix):
    analyzed(stand, make_photo())
    stand.trigger("export")
    dialog = stand.window.findChild(QFileDialog)
    file = tmp_path / f"report.{suffix}"
    dialog.fileSelected.emit(str(file))
    dialog.close()
    stand.qtbot.waitUntil(lambda: file.exists(), timeout=10_000)
    stand.qtbot.waitUntil(lambda: stand.window.notice.text == f"Written: report.{suffix}")
    data = file.read_bytes()
    if suffix == "pdf":
        assert data.startswith(b"%PDF-")
        assert b"/Image" in data
    else:
        assert "A quiet harbor at dusk" in data.decode()
        assert ("data:image/jpeg;base64," in data.decode()) is (suffix == "html")
    if suffix == "json":
        assert json.loads(data)["advisor"] == "mentor"


def test_what_cannot_be_written_is_told(stand, make_photo, tmp_path):
    analyzed(stand, make_photo())
    exporting, report = stand.window.exporting, stand.window.asking.report
    exporting.save(report, tmp_path / "report.docx")
    assert "its ending is none of" in stand.window.notice.text
    exporting.save(report, tmp_path / "gone" / "report.md")
    assert "could not be written" in stand.window.notice.text
    assert list(tmp_path.glob("**/*.part")) == []


def test_a_photo_that_is_gone_is_no_hindrance(stand, make_photo, tmp_path):
    photo = make_photo()
    analyzed(stand, photo)
    photo.unlink()
    stand.window.exporting.save(stand.window.asking.report, tmp_path / "report.html")
    stand.qtbot.waitUntil(lambda: (tmp_path / "report.html").exists(), timeout=10_000)
    assert "A quiet harbor at dusk" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_report_is_shared_as_a_file_that_the_next_one_replaces(make_stand, make_photo):
    stand = make_stand(script(answer(5)), script(answer(8)))
    analyzed(stand, make_photo())
    told = []

    def send(target, selector, *arguments):
        told.append((selector, *arguments))
        return len(told)

    exporting, pane = stand.window.exporting, stand.window.asking.pane
    exporting.sheet = mac.ShareSheet(send)
    stand.window.asking.choose_advisor("ansel")
    stand.trigger("analyze")
    stand.wait_until_idle()
    shared = []
    several = stand.window.session.analyses(stand.window.photos.current)
    assert len(several) == 2
    for analyses, beginning in ((stand.window.asking.report, b"%PDF-"), (several, b"<!DOCTYPE html>")):
        told.clear()
        exporting.share(analyses, pane)
        stand.qtbot.waitUntil(lambda: bool(told) and told[-1][0].startswith("showRelativeToRect:"), timeout=10_000)
        [path] = [arguments[0] for selector, *arguments in told if selector == "stringWithUTF8String:"]
        shared.append(Path(path.decode()))
        assert shared[-1].read_bytes().startswith(beginning)
    assert not shared[0].exists()
    rect, view, _ = next(arguments for selector, *arguments in told if selector.startswith("showRelative"))
    assert (rect.x, rect.y) == (pane.mapTo(stand.window, QPoint(0, 0)).x(), pane.mapTo(stand.window, QPoint(0, 0)).y())
    assert view == int(stand.window.winId())
    exporting._forget_shared()
    assert not shared[1].exists()


def test_printing_opens_the_printers_dialog(stand, make_photo):
    analyzed(stand, make_photo())
    dialog = stand.window.exporting.print(stand.window.asking.report[0])
    assert isinstance(dialog, QDialog)
    assert dialog.isVisible()
    dialog.reject()


def test_a_sheet_of_letter_size_is_printed_as_one(stand, make_photo, tmp_path):
    analyzed(stand, make_photo())
    dialog = stand.window.exporting.print(stand.window.asking.report[0])
    printer = dialog.printer()
    printer.setOutputFileName(str(tmp_path / "printed.pdf"))
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.Letter))
    # Qt's own dialog would choose one of the machine's printers, of which there may be none.
    dialog.finished.emit(QDialog.DialogCode.Accepted)
    stand.qtbot.waitUntil((tmp_path / "printed.pdf").exists)
    dialog.reject()
    printed = (tmp_path / "printed.pdf").read_bytes()
    assert re.search(rb"/MediaBox \[0 0 612(?:\.0+)? 792(?:\.0+)?\]", printed)
    assert len(re.findall(rb"/Type /Page\b", printed)) == 1


def test_nothing_is_exported_before_there_is_something(stand, make_photo):
    stand.open(make_photo())
    assert not stand.window.verbs["export"].isEnabled()
    assert not stand.window.verbs["print"].isEnabled()
    assert stand.window.asking.pane.tabs.isTabVisible(ASK)
