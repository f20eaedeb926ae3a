"""The queue and its store: everything is written before it is told, also late, where the disk was full."""

import pytest

from mondrian_desktop.engine.protocol import Phase, Token
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.run import Analyzed, Thinking
from tests.jobs.queue_scene import talking


def test_the_store_knows_everything_before_it_is_told(scene):
    scene.on_update = lambda update: seen.append((update.job.state.value, scene.stored(update.job.id), update.event))
    seen = []
    job = scene.add("a", talking)
    scene.pump.run()
    for told, known, event in seen:
        assert told == known or isinstance(event, Analyzed)
    assert [known for _, known, event in seen if isinstance(event, Analyzed)] == ["done"]
    assert scene.store.analysis(scene.store.analysis_id(job)).raw_text == "Light."


def test_partial_text_is_stored_before_each_thinking_update(scene):
    partials = []
    scene.on_update = lambda update: (
        isinstance(update.event, Thinking) and partials.append(scene.store.partial(update.job.id))
    )
    job = scene.add("a", talking)
    scene.pump.run()
    assert partials == ["Light ", "Light and shadow"]
    assert scene.store.partial(job) == ""


def test_what_a_failed_job_wrote_is_kept(scene):
    def failing():
        yield Token("Light", 1, 1.0)
        yield Token(" and", 2, 1.0)
        raise UserError("The model is gone.")

    job = scene.add("a", failing)
    scene.pump.run()
    assert scene.state(job) == "failed"
    assert scene.store.partial(job) == "Light and"


def test_on_a_full_disk_nothing_gets_in_line(scene):
    scene.disk.fails_after = 0
    with pytest.raises(UserError, match="the disk is full"):
        scene.add("a")
    assert scene.queue.jobs == ()
    assert not scene.queue.paused


def test_where_a_job_cannot_be_written_it_does_not_start_and_the_queue_pauses(scene):
    first, second = scene.add("a"), scene.add("b")
    scene.on_update = lambda update: update.job.is_over and setattr(scene.disk, "fails_after", 0)
    scene.pump.run()
    assert [scene.state(each) for each in (first, second)] == ["done", "queued"]
    assert scene.queue.paused
    assert "the disk is full" in str(scene.queue.problem)
    scene.on_update = lambda update: None
    scene.queue.resume()
    assert scene.queue.paused
    scene.disk.fails_after = None
    scene.queue.resume()
    assert (scene.queue.paused, scene.queue.problem) == (False, None)
    scene.pump.run()
    assert scene.state(second) == scene.stored(second) == "done"


def test_where_partial_text_cannot_be_written_the_queue_pauses_and_the_answer_goes_on_later(scene):
    job = scene.add("a", talking)
    scene.on_update = lambda update: isinstance(update.event, Token) and setattr(scene.disk, "fails_after", 0)
    scene.pump.run(until=lambda: not scene.pump.has_work)
    assert scene.state(job) == "running"
    assert scene.queue.problem is not None
    scene.on_update = lambda update: None
    scene.queue.resume()
    assert scene.queue.paused
    scene.disk.fails_after = None
    scene.queue.resume()
    assert scene.store.partial(job) == "Light "
    scene.pump.run()
    assert scene.state(job) == scene.stored(job) == "done"


def test_a_result_that_cannot_be_written_is_written_later(scene):
    job, following = scene.add("a"), scene.add("b")
    scene.on_update = lambda update: isinstance(update.event, Phase) and setattr(scene.disk, "fails_after", 0)
    scene.pump.run(until=lambda: not scene.pump.has_work)
    assert scene.queue.paused
    scene.disk.fails_after = None
    assert scene.stored(job) == "running"
    assert scene.store.analysis_id(job) is None
    # It is on the screen all the same, with the reason why it is not safe yet.
    assert scene.ear.events(Analyzed, job)
    scene.on_update = lambda update: None
    scene.queue.resume()
    assert scene.stored(job) == "done"
    assert scene.store.analysis_id(job) is not None
    scene.pump.run()
    assert [scene.state(each) for each in (job, following)] == ["done", "done"]


def test_on_a_full_disk_stop_still_stops(scene):
    job, following = scene.add("a"), scene.add("b")
    scene.pump.run(until=lambda: bool(scene.ear.events(Phase)))
    scene.disk.fails_after = 0
    scene.queue.cancel_all()
    scene.pump.run()
    assert [scene.state(each) for each in (job, following)] == ["cancelled", "cancelled"]
    scene.disk.fails_after = None
    assert [scene.stored(each) for each in (job, following)] == ["running", "queued"]
    scene.queue.resume()
    assert [scene.stored(each) for each in (job, following)] == ["cancelled", "cancelled"]
    assert scene.store.analysis_id(job) is not None


def test_closing_writes_what_was_not_written(scene):
    job = scene.add("a")
    scene.on_update = lambda update: isinstance(update.event, Phase) and setattr(scene.disk, "fails_after", 0)
    scene.pump.run(until=lambda: not scene.pump.has_work)
    scene.disk.fails_after = None
    scene.pump.close()
    scene.queue.close()
    assert scene.stored(job) == "done"


def test_closing_on_a_full_disk_is_logged(scene, caplog):
    job = scene.add("a", talking)
    scene.pump.run(until=lambda: bool(scene.ear.events(Token)))
    scene.disk.fails_after = 0
    scene.pump.close()
    scene.queue.close()
    scene.disk.fails_after = None
    assert scene.stored(job) == "running"
    assert any(
        "the disk is full" in record.getMessage() or "written" in record.getMessage() for record in caplog.records
    )


def test_closing_keeps_what_was_written_since_the_last_interval(scene):
    job = scene.add("a", talking)
    scene.pump.run(until=lambda: bool(scene.ear.events(Token)))
    scene.pump.close()
    scene.queue.close()
    assert scene.store.partial(job) == "Light "
