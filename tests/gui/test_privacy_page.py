"""What is kept, shown with its size, and deleted behind a sheet."""

import pytest
from PySide6.QtWidgets import QMessageBox

from mondrian_desktop import paths
from mondrian_desktop.gui import mac
from mondrian_desktop.jobs.history import Query
from tests.gui.conftest import Endless


@pytest.fixture
def page(stand):
    return stand.window.show_preferences("Privacy").privacy_page


def press(page, role):
    box = page.ask()
    button = next(each for each in box.buttons() if box.buttonRole(each) is role)
    button.click()


def wait_until_measured(stand, page):
    stand.qtbot.waitUntil(lambda: all(label.text() != "…" for label in page.sizes.values()), timeout=10_000)


def test_sizes_are_found_out_each_time_the_page_is_shown(stand, page):
    wait_until_measured(stand, page)
    assert page.sizes["Photos sent to the service"].text() == "nothing"
    file = paths.data_dir() / "uploads" / "a.jpg"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x" * 2_500_000)
    stand.trigger("preferences")
    stand.qtbot.waitUntil(lambda: page.sizes["Photos sent to the service"].text() == "2.5 MB", timeout=10_000)


def test_delete_all_leaves_no_critique_and_no_way_back(stand, page, make_photo):
    photo = make_photo()
    stand.open(photo, analyze=True)
    stand.wait_for_states("Done")
    stand.wait_until_idle()
    library = stand.window.open_library()
    press(page, QMessageBox.ButtonRole.DestructiveRole)
    assert stand.service.history.count(Query()) == 0
    assert stand.states() == []
    assert not stand.window.session.undo_stack.canUndo()
    assert library.model.rowCount() == 0
    assert photo.exists()
    assert "is deleted" in page.problem.text()
    page.measure()
    assert not page.problem.isVisibleTo(page)


def test_delete_all_leaves_nothing_of_a_batch_that_could_be_tried_again(stand, page, tmp_path, qtbot):
    (tmp_path / "shoot").mkdir()
    (tmp_path / "shoot" / "torn.jpg").write_bytes(b"no photo")
    stand.window.batches.control.start([tmp_path / "shoot"], ["mentor"], recursive=True, again=False)
    window = stand.window.batches.window
    qtbot.waitUntil(lambda: window.retry.isVisible())
    stand.wait_until_idle()
    press(page, QMessageBox.ButtonRole.DestructiveRole)
    assert not window.isVisible()
    stand.trigger("batch")
    later = stand.window.batches.window
    assert (later.status.text(), later.batches.count(), later.model.rowCount()) == ("No batch yet", 0, 0)
    assert not later.retry.isVisible()


def test_cancel_deletes_nothing(stand, page, make_photo):
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    stand.wait_until_idle()
    press(page, QMessageBox.ButtonRole.RejectRole)
    assert stand.service.history.count(Query()) == 1
    assert stand.states() == ["Done"]


def test_what_is_under_way_is_not_pulled_from_under_the_model(make_stand, make_photo):
    stand = make_stand(Endless())
    page = stand.window.show_preferences("Privacy").privacy_page
    stand.open(make_photo(), analyze=True)
    stand.qtbot.waitUntil(lambda: stand.window.session.feed.running is not None)
    press(page, QMessageBox.ButtonRole.DestructiveRole)
    assert "being analyzed" in page.problem.text()
    assert page.problem.isVisibleTo(page)
    assert len(stand.states()) == 1


def test_folders_are_shown(stand, page, monkeypatch):
    shown = []
    monkeypatch.setattr(mac, "reveal", shown.append)
    (paths.config_dir()).mkdir(parents=True, exist_ok=True)
    (paths.config_dir() / "settings.json").write_text("{}")
    page.measure()
    button = next(each for each in page.findChildren(type(page.delete)) if each.accessibleName() == "Show Settings")
    button.click()
    assert shown == [paths.config_dir() / "settings.json"]
