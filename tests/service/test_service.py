import threading
from pathlib import Path

import pytest

from mondrian_desktop.critique.advisor import Advisor, Advisors
from mondrian_desktop.engine.protocol import Phase, Prefill, Stage, Token
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.run import Analyzed, Options, Read, Thinking
from mondrian_desktop.settings import ADVISOR, ANALYSIS_SIZE, MAX_TOKENS, Settings
from tests.jobs.scene import SAMPLES, Ear, FakeClock, answer, make_service, tokens
from tests.service.conftest import state


def test_a_photo_becomes_an_analysis(make):
    service = make()
    job = service.submit(SAMPLES[0])
    service.pump.run()
    assert state(service, job) is JobState.DONE
    assert service.analysis(job.id).critique.overall_score == 7.0
    assert service.ear.states(job.id) == ["queued", "running", "done"]


def test_several_photos_are_analyzed_in_order(make):
    service = make(*(script(answer(score)) for score in (3, 5, 8)))
    jobs = [service.submit(path) for path in SAMPLES[:3]]
    service.pump.run()
    assert [service.analysis(job.id).critique.overall_score for job in jobs] == [3.0, 5.0, 8.0]
    assert [service.analysis(job.id).photo.path for job in jobs] == SAMPLES[:3]


def test_without_a_word_the_settings_decide(make, tmp_path):
    settings = Settings(tmp_path / "settings.json", {})
    settings.set(ANALYSIS_SIZE, 512)
    settings.set(MAX_TOKENS, 99)
    service = make(settings=settings)
    job = service.submit(SAMPLES[0])
    settings.set(MAX_TOKENS, 500)
    service.pump.run()
    (request,) = service._engine.requests
    assert (job.advisor, job.model) == (ADVISOR.default, "mini")
    assert max(request.image.pixels.shape) == 512
    assert request.max_tokens == 99
    assert service.options() == Options(analysis_size=512, max_tokens=500)


def test_options_of_one_job_win_over_the_settings(make):
    service = make()
    service.submit(SAMPLES[0], options=Options(max_tokens=20, seed=4))
    service.pump.run()
    assert (service._engine.requests[0].max_tokens, service._engine.requests[0].seed) == (20, 4)


def test_the_interval_is_kept_from_the_settings_to_the_listener(make, tmp_path):
    clock = FakeClock()
    settings = Settings(tmp_path / "settings.json", {"MONDRIAN_UPDATE_INTERVAL": "5"})
    service = make(tokens(answer(), 150, clock, 0.125), clock=clock, settings=settings)
    service.submit(SAMPLES[0])
    service.pump.run()
    assert [event.text for event in service.ear.events(Thinking)] == [
        "Generating analysis... (1 tokens, 44.1 tps)",
        "Generating analysis... (41 tokens, 44.1 tps)",
        "Generating analysis... (81 tokens, 44.1 tps)",
        "Generating analysis... (121 tokens, 44.1 tps)",
        "Generating analysis... (150 tokens, 44.1 tps)",
    ]


def test_a_broken_photo_fails_with_its_name_and_the_others_go_on(make, tmp_path):
    empty = tmp_path / "empty.jpg"
    empty.touch()
    service = make()
    bad, gone, good = service.submit(empty), service.submit(tmp_path / "gone.jpg"), service.submit(SAMPLES[0])
    service.pump.run()
    assert "empty.jpg" in service.job(bad.id).reason
    assert "gone.jpg" in service.job(gone.id).reason
    assert service.analysis(bad.id) is None
    assert state(service, good) is JobState.DONE


@pytest.mark.parametrize(
    "name", ["new\nline.jpg", "\U0001f426.jpg", "a" * 251 + ".jpg", "~tilde.jpg", " .jpg", "-rf.jpg", "%s{}.jpg"]
)
def test_names_are_only_names(make, tmp_path, name):
    photo = tmp_path / name
    photo.write_bytes(SAMPLES[0].read_bytes())
    service = make()
    job = service.submit(photo)
    service.pump.run()
    assert state(service, job) is JobState.DONE
    assert service.analysis(job.id).photo.path == photo


