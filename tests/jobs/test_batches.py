"""Batches through the service: found, put in line, read ahead, counted, ended and taken up."""

import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from PIL import Image

from mondrian_desktop.critique.advisor import Advisor, Advisors
from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import folders
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.model import JobState, Options
from mondrian_desktop.jobs.run import Analyzed, Read
from mondrian_desktop.jobs.session import Session
from mondrian_desktop.jobs.store import Store
from tests.jobs.scene import Disk, Ear, FakeClock, answer, make_service

ADVISORS = Advisors({name: Advisor(name, name.title(), "Looks.", "Speaks.") for name in ("mentor", "ansel")})


@pytest.fixture
def history(tmp_path):
    return tmp_path / "data" / "history.db"


@pytest.fixture
def folder(tmp_path):
    """Return a folder of six small photos, two of them deeper."""
    folder = tmp_path / "Iceland"
    for n, name in enumerate(("1.jpg", "2.jpg", "10.jpg", "a/3.jpg", "a/4.jpg", "a/b/5.jpg")):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        dots = np.random.default_rng(n).integers(0, 255, (64, 96, 3), np.uint8)
        Image.fromarray(dots).save(file)
    return folder


@pytest.fixture
def make():
    made = []

    def make(*scripts, history=None, store=None, **more):
        engine = ScriptedEngine(*(scripts or (script(answer()),)))
        service = make_service(engine, advisors=ADVISORS, store=store or Store.open(history), **more)
        service.ear, service.news, service.read = Ear(), [], []
        service.subscribe(service.ear)
        service.batches.listen(service.news.append)
        read = service._reader.read
        service._reader.read = lambda path, size: service.read.append(path.name) or read(path, size)
        made.append(service)
        return service

    yield make
    for service in made:
        service.close()


def names(service):
    return [f"{job.path.name} {job.advisor}" for job in service.jobs]


def test_every_photo_in_a_folder_is_analyzed_by_every_advisor(make, folder):
    service = make()
    batch = service.submit_all([folder], ["mentor", "ansel"], options=Options(max_tokens=50))
    assert (batch.name, batch.advisors) == ("Iceland", ("mentor", "ansel"))
    service.pump.run()
    order = ("1.jpg", "2.jpg", "10.jpg", "3.jpg", "4.jpg", "5.jpg")
    assert names(service) == [f"{name} {advisor}" for name in order for advisor in ("mentor", "ansel")]
    assert {job.state for job in service.jobs} == {JobState.DONE}
    assert {job.batch for job in service.jobs} == {batch.id}
    assert {request.max_tokens for request in service._engine.requests} == {50}
    assert service.news[-1].photos == 6
    assert service.news[-1].is_complete
    assert service.batches.gathered(batch.id) == service.news[-1]
    progress = service.batches.progress(batch.id)
    assert (progress.total, progress.done, progress.seconds_left) == (12, 12, 0.0)


def test_subfolders_are_left_out_where_asked(make, folder):
    service = make()
    service.submit_all([folder], recursive=False)
    service.pump.run()
    assert [job.path.name for job in service.jobs] == ["1.jpg", "2.jpg", "10.jpg"]


def test_what_is_unknown_is_refused_before_anything_is_looked_for(make, folder):
    service = make()
    with pytest.raises(UserError, match="nobody"):
        service.submit_all([folder], ["mentor", "nobody"])
    with pytest.raises(UserError, match="huge"):
        service.submit_all([folder], model="huge")
    assert service._store.batches() == ()


def test_work_begins_before_everything_is_found(make, folder, monkeypatch):
    monkeypatch.setattr(folders, "CHUNK", 1)
    service = make()
    service.submit_all([folder])
    states = {}
    service.batches.listen(lambda news: states.setdefault(news.photos, service.jobs[0].state))
    service.pump.run()
    assert states[1] is JobState.RUNNING
    assert len(service.jobs) == 6


def test_each_photo_is_read_once_and_the_next_one_while_the_model_writes(make, folder):
    service = make()
    service.submit_all([folder], ["mentor", "ansel"])
    read_by = {}
    service.subscribe(
        lambda update: isinstance(update.event, Token) and read_by.setdefault(update.job.id, len(service.read))
    )
    service.pump.run()
    assert service.read == ["1.jpg", "2.jpg", "10.jpg", "3.jpg", "4.jpg", "5.jpg"]
    # While the second advisor writes about photo n, photo n + 1 is read, and no further one.
    assert list(read_by.values()) == [1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 6]


