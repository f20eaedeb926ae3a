from concurrent.futures import Future
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from mondrian_desktop.gui.album import Album, Standing
from mondrian_desktop.gui.photo_list import PhotoList
from mondrian_desktop.gui.pictures import Thumbnails

MANY = 500


class CountingAlbum(Album):
    """Counts how often its length is asked for: once for each row where a list lays out its rows."""

    asked = 0

    def rowCount(self, *parent):  # noqa: N802 - Qt
        self.asked += 1
        return super().rowCount(*parent)


class Paints(QObject):
    """Counts how often a widget is painted."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self.count = 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):  # noqa: N802 - Qt
        self.count += event.type() == QEvent.Type.Paint
        return False


@pytest.fixture
def thumbnails(qapp):
    made = Thumbnails(lambda path, size: Future(), lambda call: call(), 100)
    yield made
    made.close()


@pytest.fixture
def photos(qtbot, theme, thumbnails):
    album = CountingAlbum()
    view = PhotoList(album, theme, thumbnails)
    qtbot.addWidget(view)
    view.resize(180, 600)
    with qtbot.waitExposed(view):
        view.show()
    album.add(Path(f"/photos/{n}.jpg") for n in range(MANY))
    view.executeDelayedItemsLayout()
    yield view
    view.setModel(None)
    album.deleteLater()


def test_a_photo_with_news_does_not_have_all_laid_out_again(photos):
    album = photos.model()
    assert album.asked >= MANY, "else nothing is counted here"
    album.asked = 0
    for entry in album.entries[:3]:
        album.refresh(entry, Standing.DONE, "7.4 · Solid")
    photos.executeDelayedItemsLayout()
    assert album.asked < MANY


def test_a_photo_with_news_is_painted_anew(photos, qtbot):
    photos.viewport().repaint()
    painted = Paints(photos.viewport())
    photos.model().refresh(photos.model().entries[0], Standing.FAILED, "Failed")
    qtbot.waitUntil(lambda: painted.count > 0)
