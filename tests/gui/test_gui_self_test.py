"""The window's part of the self-test."""

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mondrian_desktop.gui.self_test import FirstPaint


def test_the_first_painting_is_told_once(qtbot: QtBot) -> None:
    window, told = QWidget(), []
    qtbot.addWidget(window)
    FirstPaint(window, told.append)
    assert told == []
    window.show()
    qtbot.waitUntil(lambda: bool(told))
    window.repaint()
    assert told == [True]


def test_a_window_that_is_never_painted_is_given_up(qtbot: QtBot) -> None:
    window, told = QWidget(), []
    qtbot.addWidget(window)
    FirstPaint(window, told.append, patience_ms=1)
    qtbot.waitUntil(lambda: bool(told))
    assert told == [False]
    window.show()
    qtbot.waitExposed(window)
    assert told == [False]