def test_a_photo_read_ahead_that_is_broken_fails_its_own_job(make, folder):
    (folder / "2.jpg").write_bytes(b"no picture")
    service = make()
    service.submit_all([folder])
    service.pump.run()
    failed = [job for job in service.jobs if job.state is JobState.FAILED]
    assert [job.path.name for job in failed] == ["2.jpg"]
    assert "2.jpg" in failed[0].reason


def test_failed_photos_can_be_tried_again_together(make, folder, history):
    good = (folder / "2.jpg").read_bytes()
    for name in ("2.jpg", "10.jpg"):
        (folder / name).write_bytes(b"no picture")
    service = make(history=history)
    batch = service.submit_all([folder])
    service.pump.run()
    assert service.batches.progress(batch.id).failed == 2
    (folder / "2.jpg").write_bytes(good)
    service.close()
    later = make(history=history)
    failed = [job.id for job, _ in later.batches.page(batch.id, 100, 0) if job.state is JobState.FAILED]
    later.retry(*failed)
    later.pump.run()
    assert [(job.path.name, job.state.value) for job in later.jobs] == [("2.jpg", "done"), ("10.jpg", "failed")]


def test_copies_are_analyzed_once(make, folder):
    shutil.copy(folder / "1.jpg", folder / "copy of 1.jpg")
    service = make()
    service.submit_all([folder])
    service.pump.run()
    assert len(service.jobs) == 7
    assert {job.state for job in service.jobs} == {JobState.DONE}
    assert len(service._engine.requests) == 6
    assert [event.earlier is not None for event in service.ear.events(Analyzed)].count(True) == 1


def test_a_batch_that_is_run_again_asks_the_model_nothing_unless_told_to(make, folder, history):
    service = make(history=history)
    service.submit_all([folder])
    service.pump.run()
    service.close()
    later = make(history=history)
    later.submit_all([folder])
    later.pump.run()
    assert later._engine.requests == []
    assert {job.state for job in later.jobs} == {JobState.DONE}
    later.submit_all([folder], again=True)
    later.pump.run()
    assert len(later._engine.requests) == 6


def test_a_batch_ends_where_another_goes_on(make, folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "Norway")
    service = make()
    first = service.submit_all([folder])
    service.pump.run(until=lambda: service.batches.gathered(first.id).photos == 6)
    second = service.submit_all([other], again=True)
    service.pump.run(until=lambda: len(service.ear.events(Analyzed)) == 2)
    service.batches.cancel(first.id)
    service.pump.run()
    assert (service.batches.progress(first.id).done, service.batches.progress(first.id).stopped) == (2, 4)
    assert service.batches.progress(second.id).done == 6


def test_a_batch_that_is_ended_while_photos_are_looked_for_looks_no_further(make, folder, monkeypatch, history):
    monkeypatch.setattr(folders, "CHUNK", 1)
    service = make(history=history)
    batch = service.submit_all([folder])
    service.batches.listen(lambda news: news.photos == 2 and service.batches.cancel(batch.id))
    service.pump.run()
    assert len(service.jobs) == 2
    assert service.batches.gathered(batch.id).is_complete
    service.close()
    later = make(history=history)
    assert later.take_up() == ()
    later.pump.run()
    assert later.jobs == ()


def test_stopping_everything_ends_the_search_too(make, folder, monkeypatch):
    monkeypatch.setattr(folders, "CHUNK", 1)
    service = make()
    service.submit_all([folder])
    service.batches.listen(lambda news: news.photos == 2 and service.cancel_all())
    service.pump.run()
    assert len(service.jobs) == 2
    assert {job.state for job in service.jobs} == {JobState.CANCELLED}


@pytest.mark.parametrize("found", [0, 1, 4])
def test_a_search_that_was_broken_off_is_taken_up(make, folder, monkeypatch, history, found):
    monkeypatch.setattr(folders, "CHUNK", 1)
    service = make(history=history)
    batch = service.submit_all([folder], ["mentor", "ansel"], options=Options(max_tokens=44))
    service.pump.run(until=lambda: service.batches.gathered(batch.id).photos >= found)
    service.close()
    later = make(history=history)
    taken = later.take_up()
    later.pump.run()
    assert len(later.jobs) == 12 - (2 * found - len(taken) if found else 0)
    counts = "SELECT count(*), count(DISTINCT photo_id || advisor) FROM analyses"
    with closing(sqlite3.connect(history)) as connection:
        assert connection.execute(counts).fetchone() == (12, 12)
    assert {request.max_tokens for request in later._engine.requests} == {44}


