from PySide6.QtWidgets import QWidget

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
