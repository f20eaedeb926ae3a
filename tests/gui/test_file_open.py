from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from mondrian_desktop.gui.file_open import FileOpen


@pytest.fixture
def file_open(qapp):
    made = FileOpen(qapp)
    yield made
    made.close()


def hand_over(qapp, path):
    QApplication.sendEvent(qapp, QFileOpenEvent(QUrl.fromLocalFile(path)))


def test_files_that_come_before_the_window_wait_for_it(qtbot, qapp, file_open):
    hand_over(qapp, "/a.jpg")
    hand_over(qapp, "/b.jpg")
    heard = []
    file_open.listen(heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [[Path("/a.jpg"), Path("/b.jpg")]]


def test_files_of_one_gesture_come_together(qtbot, qapp, file_open):
    heard = []
    file_open.listen(heard.append)
    for name in "abc":
        hand_over(qapp, f"/{name}.jpg")
    qtbot.waitUntil(lambda: bool(heard))
    hand_over(qapp, "/d.jpg")
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert [len(each) for each in heard] == [3, 1]


def test_an_address_is_not_a_file(qtbot, qapp, file_open):
    heard = []
    file_open.listen(heard.append)
    QApplication.sendEvent(qapp, QFileOpenEvent(QUrl("https://example.org/a.jpg")))
    hand_over(qapp, "/a.jpg")
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [[Path("/a.jpg")]]


def test_the_window_opens_what_the_dock_hands_over(stand, qapp, make_photo):
    hand_over(qapp, str(make_photo()))
    stand.qtbot.waitUntil(lambda: stand.states() == [""])
