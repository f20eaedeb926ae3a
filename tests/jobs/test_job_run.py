import itertools

import pytest

from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Finished, FinishReason, Load, Phase, Prefill, Stage, Token
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.run import Analyzed, Assignment, Options, Partial, Read, Thinking, run, thinking_text
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import End, Pump, Wait
from mondrian_desktop.weights.catalog import find
from tests.jobs.scene import RUBRIC, SAMPLES, FakeClock, answer, tokens


@pytest.fixture
def reader():
    reader = PhotoReader()
    yield reader
    reader.close()


@pytest.fixture
def clock():
    return FakeClock()


class Run:
    """One job in the real pump."""

    def __init__(self, engine, reader, clock, *, path=SAMPLES[0], question="", interval_s=lambda: 5.0, **options):
        job = Job(path, "mentor", "mini", question, options=Options(**options))
        assignment = Assignment(job, load_advisors()["mentor"], RUBRIC, find("mini"), interval_s=interval_s)
        self.events = []
        self.pump = Pump(clock=clock, budget_s=0.0)
        self.on_event = lambda event: None
        self.task = self.pump.start(run(assignment, engine, reader, clock), self._heard)

    def _heard(self, event):
        self.events.append(event)
        self.on_event(event)

    def finish(self):
        self.pump.run()
        return self

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def analysis(self):
        (analyzed,) = self.of(Analyzed)
        return analyzed.analysis


def test_reads_asks_writes_and_hands_over(reader, clock):
    done = Run(ScriptedEngine(script(answer(6))), reader, clock).finish()
    assert done.task.end is End.DONE
    kinds = [kind for kind, _ in itertools.groupby(map(type, done.events)) if kind not in (Thinking, Partial)]
    kinds = [kind for kind, _ in itertools.groupby(kinds)]
    assert kinds == [Phase, Read, Phase, Prefill, Phase, Token, Finished, Analyzed]
    assert done.events[0] == Phase(Stage.READING)


def test_the_analysis_holds_photo_facts_and_numbers(reader, clock):
    steps = script(answer(6))
    steps[-1] = Finished(
        answer(6), FinishReason.STOP, prompt_tokens=300, generation_tokens=150, prompt_tps=800.0, generation_tps=44.1,
        time_to_first_token_s=0.5, peak_memory_bytes=7, image_size=(288, 192),
    )  # fmt: skip
    done = Run(ScriptedEngine(steps), reader, clock).finish()
    (read,) = done.of(Read)
    analysis = done.analysis
    assert analysis.photo.path == SAMPLES[0]
    assert analysis.photo.content_hash == read.photo.content_hash
    assert (analysis.photo.width, analysis.photo.height) == (read.photo.width, read.photo.height)
    assert analysis.facts == read.photo.measurements
    assert (analysis.advisor, analysis.rubric, analysis.model) == ("mentor", "technical", "mini")
    assert analysis.raw_text == answer(6)
    assert analysis.critique.overall_score == 6.0
    made = analysis.generation
    assert (made.prompt_tokens, made.generation_tokens, made.analysis_size) == (300, 150, (288, 192))
    assert (made.prompt_tps, made.generation_tps, made.finish_reason) == (800.0, 44.1, "stop")
    assert (made.time_to_first_token_s, made.peak_memory_bytes) == (0.5, 7)
    assert analysis.created.tzinfo is not None


def test_the_engine_is_asked_about_the_picture_as_it_was_read(reader, clock):
    engine = ScriptedEngine(script(answer()))
    done = Run(engine, reader, clock, analysis_size=512, max_tokens=77, temperature=0.5, seed=3, stream=False).finish()
    (request,) = engine.requests
    assert max(request.image.pixels.shape[:2]) == 512
    assert request.image.key == done.of(Read)[0].photo.key
    assert (request.max_tokens, request.temperature, request.seed, request.stream) == (77, 0.5, 3, False)
    assert request.weights == find("mini").path


def chat(path, **options):
    """Return an assignment for a model that is asked in words."""
    entry = find("qwen3-vl-4b")
    job = Job(path, "mentor", entry.id, options=Options(**options))
    return Assignment(job, load_advisors()["mentor"], load_rubric(entry.rubric), entry)


def test_language_and_form_are_options(reader, clock):
    for options, language, is_held in (
        ({}, "English", True),
        ({"language": "German", "schema": False}, "German", False),
    ):
        engine = ScriptedEngine(script("{}"))
        pump = Pump(clock=clock, budget_s=0.0)
        pump.start(run(chat(SAMPLES[0], **options), engine, reader, clock), lambda _: None)
        pump.run()
        (request,) = engine.requests
        assert f"Write all texts in {language}." in request.messages[0].text
        assert (request.schema is not None) is is_held