def test_only_the_batches_of_what_is_taken_up_are_looked_for(make, folder, tmp_path, monkeypatch, history):
    monkeypatch.setattr(folders, "CHUNK", 1)
    other = shutil.copytree(folder, tmp_path / "Norway")
    service = make(history=history)
    batches = [service.submit_all([root]) for root in (folder, other)]
    service.pump.run(until=lambda: all(service.batches.gathered(batch.id).photos for batch in batches))
    service.close()
    later = make(history=history)
    later.take_up([job for job in later.unfinished() if job.batch == batches[0].id])
    later.pump.run()
    assert {job.batch for job in later.jobs} == {batches[0].id}
    assert later.batches.progress(batches[0].id).done >= 5


def test_a_disk_that_is_full_while_photos_are_found_holds_the_queue_and_loses_none(make, folder, monkeypatch, history):
    monkeypatch.setattr(folders, "CHUNK", 1)
    for works in range(0, 30, 3):
        disk = Disk()
        store = Store(Database(history, connect=disk.connect), Session(history.with_name("sessions")))
        service = make(store=store)
        service.submit_all([folder], again=True)
        disk.fails_after = works
        service.pump.run(until=lambda service=service: service.paused)
        assert "the disk is full" in str(service.problem)
        service.resume()
        assert service.paused or disk.fails_after is None
        disk.fails_after = None
        service.resume()
        service.pump.run()
        assert [job.state.value for job in service.jobs] == ["done"] * 6
        assert len({job.path for job in service.jobs}) == 6
        service.close()


def test_a_missing_folder_is_told(make, tmp_path):
    service = make()
    service.submit_all([tmp_path / "gone"])
    service.pump.run()
    (problem,) = service.news[-1].problems
    assert "gone" in problem
    assert service.news[-1].is_complete


def test_the_run_is_counted_from_when_the_line_was_empty(make, folder):
    clock = FakeClock()
    service = make(script(answer(), pieces=4, before_token=lambda: clock.advance(1.0)), clock=clock)
    for path in (folder / "1.jpg", folder / "2.jpg"):
        service.submit(path)
    service.pump.run(until=lambda: len(service.ear.events(Analyzed)) == 1 and len(service.ear.events(Read)) == 2)
    progress = service.progress()
    assert (progress.total, progress.done, progress.running) == (2, 1, 1)
    assert progress.seconds_per_job == pytest.approx(4.0)
    service.pump.run()
    service.submit(folder / "10.jpg")
    assert service.progress().total == 1


def test_many_photos_get_in_line_in_pieces(make, tmp_path):
    crowd = tmp_path / "crowd"
    crowd.mkdir()
    for n in range(3000):
        (crowd / f"{n}.jpg").touch()
    service = make()
    service.pause()
    batch = service.submit_all([crowd])
    most = 0
    while not service.batches.gathered(batch.id).is_complete:
        before = len(service.jobs)
        service.pump.run(
            until=lambda before=before: len(service.jobs) > before or service.batches.gathered(batch.id).is_complete
        )
        most = max(most, len(service.jobs) - before)
    assert len(service.jobs) == 3000
    assert most == folders.CHUNK
    assert [job for job, _ in service.batches.page(batch.id, 10, 2995)] == list(service.jobs[2995:])
    assert service.batches.latest()[0].roots == ()
    service.batches.cancel(batch.id)
    service.pump.run()
    assert service.batches.progress(batch.id).stopped == 3000


def test_of_several_advisors_no_more_jobs_get_in_line_at_once(make, tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "CHUNK", 4)
    for n in range(7):
        (tmp_path / f"{n}.jpg").touch()
    service, pieces = make(), []
    service.pause()
    service.batches.listen(lambda news: pieces.append(news.photos))
    service.submit_all([tmp_path], ["mentor", "ansel"])
    service.pump.run()
    assert pieces == [2, 4, 6, 7, 7]
