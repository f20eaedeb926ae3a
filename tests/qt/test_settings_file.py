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


def test_without_a_folder_nothing_is_watched_and_nothing_breaks(qtbot, tmp_path):
    (tmp_path / "file").touch()
    file = SettingsFile(Settings(tmp_path / "file" / "settings.json", {}))
    file.watch()
    file.close()
    file.close()