def test_a_relative_path_is_taken_from_where_it_was_given(make, tmp_path, monkeypatch):
    (tmp_path / "~wren.jpg").write_bytes(SAMPLES[0].read_bytes())
    monkeypatch.chdir(tmp_path)
    service = make()
    job = service.submit(Path("~wren.jpg"))
    monkeypatch.chdir("/")
    service.pump.run()
    assert service.job(job.id).path == tmp_path / "~wren.jpg"
    assert state(service, job) is JobState.DONE


def test_an_unknown_advisor_or_model_is_refused_at_once(make):
    service = make()
    with pytest.raises(UserError, match="nobody"):
        service.submit(SAMPLES[0], "nobody")
    with pytest.raises(UserError, match="huge"):
        service.submit(SAMPLES[0], model="huge")
    assert service.jobs == ()


def test_nothing_to_do_is_refused(make):
    with pytest.raises(UserError, match="nothing"):
        make().submit(None, question="  ")


def test_a_model_folder_that_vanishes_fails_its_job(make, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    service = make()
    job = service.submit(SAMPLES[0], model=str(folder))
    (folder / "config.json").unlink()
    service.pump.run()
    assert state(service, job) is JobState.FAILED
    assert "config.json" in service.job(job.id).reason


def test_a_question_without_a_photo_is_answered_in_words(make, tmp_path):
    folder = tmp_path / "chat"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    service = make(script("Wait for the light."))
    job = service.submit(None, question=" When? ", model=str(folder))
    service.pump.run()
    analysis = service.analysis(job.id)
    assert (analysis.question, analysis.raw_text, analysis.critique) == ("When?", "Wait for the light.", None)
    assert analysis.photo is None
    assert service._engine.requests[0].image is None
    assert not service.ear.events(Read)


def test_a_question_that_the_model_cannot_take_is_told(make):
    service = make()
    job = service.submit(SAMPLES[0], question="Why is it dark?")
    service.pump.run()
    assert state(service, job) is JobState.FAILED
    assert "question" in service.job(job.id).reason
    assert not service._engine.requests


@pytest.mark.parametrize("at", [Phase(Stage.READING), Phase(Stage.ENCODING), Prefill(4, 4), Token])
def test_a_stop_in_each_phase_lets_the_next_job_run(make, at):
    service = make()
    job, following = service.submit(SAMPLES[0]), service.submit(SAMPLES[1])

    def stop(update):
        if update.job.id == job.id and (update.event == at or (at is Token and isinstance(update.event, Token))):
            service.cancel(job.id)

    service.subscribe(stop)
    service.pump.run()
    assert state(service, job) is JobState.CANCELLED
    assert state(service, following) is JobState.DONE
    partial = service.analysis(job.id)
    if at is Token:
        assert partial.generation.finish_reason == "cancelled"
        assert answer().startswith(partial.raw_text)
        assert partial.raw_text
    else:
        assert partial is None


def test_a_stopped_job_can_be_done_after_all(make):
    service = make()
    job = service.submit(SAMPLES[0], options=Options(max_tokens=33))
    service.subscribe(lambda update: isinstance(update.event, Token) and len(done) == 0 and service.cancel(job.id))
    done = []
    service.pump.run()
    done.append(True)
    service.retry(job.id)
    service.pump.run()
    assert state(service, job) is JobState.DONE
    assert service.analysis(job.id).generation.finish_reason == "stop"
    assert [request.max_tokens for request in service._engine.requests] == [33, 33]


def test_stopping_everything_stops_everything(make):
    service = make()
    jobs = [service.submit(path) for path in SAMPLES]
    service.pump.run(until=lambda: bool(service.ear.events(Token)))
    service.cancel_all()
    service.pump.run()
    assert {state(service, job) for job in jobs} == {JobState.CANCELLED}
    assert len(service._engine.requests) == 1


def test_a_bug_in_one_job_is_logged_and_the_next_one_runs(make, caplog):
    service = make([ZeroDivisionError("bug")], script(answer()))
    bad, good = service.submit(SAMPLES[0]), service.submit(SAMPLES[1])
    service.pump.run()
    assert state(service, bad) is JobState.FAILED
    assert SAMPLES[0].name in service.job(bad.id).reason
    assert state(service, good) is JobState.DONE
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]


