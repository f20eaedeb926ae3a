from concurrent.futures import Future

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QApplication

from mondrian_desktop.engine.scripted import script
from mondrian_desktop.report.clean import clean_line
from tests.gui.conftest import Endless, answer


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


def test_closing_in_the_middle_leaves_nothing(make_stand, make_photo):
    stand = make_stand(Endless())
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Writing")
    stand.window.close()
    assert not stand.window.isVisible()
    stand.desk.close()
    assert stand.engine.closed == 1
    assert stand.service.pump.is_idle


def test_quitting_in_the_middle_leaves_nothing(make_stand, make_photo):
    stand = make_stand(Endless())
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
    stand = make_stand(Endless())
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
