"""What the service keeps: for the next session, for the same photo again, and on a disk that fails."""

import sqlite3

import pytest

from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.run import Analyzed, Options
from mondrian_desktop.jobs.session import Session
from mondrian_desktop.jobs.store import Store
from tests.jobs.scene import SAMPLES, Disk, answer, make_service
from tests.service.conftest import state


def test_what_was_done_is_known_in_the_next_session(make, history):
    service = make(history=history)
    job = service.submit(SAMPLES[0])
    service.pump.run()
    analysis = service.analysis(job.id)
    service.close()
    later = make(history=history)
    assert later.jobs == ()
    assert later.job(job.id).state is JobState.DONE
    assert later.analysis(job.id) == analysis
    assert later.unfinished() == ()


def test_an_analysis_that_could_not_be_saved_is_there_all_the_same(make, history):
    disk = Disk()
    service = make_service(
        ScriptedEngine(script(answer())), store=Store(Database(history, connect=disk.connect), Session(None))
    )
    job = service.submit(SAMPLES[0])
    service.subscribe(lambda update: isinstance(update.event, Token) and setattr(disk, "fails_after", 0))
    service.pump.run(until=lambda: not service.pump.has_work and service.paused)
    disk.fails_after = None
    assert "the disk is full" in str(service.problem)
    assert service.analysis(job.id) is None
    service.cancel(job.id)
    disk.fails_after = 0
    service.pump.run()
    disk.fails_after = None
    shown = service.analysis(job.id)
    assert answer().startswith(shown.raw_text)
    assert service.analysis_id(job.id) is None
    service.resume()
    assert service.analysis_id(job.id) is not None
    assert service.analysis(job.id) == shown
    service.close()


def test_what_was_not_finished_is_offered_and_runs_when_it_is_taken_up(make, history):
    service = make(history=history)
    jobs = [service.submit(path, options=Options(max_tokens=33)) for path in SAMPLES[:3]]
    service.pump.run(until=lambda: bool(service.ear.events(Token)))
    service.close()
    later = make(history=history)
    offered = later.unfinished()
    assert [job.id for job in offered] == [job.id for job in jobs]
    assert [job.state.value for job in offered] == ["interrupted", "queued", "queued"]
    assert answer().startswith(later.partial(jobs[0].id))
    assert later.partial(jobs[0].id)
    later.pump.run()
    assert later.jobs == ()
    taken = later.take_up(offered)
    assert [job.id for job in taken] == [job.id for job in jobs]
    later.pump.run()
    assert {state(later, job) for job in jobs} == {JobState.DONE}
    assert [request.max_tokens for request in later._engine.requests] == [33] * 3
    assert later.unfinished() == ()


def test_what_is_discarded_is_not_offered_again(make, history):
    service = make(history=history)
    service.submit(SAMPLES[0])
    service.close()
    later = make(history=history)
    later.discard(later.unfinished())
    assert later.unfinished() == ()
    later.close()
    assert make(history=history).unfinished() == ()


def test_the_same_photo_again_is_not_analyzed_twice_unless_asked(make, tmp_path):
    service = make()
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(SAMPLES[0].read_bytes())
    first = service.submit(SAMPLES[0])
    second, third = service.submit(copy, again=False), service.submit(copy)
    service.pump.run()
    assert {state(service, job) for job in (first, second, third)} == {JobState.DONE}
    assert len(service._engine.requests) == 2
    (offered,) = service.ear.events(Analyzed, second.id)
    assert offered.earlier == service.analysis_id(first.id) == service.analysis_id(second.id)
    assert offered.analysis == service.analysis(first.id)
    assert service.analysis_id(third.id) != service.analysis_id(first.id)


@pytest.mark.parametrize(
    "change",
    [
        {"path": SAMPLES[1]},
        {"advisor": "ansel"},
        {"options": Options(max_tokens=40)},
        {"options": Options(analysis_size=512)},
        {"options": Options(temperature=0.5)},
    ],
    ids=str,
)
def test_whatever_changes_the_answer_is_analyzed_anew(make, change):
    service = make()
    service.submit(SAMPLES[0], options=Options())
    service.submit(**({"path": SAMPLES[0], "options": Options(), "again": False} | change))
    service.pump.run()
    assert len(service._engine.requests) == 2


@pytest.mark.parametrize("options", [Options(update_interval_s=1.0), Options(stream=False), Options(seed=5)], ids=str)
def test_what_does_not_change_the_answer_is_no_reason_to_analyze_anew(make, options):
    service = make()
    service.submit(SAMPLES[0], options=Options())
    service.submit(SAMPLES[0], options=options, again=False)
    service.pump.run()
    assert len(service._engine.requests) == 1


def test_with_a_temperature_the_seed_matters(make):
    service = make()
    for seed in (1, 2, 1):
        service.submit(SAMPLES[0], options=Options(temperature=0.5, seed=seed), again=False)
    service.pump.run()
    assert len(service._engine.requests) == 2


def until_idle_or_paused(service):
    service.pump.run(until=lambda: service.paused or service.pump.is_idle)


def analyses(history):
    """Return how many analyses there are, of how many photos, after looking the file over."""
    connection = sqlite3.connect(history)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    counts = connection.execute("SELECT count(*), count(DISTINCT photo_id) FROM analyses").fetchone()
    connection.close()
    return counts


STATEMENTS = 43
"""About as many as a session with two photos executes."""


@pytest.mark.parametrize(
    "works",
    [pytest.param(n, marks=[] if n % 5 == 0 else pytest.mark.nightly) for n in range(STATEMENTS)],
)
@pytest.mark.parametrize("heals", [True, False])
def test_a_disk_that_fails_at_any_moment_loses_and_doubles_nothing(make, history, works, heals):
    disk = Disk()
    store = Store(Database(history, connect=disk.connect), Session(history.with_name("sessions")))
    service = make_service(ScriptedEngine(script(answer())), store=store)
    for path in SAMPLES[:2]:
        service.submit(path)
    before = disk.statements
    disk.fails_after = works
    until_idle_or_paused(service)
    assert service.paused
    assert disk.statements - before > works
    if heals:
        disk.fails_after = None
        service.resume()
        service.pump.run()
        assert [job.state.value for job in service.jobs] == ["done", "done"]
        service.close()
    else:
        service.close()
        later = make(history=history)
        later.take_up(later.unfinished())
        later.pump.run()
        assert later.unfinished() == ()
        later.close()
    assert analyses(history) == (2, 2)