def test_the_analysis_is_there_before_anybody_hears_of_it(make):
    service = make()
    found = []
    service.subscribe(
        lambda update: isinstance(update.event, Analyzed) and found.append(service.analysis(update.job.id))
    )
    service.submit(SAMPLES[0])
    service.pump.run()
    assert found == [service.ear.events(Analyzed)[0].analysis]


def test_who_unsubscribes_hears_no_more(make):
    service = make()
    first, second = Ear(), Ear()
    leave = service.subscribe(first)
    service.subscribe(second)
    leave()
    service.submit(SAMPLES[0])
    service.pump.run()
    assert not first.updates
    assert second.updates


def test_a_listener_may_leave_while_it_is_told(make):
    service = make()
    heard = []

    def once(update):
        heard.append(update)
        leave()

    leave = service.subscribe(once)
    service.submit(SAMPLES[0])
    service.pump.run()
    assert len(heard) == 1


def test_a_preview_comes_from_a_worker(make):
    service = make()
    pixels = service.preview(SAMPLES[0], 200).result(timeout=30)
    assert max(pixels.shape[:2]) >= 100
    assert pixels.shape[2] == 3


def test_inspecting_needs_no_model(make):
    service = make()
    photo = service.inspect(SAMPLES[0]).result(timeout=30)
    assert photo.measurements.histogram_luma
    assert not service._engine.requests


def test_models_and_device_are_told(make):
    service = make()
    assert "mini" in [entry.id for entry in service.models()]
    assert service.device() == "a script"


def test_each_advisor_is_asked_by_name(make):
    advisors = Advisors({name: Advisor(name, name.title(), "Looks.", "Speaks.") for name in ("mentor", "ansel")})
    service = make(advisors=advisors)
    jobs = [service.submit(SAMPLES[0], name) for name in advisors]
    service.pump.run()
    assert [service.analysis(job.id).advisor for job in jobs] == ["mentor", "ansel"]


@pytest.mark.parametrize("at", [Phase(Stage.READING), Phase(Stage.ENCODING), Token])
def test_closing_in_the_middle_leaves_nothing_behind(at):
    threads = set(threading.enumerate())
    engine = ScriptedEngine(script(answer()))
    service = make_service(engine)
    ear = Ear()
    service.subscribe(ear)
    for path in SAMPLES:
        service.submit(path)
    service.pump.run(
        until=lambda: any(each.event == at or (at is Token and isinstance(each.event, Token)) for each in ear.updates)
    )
    told = len(ear.updates)
    service.close()
    assert len(ear.updates) == told
    assert service.pump.is_idle
    assert not service.pump.has_work
    assert engine.closed == len(engine.requests)
    assert set(threading.enumerate()) == threads


def test_closing_twice_is_closing_once(make):
    service = make()
    service.close()
    service.close()


def test_pausing_is_told_and_holds_everything(make):
    service = make()
    told = []
    service.on_pause(told.append)
    jobs = [service.submit(path) for path in SAMPLES[:2]]
    service.pump.run(until=lambda: bool(service.ear.events(Token)))
    service.pause()
    assert not service.pump.has_work
    service.resume()
    service.pump.run()
    assert told == [True, False]
    assert {state(service, job) for job in jobs} == {JobState.DONE}
