import os
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.model import TRANSITIONS, Batch, Job, JobState, Options
from mondrian_desktop.jobs.rows import from_path, from_time, to_path, to_time
from mondrian_desktop.jobs.session import Session
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.report.model import Exchange
from tests.jobs.scene import Disk, answer, make_analysis, make_photo
from tests.jobs.store_scene import add, die, finish, job, run


def test_a_job_comes_back_as_it_was(store):
    batch = Batch("Iceland")
    options = Options(0.5, 768, 400, 0.7, 11, False)
    given = job(
        "wren.jpg", question="Why?", options=options, batch=batch.id, position=3.5, tries=2, again=False,
        created=datetime(2026, 8, 3, 12, tzinfo=timezone(timedelta(hours=2))),
    )  # fmt: skip
    store.add_batch(batch)
    store.add([given])
    assert store.job(given.id) == given


def test_an_unknown_job_is_a_key_error(store):
    with pytest.raises(KeyError):
        store.job("nobody")
    assert store.analysis_id("nobody") is None
    assert store.analysis(7) is None
    assert store.partial("nobody") == ""


@given(
    st.text(st.characters(blacklist_characters="\0"), min_size=1) | st.binary(min_size=1).filter(lambda b: 0 not in b)
)
def test_every_path_comes_back(name):
    path = Path(os.fsdecode(name)) if isinstance(name, bytes) else Path(name.encode("utf-8", "ignore").decode())
    stored = sqlite3.connect(":memory:").execute("SELECT ?", (from_path(path),)).fetchone()[0]
    assert to_path(stored) == path


@given(st.lists(st.datetimes(timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-9)))), min_size=2, max_size=5))
def test_stored_times_sort_as_times_do(times):
    stored = [from_time(time) for time in times]
    assert [to_time(each) for each in sorted(stored)] == sorted(times)


def test_a_name_that_is_no_text_is_kept_to_the_result(open_store):
    store = open_store()
    odd = Job(Path(os.fsdecode(b"/photos/\xff\xfe.jpg")), "mentor", "mini")
    store.add([odd])
    photo = replace(make_photo(), path=odd.path)
    analysis_id = finish(store, run(store, odd), photo)
    store.close()
    again = open_store()
    assert again.job(odd.id).path == odd.path
    assert again.analysis(analysis_id).photo.path == odd.path


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("other", JobState)
def test_only_legal_transitions_are_stored(store, state, other):
    stored = job(state=state)
    store.add([stored])
    changed = replace(stored, state=other)
    if other in TRANSITIONS[state]:
        store.update(changed)
        assert store.job(stored.id).state is other
    else:
        with pytest.raises(RuntimeError, match="cannot become"):
            store.update(changed)
        assert store.job(stored.id).state is state


def test_a_job_in_other_hands_is_not_touched(open_store):
    first, second = open_store(), open_store()
    (mine,) = add(first, "a")
    with pytest.raises(RuntimeError):
        second.update(mine.to(JobState.RUNNING))
    assert second.job(mine.id).state is JobState.QUEUED


def test_a_result_is_written_in_one_go(store):
    (queued,) = add(store, "wren.jpg")
    running = run(store, queued)
    store.save_partial(running.id, '{"image')
    photo = make_photo()
    analysis = make_analysis(photo)
    analysis_id = store.finish(running.to(JobState.DONE), analysis, "f", photo)
    assert store.job(queued.id).state is JobState.DONE
    assert store.analysis_id(queued.id) == analysis_id
    assert store.analysis(analysis_id) == analysis
    assert store.partial(queued.id) == ""


def test_partial_text_is_kept_as_far_as_it_came(open_store):
    store = open_store()
    (queued,) = add(store, "wren.jpg")
    run(store, queued)
    store.save_partial(queued.id, "A quiet")
    store.save_partial(queued.id, "A quiet harbor")
    die(store)
    assert open_store().partial(queued.id) == "A quiet harbor"


def test_equal_photos_are_one_photo_and_the_last_place_is_known(store):
    for name in ("a.jpg", "copy of a.jpg"):
        (queued,) = add(store, name)
        finish(store, run(store, queued), make_photo(name, content="a"))
    rows = store._database.read("SELECT * FROM photos")
    assert [(row["content_hash"], row["path"]) for row in rows] == [("a" * 64, "/photos/copy of a.jpg")]
    assert store._database.read_one("SELECT count(*) FROM analyses")[0] == 2


def test_a_thumbnail_is_kept_beside_the_photo(store):
    from io import BytesIO

    from PIL import Image

    (queued,) = add(store, "wren.jpg")
    finish(store, run(store, queued))
    (row,) = store._database.read("SELECT * FROM photos")
    picture = Image.open(BytesIO(row["thumbnail"]))
    assert (picture.format, picture.size) == ("JPEG", (60, 40))
    assert (row["byte_size"], row["width"], row["height"]) == (1234, 60, 40)


def test_a_question_needs_no_photo(store):
    asked = Job(None, "mentor", "mini", "Why?")
    store.add([asked])
    analysis = make_analysis(None, question="Why?", text="Because.", critique=None)
    analysis_id = store.finish(run(store, asked).to(JobState.DONE), analysis, "f", None)
    assert store.analysis(analysis_id) == analysis


