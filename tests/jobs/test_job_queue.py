"""The queue with generators made for the purpose; photos and engine: test_service.py; the disk: test_queue_store.py."""

import logging
from pathlib import Path

import pytest

from mondrian_desktop.engine.protocol import Phase
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.leaving import ENDED_AT_ONCE
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.run import Analyzed
from tests.jobs.queue_scene import WRITING, raising


def test_jobs_run_one_after_the_other_in_the_order_in_which_they_came(scene):
    ids = [scene.add(name) for name in "abc"]
    assert [scene.state(each) for each in ids] == ["running", "queued", "queued"]
    scene.pump.run()
    assert scene.started == ["a", "b", "c"]
    assert [scene.state(each) for each in ids] == ["done"] * 3
    assert scene.ear.states(ids[1]) == ["queued", "running", "done"]


def test_as_many_at_once_as_the_engine_takes(make_scene):
    scene = make_scene(concurrency=2)
    ids = [scene.add(name) for name in "abc"]
    assert [scene.state(each) for each in ids] == ["running", "running", "queued"]
    scene.pump.run()
    assert [scene.state(each) for each in ids] == ["done"] * 3


def test_each_lane_has_its_own_room_and_is_held_up_by_no_other(scene):
    scene.rooms["server"] = 3
    here = [scene.add(name) for name in "ab"]
    there = [scene.add(name, model="server") for name in "cdef"]
    assert [scene.state(each) for each in here] == ["running", "queued"]
    assert [scene.state(each) for each in there] == ["running", "running", "running", "queued"]
    scene.pump.run()
    assert [scene.state(each) for each in (*here, *there)] == ["done"] * 6


def test_room_that_a_lane_gets_later_is_used(scene):
    ids = [scene.add(name) for name in "abcd"]
    scene.rooms["mini"] = 3
    scene.queue.cancel(ids[0])
    scene.pump.run(until=lambda: scene.state(ids[0]) != "running")
    assert [scene.state(each) for each in ids[1:]] == ["running"] * 3


def test_nothing_of_a_job_happens_while_it_is_added(scene):
    scene.add("a")
    assert scene.started == []


def test_a_known_error_is_the_reason_and_the_next_job_runs(scene):
    broken = scene.add("a", lambda: raising(UserError("a is empty.", "Copy it again.")))
    following = scene.add("b")
    scene.pump.run()
    assert scene.queue.job(broken).reason == "a is empty. Copy it again."
    assert scene.state(broken) == "failed"
    assert scene.state(following) == "done"


def test_a_bug_fails_its_job_alone_and_is_logged_with_its_traceback(scene, caplog):
    broken = scene.add("a", lambda: raising(ZeroDivisionError("bug")))
    following = scene.add("b")
    with caplog.at_level(logging.ERROR):
        scene.pump.run()
    assert scene.state(broken) == "failed"
    assert "a (ZeroDivisionError" in scene.queue.job(broken).reason
    assert scene.state(following) == "done"
    (record,) = caplog.records
    assert record.exc_info[0] is ZeroDivisionError
    assert broken in record.message


def test_a_bug_before_the_first_step_fails_its_job_alone(scene):
    def start():
        raise KeyError("adviser")

    broken, following = scene.add("a", start), scene.add("b")
    scene.pump.run()
    assert [scene.state(broken), scene.state(following)] == ["failed", "done"]


def test_a_waiting_job_that_is_cancelled_never_starts(scene):
    scene.add("a")
    waiting = scene.add("b")
    scene.queue.cancel(waiting)
    scene.pump.run()
    assert scene.started == ["a"]
    assert scene.ear.states(waiting) == ["queued", "cancelled"]


def test_a_running_job_that_is_cancelled_hands_over_and_the_next_one_runs(scene):
    running, following = scene.add("a"), scene.add("b")
    scene.pump.run(until=lambda: WRITING in scene.ear.events(Phase))
    scene.queue.cancel(running)
    scene.pump.run()
    assert scene.state(running) == "cancelled"
    assert [event.analysis.raw_text for event in scene.ear.events(Analyzed, running)] == ["Light."]
    assert scene.state(following) == "done"


def test_a_job_cancelled_before_its_first_step_is_cancelled(scene):
    job = scene.add("a")
    scene.queue.cancel(job)
    scene.pump.run()
    assert scene.state(job) == "cancelled"
    assert scene.started == []


def test_a_job_that_was_cancelled_after_its_analysis_is_done(scene):
    job = scene.add("a")
    scene.on_update = lambda update: isinstance(update.event, Analyzed) and scene.queue.cancel(job)
    scene.pump.run()
    assert scene.state(job) == "done"


def test_over_is_over(scene):
    job = scene.add("a")
    scene.pump.run()
    told = len(scene.ear.updates)
    scene.queue.cancel(job)
    scene.pump.run()
    assert scene.state(job) == "done"
    assert len(scene.ear.updates) == told


