"""The main window and analyses: from the key to the report, the line of those that wait, stops, and what fails."""

from PySide6.QtCore import Qt

from mondrian_desktop.engine.protocol import FinishReason, Token
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.report_pane import CRITIQUE, FACTS, RAW
from mondrian_desktop.jobs.model import JobState
from tests.gui.conftest import Endless, answer


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
    stand = make_stand(Endless())
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
    stand = make_stand(Endless(), script(answer()))
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
    stand = make_stand(Endless(), script(answer()))
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
    stand = make_stand(Endless())
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_for_states("Writing", "Waiting")
    stand.window.photos.step(1)
    stand.qtbot.mouseClick(stand.window.asking.pane.message.button, Qt.MouseButton.LeftButton)
    stand.wait_for_states("Writing", "Stopped")
    stand.trigger("stop")
    stand.wait_for_states("Stopped", "Stopped")


def test_stop_all_empties_the_line(make_stand, make_photo):
    stand = make_stand(Endless())
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


def test_removing_the_running_photo_stops_it(make_stand, make_photo):
    stand = make_stand(Endless(), script(answer()))
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_for_states("Writing", "Waiting")
    stand.trigger("remove")
    stand.wait_for_states("Done")
    assert [job.state for job in stand.service.jobs] == [JobState.CANCELLED, JobState.DONE]
    stand.window.session.undo_stack.undo()
    stand.wait_for_states("Stopped", "Done")


def test_photos_dropped_while_one_is_written(make_stand, make_photo):
    stand = make_stand(Endless())
    stand.open(make_photo("one.jpg"), analyze=True)
    stand.wait_for_states("Writing")
    stand.open(*(make_photo(f"{n}.jpg") for n in range(3)))
    assert stand.states() == ["Writing", "", "", ""]
    assert stand.window.photos.current.name == "0.jpg"
    stand.qtbot.waitUntil(lambda: stand.window.looking.view.image is not None)
    assert stand.window.asking.bottom.stop.isVisible()
    stand.trigger("stop")
    stand.wait_for_states("Stopped", "", "", "")


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
    stand = make_stand(Endless())
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
    stand = make_stand(Endless())
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
