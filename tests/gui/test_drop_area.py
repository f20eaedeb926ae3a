import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget

LEFT, NONE, COPY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.DropAction.CopyAction


def mime_of(*paths):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def enter(widget, mime):
    """Hover over a widget; Qt asks it and then its parents, as it does with a real drag."""
    event = QDragEnterEvent(QPoint(5, 5), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


def drop(window, mime):
    move = QDragMoveEvent(QPoint(5, 5), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(window, move)
    event = QDropEvent(QPointF(5, 5), COPY, mime, LEFT, NONE)
    QApplication.sendEvent(window, event)
    return move.isAccepted() and event.isAccepted()


def test_dropping_opens_and_looks(stand, make_photo):
    mime = mime_of(make_photo("one.jpg"), make_photo("two.jpg"))
    assert enter(stand.window, mime)
    highlight = stand.window.drops.highlight
    assert highlight.isVisible()
    assert highlight.geometry() == stand.window.rect()
    assert highlight.accessibleName() == "Open 2 photos."
    assert drop(stand.window, mime)
    assert highlight.isHidden()
    assert [entry.name for entry in stand.window.session.album.entries] == ["one.jpg", "two.jpg"]
    assert stand.states() == ["", ""]


def test_every_place_of_the_window_takes_a_drop(stand, make_photo):
    photo = make_photo()
    stand.open(photo, analyze=True)
    stand.wait_for_states("Done")
    stand.trigger("tab_raw")
    mime = mime_of(photo)
    places = [stand.window, *stand.window.findChildren(QWidget)]
    assert len(places) > 60
    for place in places:
        if place.isVisible() and place.window() is stand.window:
            assert enter(place, mime), f"{place} does not take a drop"
            QApplication.sendEvent(stand.window, QDragLeaveEvent())
            assert stand.window.drops.highlight.isHidden()


@pytest.mark.parametrize("name", ["text", "raw", "facts", "card"])
def test_panes_do_not_keep_drops_for_themselves(stand, name):
    assert not getattr(stand.window.asking.pane, name).viewport().acceptDrops()


def test_a_drag_of_what_cannot_be_opened_says_so(stand, tmp_path):
    mime = mime_of(tmp_path / "notes.txt")
    assert enter(stand.window, mime)
    assert "Nothing here can be opened" in stand.window.drops.highlight.accessibleName()
    drop(stand.window, mime)
    assert stand.window.session.album.entries == ()
    assert "“notes.txt” is not a photo" in stand.window.notice.text


def test_a_drag_of_a_folder_says_that_it_becomes_a_batch(stand, tmp_path):
    (tmp_path / "holiday").mkdir()
    mime = mime_of(tmp_path / "holiday", tmp_path / "notes.txt")
    assert enter(stand.window, mime)
    told = stand.window.drops.highlight.accessibleName()
    assert "Analyze 1 folder" in told
    assert "“notes.txt” is not a photo" in told


def test_a_drag_of_something_else_is_let_through(stand):
    mime = QMimeData()
    mime.setText("hello")
    assert not enter(stand.window, mime)
    assert stand.window.drops.highlight.isHidden()


def test_leaving_takes_the_highlight_away(stand, make_photo):
    enter(stand.window, mime_of(make_photo()))
    QApplication.sendEvent(stand.window, QDragLeaveEvent())
    assert stand.window.drops.highlight.isHidden()


@pytest.mark.parametrize("count", [0, 1])
def test_the_highlight_can_be_painted(stand, make_photo, tmp_path, count):
    photos = [make_photo(f"{n}.jpg") for n in range(count)]
    enter(stand.window, mime_of(*photos, tmp_path / ("x" * 200 + ".txt")))
    image = stand.window.grab().toImage()
    red = image.pixelColor(100, 5).name() == "#d42a1e"
    assert red == bool(count), "the frame belongs to what can be opened"
    QApplication.sendEvent(stand.window, QDragLeaveEvent())
