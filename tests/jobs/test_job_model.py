from pathlib import Path

import pytest

from mondrian_desktop.jobs.model import TRANSITIONS, Job, JobState

JOB = Job(Path("/photos/wren.jpg"), "mentor", "mini")


def in_state(state):
    return Job(JOB.path, JOB.advisor, JOB.model, state=state)


@pytest.mark.parametrize("state", JobState)
@pytest.mark.parametrize("other", JobState)
def test_only_legal_transitions_are_made(state, other):
    if other in TRANSITIONS[state]:
        assert in_state(state).to(other).state is other
    else:
        with pytest.raises(ValueError, match=f"from {state} to {other}"):
            in_state(state).to(other)


def test_every_state_has_its_transitions_and_can_be_reached_from_queued():
    assert set(TRANSITIONS) == set(JobState)
    reached, before = {JobState.QUEUED}, set()
    while reached != before:
        before = set(reached)
        reached |= {state for known in before for state in TRANSITIONS[known]}
    assert reached == set(JobState)


def test_no_state_but_done_is_a_dead_end():
    assert [state for state in JobState if not TRANSITIONS[state]] == [JobState.DONE]


def test_a_transition_keeps_everything_but_state_and_reason():
    failed = JOB.to(JobState.RUNNING).to(JobState.FAILED, "It is empty.")
    assert (failed.id, failed.path, failed.created) == (JOB.id, JOB.path, JOB.created)
    assert failed.reason == "It is empty."


def test_a_reason_does_not_outlive_its_failure():
    assert JOB.to(JobState.RUNNING).to(JobState.FAILED, "It is empty.").to(JobState.QUEUED).reason == ""


@pytest.mark.parametrize("state", JobState)
def test_over_is_all_but_waiting_and_running(state):
    assert in_state(state).is_over == (state not in (JobState.QUEUED, JobState.RUNNING))


def test_two_jobs_are_never_the_same():
    assert Job(JOB.path, "mentor", "mini").id != JOB.id
