from concurrent.futures import Future

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from mondrian_desktop.engine.protocol import FinishReason, Token
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.report_pane import CRITIQUE, FACTS, RAW
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.report.clean import clean_line
from tests.gui.conftest import answer


def endless():
    """A script whose writing never ends by itself."""
    return [*script(answer())[:8], *[Token("", 9, 20.0)] * 1_000_000]


def test_is_empty_at_first(stand):
    window = stand.window
    assert window.welcome.isVisible()
    assert not window.toolbar.analyze.isEnabled()
    for action in ("analyze", "stop", "stop_all", "previous", "next", "copy_critique", "remove", "full_look"):
        assert not window.verbs[action].isEnabled()
    assert window.verbs["open"].isEnabled()


def test_opening_shows_the_photo_and_starts_nothing(stand, make_photo):
    stand.open(make_photo("harbor.jpg"), make_photo("pier.jpg"))
    window = stand.window
    stand.qtbot.waitUntil(lambda: window.looking.view.image is not None)
    assert stand.states() == ["", ""]
    assert window.photos.current.name == "harbor.jpg"
    assert "harbor.jpg" in window.windowTitle()
    assert window.asking.pane.card.isVisible()
    assert stand.engine.requests == []


def test_the_thumbnail_is_shown_while_the_photo_is_still_being_read(stand, make_photo, monkeypatch):
    photo = make_photo("harbor.jpg", size=(900, 600))
    view, reader = stand.window.looking.view, stand.service._reader
    read, late = reader.thumbnail, Future()
    monkeypatch.setattr(reader, "thumbnail", lambda path, size: read(path, size) if size < 512 else late)
    stand.open(photo)
    assert view.image is None
    stand.qtbot.waitUntil(lambda: view.image is not None)
    assert max(view.image.width(), view.image.height()) < 512
    late.set_result(read(photo, 1024).result())
    stand.qtbot.waitUntil(lambda: view.image.width() == 900)


def test_the_same_photo_is_there_once(stand, make_photo):
    photo = make_photo()
    stand.open(photo)
    stand.open(photo.parent / "." / photo.name, make_photo("other.jpg"))
    assert [entry.name for entry in stand.window.session.album.entries] == ["harbor.jpg", "other.jpg"]
    assert stand.window.photos.current.name == "harbor.jpg"


def test_an_analysis_from_the_key_to_the_report(stand, make_photo):
    stand.open(make_photo())
    stand.trigger("analyze")
    stand.wait_for_states("Done")
    pane = stand.window.asking.pane
    assert pane.text.isVisible()
    text = pane.text.toPlainText()
    assert "A quiet harbor at dusk" in text
    assert "Wait for the light." in text
    assert pane.header.score.text() == "7.0"
    assert pane.header.word.text() == "Solid"
    assert pane.header.byline.text().startswith("Written by a model")
    assert stand.window.session.album.entries[0].caption == "7.0 · Solid"
    stand.wait_until_idle()
    assert stand.window.asking.bottom.stop.isHidden()
    assert "tokens" in stand.window.asking.bottom.label.text()


def test_facts_and_raw_have_their_tabs(stand, make_photo):
    stand.open(make_photo())
    pane = stand.window.asking.pane
    assert not pane.tabs.isTabVisible(RAW)
    stand.trigger("analyze")
    stand.wait_for_states("Done")
    stand.qtbot.waitUntil(lambda: pane.tabs.isTabVisible(FACTS))
    assert "96 × 64" in stand.window.looking.strip.line
    stand.trigger("tab_raw")
    assert pane.raw.toPlainText() == answer()
    stand.trigger("tab_facts")
    assert pane.facts.isVisible()
    stand.trigger("tab_critique")
    assert pane.tabs.currentIndex() == CRITIQUE


