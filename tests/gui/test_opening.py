from pathlib import Path

import pytest

from mondrian_desktop.gui import incoming, opening
from mondrian_desktop.gui.batch_sheet import BatchSheet
from mondrian_desktop.jobs.store import Store

PIECE = 200
MANY = 3 * PIECE + 1


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    """Hundreds are put into the album as tens of thousands are."""
    monkeypatch.setattr(opening, "ALBUM_AT_ONCE", PIECE)


@pytest.fixture
def many(tmp_path):
    """Thousands would take no other way: files that are there, and no photos inside."""
    folder = tmp_path / "shoot"
    folder.mkdir()
    files = [folder / f"{n:04}.jpg" for n in range(MANY)]
    for file in files:
        file.touch()
    return files


def opened(stand) -> list[Path]:
    return [entry.path for entry in stand.window.session.album.entries]


def test_many_are_opened_some_at_a_time_in_their_order(stand, many, monkeypatch):
    window = stand.window
    album, pieces, first, told = window.session.album, [], [], []
    add, tell = album.add, window.notice.tell
    monkeypatch.setattr(album, "add", lambda paths: pieces.append(len(paths)) or add(paths))
    monkeypatch.setattr(window.notice, "tell", lambda text, *button: told.append(text) or tell(text, *button))
    window.opening.begun.connect(lambda entry: first.append((window.photos.current.path, album.rowCount())))
    window.open_files(many)
    assert opened(stand) == []
    assert window.notice.text == f"Looking at {MANY} files"
    stand.qtbot.waitUntil(lambda: not window.opening.is_running)
    assert opened(stand) == many
    assert pieces == [PIECE, PIECE, PIECE, 1]
    assert first == [(many[0], PIECE)], "the first is looked at while the others come"
    assert told[-4:] == [f"Opening photos: {count} of {MANY}" for count in (PIECE, 2 * PIECE, 3 * PIECE, MANY)]
    assert window.notice.isHidden()


def test_what_is_dropped_meanwhile_comes_after(stand, many, make_photo):
    stand.window.open_files(many)
    photo = make_photo("later.jpg")
    stand.window.open_files([photo, photo.with_name("notes.txt")])
    stand.qtbot.waitUntil(lambda: not stand.window.opening.is_running)
    assert opened(stand) == [*many, photo]
    assert "notes.txt" in stand.window.notice.text


def test_it_can_be_stopped_and_what_is_open_stays(stand, many):
    leave = stand.window.opening.begun.connect(lambda entry: stand.window.notice.act.click())
    stand.window.open_files(many)
    stand.qtbot.waitUntil(lambda: stand.window.notice.text == f"Stopped: {PIECE} of {MANY} are open.")
    stand.wait_until_idle()
    assert stand.window.notice.text.startswith("Stopped")
    assert opened(stand) == many[:PIECE]
    stand.window.opening.disconnect(leave)
    stand.window.open_files(many)
    stand.qtbot.waitUntil(lambda: opened(stand) == many)


def test_another_message_is_left_alone(stand, many):
    stand.window.open_files(many)
    stand.window.tell("The disk is full.")
    stand.qtbot.waitUntil(lambda: not stand.window.opening.is_running)
    assert stand.window.notice.text == "The disk is full."


def test_many_with_a_folder_among_them_are_a_batch(stand, many, tmp_path):
    (tmp_path / "holiday").mkdir()
    stand.window.open_files([*many, tmp_path / "holiday"])
    stand.qtbot.waitUntil(lambda: bool(stand.window.findChildren(BatchSheet)))
    assert opened(stand) == []
    sheet = stand.window.findChildren(BatchSheet)[0]
    assert sheet.recursive.isVisibleTo(sheet)
    sheet.reject()
    stand.wait_until_idle()


@pytest.mark.parametrize("steps", [0, 6, 8])
def test_what_is_to_be_analyzed_is_in_line_even_if_the_app_ends_in_between(make_stand, many, tmp_path, steps):
    stand = make_stand(store=Store.open(tmp_path / "history.sqlite"))
    stand.service.pause()
    stand.window.open_files(many, analyze=True)
    for _ in range(steps):
        stand.qtbot.wait(0)
    stand.close()
    with_left = Store.open(tmp_path / "history.sqlite")
    assert [job.path for job in with_left.unfinished()] == many
    with_left.close()


def test_at_the_end_the_disk_is_not_asked_about_what_is_still_to_be_opened(make_stand, many, tmp_path, monkeypatch):
    stand = make_stand(store=Store.open(tmp_path / "history.sqlite"))
    stand.service.pause()
    stand.window.open_files([*many, tmp_path / "notes.txt"], analyze=True)
    asked = []
    monkeypatch.setattr(incoming, "_is_folder", lambda path: asked.append(path) or False)
    stand.close()
    assert asked == []
    with_left = Store.open(tmp_path / "history.sqlite")
    assert [job.path for job in with_left.unfinished()] == many
    with_left.close()


def test_stop_all_leaves_nothing_to_be_analyzed(stand, many):
    stand.service.pause()
    stand.window.open_files(many, analyze=True)
    stand.window.session.stop_all()
    stand.qtbot.waitUntil(lambda: opened(stand) == many)
    stand.wait_until_idle()
    assert stand.service.jobs == ()
