"""A whole shoot in the window: asked for, held, reordered, skipped, retried, summed up and exported."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QMimeData, QPoint, QPointF, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.batch_control import RETRIED_AT_ONCE, status, throughput
from mondrian_desktop.gui.batch_model import SCORE, STATE
from mondrian_desktop.gui.batch_sheet import BatchSheet
from mondrian_desktop.gui.batch_window import PAGE
from mondrian_desktop.gui.incoming import AT_ONCE
from mondrian_desktop.jobs import folders
from mondrian_desktop.jobs.history import SUMMED_AT_ONCE
from mondrian_desktop.jobs.leaving import ENDED_AT_ONCE
from mondrian_desktop.jobs.model import Batch, JobState
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.jobs.store import Store
from tests.gui.conftest import Endless, answer


@pytest.fixture
def shoot(tmp_path, make_photo):
    folder = tmp_path / "Iceland"
    folder.mkdir()
    for n in range(5):
        make_photo(f"Iceland/{n}.jpg", size=(96 + n, 64))
    return folder


def start(stand, folder, *, many=5):
    stand.window.batches.control.start([folder], ["mentor"], recursive=True, again=False)
    window = stand.window.batches.window
    stand.qtbot.waitUntil(lambda: window.model.rowCount() == many, timeout=10_000)
    return window


def wait_for(stand, state, row=0):
    model = stand.window.batches.window.model
    stand.qtbot.waitUntil(lambda: model.index(row, STATE).data() == state, timeout=10_000)


def wait_until_over(stand):
    stand.qtbot.waitUntil(lambda: not stand.window.batches.control.is_running, timeout=20_000)
    stand.qtbot.waitUntil(lambda: not stand.window.batches.control._timer.isActive(), timeout=10_000)


def select(window, *rows):
    selection = window.list.selectionModel()
    selection.clearSelection()
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in rows:
        selection.select(window.model.index(row, 0), flags)


def names(window):
    return [row.path.stem for row in window.model.rows()]


def test_a_folder_is_analyzed_by_the_advisors_that_were_ticked(stand, shoot):
    stand.open(shoot)
    stand.qtbot.waitUntil(lambda: bool(stand.window.findChildren(BatchSheet)))
    (sheet,) = stand.window.findChildren(BatchSheet)
    assert sheet.chosen == ["mentor"]
    for row in range(sheet.advisors.count()):
        item = sheet.advisors.item(row)
        item.setCheckState(item.checkState().Unchecked)
    assert not sheet.go.isEnabled()
    for row in (0, 1):
        sheet.advisors.item(row).setCheckState(item.checkState().Checked)
    chosen = sheet.chosen
    sheet.go.click()
    stand.qtbot.waitUntil(lambda: len(stand.service.jobs) == 10, timeout=10_000)
    wait_until_over(stand)
    assert {job.advisor for job in stand.service.jobs} == set(chosen)
    assert {job.state for job in stand.service.jobs} == {JobState.DONE}
    window = stand.window.batches.window
    assert window.status.text() == "10 analyzed"
    assert window.model.index(0, SCORE).data() == "7.0 · Solid"


def test_pause_in_the_middle_of_a_photo_and_go_on(make_stand, shoot):
    stand = make_stand(Endless(-1))
    window = start(stand, shoot)
    stand.qtbot.waitUntil(lambda: stand.window.session.feed.running is not None, timeout=10_000)
    wait_for(stand, "Running")
    window.pause.click()
    stand.qtbot.waitUntil(lambda: window.pause.text() == "Resume")
    assert "paused" in window.status.text()
    tokens = stand.window.session.feed.running.generation_tokens
    assert not stand.service.pump.has_work
    window.pause.click()
    stand.qtbot.waitUntil(lambda: stand.window.session.feed.running.generation_tokens > tokens)
    window.stop.click()
    wait_until_over(stand)
    assert {job.state for job in stand.service.jobs} == {JobState.CANCELLED}
    assert "5 stopped" in window.status.text()


def test_waiting_photos_are_moved_and_skipped(make_stand, shoot):
    stand = make_stand(Endless(-1), script(answer()))
    window = start(stand, shoot)
    wait_for(stand, "Running")
    assert names(window) == ["0", "1", "2", "3", "4"]
    for rows, verb, order in (
        ((4,), "first", "04123"), ((1,), "down", "01423"), ((2, 3), "last", "01342"), ((2,), "up", "03142"),
    ):  # fmt: skip
        select(window, *rows)
        window.buttons[verb].click()
        stand.qtbot.waitUntil(lambda order=order: "".join(names(window)) == order)
    select(window, 0)
    assert not window.buttons["up"].isEnabled()
    select(window, 1, 2)
    window.buttons["skip"].click()
    wait_for(stand, "Stopped", row=2)
    select(window, 0)
    window.buttons["skip"].click()
    wait_until_over(stand)
    assert [str(job.state) for job in stand.service.jobs] == ["cancelled", "cancelled", "cancelled", "done", "done"]


def test_failures_are_listed_with_their_reasons_and_retried(make_stand, shoot):
    stand = make_stand([UserError("The model is incomplete.", "Download it again.")], script(answer()))
    window = start(stand, shoot)
    wait_until_over(stand)
    window.tabs.setCurrentIndex(3)
    assert names(window) == ["0"]
    assert "The model is incomplete." in window.model.index(0, STATE).data()
    window.retry.click()
    wait_until_over(stand)
    stand.qtbot.waitUntil(lambda: window.status.text() == "5 analyzed")
    assert window.retry.isHidden()


def test_the_summary_at_the_end_is_sortable_and_exported(make_stand, shoot, tmp_path):
    stand = make_stand(*(script(answer(score)) for score in (4, 9, 6, 8, 5)))
    window = start(stand, shoot)
    wait_until_over(stand)
    stand.qtbot.waitUntil(lambda: window._pages.currentWidget() is window.summary)
    summary = window.summary
    scores = [summary.scores.index(row, 0).data() for row in range(5)]
    assert scores == ["9.0", "8.0", "6.0", "5.0", "4.0"]
    assert summary.best.text().startswith("Best: 1.jpg (9.0), 3.jpg (8.0)")
    assert summary.weakest.text().startswith("Weakest: 0.jpg (4.0)")
    summary.table.sortByColumn(1, summary.table.header().sortIndicatorOrder().AscendingOrder)
    assert [summary.scores.index(row, 1).data() for row in range(5)] == [f"{n}.jpg" for n in range(5)]
    for kind in ("csv", "html", "json"):
        summary.export(kind, tmp_path / "scores")
        assert window.notice.act.text() == "Stop"
        stand.qtbot.waitUntil(lambda kind=kind: window.notice.text == f"Written: scores.{kind}", timeout=10_000)
    assert len(json.loads((tmp_path / "scores.json").read_text())["analyses"]) == 5
    summary.export("csv", tmp_path / "gone" / "scores.csv")
    stand.qtbot.waitUntil(lambda: "could not be written" in window.notice.text, timeout=10_000)
    summary.export("csv", tmp_path / "stopped.csv")
    window.notice.act.click()
    assert window.notice.text.startswith("Stopped after 0 of 5")
    stand.wait_until_idle()
    assert not (tmp_path / "stopped.csv").exists()


def test_a_crowd_comes_and_goes_in_pieces(make_stand, tmp_path, make_photo):
    """What the window has to take in between two turns of the event loop is bounded, however many photos there are."""
    stand = make_stand(Endless(-1))
    photo, crowd = make_photo(), tmp_path / "crowd"
    crowd.mkdir()
    for n in range(1_500):
        (crowd / f"{n:04}.jpg").hardlink_to(photo)
    # A turn of this timer may see two of the pump's.
    most = 2 * max(folders.CHUNK, ENDED_AT_ONCE, RETRIED_AT_ONCE) + 5
    turns = [0]
    stand.service.subscribe(lambda update: turns.append(turns.pop() + (update.event is None)))
    timer = QTimer(interval=0)
    timer.timeout.connect(lambda: turns.append(0))
    timer.start()
    window = start(stand, crowd, many=1_500)
    assert 0 < max(turns) <= most
    wait_for(stand, "Running")
    turns[:] = [0]
    window.list.selectAll()
    assert len(window.verbs.selected) == 1_500
    window.stop.click()
    wait_until_over(stand)
    assert window.status.text() == "0 analyzed, 1,500 stopped"
    window.verbs.retry()
    stand.qtbot.waitUntil(lambda: stand.service.progress().waiting == 1_499, timeout=20_000)
    window.stop.click()
    wait_until_over(stand)
    assert 0 < max(turns) <= most
    timer.stop()


def test_a_large_batch_of_an_earlier_session_is_read_page_by_page(make_stand, monkeypatch):
    store = Store.open(None)
    stand = make_stand(store=store)
    batch = Batch("Iceland", advisors=("mentor",), model="mini")
    store.add_batch(batch)
    many = PAGE + SUMMED_AT_ONCE + 7
    jobs = [job for n in range(many) for job in batch.jobs(Path(f"/photos/{n:04}.jpg"))]
    store.add([replace(job, position=store.next_position()) for job in jobs])
    store.complete_batch(batch.id)
    window = stand.window.batches.window
    window.show_batch(batch)
    assert window.model.rowCount() == PAGE
    stand.qtbot.waitUntil(lambda: window.model.rowCount() == many, timeout=10_000)
    assert [row.path.stem for row in window.model.rows()] == [f"{n:04}" for n in range(many)]
    window.tabs.setCurrentIndex(4)
    assert window.summary.scores.rowCount() == SUMMED_AT_ONCE
    stand.qtbot.waitUntil(lambda: window.summary.scores.rowCount() == many, timeout=10_000)


def test_a_photo_of_the_batch_is_opened_with_its_critique(stand, shoot):
    window = start(stand, shoot)
    wait_until_over(stand)
    window.tabs.setCurrentIndex(0)
    select(window, 2)
    window.list.doubleClicked.emit(window.model.index(2, 0))
    assert stand.window.photos.current.path == shoot / "2.jpg"
    assert "harbor" in stand.window.asking.pane.text.toPlainText()


def test_an_empty_folder_is_told(stand, tmp_path):
    (tmp_path / "empty").mkdir()
    stand.window.batches.control.start([tmp_path / "empty"], ["mentor"], recursive=True, again=False)
    stand.qtbot.waitUntil(lambda: "no photos in empty" in stand.window.notice.text, timeout=10_000)
    wait_until_over(stand)


def test_what_was_left_goes_on_by_itself_or_is_offered(make_stand, shoot, tmp_path, monkeypatch):
    history = tmp_path / "data" / "history.db"
    first = make_stand(Endless(-1), store=Store.open(history))
    start(first, shoot)
    wait_for(first, "Running")
    first.close()
    monkeypatch.setattr("mondrian_desktop.gui.batch_control.RESUME_BATCHES", _Off)
    second = make_stand(Endless(-1), store=Store.open(history))
    second.qtbot.waitUntil(lambda: "not finished the last time" in second.window.notice.text, timeout=10_000)
    assert second.window.notice.text == "5 analyses of “Iceland” were not finished the last time."
    assert second.service.jobs == ()
    second.close()
    monkeypatch.undo()
    third = make_stand(store=Store.open(history))
    third.qtbot.waitUntil(lambda: len(third.service.jobs) == 5, timeout=10_000)
    wait_until_over(third)
    assert {job.state for job in third.service.jobs} == {JobState.DONE}


class _Off:
    """A setting as if it were switched off."""

    name, variable, default = "off", "MONDRIAN_OFF", False
    parse = staticmethod(bool)


def test_the_earlier_analysis_is_shown_and_analyzing_again_is_one_click(stand, make_photo):
    photo = make_photo()
    stand.open(photo, analyze=True)
    stand.wait_for_states("Done")
    copy = photo.with_name("copy.jpg")
    copy.write_bytes(photo.read_bytes())
    stand.open(copy, analyze=True)
    stand.wait_for_states("Done", "Done")
    assert len(stand.engine.requests) == 1
    pane = stand.window.asking.pane
    assert pane.banner.label.text().startswith("Analyzed before, on ")
    pane.banner.button.click()
    stand.qtbot.waitUntil(lambda: len(stand.engine.requests) == 2, timeout=10_000)
    stand.wait_for_states("Done", "Done")
    assert pane.banner.isHidden()


def test_words_about_progress():
    progress = Progress(total=40, waiting=27, running=1, done=12, seconds_per_job=12.0, seconds_left=336.0)
    assert status(progress, halt="", gathering=False) == "12 of 40, about 6 min left"
    assert status(progress, halt="paused", gathering=False) == "12 of 40, paused"
    assert status(Progress(), halt="", gathering=True) == "Looking for photos"
    assert throughput(progress) == "5.0 analyses a minute"
    assert throughput(Progress(seconds_per_job=90.0)) == "40.0 analyses an hour"
    assert throughput(Progress()) == ""


def test_what_an_earlier_session_analyzed_is_opened_and_taken_out_of_the_window(make_stand, shoot, tmp_path):
    history = tmp_path / "data" / "history.db"
    first = make_stand(store=Store.open(history))
    start(first, shoot)
    wait_until_over(first)
    first.close()
    stand = make_stand(store=Store.open(history))
    window = stand.window.batches.window
    window.bring()
    select(window, 2)
    window.list.doubleClicked.emit(window.model.index(2, 0))
    assert "harbor" in stand.window.asking.pane.text.toPlainText()
    stand.trigger("remove")
    assert stand.window.session.album.entries == ()


def test_what_is_dropped_on_the_window_becomes_a_batch_asked_for_there(stand, shoot, make_photo):
    stand.window.batches.show_window()
    window = stand.window.batches.window
    assert window.invitation.isVisible()
    assert "Drop a folder or photos here" in window.invitation.text
    assert not window.tabs.isVisible()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in (shoot, make_photo(), shoot / "notes.txt")])
    # The list takes what is dragged within it, and leaves the rest to the window.
    target, at = window.list.viewport(), QPoint(20, 20)
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, mime, buttons, keys)
    QApplication.sendEvent(target, enter)
    assert enter.isAccepted()
    assert window.drops.highlight.accessibleName().startswith("Analyze 1 folder and 1 photo.")
    QApplication.sendEvent(window, QDropEvent(QPointF(at), Qt.DropAction.CopyAction, mime, buttons, keys))
    assert "notes.txt" in window.notice.text
    stand.qtbot.waitUntil(lambda: bool(window.findChildren(BatchSheet)))
    window.findChildren(BatchSheet)[0].accept()
    stand.qtbot.waitUntil(lambda: window.model.rowCount() == 6, timeout=10_000)
    assert window.tabs.isVisible()
    wait_until_over(stand)


def test_thousands_dropped_on_the_window_are_looked_at_beside_the_work(stand, tmp_path):
    files = [tmp_path / f"{n}.jpg" for n in range(AT_ONCE)]
    stand.window.batches.show_window()
    window = stand.window.batches.window
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in (*files, tmp_path / "notes.txt", tmp_path)])
    at, copy = QPoint(20, 20), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier

    def drop():
        QApplication.sendEvent(window, QDragEnterEvent(at, copy, mime, buttons, keys))
        QApplication.sendEvent(window, QDropEvent(QPointF(at), copy, mime, buttons, keys))

    drop()
    assert window.notice.text == f"Looking at {AT_ONCE + 2} files"
    stand.qtbot.waitUntil(lambda: bool(window.findChildren(BatchSheet)))
    assert "notes.txt" in window.notice.text
    sheet = window.findChildren(BatchSheet)[0]
    assert sheet.recursive.isVisibleTo(sheet)
    sheet.reject()
    # Closed in between, nothing of it comes up any more.
    drop()
    window.close()
    stand.wait_until_idle()
    assert not any(each is not sheet for each in window.findChildren(BatchSheet))


def test_rows_are_dragged_to_another_place_with_the_mouse():
    """In a process of its own: of the platforms without a screen only this one can drag."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "minimal"}
    done = subprocess.run(
        [sys.executable, "-m", "tests.gui.drag_process"], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    moves = json.loads(done.stdout)
    assert moves == [
        [["d"], "b"],  # between two rows
        [["b", "c"], None],  # two together, below all
        # A running one is not dragged, and nothing comes before it.
        [["e"], "b"],
    ]
