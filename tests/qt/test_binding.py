"""What the Python binding of Qt must not do to us."""

import sys

import pytest
from PySide6.QtCore import QObject, QTimer, Signal


class Sender(QObject):
    happened = Signal()


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="None, True and False are immortal")
def test_calls_into_qt_keep_references(qtbot):
    """PySide6 6.12.0 on Python 3.11 lost one with every call, and the app aborted after some thousand."""
    sender, timer = Sender(), QTimer()
    before = [sys.getrefcount(each) for each in (None, True, False)]
    for _ in range(1000):
        sender.happened.emit()
        timer.start(1000)
        timer.stop()
    after = [sys.getrefcount(each) for each in (None, True, False)]
    assert all(abs(now - then) < 200 for now, then in zip(after, before, strict=True))