def test_thinking_is_asked_for_and_told_apart_from_the_answer(reader, clock):
    engine = ScriptedEngine(script(f"<think>The light is {{good}}.</think>\n{answer(6)}", pieces=200))
    done = Run(engine, reader, clock, thinking="on", thinking_tokens=77).finish()
    (request,) = engine.requests
    assert (request.thinking, request.thinking_tokens) == ("on", 77)
    analysis = done.analysis
    assert analysis.thinking == "The light is {good}."
    assert analysis.critique.overall_score == 6.0
    assert analysis.answer == answer(6)
    assert analysis.raw_text.startswith("<think>")
    assert chat(SAMPLES[0]).fingerprint == chat(SAMPLES[0], thinking="auto", thinking_tokens=1024).fingerprint
    assert chat(SAMPLES[0]).fingerprint != chat(SAMPLES[0], thinking="on").fingerprint


def test_an_answer_in_another_language_is_another_answer():
    plain, explicit = chat(SAMPLES[0]), chat(SAMPLES[0], language="English", schema=True)
    assert plain.fingerprint == explicit.fingerprint
    others = {chat(SAMPLES[0], language="German").fingerprint, chat(SAMPLES[0], schema=False).fingerprint}
    assert len(others - {plain.fingerprint}) == 2


def test_the_thinking_line_is_the_agreed_one():
    assert thinking_text(150, 44.1) == "Generating analysis... (150 tokens, 44.1 tps)"


def test_thinks_aloud_at_the_first_token_and_at_the_end(reader, clock):
    done = Run(ScriptedEngine(tokens(answer(), 150, clock, 0.0)), reader, clock).finish()
    lines = [event.text for event in done.of(Thinking)]
    assert lines == ["Generating analysis... (1 tokens, 44.1 tps)", "Generating analysis... (150 tokens, 44.1 tps)"]
    first_token = next(at for at, event in enumerate(done.events) if isinstance(event, Token))
    assert isinstance(done.events[first_token + 1], Thinking)


@pytest.mark.parametrize("step_s", [0.001, 0.0227, 0.4, 4.9])
@pytest.mark.parametrize("interval_s", [0.1, 5.0, 60.0])
def test_the_interval_is_kept_whatever_the_speed(reader, clock, step_s, interval_s):
    count = 500
    steps = tokens("x" * count, count, clock, step_s)
    done = Run(ScriptedEngine(steps), reader, clock, update_interval_s=interval_s).finish()
    heard = [event.elapsed_s for event in done.of(Thinking)]
    due = step_s
    for at in heard[1:-1]:
        due = max(due + interval_s, at if step_s > interval_s else 0.0)
        # Told with the first token after it is due: neither early, nor later from update to update.
        assert due - 1e-9 <= at <= due + step_s + 1e-9
    expected = (count - 1) * step_s / max(interval_s, step_s)
    assert abs(len(heard) - 2 - expected) <= 1


def test_a_pause_is_not_made_up_for_by_a_burst_of_updates(reader, clock):
    steps = tokens("x" * 100, 100, clock, 0.01)
    steps.insert(40, lambda: clock.advance(1000.0))
    done = Run(ScriptedEngine(steps), reader, clock, update_interval_s=5.0).finish()
    assert len(done.of(Thinking)) == 3


@pytest.mark.parametrize(("own_s", "expected"), [(None, [0.125, 6.375, 7.375]), (30.0, [0.125, 15.0])])
def test_another_interval_is_kept_at_once_unless_the_job_has_its_own(reader, clock, own_s, expected):
    setting = [60.0]
    steps = tokens("x" * 120, 120, clock, 0.125)
    steps.insert(100, lambda: setting.__setitem__(0, 1.0))
    done = Run(ScriptedEngine(steps), reader, clock, interval_s=lambda: setting[0], update_interval_s=own_s).finish()
    heard = [event.elapsed_s for event in done.of(Thinking)]
    assert heard[: len(expected)] == expected


def test_partial_critiques_grow_and_never_fall_back(reader, clock):
    done = Run(ScriptedEngine(tokens(answer(), 200, clock, 0.02)), reader, clock).finish()
    partials = done.of(Partial)
    assert len(partials) > 20
    for earlier, later in itertools.pairwise(partials):
        assert earlier.progress <= later.progress <= 1.0
        assert later.critique.image_description.startswith(earlier.critique.image_description)
        names = [score.name for score in earlier.critique.dimensions]
        assert [score.name for score in later.critique.dimensions][: len(names)] == names
        for before, after in zip(earlier.critique.dimensions, later.critique.dimensions, strict=False):
            assert after.score == before.score
            assert after.comment.startswith(before.comment)
    assert partials[0].progress < 0.1
    assert partials[-1].progress > 0.9


def test_partial_critiques_come_at_display_rate_however_fast_the_tokens_are(reader, clock):
    done = Run(ScriptedEngine(tokens(answer(), 1000, clock, 0.0005)), reader, clock).finish()
    assert len(done.of(Partial)) <= 6


@pytest.mark.parametrize("written", [1, 3, 9])
def test_stopped_while_writing_it_keeps_what_is_there(reader, clock, written):
    engine = ScriptedEngine(script(answer(), pieces=10))
    stopped = Run(engine, reader, clock)
    heard = []

    def stop_after(event):
        if isinstance(event, Token):
            heard.append(event.text)
            if len(heard) == written:
                stopped.pump.cancel(stopped.task)

    stopped.on_event = stop_after
    stopped.finish()
    assert stopped.analysis.generation.finish_reason == "cancelled"
    assert stopped.analysis.raw_text == "".join(heard) == answer()[: len("".join(heard))]
    assert len(heard) == written
    assert engine.closed == 1
    assert stopped.of(Thinking)[-1].generation_tokens == written