def test_stop_keeps_what_was_written(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(make_photo(), analyze=True)
    pane = stand.window.asking.pane
    stand.qtbot.waitUntil(lambda: "A quiet harbor" in pane.text.toPlainText())
    assert pane.text.isVisible()
    assert stand.window.asking.bottom.stop.isVisible()
    stand.trigger("stop")
    stand.wait_for_states("Stopped")
    assert "A quiet harbor" in pane.text.toPlainText()
    assert pane.banner.isVisible()
    assert pane.banner.label.text().startswith("Stopped after")
    assert "of 8 dimensions" in pane.banner.label.text()
    assert stand.engine.closed == 1


def test_analyze_again_after_a_stop(make_stand, make_photo):
    stand = make_stand(endless(), script(answer()))
    stand.open(make_photo(), analyze=True)
    stand.qtbot.waitUntil(lambda: stand.window.asking.pane.critique is not None)
    stand.trigger("stop")
    stand.wait_for_states("Stopped")
    stand.qtbot.mouseClick(stand.window.asking.pane.banner.button, Qt.MouseButton.LeftButton)
    stand.wait_for_states("Done")
    assert stand.window.asking.pane.banner.isHidden()


def test_stopped_before_a_word_was_written(make_stand, make_photo):
    stand = make_stand([*script("")[:3], *[Token("", 0, 0.0)] * 100_000])
    stand.open(make_photo(), analyze=True)
    stand.qtbot.waitUntil(lambda: stand.window.verbs["stop"].isEnabled())
    stand.qtbot.waitUntil(lambda: bool(stand.engine.requests))
    stand.trigger("stop")
    stand.wait_for_states("Stopped")
    message = stand.window.asking.pane.message
    assert message.isVisible()
    assert message.text.startswith("Stopped")
    assert message.button.text() == "Analyze again"


def test_a_second_analysis_waits_its_turn(make_stand, make_photo):
    stand = make_stand(endless(), script(answer()))
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"))
    stand.trigger("analyze")
    stand.wait_for_states("Writing", "")
    stand.window.photos.step(1)
    stand.trigger("analyze")
    stand.qtbot.waitUntil(lambda: stand.states() == ["Writing", "Waiting"])
    message = stand.window.asking.pane.message
    assert message.text == "Waiting in line. 1 before it"
    assert not stand.window.verbs["analyze"].isEnabled(), "it is in line already"
    stand.qtbot.waitUntil(lambda: stand.window.asking.bottom.waiting.text() == "1 waiting")
    stand.trigger("stop")
    stand.wait_for_states("Stopped", "Done")


def test_a_waiting_photo_can_leave_the_line(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_for_states("Writing", "Waiting")
    stand.window.photos.step(1)
    stand.qtbot.mouseClick(stand.window.asking.pane.message.button, Qt.MouseButton.LeftButton)
    stand.wait_for_states("Writing", "Stopped")
    stand.trigger("stop")
    stand.wait_for_states("Stopped", "Stopped")


def test_stop_all_empties_the_line(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(*(make_photo(f"{n}.jpg") for n in range(4)), analyze=True)
    stand.wait_for_states("Writing", *["Waiting"] * 3)
    stand.trigger("stop_all")
    stand.wait_for_states(*["Stopped"] * 4)
    assert len(stand.engine.requests) == 1


def test_analyzing_a_selection(stand, make_photo):
    stand.open(*(make_photo(f"{n}.jpg") for n in range(3)))
    stand.trigger("select_all")
    assert stand.window.toolbar.analyze.text() == "Analyze 3 Photos"
    stand.trigger("analyze")
    stand.wait_for_states("Done", "Done", "Done")


def test_a_photo_that_cannot_be_read_fails_alone(stand, make_photo, tmp_path):
    torn = tmp_path / "torn.jpg"
    torn.write_bytes(make_photo().read_bytes()[:300])
    stand.open(torn, make_photo("good.jpg"), analyze=True)
    stand.wait_for_states("Failed", "Done")
    message = stand.window.asking.pane.message
    assert message.isVisible()
    assert "torn.jpg" in message.text
    assert message.button.text() == "Try again"


def test_a_photo_that_came_back_can_be_tried_again(stand, make_photo):
    photo = make_photo()
    kept = photo.read_bytes()
    photo.unlink()
    stand.open(photo)
    message = stand.window.asking.pane.message
    stand.qtbot.waitUntil(lambda: message.isVisible())
    assert "harbor.jpg" in message.text
    assert stand.states() == ["Cannot be read"]
    photo.write_bytes(kept)
    stand.qtbot.mouseClick(message.button, Qt.MouseButton.LeftButton)
    stand.wait_for_states("Done")
    stand.qtbot.waitUntil(lambda: stand.window.looking.view.image is not None)


def test_a_model_that_fails_says_why_and_the_next_photo_goes_on(make_stand, make_photo):
    stand = make_stand([UserError("The model is incomplete.", "Download it again.")], script(answer()))
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_for_states("Failed", "Done")
    assert stand.window.asking.pane.message.text == "No critique. The model is incomplete. Download it again."


def test_a_mistake_of_ours_is_told_and_survived(make_stand, make_photo, caplog):
    stand = make_stand([ValueError("broken")], script(answer()))
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_for_states("Failed", "Done")
    assert "Mondrian made a mistake" in stand.window.asking.pane.message.text


def test_an_incomplete_answer_is_marked(make_stand, make_photo):
    stand = make_stand(script(answer()[:400], finish_reason=FinishReason.LENGTH))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    assert stand.window.asking.pane.banner.label.text().startswith("Incomplete")


def test_an_answer_without_structure_is_shown_as_text(make_stand, make_photo):
    stand = make_stand(script("I like the *light* <b>very</b> much. " * 30, pieces=60))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    pane = stand.window.asking.pane
    text = pane.text.toPlainText()
    assert "I like the light <b>very</b> much." in text
    assert pane.header.score.isHidden()


def test_the_advisor_is_remembered(make_stand, make_photo):
    stand = make_stand()
    stand.open(make_photo())
    stand.window.asking.choose_advisor("ansel")
    assert stand.window.toolbar.advisor.currentText() == "Ansel Adams"
    assert stand.window.asking.pane.header.name.text() == "Ansel Adams"
    other = make_stand()
    assert other.window.asking.advisor == "ansel"


def test_each_advisor_has_an_own_critique(stand, make_photo, monkeypatch):
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    pane = stand.window.asking.pane
    stand.window.asking.choose_advisor("weston")
    assert pane.card.isVisible()
    stand.trigger("analyze")
    stand.qtbot.waitUntil(lambda: [job.state for job in stand.service.jobs] == [JobState.DONE] * 2)
    stand.qtbot.waitUntil(lambda: pane.text.isVisible())
    assert pane.header.others.text().startswith("Also by Mentor")
    popped = []
    monkeypatch.setattr(pane.header._menu, "popup", popped.append)
    stand.qtbot.mouseClick(pane.header.others, Qt.MouseButton.LeftButton)
    assert len(popped) == 1
    (mentor,) = pane.header._menu.actions()
    assert mentor.text() == "Mentor  7.0"
    mentor.trigger()
    assert pane.header.name.text() == "Mentor"
    assert pane.text.isVisible()
    assert stand.window.toolbar.advisor.currentText() == "Edward Weston"


def test_going_back_to_a_photo_shows_its_critique_whoever_is_chosen(stand, make_photo):
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"))
    stand.trigger("analyze")
    stand.wait_for_states("Done", "")
    stand.trigger("next")
    stand.window.asking.choose_advisor("gehry")
    stand.trigger("previous")
    assert stand.window.asking.pane.header.name.text() == "Mentor"
    assert stand.window.asking.pane.text.isVisible()


def test_removing_can_be_undone(stand, make_photo):
    stand.open(*(make_photo(f"{n}.jpg") for n in range(4)))
    stand.window.photos.step(1)
    stand.trigger("remove")
    assert [entry.name for entry in stand.window.session.album.entries] == ["0.jpg", "2.jpg", "3.jpg"]
    stand.window.session.undo_stack.undo()
    assert [entry.name for entry in stand.window.session.album.entries] == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
    assert stand.window.photos.current.name == "1.jpg"
    stand.window.session.undo_stack.redo()
    assert len(stand.window.session.album.entries) == 3


def test_removing_everything_leads_back_to_the_beginning(stand, make_photo):
    stand.open(*(make_photo(f"{n}.jpg") for n in range(3)))
    stand.trigger("select_all")
    stand.trigger("remove")
    assert stand.window.welcome.isVisible()
    assert stand.window.windowTitle() == "Mondrian"
    stand.window.session.undo_stack.undo()
    assert stand.window.area.isVisible()


def test_removing_the_running_photo_stops_it(make_stand, make_photo):
    stand = make_stand(endless(), script(answer()))
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_for_states("Writing", "Waiting")
    stand.trigger("remove")
    stand.wait_for_states("Done")
    assert [job.state for job in stand.service.jobs] == [JobState.CANCELLED, JobState.DONE]
    stand.window.session.undo_stack.undo()
    stand.wait_for_states("Stopped", "Done")


def test_photos_dropped_while_one_is_written(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(make_photo("one.jpg"), analyze=True)
    stand.wait_for_states("Writing")
    stand.open(*(make_photo(f"{n}.jpg") for n in range(3)))
    assert stand.states() == ["Writing", "", "", ""]
    assert stand.window.photos.current.name == "0.jpg"
    stand.qtbot.waitUntil(lambda: stand.window.looking.view.image is not None)
    assert stand.window.asking.bottom.stop.isVisible()
    stand.trigger("stop")
    stand.wait_for_states("Stopped", "", "", "")


def test_closing_in_the_middle_leaves_nothing(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Writing")
    stand.window.close()
    assert not stand.window.isVisible()
    stand.desk.close()
    assert stand.engine.closed == 1
    assert stand.service.pump.is_idle


def test_quitting_in_the_middle_leaves_nothing(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(*(make_photo(f"{n}.jpg") for n in range(20)), analyze=True)
    stand.qtbot.waitUntil(lambda: stand.states()[0] == "Writing")
    # What the system sends to every window when the app is quit.
    QApplication.sendEvent(stand.window, QCloseEvent())
    stand.desk.close()
    assert stand.engine.closed == 1


def test_copying_the_critique(stand, make_photo):
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    stand.trigger("copy_critique")
    copied = QGuiApplication.clipboard().text()
    assert "harbor" in copied
    assert "Exposure" in copied
    assert "Wait for the light" in copied


def test_the_sidecar_of_the_critique_that_is_shown_is_written(stand, make_photo):
    photo = make_photo()
    stand.open(photo)
    assert not stand.window.verbs["sidecar"].isEnabled()
    stand.trigger("analyze")
    stand.wait_for_states("Done")
    stand.trigger("sidecar")
    stand.qtbot.waitUntil(lambda: stand.window.notice.text == "Sidecar written.", timeout=10_000)
    assert "A quiet harbor at dusk" in photo.with_suffix(".xmp").read_text(encoding="utf-8")
    photo.with_suffix(".xmp").write_text("no XMP at all")
    stand.trigger("sidecar")
    stand.qtbot.waitUntil(lambda: "not XMP" in stand.window.notice.text, timeout=10_000)


def test_what_is_no_photo_is_refused_in_a_sentence(stand, make_photo, tmp_path):
    (tmp_path / "notes.txt").write_text("no photo")
    stand.open(tmp_path / "notes.txt", make_photo())
    assert stand.window.notice.isVisible()
    assert stand.window.notice.text.startswith("“notes.txt” is not a photo that Mondrian can read.")
    assert len(stand.window.session.album.entries) == 1
    stand.qtbot.mouseClick(stand.window.notice.dismiss, Qt.MouseButton.LeftButton)
    assert stand.window.notice.isHidden()


HOSTILE = [
    "a\nnew line.jpg",
    "<b>bold<img src=x>.jpg",
    "📷 é שלום.jpg",
    "\u202egpj.jpg",
    "x" * 251 + ".jpg",
    "&amp;.jpg",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_names_are_shown_as_they_are_and_never_read_as_markup(stand, make_photo, name):
    stand.open(make_photo(name), analyze=True)
    stand.wait_for_states("Done")
    window = stand.window
    shown = window.session.album.entries[0].name
    assert "\n" not in shown
    assert "\u202e" not in shown
    assert clean_line(name, 255) == shown
    assert window.asking.bottom.label.textFormat() is Qt.TextFormat.PlainText
    tip = window.photos.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<b>" not in tip
    assert window.windowTitle().replace("[*][*]", "[*]") == f"{shown} – Mondrian"


def test_a_hostile_answer_stays_text(make_stand, make_photo, tmp_path):
    secret = tmp_path / "secret.png"
    hostile = f'<script>alert(1)</script><img src="file://{secret}"><a href="file:///etc/passwd">x</a> ' + "y" * 3000
    stand = make_stand(script(answer(comment=hostile), pieces=200))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    text = stand.window.asking.pane.text
    assert "<script>alert(1)</script>" in text.toPlainText().replace("\u200b", "")
    assert "<img" not in text.toHtml().replace("&lt;img", "")
    assert "href" not in text.toHtml().replace("a href=&quot;", "")


def test_five_hundred_photos_are_there_at_once(stand, make_photo, tmp_path, monkeypatch):
    source = make_photo("source.jpg").read_bytes()
    photos = [tmp_path / f"DSC_{n:04}.jpg" for n in range(500)]
    for photo in photos:
        photo.write_bytes(source)
    asked = []
    preview = stand.service.preview
    monkeypatch.setattr(
        stand.window._thumbnails, "_preview", lambda path, size: asked.append(path) or preview(path, size)
    )
    stand.open(*photos)
    assert len(stand.window.session.album.entries) == 500
    stand.qtbot.waitUntil(lambda: stand.window.looking.view.image is not None)
    stand.qtbot.waitUntil(lambda: not stand.window._thumbnails._reading)
    assert 0 < len(asked) < 20, "only what is seen is read"


def test_the_window_remembers_its_place(make_stand):
    stand = make_stand()
    # The offscreen platform's screen is narrower than any window: only the height can be told apart.
    stand.window.resize(960, 713)
    stand.window.close()
    other = make_stand()
    assert other.window.height() == 713


def test_a_beat_costs_one_refresh_however_many_tokens_came(make_stand, make_photo, monkeypatch):
    stand = make_stand(script(answer(), pieces=1000))
    refreshed, beats = [], []
    stand.window.session.feed.beat.connect(lambda news: beats.append(news))
    pane = stand.window.asking.pane
    update = pane.update_live
    monkeypatch.setattr(pane, "update_live", lambda: refreshed.append(1) or update())
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    assert len(refreshed) <= len(beats) < 1000


def test_space_opens_the_full_look_and_closes_it(stand, make_photo):
    stand.open(make_photo("one.jpg", size=(400, 300)), make_photo("two.jpg"))
    window = stand.window
    stand.qtbot.waitUntil(lambda: window.looking.view.image is not None)
    window.photos.setFocus()
    stand.qtbot.keyClick(window.photos, Qt.Key.Key_Space)
    look = window.looking.full_look
    assert look.isVisible()
    assert look.geometry() == window.rect()
    stand.qtbot.keyClick(look, Qt.Key.Key_Right)
    assert window.photos.current.name == "two.jpg"
    assert look.isVisible()
    stand.qtbot.keyClick(look, Qt.Key.Key_Escape)
    assert look.isHidden()


def test_escape_in_the_full_look_does_not_stop(make_stand, make_photo):
    stand = make_stand(endless())
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Writing")
    stand.window.looking.toggle_full_look()
    stand.qtbot.keyClick(stand.window.looking.full_look, Qt.Key.Key_Escape)
    assert stand.window.looking.full_look.isHidden()
    assert stand.states() == ["Writing"]
    stand.qtbot.keyClick(stand.window, Qt.Key.Key_Escape)
    stand.wait_for_states("Stopped")


def test_narrow_windows_fold_the_sidebar_then_stack(stand, make_photo):
    stand.open(make_photo())
    area = stand.window.area
    stand.window.resize(1280, 800)
    assert area.sidebar.isVisible()
    assert not area.is_stacked
    stand.window.resize(960, 640)
    assert area.sidebar.isHidden()
    assert not area.is_stacked
    stand.window.resize(960, 1300)
    assert area.is_stacked
    stand.window.resize(1280, 800)
    assert area.sidebar.isVisible()
    assert not area.is_stacked
    assert 380 <= stand.window.asking.pane.width() <= 520
    stand.trigger("sidebar")
    assert area.sidebar.isHidden()


def test_opens_files_by_name(stand, make_photo):
    photo = make_photo()
    stand.trigger("open")
    dialogs = [each for each in QApplication.topLevelWidgets() if each.inherits("QFileDialog")]
    assert len(dialogs) == 1
    dialogs[0].filesSelected.emit([str(photo)])
    dialogs[0].close()
    assert [entry.path for entry in stand.window.session.album.entries] == [photo]


@pytest.mark.parametrize("action", ["keys", "about"])
def test_dialogs_open_without_a_loop_of_their_own(stand, action):
    stand.trigger(action)
    opened = [each for each in QApplication.topLevelWidgets() if each.inherits("QDialog") and each.isVisible()]
    assert len(opened) == 1
    opened[0].close()


def test_a_line_that_stands_still_says_why_and_can_go_on(stand, monkeypatch):
    resumed = []
    monkeypatch.setattr(stand.service, "resume", lambda: resumed.append(1))
    stand.window.session.paused.emit(UserError("The disk is full.", "Make room, then go on."))
    notice = stand.window.notice
    assert notice.text == "The disk is full. Make room, then go on."
    stand.qtbot.mouseClick(notice.act, Qt.MouseButton.LeftButton)
    assert resumed == [1]
    stand.window.session.paused.emit(None)
    assert notice.isHidden()


def test_five_hundred_photos_get_in_line_and_are_not_shown_each(make_stand, make_photo, tmp_path, monkeypatch):
    stand = make_stand(endless())
    source = make_photo("source.jpg").read_bytes()
    photos = [tmp_path / f"DSC_{n:04}.jpg" for n in range(500)]
    for photo in photos:
        photo.write_bytes(source)
    stand.open(*photos)
    stand.trigger("select_all")
    shown = []
    show = stand.window.asking.pane.show_state
    monkeypatch.setattr(stand.window.asking.pane, "show_state", lambda *state: shown.append(1) or show(*state))
    stand.trigger("analyze")
    assert len(shown) < 10, "not once for each"
    stand.qtbot.waitUntil(lambda: stand.states().count("Waiting") == 499)
    stand.trigger("stop_all")
    stand.wait_for_states(*["Stopped"] * 500)


def test_stopping_all_ends_also_what_is_still_getting_in_line(make_stand, make_photo, monkeypatch):
    monkeypatch.setattr("mondrian_desktop.gui.session.PUT_AT_ONCE", 2)
    stand = make_stand(endless())
    stand.open(*(make_photo(f"{n}.jpg") for n in range(9)))
    stand.trigger("select_all")
    stand.trigger("analyze")
    assert len(stand.service.jobs) == 2
    stand.qtbot.waitUntil(lambda: len(stand.service.jobs) > 3)
    stand.window.session.stop_all()
    stand.wait_until_idle()
    assert 3 < len(stand.service.jobs) < 9
    stand.trigger("analyze")
    stand.qtbot.waitUntil(lambda: stand.service.progress().waiting == 8)
    assert len({job.path for job in stand.service.jobs if not job.is_over}) == 9
    stand.window.session.stop_all()
    stand.wait_until_idle()


def test_an_unexpected_error_is_told_and_logged(stand, caplog, monkeypatch):
    monkeypatch.setattr(stand.desk, "_previous_hook", lambda *error: None)
    error = ZeroDivisionError("what nobody expected")
    stand.desk._report(type(error), error, None)
    assert "Mondrian made a mistake" in stand.window.notice.text
    assert "what nobody expected" in caplog.text


def test_a_removed_photo_that_is_opened_again_comes_back_with_its_critique(stand, make_photo):
    photo = make_photo()
    stand.open(photo, make_photo("other.jpg"))
    stand.trigger("analyze")
    stand.wait_for_states("Done", "")
    stand.trigger("remove")
    stand.open(photo)
    assert stand.states() == ["", "Done"]
    assert "A quiet harbor" in stand.window.asking.pane.text.toPlainText()
    stand.window.session.undo_stack.undo()
    assert stand.states() == ["", "Done"], "it is there already"
    stand.window.session.undo_stack.redo()
    assert stand.states() == [""]
    stand.window.session.undo_stack.undo()
    assert sorted(stand.states()) == ["", "Done"]
