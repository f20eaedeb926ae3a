"""Menu bar, Dock, staying awake, quitting and coming back, as far as they can be tried without a Mac."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QMessageBox

from mondrian_desktop import paths
from mondrian_desktop.gui import app, mac, menu_bar
from mondrian_desktop.jobs import handover
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.settings import KEEP_AWAKE, NOTIFY
from tests.gui.conftest import Endless


@pytest.fixture
def shoot(tmp_path, make_photo):
    (tmp_path / "Iceland").mkdir()
    for n in range(3):
        make_photo(f"Iceland/{n}.jpg", size=(96 + n, 64))
    return tmp_path / "Iceland"


def start(stand, folder):
    control = stand.window.batches.control
    control.start([folder], ["mentor"], recursive=True, again=False)
    stand.qtbot.waitUntil(lambda: stand.service.progress().running == 1, timeout=10_000)
    stand.qtbot.waitUntil(lambda: not control._gathering, timeout=10_000)
    stand.qtbot.waitUntil(lambda: not control._timer.isActive(), timeout=10_000)


def stop(stand):
    stand.window.batches.control.stop()
    stand.qtbot.waitUntil(lambda: not stand.window.batches.control._timer.isActive(), timeout=10_000)


@pytest.fixture
def tray(make_stand):
    return make_stand(Endless(-1), has_tray=True)


def ink(progress):
    image = menu_bar.icon(progress).pixmap(QSize(36, 36)).toImage().convertToFormat(QImage.Format.Format_Alpha8)
    return sum(image.pixelColor(x, y).alpha() for x in range(image.width()) for y in range(image.height()))


def test_the_icon_fills(qapp):
    assert menu_bar.icon(0.5).isMask()
    amounts = [ink(progress) for progress in (None, 0.2, 0.5, 1.0)]
    assert amounts == sorted(set(amounts))


def test_the_menu_tells_holds_and_ends_the_batch(tray, shoot):
    menu = tray.desk.presence.menu_bar
    assert menu.status.text() == "Nothing to do"
    assert not menu.pause.isEnabled()
    start(tray, shoot)
    assert menu.status.text().startswith("0 of 3")
    menu.pause.trigger()
    tray.qtbot.waitUntil(lambda: menu.pause.text() == "Resume")
    assert tray.service.paused
    menu.pause.trigger()
    assert not tray.service.paused
    menu.stop.trigger()
    tray.qtbot.waitUntil(lambda: menu.status.text() == "Nothing to do", timeout=10_000)
    assert {job.state for job in tray.service.jobs} == {JobState.CANCELLED}


def test_recent_analyses_are_in_the_menu_and_open(make_stand, shoot):
    stand = make_stand(has_tray=True)
    menu = stand.desk.presence.menu_bar
    start_all = stand.window.batches.control.start([shoot], ["mentor"], recursive=True, again=False)
    assert start_all is not None
    stand.qtbot.waitUntil(lambda: stand.service.progress().done == 3, timeout=10_000)
    stand.qtbot.waitUntil(lambda: not stand.window.batches.control.is_running, timeout=10_000)
    menu.refresh()
    assert [action.text() for action in menu.recent if action.isVisible()] == [f"{n}.jpg · Mentor" for n in (2, 1, 0)]
    stand.window.close()
    menu.recent[1].trigger()
    assert stand.window.isVisible()
    assert stand.window.photos.current.path.name == "1.jpg"
    stand.qtbot.waitUntil(lambda: not stand.window.batches.control._timer.isActive(), timeout=10_000)


def test_a_recent_analysis_of_an_earlier_session_is_opened_and_removed_again(make_stand, make_photo, tmp_path):
    def store():
        return Store.open(tmp_path / "data" / "history.db")

    earlier = make_stand(store=store())
    earlier.open(make_photo(), analyze=True)
    earlier.wait_for_states("Done")
    earlier.wait_until_idle()
    earlier.close()
    stand = make_stand(has_tray=True, store=store())
    menu = stand.desk.presence.menu_bar
    menu.refresh()
    menu.recent[0].trigger()
    stand.wait_for_states("Done")
    stand.trigger("remove")
    assert stand.states() == []
    stand.window.session.undo_stack.undo()
    assert stand.states() == ["Done"]
    stand.wait_until_idle()


def test_closing_the_window_leaves_the_batch_running_and_the_menu_brings_it_back(tray, shoot):
    start(tray, shoot)
    tray.window.close()
    tray.window.batches.close_window()
    assert not QApplication.quitOnLastWindowClosed()
    assert tray.service.progress().running == 1
    tray.desk.presence.menu_bar.open.trigger()
    assert tray.window.isVisible()
    stop(tray)


def test_a_click_on_the_dock_brings_the_window_back(tray):
    tray.window.close()
    tray.desk.presence._come_back(Qt.ApplicationState.ApplicationActive)
    assert tray.window.isVisible()


def test_without_a_tray_the_last_window_ends_the_app_and_everything_is_in_the_menus(stand):
    assert QApplication.quitOnLastWindowClosed()
    for action in ("analyze_files", "analyze_folder", "watch", "batch", "pause", "quit"):
        assert stand.window.verbs[action].text()


def test_quitting_asks_only_while_a_batch_runs(tray, shoot):
    quits = []
    assert tray.window.batches.ask_before_quitting(lambda: quits.append(1)) is None
    assert quits == [1]
    start(tray, shoot)
    box = tray.window.batches.ask_before_quitting(lambda: quits.append(2))
    assert isinstance(box, QMessageBox)
    assert "the rest is offered when Mondrian is opened again" in box.informativeText()
    box.button(QMessageBox.StandardButton.NoButton)
    keep, leave = sorted(box.buttons(), key=lambda button: button.text())
    assert (keep.text(), leave.text()) == ("Keep going", "Quit Mondrian")
    leave.click()
    assert quits == [1, 2]
    stop(tray)


def test_a_watched_folder_is_switched_on_and_off(tray, tmp_path):
    menu, batches = tray.desk.presence.menu_bar, tray.window.batches
    (tmp_path / "Card & co").mkdir()
    batches.watch(tmp_path / "Card & co")
    assert menu.watch.isChecked()
    assert menu.watch.text() == "Watching “Card && co”"
    assert tray.window.verbs["watch"].isChecked()
    menu.watch.trigger()
    assert tray.service.watched == ()
    assert not menu.watch.isChecked()
    assert tray.window.verbs["watch"].text() == "Watch Folder…"
    batches.watch(tmp_path / "gone")
    assert "There is no folder “gone” any more" in tray.window.notice.text
    tray.qtbot.waitUntil(lambda: not batches.control._timer.isActive(), timeout=10_000)
    tray.wait_until_idle()


class Runtime:
    """An Objective-C runtime that writes down what it is told."""

    def __init__(self):
        self.told = []

    def __call__(self, target, selector, *arguments):
        self.told.append((selector, *arguments))
        return len(self.told)


def test_the_machine_is_kept_awake_once_and_let_go_once():
    runtime = Runtime()
    activity = mac.Activity(runtime)
    activity.begin("A batch")
    activity.begin("A batch")
    assert activity.is_on
    activity.end()
    activity.end()
    selectors = [told[0] for told in runtime.told]
    assert selectors.count("beginActivityWithOptions:reason:") == 1
    assert selectors.count("endActivity:") == selectors.count("retain") == selectors.count("release") == 1
    assert not activity.is_on


def test_awake_while_a_batch_runs_and_is_not_paused(tray, shoot):
    activity = tray.desk.presence._activity = mac.Activity(Runtime())
    start(tray, shoot)
    assert activity.is_on
    tray.service.pause()
    tray.qtbot.waitUntil(lambda: not activity.is_on)
    tray.service.resume()
    tray.qtbot.waitUntil(lambda: activity.is_on)
    stop(tray)
    assert not activity.is_on


def test_whether_it_is_kept_awake_is_a_setting_in_force_at_once(tray, shoot):
    activity = tray.desk.presence._activity = mac.Activity(Runtime())
    start(tray, shoot)
    tray.service.settings.set(KEEP_AWAKE, False)
    assert not activity.is_on
    tray.service.settings.set(KEEP_AWAKE, True)
    assert activity.is_on
    stop(tray)


@pytest.mark.parametrize("wanted", [True, False])
def test_whether_the_end_of_a_batch_is_told_is_a_setting(make_stand, monkeypatch, wanted):
    stand = make_stand(has_tray=True)
    stand.service.settings.set(NOTIFY, wanted)
    told = []
    monkeypatch.setattr(stand.desk.presence.menu_bar, "notify", lambda *words: told.append(words))
    monkeypatch.setattr(QApplication, "alert", lambda *window: told.append(window))
    stand.window.batches.control.ended.emit(replace(stand.service.progress(), done=3))
    assert len(told) == wanted


def test_the_dock_icon_shows_how_far_it_is(qapp):
    before = qapp.windowIcon()
    low, high = (mac.dock_icon(share).pixmap(256).toImage() for share in (0.1, 0.9))
    assert low != high
    mac.show_progress(qapp, 0.5, 20, is_mac=True)
    assert qapp.windowIcon().cacheKey() != before.cacheKey()
    mac.show_progress(qapp, None, is_mac=True)
    qapp.setWindowIcon(before)


def test_the_second_app_hands_its_photos_to_the_first_and_ends(tray, make_photo):
    first = app._claim([], analyze=False)
    assert isinstance(first, handover.Instance)
    try:
        first.listen(tray.desk.receive)
        photo = make_photo()
        assert app._claim([photo], analyze=False) is None
        tray.qtbot.waitUntil(lambda: len(tray.window.session.album.entries) == 1, timeout=10_000)
        assert tray.window.session.album.entries[0].path == photo
    finally:
        first.close()
    assert paths.data_dir().is_dir()
