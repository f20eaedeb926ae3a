"""The rows of a batch, without a window."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt

from mondrian_desktop.gui.batch_model import SCORE, STATE, BatchModel, Row, Show
from mondrian_desktop.jobs.model import Job, JobState


def make_jobs(count: int, state: JobState = JobState.QUEUED) -> list[Job]:
    return [
        Job(Path(f"/photos/{n:05}.jpg"), "mentor", "mini", state=state, batch="b", position=float(n))
        for n in range(count)
    ]


@pytest.fixture
def model(qtmodeltester):
    made = BatchModel({"mentor": "Mentor"})
    made.reset("b", map(Row, make_jobs(5)))
    yield made
    qtmodeltester.check(made)


def shown(model, column=0):
    return [model.index(row, column).data() for row in range(model.rowCount())]


def take(model, *jobs, scores=()):
    model.take({job.id: job for job in jobs}, dict(scores))


def test_tells_how_it_stands(model):
    job = model.rows()[1].job
    take(model, replace(job, state=JobState.DONE), scores=[(job.id, 7.4)])
    other = replace(model.rows()[2].job, state=JobState.FAILED, reason="It is no photo.")
    take(model, other)
    assert shown(model, STATE) == ["Waiting", "Done", "Failed: It is no photo.", "Waiting", "Waiting"]
    assert shown(model, SCORE)[1] == "7.4 · Solid"


def test_jobs_of_other_batches_are_left_out(model):
    take(model, Job(Path("/x.jpg"), "mentor", "mini", batch="other", position=9.0))
    assert model.rowCount() == 5


def test_new_jobs_get_their_place(model):
    take(model, Job(Path("/last.jpg"), "mentor", "mini", batch="b", position=9.0))
    take(model, Job(Path("/between.jpg"), "mentor", "mini", batch="b", position=1.5))
    assert shown(model) == ["00000.jpg", "00001.jpg", "between.jpg", "00002.jpg", "00003.jpg", "00004.jpg", "last.jpg"]


def test_a_selection_stays_on_its_job_when_the_order_changes(model):
    held = [model.persistentIndexList()] and model.index(4, 0)
    from PySide6.QtCore import QPersistentModelIndex

    kept = QPersistentModelIndex(held)
    take(model, replace(model.rows()[4].job, position=-1.0))
    assert kept.row() == 0
    assert shown(model)[0] == "00004.jpg"


def test_filters(model):
    take(model, replace(model.rows()[0].job, state=JobState.FAILED, reason="Torn."))
    model.filter(Show.FAILED)
    assert shown(model) == ["00000.jpg"]
    assert [model.count(show) for show in Show] == [5, 4, 0, 1]
    take(model, replace(model.rows()[0].job, state=JobState.QUEUED, reason=""))
    assert shown(model) == []


def test_news_of_one_beat_are_told_by_runs_and_not_by_rows(model):
    told = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    rows = model.rows()
    take(model, *(replace(rows[n].job, state=JobState.CANCELLED) for n in (0, 1, 2, 4)))
    assert told == [(0, 2), (4, 4)]


def test_ten_thousand_rows_come_in_one_piece_and_cost_one_insertion(qtmodeltester):
    model = BatchModel({})
    model.reset("b", [])
    inserted = []
    model.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    take(model, *make_jobs(10_000))
    assert inserted == [(0, 9_999)]
    assert model.count(Show.OPEN) == 10_000


def test_dragging_asks_for_a_move_and_takes_no_row_away(model):
    wanted = []
    model.move_wanted.connect(lambda ids, before: wanted.append((ids, before)))
    ids = [row.job.id for row in model.rows()]
    data = model.mimeData([model.index(row, column) for row in (3, 4) for column in range(4)])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, 1, 0, QModelIndex())
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, -1, -1, QModelIndex())
    assert wanted == [(ids[3:], ids[1]), (ids[3:], None)]
    assert model.rowCount() == 5


def test_only_waiting_jobs_can_be_dragged(model):
    take(model, replace(model.rows()[0].job, state=JobState.RUNNING))
    assert not model.index(0, 0).flags() & Qt.ItemFlag.ItemIsDragEnabled
    assert model.index(1, 0).flags() & Qt.ItemFlag.ItemIsDragEnabled


def test_hostile_names_and_reasons_stay_words():
    model = BatchModel({})
    job = Job(Path("/p/<b>a\nb\u202e.jpg"), "<i>", "mini", state=JobState.FAILED, reason="<img src=x>", batch="b")
    model.reset("b", [Row(job)])
    assert "\n" not in shown(model)[0]
    assert "\u202e" not in shown(model)[0]
    assert model.index(0, STATE).data(Qt.ItemDataRole.ToolTipRole) == "<qt>&lt;img src=x&gt;</qt>"
