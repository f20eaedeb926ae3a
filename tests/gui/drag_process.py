"""Drags rows of a batch's list with the mouse, and writes which moves the list then asks for.

``python -m tests.gui.drag_process``, with ``QT_QPA_PLATFORM=minimal``
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from mondrian_desktop.gui.batch_model import BatchModel, Row
from mondrian_desktop.gui.batch_row import BatchList
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.selected_rows import select_rows
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs.model import Job, JobState


def main() -> None:
    app = QApplication([])
    jobs = [Job(Path(f"/photos/{name}.jpg"), "mentor", "mini", id=name, position=n) for n, name in enumerate("abcde")]
    jobs[0] = replace(jobs[0], state=JobState.RUNNING)
    model = BatchModel({})
    model.reset("", map(Row, jobs))
    wanted = []
    model.move_wanted.connect(lambda ids, before: wanted.append((ids, before)))
    thumbnails = Thumbnails(lambda path, size: None, app.postEvent, 40)
    thumbnails.get = lambda path: None
    view = BatchList(model, Theme(app, dark=False), thumbnails)
    view.resize(700, 400)
    view.show()
    QTest.qWaitForWindowExposed(view)
    rows = [view.visualRect(model.index(row, 0)) for row in range(5)]
    drag(view, rows[3].center(), rows[1].topLeft() + QPoint(40, 2))
    select_rows(view, [1, 2])
    drag(view, rows[1].center(), rows[4].bottomLeft() + QPoint(40, 60))
    drag(view, rows[0].center(), rows[4].center())
    select_rows(view, [])
    drag(view, rows[4].center(), rows[0].topLeft() + QPoint(40, 2))
    sys.stdout.write(json.dumps(wanted))


def drag(view: BatchList, start: QPoint, end: QPoint) -> None:
    """Press the button, move the pointer and let go: Qt's drag runs in a loop of its own until then."""
    window, left, keys = view.windowHandle(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    def at(share: float) -> QPoint:
        return view.viewport().mapTo(view, start + (end - start) * share)

    steps = [0.5, 0.8, 1.0]

    def move() -> None:
        if steps:
            QTest.mouseMove(window, at(steps.pop(0)))
        else:
            timer.stop()
            QTest.mouseRelease(window, left, keys, at(1.0))

    timer = QTimer(interval=10)
    timer.timeout.connect(move)
    QTest.mousePress(window, left, keys, at(0.0))
    timer.start()
    QTest.mouseMove(window, at(0.2))
    QTest.mouseMove(window, at(0.3))
    while timer.isActive():
        QTest.qWait(10)


if __name__ == "__main__":
    main()
