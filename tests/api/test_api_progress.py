from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.api.progress import Progress, critique_fields, outcome
from mondrian_desktop.engine.protocol import Finished, FinishReason, Load, Phase, Prefill, Stage, Token
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Partial, Read, Thinking
from mondrian_desktop.report.model import Critique, Score

JOB = Job(Path("/photos/a.jpg"), "ansel", "mini")
FINISHED = Finished("x", FinishReason.STOP)
COUNTS = ("queued", "processing", "analyzing", "finalizing", "done", "error")


def hear(progress, place, event=None, state=JobState.RUNNING):
    progress.hear(place, Update(replace(JOB, state=state), event))


def test_one_advisor_counts_as_the_original_did():
    progress = Progress(["as Mentor"])
    assert (progress.status, progress.percent, progress.state) == ("queued", 0, "queued")
    story = [
        (None, "processing", 5), (Phase(Stage.READING), "processing", 5), (Read(None), "processing", 10),
        (Phase(Stage.LOADING), "processing", 10), (Prefill(1, 2), "processing", 10),
        (Phase(Stage.GENERATING), "analyzing", 10), (Partial(Critique(), 0.5), "analyzing", 50),
        (Partial(Critique(), 1.0), "analyzing", 90), (FINISHED, "finalizing", 95),
    ]  # fmt: skip
    for event, status, percent in story:
        hear(progress, 1, event)
        assert (progress.status, progress.percent, progress.state) == (status, percent, "running"), event
    progress.end(JobState.DONE, "")
    assert (progress.status, progress.percent, progress.step, progress.state) == ("done", 100, "Done", "done")


def test_several_advisors_share_the_eighty_percent():
    progress = Progress(["as A", "as B", "as C", "as D"])
    for place, begins in ((1, 10), (2, 30), (3, 50), (4, 70)):
        hear(progress, place)
        hear(progress, place, Phase(Stage.READING))
        assert progress.status == ("processing" if place == 1 else "analyzing")
        hear(progress, place, Token("x", 1, 1.0))
        assert (progress.percent, progress.place) == (begins, place)
        assert progress.step == f"Writing as {'ABCD'[place - 1]} ({place} of 4)"
        hear(progress, place, Partial(Critique(), 0.5))
        assert progress.percent == begins + 10
        hear(progress, place, FINISHED)
    assert (progress.status, progress.percent) == ("finalizing", 95)


def test_an_error_keeps_the_percentage():
    progress = Progress(["as Mentor"])
    hear(progress, 1, Partial(Critique(), 0.5))
    progress.end(JobState.FAILED, "The model could not be loaded.")
    assert progress.fields() | {"llm_thinking": ""} == {
        "status": "error", "progress_percentage": 50, "current_step": "The model could not be loaded.",
        "llm_thinking": "", "current_advisor": 1, "total_advisors": 1, "step_phase": "error",
        "waiting_for": "",
    }  # fmt: skip


def test_after_the_end_nothing_changes():
    progress = Progress(["as Mentor"])
    progress.end(JobState.CANCELLED, "Stopped.")
    hear(progress, 1, Partial(Critique(), 0.9))
    assert (progress.status, progress.percent) == ("error", 0)


def stages(progress, *events):
    """Return how often there was something to tell at once."""
    told, count = progress.stage, 0
    for event in events:
        hear(progress, 1, event)
        count, told = count + (progress.stage != told), progress.stage
    return count


def test_only_a_new_stage_is_told_at_once():
    progress = Progress(["as Mentor"])
    assert stages(progress, None, None) == 1
    assert stages(progress, Token("a", 1, 1.0), Token("b", 2, 1.0), Partial(Critique(), 0.5)) == 1
    assert stages(progress, Thinking("Generating analysis... (2 tokens, 1.0 tps)", 2, 1.0, 1.0)) == 0
    assert progress.thinking == "Generating analysis... (2 tokens, 1.0 tps)"


def test_a_long_wait_is_told_in_tenths():
    progress = Progress(["as Mentor"])
    hear(progress, 1)
    assert stages(progress, *(Load(done, 10_000) for done in range(10_001))) == 11


EVENTS = st.one_of(
    st.just(None), st.sampled_from([Phase(stage) for stage in Stage]), st.just(Read(None)), st.just(FINISHED),
    st.builds(Prefill, st.integers(0, 9), st.integers(0, 9)), st.builds(Load, st.integers(0, 9), st.integers(0, 9)),
    st.builds(Partial, st.just(Critique()), st.floats(0, 1)), st.just(Token("x", 1, 1.0)),
)  # fmt: skip


@given(st.integers(1, 10), st.lists(st.tuples(st.integers(1, 10), EVENTS), max_size=60))
def test_percentages_never_fall_whatever_happens(advisors, news):
    progress = Progress(["as Mentor"] * advisors)
    last = 0
    for place, event in news:
        hear(progress, min(place, advisors), event)
        assert last <= progress.percent <= 95
        assert progress.status in COUNTS
        last = progress.percent
    progress.end(JobState.DONE, "")
    assert progress.percent == 100


def jobs(*states):
    return [replace(JOB, state=JobState(state), reason="why" if state == "failed" else "") for state in states]


@pytest.mark.parametrize(
    ("states", "ended"),
    [
        (("done",), (JobState.DONE, "")),
        (("done", "failed"), (JobState.DONE, "")),
        (("failed", "failed"), (JobState.FAILED, "why")),
        (("done", "cancelled"), (JobState.CANCELLED, "Stopped.")),
        (("failed", "cancelled"), (JobState.CANCELLED, "Stopped.")),
        (("done", "running"), None),
        (("queued",), None),
    ],
)
def test_all_advisors_together_have_one_end(states, ended):
    assert outcome(jobs(*states)) == ended


def test_an_interrupted_job_says_what_to_do():
    state, reason = outcome(jobs("interrupted"))
    assert state is JobState.INTERRUPTED
    assert "taken up again" in reason


def test_only_what_is_there_is_told_of_a_critique():
    assert critique_fields(Critique()) == {}
    critique = Critique("A bird.", (Score("Light", 7, "Soft.", ""),), key_strengths=("Near",))
    assert critique_fields(critique) == {
        "image_description": "A bird.",
        "dimensions": ({"name": "Light", "score": 7, "comment": "Soft.", "recommendation": ""},),
        "key_strengths": ("Near",),
    }