def test_cancelling_all_starts_nothing_in_between(scene):
    ids = [scene.add(name) for name in "abcd"]
    scene.pump.run(until=lambda: bool(scene.ear.events(Phase)))
    scene.queue.cancel_all()
    scene.pump.run()
    assert [scene.state(each) for each in ids] == ["cancelled"] * 4
    assert scene.started == ["a"]


def test_cancelling_all_ends_waiting_jobs_first_even_where_a_retried_one_runs_last(scene):
    first = scene.add("a", lambda: raising(UserError("No.")))
    scene.pump.run()
    scene.works.clear()
    scene.queue.retry(first)
    scene.add("b")
    scene.queue.cancel_all()
    scene.pump.run()
    assert scene.started == ["a"]


@pytest.mark.parametrize("error", [UserError("No."), ZeroDivisionError()])
def test_a_failed_job_is_retried_at_the_end_of_the_line(scene, error):
    failed = scene.add("a", lambda: raising(error))
    scene.pump.run()
    scene.works.clear()
    waiting = [scene.add(name) for name in "bc"]
    scene.queue.retry(failed)
    assert [job.id for job in scene.queue.jobs] == [*waiting, failed]
    assert scene.queue.job(failed).reason == ""
    scene.pump.run()
    assert scene.started == ["a", "b", "c", "a"]
    assert scene.state(failed) == "done"


def test_what_cannot_be_retried_stays_where_it_is(scene):
    running, waiting = scene.add("a"), scene.add("b")
    for job in (running, waiting):
        with pytest.raises(ValueError, match="cannot go from"):
            scene.queue.retry(job)
    scene.pump.run()
    with pytest.raises(ValueError, match="done"):
        scene.queue.retry(running)
    assert [job.id for job in scene.queue.jobs] == [running, waiting]


def test_an_unknown_job_is_a_key_error(scene):
    for verb in (scene.queue.job, scene.queue.retry):
        with pytest.raises(KeyError):
            verb("nobody")


def test_cancelling_what_is_not_in_line_has_no_effect(scene):
    scene.add("a.jpg")
    before = scene.queue.jobs
    scene.queue.cancel("nobody")
    assert scene.queue.jobs == before


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.DONE])
def test_a_listener_that_fails_does_not_hold_up_the_queue(scene, state):
    def fail(update):
        if update.event is None and update.job.state is state and update.job.path.name == "a":
            raise LookupError("in the window")

    scene.on_update = fail
    if state is JobState.RUNNING:
        with pytest.raises(LookupError):
            scene.add("a")
    else:
        scene.add("a")
    second = scene.add("b")
    if state is JobState.DONE:
        with pytest.raises(LookupError):
            scene.pump.run()
    scene.pump.run()
    assert scene.started == ["a", "b"]
    assert scene.state(second) == "done"
    assert all(job.is_over for job in scene.queue.jobs)


def test_a_job_stays_done_where_a_listener_fails_at_its_analysis(scene, caplog):
    def fail(update):
        if isinstance(update.event, Analyzed):
            raise LookupError("in the window")

    scene.on_update = fail
    job = scene.add("a")
    scene.pump.run()
    assert scene.state(job) == "done"
    assert caplog.records[0].exc_info[0] is LookupError


def test_a_thousand_jobs_that_fail_at_once_do_not_pile_up(scene):
    ids = [scene.add(f"{n}", lambda: raising(UserError("No."))) for n in range(1000)]
    scene.pump.run()
    assert {scene.state(each) for each in ids} == {"failed"}


def test_a_pause_holds_the_running_job_between_two_events(scene):
    job, following = scene.add("a"), scene.add("b")
    scene.pump.run(until=lambda: bool(scene.ear.events(Phase)))
    scene.queue.pause()
    told = len(scene.ear.updates)
    assert not scene.pump.step()
    assert scene.queue.paused
    assert len(scene.ear.updates) == told
    scene.queue.resume()
    assert not scene.queue.paused
    scene.pump.run()
    assert [scene.state(each) for each in (job, following)] == ["done", "done"]
    assert scene.pauses == 2


def test_a_paused_queue_starts_nothing(scene):
    scene.queue.pause()
    job = scene.add("a")
    assert scene.state(job) == "queued"
    scene.queue.resume()
    scene.pump.run()
    assert scene.state(job) == "done"


def test_a_pause_asked_for_by_a_listener_holds_at_once(scene):
    scene.on_update = lambda update: isinstance(update.event, Phase) and scene.queue.pause()
    scene.add("a")
    scene.pump.step()
    assert not scene.pump.step()
    assert len(scene.ear.events(Phase)) == 1


