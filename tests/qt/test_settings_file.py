import pytest

from mondrian_desktop.qt.settings_file import SettingsFile
from mondrian_desktop.settings import MAX_TOKENS, STREAM, Settings


@pytest.fixture
def watched(qtbot, tmp_path):
    """Settings of a running window, in a folder that is not there yet, and those of another process."""
    mine, other = (Settings(tmp_path / "new" / "settings.json", {}) for _ in range(2))
    file = SettingsFile(mine)
    yield mine, other, file
    file.close()


def test_what_another_process_sets_is_taken_over(watched, qtbot):
    mine, other, file = watched
    file.watch()
    told = []
    mine.on_change(lambda setting: told.append(setting.name))
    for value in (200, 300):
        other.set(MAX_TOKENS, value)
        qtbot.waitUntil(lambda value=value: mine.get(MAX_TOKENS) == value)
    assert told == ["max_tokens"] * 2


def test_what_was_set_before_the_watch_began_is_taken_over_too(watched):
    mine, other, file = watched
    other.set(STREAM, False)
    assert mine.get(STREAM) is True
    file.watch()
    assert mine.get(STREAM) is False


def test_a_file_that_an_editor_writes_in_its_place_is_taken_over_too(watched, qtbot):
    mine, other, file = watched
    other.set(MAX_TOKENS, 200)
    file.watch()
    for value in (300, 400):
        mine.file.write_text(f'{{"max_tokens": {value}}}', encoding="utf-8")
        qtbot.waitUntil(lambda value=value: mine.get(MAX_TOKENS) == value)
    # Replaced and then written in its place: the new file is the one that is watched.
    other.set(MAX_TOKENS, 500)
    qtbot.waitUntil(lambda: mine.get(MAX_TOKENS) == 500)
    mine.file.write_text('{"max_tokens": 600}', encoding="utf-8")
    qtbot.waitUntil(lambda: mine.get(MAX_TOKENS) == 600)


def test_a_file_that_is_spoiled_in_its_place_costs_nothing(watched, qtbot):
    mine, other, file = watched
    other.set(MAX_TOKENS, 200)
    file.watch()
    mine.file.write_text("{", encoding="utf-8")
    qtbot.waitUntil(lambda: not mine.file.exists())
    assert mine.get(MAX_TOKENS) == 200
    assert "damaged" in mine.problems[0]
    mine.set(STREAM, False)
    qtbot.waitUntil(lambda: not file._timer.isActive())
    assert (mine.get(MAX_TOKENS), mine.get(STREAM)) == (200, False)


def test_without_a_folder_nothing_is_watched_and_nothing_breaks(qtbot, tmp_path):
    (tmp_path / "file").touch()
    file = SettingsFile(Settings(tmp_path / "file" / "settings.json", {}))
    file.watch()
    file.close()
    file.close()
