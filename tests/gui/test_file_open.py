import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QWidget


@pytest.fixture
def file_open(qapp):
    yield qapp.file_open
    qapp.file_open.close()


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


def test_what_came_when_nobody_will_listen_is_forgotten(qtbot, qapp, file_open):
    hand_over(qapp, "/old.jpg")
    file_open.close()
    hand_over(qapp, "/new.jpg")
    heard = []
    file_open.listen(heard.append)
    qtbot.waitUntil(lambda: bool(heard))
    assert heard == [[Path("/new.jpg")]]


def test_events_of_widgets_run_no_code_of_the_application(qtbot, qapp, request):
    """Thousands come in a second: looking at each in Python would take a good part of it."""
    widget = QWidget()
    qtbot.addWidget(widget)
    called = []
    request.addfinalizer(lambda: sys.setprofile(None))
    sys.setprofile(lambda frame, what, _: called.append(frame.f_code.co_name) if what == "call" else None)
    QApplication.sendEvent(widget, QEvent(QEvent.Type.User))
    sys.setprofile(None)
    assert not {"event", "eventFilter", "notify"} & set(called)
