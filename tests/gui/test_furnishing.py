"""The window before it is furnished, and furnished while it can be seen already."""

import pytest

from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.place import Place
from mondrian_desktop.gui.theme import DARK, Theme
from mondrian_desktop.settings import APPEARANCE


@pytest.fixture
def empty(qtbot, qapp):
    """An empty window that can be seen."""
    window = MainWindow(Theme(qapp, waits=True))
    with qtbot.waitExposed(window):
        window.show()
    yield window
    if not window.is_furnished:
        window.end()
        window.theme.deleteLater()
        window.deleteLater()


def test_an_empty_window_can_be_closed_and_says_nothing_about_its_place(empty, own_folders):
    empty.close()
    empty.end()
    assert not empty.isVisible()
    assert not (own_folders / "config" / "window.json").exists()


def test_everything_is_seen_as_soon_as_it_is_furnished(empty, make_stand):
    stand = make_stand(window=empty)
    assert stand.window is empty
    for part in (empty.toolbar, empty.welcome, empty.asking.bottom):
        assert part.isVisible()
    assert not empty.area.isVisible()


def test_photos_can_be_opened_at_once(empty, make_stand, make_photo):
    stand = make_stand(window=empty)
    stand.open(make_photo("harbor.jpg"), make_photo("pier.jpg"), analyze=True)
    assert empty.photos.isVisible()
    stand.wait_for_states("Done", "Done")
    stand.wait_until_idle()


def test_the_next_start_begins_in_the_appearance_that_was_held(make_stand):
    stand = make_stand()
    stand.service.settings.set(APPEARANCE, "dark")
    stand.close()
    assert Place.load().dark is True


def test_what_was_held_before_is_not_held_where_the_setting_is_gone(qapp, make_stand):
    stand = make_stand(window=MainWindow(Theme(qapp, dark=True, waits=True)))
    assert stand.desk.theme.held is None
    assert stand.desk.theme.colors is not DARK
