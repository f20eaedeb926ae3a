"""The queue with generators made for the purpose; photos and engine: test_service.py."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mondrian_desktop.engine.protocol import Phase, Stage
from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Queue
from mondrian_desktop.jobs.run import Analyzed
from mondrian_desktop.pump import Pump
from mondrian_desktop.report.model import Analysis, Generation
from tests.jobs.scene import Ear, FakeClock

WRITING = Phase(Stage.GENERATING)


def analysis(finish_reason="stop"):
    return Analysis(
        photo=None, advisor="mentor", rubric="technical", model="mini", question="", critique=None, facts=None,
        generation=Generation(finish_reason=finish_reason), raw_text="Light.", created=datetime.now(UTC),
    )  # fmt: skip


def ordinary():
    """Write in three steps; stopped on the way, hand over what is there."""
    try:
        for _ in range(3):
            yield WRITING
    except Cancelled:
        yield Analyzed(analysis("cancelled"))
    else:
        yield Analyzed(analysis())


def raising(error):
    yield WRITING
    raise error


class Scene:
    def __init__(self, concurrency=1):
        self.pump = Pump(clock=FakeClock(), budget_s=0.0)
        self.ear = Ear()
        self.works = {}
        self.started = []
        self.queue = Queue(self.pump, self._start, concurrency, self._listen)
        self.on_update = lambda update: None

    def _start(self, job):
        self.started.append(job.path.name)
        return self.works.get(job.path.name, ordinary)()

    def _listen(self, update):
        self.ear(update)
        self.on_update(update)

    def add(self, name, work=None):
        if work:
            self.works[name] = work
        job = Job(Path("/photos", name), "mentor", "mini")
        self.queue.add(job)
        return job.id

    def state(self, job_id):
        return self.queue.job(job_id).state.value


@pytest.fixture
def scene():
    return Scene()


def test_jobs_run_one_after_the_other_in_the_order_in_which_they_came(scene):
    ids = [scene.add(name) for name in "abc"]
    assert [scene.state(each) for each in ids] == ["running", "queued", "queued"]
    scene.pump.run()
    assert scene.started == ["a", "b", "c"]
    assert [scene.state(each) for each in ids] == ["done"] * 3
    assert scene.ear.states(ids[1]) == ["queued", "running", "done"]


def test_as_many_at_once_as_the_engine_takes():
    scene = Scene(concurrency=2)
    ids = [scene.add(name) for name in "abc"]
    assert [scene.state(each) for each in ids] == ["running", "running", "queued"]
    scene.pump.run()
    assert [scene.state(each) for each in ids] == ["done"] * 3


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
    for verb in (scene.queue.job, scene.queue.cancel, scene.queue.retry):
        with pytest.raises(KeyError):
            verb("nobody")


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
