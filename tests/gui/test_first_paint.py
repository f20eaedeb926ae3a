from PySide6.QtWidgets import QLabel, QWidget

from mondrian_desktop.gui.first_paint import FirstPaint


def test_comes_once_and_after_the_paint(qtbot):
    order = []

    class Window(QWidget):
        def paintEvent(self, event):  # noqa: N802 - Qt
            order.append("paint")

    window = Window()
    qtbot.addWidget(window)
    FirstPaint(window, lambda: order.append("then"))
    window.show()
    qtbot.waitUntil(lambda: "then" in order)
    window.update()
    qtbot.waitUntil(lambda: order.count("paint") == 2)
    assert order == ["paint", "then", "paint"]


def test_closed_before_it_calls_nothing(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    called = []
    waiting = FirstPaint(window, lambda: called.append(1))
    waiting.close()
    window.show()
    qtbot.waitUntil(window.isVisible)
    window.repaint()
    assert called == []


def test_a_window_that_is_never_painted_is_not_waited_for(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    told = []
    waiting = FirstPaint(window, lambda: told.append(waiting.is_over), patience_ms=1)
    qtbot.waitUntil(lambda: bool(told))
    assert told == [False]
    window.show()
    qtbot.waitExposed(window)
    assert told == [False]


def test_one_that_is_seen_already_is_waited_for_until_it_is_painted_anew(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    with qtbot.waitExposed(window):
        window.show()
    told = []
    waiting = FirstPaint(window, lambda: told.append(waiting.is_over))
    QLabel("new", window).show()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [True]