def test_a_paused_job_can_be_stopped_and_nothing_else_starts(scene):
    job, following = scene.add("a"), scene.add("b")
    scene.pump.run(until=lambda: bool(scene.ear.events(Phase)))
    scene.queue.pause()
    scene.queue.cancel(job)
    scene.pump.run(until=lambda: not scene.pump.has_work)
    assert [scene.state(each) for each in (job, following)] == ["cancelled", "queued"]
    assert scene.ear.events(Analyzed)


@pytest.mark.parametrize(
    ("moved", "before", "order"),
    [("d", "b", "adbc"), ("b", None, "acdb"), ("b", "d", "acbd"), ("c", "c", "abcd"), ("d", None, "abcd")],
)
def test_waiting_jobs_can_be_moved(scene, moved, before, order):
    ids = {name: scene.add(name) for name in "abcd"}
    scene.queue.move(ids[moved], before and ids[before])
    assert "".join(job.path.name for job in scene.queue.jobs) == order
    assert [scene.store.job(job.id).position for job in scene.queue.jobs] == sorted(
        job.position for job in scene.queue.jobs
    )
    scene.pump.run()
    assert "".join(scene.started) == order


def test_several_jobs_are_moved_together(scene):
    ids = {name: scene.add(name) for name in "abcdef"}
    scene.queue.move([ids["e"], ids["c"]], ids["b"])
    assert "".join(job.path.name for job in scene.queue.jobs) == "aecbdf"
    scene.queue.move([ids["e"], ids["c"]], ids["c"])
    assert "".join(job.path.name for job in scene.queue.jobs) == "aecbdf"


def test_only_what_is_moved_is_written_and_told(scene):
    ids = {name: scene.add(name) for name in "abcdef"}
    scene.ear.updates.clear()
    scene.queue.move([ids["f"]], ids["b"])
    scene.queue.move([ids["b"], ids["c"]], None)
    assert [update.job.path.name for update in scene.ear.updates] == ["f", "b", "c"]
    scene.queue.move([ids["b"], ids["c"]], None)
    assert len(scene.ear.updates) == 3
    scene.pump.run()
    assert "".join(scene.started) == "afdebc"


def test_between_two_jobs_there_is_always_a_place(scene):
    ids = {name: scene.add(name) for name in "abcd"}
    for _ in range(60):
        scene.queue.move(ids["d"], ids["c"])
        scene.queue.move(ids["c"], ids["d"])
    assert "".join(job.path.name for job in scene.queue.jobs) == "abcd"
    positions = [scene.store.job(ids[name]).position for name in "abcd"]
    assert positions == sorted(set(positions))


def test_thousands_are_ended_bit_by_bit_and_none_of_them_starts(scene):
    jobs = [Job(Path("/photos", f"{n}"), "mentor", "mini") for n in range(2_000)]
    scene.queue.add(*jobs)
    scene.ear.updates.clear()
    scene.queue.cancel_all()
    most = ended = len(scene.ear.updates)
    while not scene.pump.is_idle:
        scene.pump.step()
        most, ended = max(most, len(scene.ear.updates) - ended), len(scene.ear.updates)
    assert most <= ENDED_AT_ONCE + 3
    assert {job.state for job in scene.queue.jobs} == {JobState.CANCELLED}
    assert len(scene.started) <= 1


def test_closing_ends_what_was_to_end(scene):
    scene.queue.add(*(Job(Path("/photos", f"{n}"), "mentor", "mini") for n in range(2_000)))
    scene.queue.pause()
    scene.queue.cancel_all()
    scene.pump.close()
    scene.queue.close()
    assert len(scene.store.jobs(limit=-1, state=JobState.CANCELLED)) == 1_999
    assert scene.store.jobs(limit=-1, state=JobState.QUEUED) == ()


def test_several_jobs_are_ended_together(scene):
    ids = {name: scene.add(name) for name in "abcd"}
    scene.queue.cancel(ids["a"], ids["c"])
    scene.pump.run()
    assert [scene.state(ids[name]) for name in "abcd"] == ["cancelled", "done", "cancelled", "done"]


def test_only_waiting_jobs_can_be_moved(scene):
    running, waiting = scene.add("a"), scene.add("b")
    for job, before in ((running, None), (waiting, running), ("nobody", None)):
        with pytest.raises(ValueError, match="not in list"):
            scene.queue.move(job, before)
    assert [job.path.name for job in scene.queue.jobs] == ["a", "b"]


def test_jobs_that_are_taken_up_run_in_their_old_order(scene):
    jobs = [Job(Path("/photos", name), "mentor", "mini", position=place) for name, place in (("x", -2.0), ("y", -1.0))]
    scene.store.add(jobs)
    scene.add("a")
    scene.add("b")
    scene.queue.take(jobs)
    scene.pump.run()
    assert scene.started == ["a", "x", "y", "b"]


def test_the_next_job_can_be_looked_at(scene):
    assert scene.queue.next is None
    scene.add("a")
    assert scene.queue.next is None
    scene.add("b")
    assert scene.queue.next.path.name == "b"