@pytest.mark.parametrize("stage", [Phase(Stage.LOADING), Load(5, 10), Phase(Stage.ENCODING), Prefill(2, 4)])
def test_stopped_before_the_first_word_it_leaves_nothing(reader, clock, stage):
    steps = [Phase(Stage.LOADING), Load(5, 10), Phase(Stage.ENCODING), Prefill(2, 4), *script(answer())[3:]]
    engine = ScriptedEngine(steps)
    stopped = Run(engine, reader, clock)
    stopped.on_event = lambda event: event == stage and stopped.pump.cancel(stopped.task)
    stopped.finish()
    assert stopped.task.end is End.CANCELLED
    assert not stopped.of(Analyzed)
    assert not stopped.of(Thinking)
    assert not stopped.of(Token)
    assert engine.closed == 1


def test_stopped_while_the_photo_is_read_it_asks_nothing(reader, clock):
    engine = ScriptedEngine(script(answer()))
    stopped = Run(engine, reader, clock)
    stopped.pump.step()
    stopped.pump.cancel(stopped.task)
    stopped.finish()
    assert stopped.task.end is End.CANCELLED
    assert stopped.events == [Phase(Stage.READING)]
    assert not engine.requests


@pytest.mark.parametrize("kind", [Finished, Analyzed])
def test_a_stop_that_comes_after_the_end_changes_nothing(reader, clock, kind):
    stopped = Run(ScriptedEngine(script(answer())), reader, clock)
    stopped.on_event = lambda event: isinstance(event, kind) and stopped.pump.cancel(stopped.task)
    stopped.finish()
    assert stopped.analysis.generation.finish_reason == "stop"
    assert stopped.analysis.raw_text == answer()


def test_a_stop_reaches_an_engine_that_waits_for_a_worker(reader, clock):
    from concurrent.futures import Future

    engine = ScriptedEngine([Phase(Stage.ENCODING), Wait(Future())])
    stopped = Run(engine, reader, clock)
    stopped.pump.run(until=lambda: Phase(Stage.ENCODING) in stopped.events and not stopped.pump.has_work)
    stopped.pump.cancel(stopped.task)
    stopped.finish()
    assert stopped.task.end is End.CANCELLED
    assert engine.closed == 1


def test_a_closed_job_closes_the_engine(reader, clock):
    engine = ScriptedEngine(script(answer()))
    job = Run(engine, reader, clock)
    job.pump.run(until=lambda: bool(job.of(Token)))
    job.pump.close()
    assert engine.closed == 1
    assert not job.of(Analyzed)


def test_a_photo_that_cannot_be_read_is_named_in_the_error(reader, clock, tmp_path):
    failed = Run(ScriptedEngine(script(answer())), reader, clock, path=tmp_path / "gone.jpg").finish()
    assert failed.task.end is End.FAILED
    assert isinstance(failed.task.error, UserError)
    assert "gone.jpg" in failed.task.error.what


def test_what_the_engine_raises_comes_through(reader, clock):
    error = UserError("The model does not fit.")
    steps = [Phase(Stage.LOADING), error]
    failed = Run(ScriptedEngine(steps), reader, clock).finish()
    assert failed.task.error is error


def test_an_engine_that_ends_without_a_word_is_a_bug(reader, clock):
    failed = Run(ScriptedEngine([Token("a", 1, 1.0)]), reader, clock).finish()
    assert failed.task.end is End.FAILED
    assert isinstance(failed.task.error, RuntimeError)


def test_an_engine_that_is_stopped_without_a_word_is_none(reader, clock):
    class Silent(ScriptedEngine):
        def generate(self, request):
            yield Token("a", 1, 1.0)
            raise Cancelled

    stopped = Run(Silent(), reader, clock)
    stopped.on_event = lambda event: isinstance(event, Token) and stopped.pump.cancel(stopped.task)
    stopped.finish()
    assert stopped.task.end is End.CANCELLED


def test_an_answer_without_structure_is_kept_as_text(reader, clock):
    done = Run(ScriptedEngine(script("I see a wren.")), reader, clock).finish()
    assert done.analysis.critique is None
    assert done.analysis.raw_text == "I see a wren."


def test_the_thoughts_of_a_thinking_model_are_kept_apart(reader, clock):
    text = f"<think>The light is low.</think>{answer()}"
    analysis = Run(ScriptedEngine(script(text)), reader, clock).finish().analysis
    assert analysis.thinking == "The light is low."
    assert analysis.critique is not None
    assert analysis.raw_text == text


def test_an_answer_that_was_cut_off_says_so(reader, clock):
    steps = script(answer()[:300], finish_reason=FinishReason.LENGTH)
    analysis = Run(ScriptedEngine(steps), reader, clock).finish().analysis
    assert analysis.generation.finish_reason == "length"
    assert analysis.critique is not None