def test_an_earlier_analysis_is_found_by_content_and_settings(store):
    first, second, third = add(store, "a", "b", "c")
    photo = make_photo("a", content="a")
    ids = [finish(store, run(store, each), photo, fingerprint) for each, fingerprint in ((first, "f"), (second, "g"))]
    assert store.earlier(photo.content_hash, "f") == ids[0]
    assert store.earlier(photo.content_hash, "g") == ids[1]
    assert store.earlier(photo.content_hash, "h") is None
    assert store.earlier("b" * 64, "f") is None
    newer = finish(store, run(store, third), photo, "f")
    assert store.earlier(photo.content_hash, "f") == newer


def test_a_stopped_analysis_is_not_offered_again(store):
    (queued,) = add(store, "a")
    photo = make_photo("a")
    over = run(store, queued).to(JobState.CANCELLED)
    store.finish(over, make_analysis(photo, finish_reason="cancelled"), "f", photo)
    assert store.earlier(photo.content_hash, "f") is None


def test_a_job_may_have_an_earlier_jobs_result(store):
    first, second = add(store, "a", "b")
    analysis_id = finish(store, run(store, first))
    store.finish_with(run(store, second).to(JobState.DONE), analysis_id)
    assert store.analysis_id(second.id) == analysis_id
    assert store._database.read_one("SELECT count(*) FROM analyses")[0] == 1


def test_what_was_stopped_and_then_done_is_there_once(store):
    (queued,) = add(store, "a")
    photo = make_photo("a")
    stopped = run(store, queued).to(JobState.CANCELLED)
    partial_id = store.finish(stopped, make_analysis(photo, text="A qui", finish_reason="cancelled"), "f", photo)
    again = stopped.to(JobState.QUEUED)
    store.update(again)
    assert store.analysis(partial_id).raw_text == "A qui"
    whole_id = finish(store, run(store, again), photo)
    assert store.analysis(partial_id) is None
    assert store.analysis(whole_id).raw_text == answer()
    assert [row[0] for row in store._database.read("SELECT analysis_id FROM documents")] == [whole_id]


def test_an_answer_joins_the_analysis_that_was_asked_about(store):
    (queued,) = add(store, "a")
    analysis_id = finish(store, run(store, queued))
    asked = job("a", question="Why?", about=analysis_id)
    store.add([asked])
    talked = replace(store.analysis(analysis_id), conversation=(Exchange("Why?", "Because."),))
    assert store.finish(run(store, asked).to(JobState.DONE), talked, "", make_photo("a")) == analysis_id
    assert store.analysis(analysis_id).conversation == (Exchange("Why?", "Because."),)
    assert store._database.read_one("SELECT count(*) FROM analyses")[0] == 1


def test_jobs_are_listed_latest_first_by_state_and_batch(store):
    batch = Batch("Iceland")
    first, second = add(store, "a", "b", batch=batch)
    (third,) = add(store, "c")
    run(store, third)
    assert [each.path.name for each in store.jobs()] == ["c", "b", "a"]
    assert [each.path.name for each in store.jobs(limit=1)] == ["c"]
    assert [each.path.name for each in store.jobs(state=JobState.QUEUED)] == ["b", "a"]
    assert {each.id for each in store.jobs(batch=batch.id)} == {first.id, second.id}


def test_places_are_stored_and_new_ones_come_after(open_store):
    store = open_store()
    first, second = add(store, "a", "b")
    store.move([replace(first, position=second.position), replace(second, position=first.position)])
    store.close()
    later = open_store()
    assert [each.path.name for each in later.unfinished()] == ["b", "a"]
    assert later.next_position() > first.position
    assert later.next_position() > second.position


def test_a_fault_at_any_statement_of_any_write_changes_nothing(tmp_path):
    """Every write of the store, broken off after each of its statements; then it works as if nothing had been."""
    disk = Disk()
    store = Store(Database(tmp_path / "history.db", connect=disk.connect), Session(tmp_path / "sessions"))
    photo = make_photo()
    queued, other = add(store, "a", "b")
    running = queued.to(JobState.RUNNING)
    done = running.to(JobState.DONE)
    batch = Batch("Iceland")
    writes = [
        lambda: store.add_batch(batch),
        lambda: store.add([job("c", batch=batch.id), job("d", batch=batch.id)]),
        lambda: store.complete_batch(batch.id),
        lambda: store.update(running),
        lambda: store.move([replace(other, position=0.5)]),
        lambda: store.save_partial(queued.id, "A quiet"),
        lambda: store.finish(done, make_analysis(photo), "f", photo),
        lambda: store.update(other.to(JobState.RUNNING)),
        lambda: store.finish_with(other.to(JobState.RUNNING).to(JobState.DONE), 1),
    ]
    dump = sqlite3.connect(tmp_path / "history.db")
    for write in writes:
        before = list(dump.iterdump())
        for works in range(100):
            disk.fails_after = works
            try:
                write()
            except UserError:
                disk.fails_after = None
                assert list(dump.iterdump()) == before
            else:
                break
        disk.fails_after = None
        assert works > 1
        assert list(dump.iterdump()) != before
    dump.close()
    assert store.analysis_id(other.id) == 1
    store.close()


def test_a_damaged_document_is_told(store):
    (queued,) = add(store, "a")
    analysis_id = finish(store, run(store, queued))
    with store._database.write() as connection:
        connection.execute('UPDATE documents SET json = \'{"schema": "mondrian.analysis/9"}\'')
    with pytest.raises(UserError, match="analysis/9"):
        store.analysis(analysis_id)


def test_ids_are_never_given_twice(store):
    first, second = add(store, "a", "b")
    analysis_id = finish(store, run(store, first))
    with store._database.write() as connection:
        connection.execute("DELETE FROM analyses")
    assert finish(store, run(store, second)) > analysis_id
