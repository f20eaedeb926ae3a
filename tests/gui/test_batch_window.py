"""A whole shoot in the window: asked for, held, reordered, skipped, retried, summed up and exported."""

import json

import pytest
from PySide6.QtCore import QItemSelectionModel

from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.batch_control import status, throughput
from mondrian_desktop.gui.batch_model import SCORE, STATE
from mondrian_desktop.gui.batch_sheet import BatchSheet
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.jobs.store import Store
from tests.gui.conftest import answer


def endless():
    return [*script(answer())[:-1], *(Token(" ", n, 20.0) for n in range(11, 200_000))]


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
    stand = make_stand(endless())
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
    stand = make_stand(endless(), script(answer()))
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
        with stand.qtbot.waitSignal(summary.told, timeout=10_000) as told:
            summary.export(kind, tmp_path / "scores")
        assert told.args == [f"Written: scores.{kind}"]
    assert len(json.loads((tmp_path / "scores.json").read_text())["analyses"]) == 5
    with stand.qtbot.waitSignal(summary.told, timeout=10_000) as told:
        summary.export("csv", tmp_path / "gone" / "scores.csv")
    assert "could not be written" in told.args[0]


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
    first = make_stand(endless(), store=Store.open(history))
    start(first, shoot)
    wait_for(first, "Running")
    first.close()
    monkeypatch.setattr("mondrian_desktop.gui.batch_control.RESUME_BATCHES", _Off)
    second = make_stand(endless(), store=Store.open(history))
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
    assert status(progress, paused=False, gathering=False) == "12 of 40, about 6 min left"
    assert status(progress, paused=True, gathering=False) == "12 of 40, paused"
    assert status(Progress(), paused=False, gathering=True) == "Looking for photos"
    assert throughput(progress) == "5.0 a minute"
    assert throughput(Progress(seconds_per_job=90.0)) == "40.0 an hour"
    assert throughput(Progress()) == ""
