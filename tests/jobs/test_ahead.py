from concurrent.futures import Future
from pathlib import Path

import pytest

from mondrian_desktop.jobs.ahead import ReadAhead
from mondrian_desktop.jobs.model import Job, JobState, Options
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Read

A, B, C = (Path(name) for name in "abc")


class SlowReader:
    """Remembers what was asked for; futures stay open."""

    def __init__(self):
        self.asked = []
        self.futures = []

    def read(self, path, analysis_size):
        self.asked.append((path, analysis_size))
        self.futures.append(Future())
        return self.futures[-1]


@pytest.fixture
def reader():
    return SlowReader()


@pytest.fixture
def ahead(reader):
    return ReadAhead(reader)


def test_what_was_expected_is_read_once(reader, ahead):
    ahead.expect(B, 1024)
    assert ahead.read(B, 1024) is reader.futures[0]
    assert reader.asked == [(B, 1024)]


def test_at_most_one_is_read_ahead_and_the_latest_counts(reader, ahead):
    ahead.expect(B, 1024)
    ahead.expect(C, 1024)
    assert reader.futures[0].cancelled()
    assert ahead.read(C, 1024) is reader.futures[1]


def test_expecting_the_same_again_changes_nothing(reader, ahead):
    ahead.expect(B, 1024)
    ahead.expect(B, 1024)
    assert reader.asked == [(B, 1024)]


@pytest.mark.parametrize("wanted", [(C, 1024), (B, 512)])
def test_what_was_not_expected_is_read_anew(reader, ahead, wanted):
    ahead.expect(B, 1024)
    assert ahead.read(*wanted) is reader.futures[1]
    assert reader.futures[0].cancelled()


def test_the_photo_being_looked_at_is_not_read_again_for_the_next_advisor(reader, ahead):
    first = ahead.read(A, 1024)
    ahead.expect(A, 1024)
    assert ahead.read(A, 1024) is first
    assert reader.asked == [(A, 1024)]


def test_without_being_expected_a_photo_is_read_again_for_it_may_have_changed(reader, ahead):
    first = ahead.read(A, 1024)
    assert ahead.read(A, 1024) is not first


def test_what_is_forgotten_is_read_anew(reader, ahead):
    ahead.expect(B, 1024)
    ahead.forget()
    assert reader.futures[0].cancelled()
    assert ahead.read(B, 1024) is reader.futures[1]


def news(job, state=None, event=None):
    return Update(job.to(state) if state else job, event)


def test_the_coming_photo_is_read_as_soon_as_the_running_job_has_its_own(reader, ahead):
    running = Job(A, "mentor", "mini").to(JobState.RUNNING)
    coming = Job(B, "mentor", "mini", options=Options(analysis_size=512))
    ahead.follow(Update(running), coming)
    assert reader.asked == []
    ahead.follow(Update(running, Read(None)), coming)
    assert reader.asked == [(B, 512)]


def test_a_job_that_comes_late_is_still_read_ahead(reader, ahead):
    running = Job(A, "mentor", "mini").to(JobState.RUNNING)
    ahead.follow(Update(running), None)
    ahead.follow(Update(running, Read(None)), None)
    coming = Job(B, "mentor", "mini")
    ahead.follow(Update(coming), coming)
    assert reader.asked == [(B, 1024)]


def test_nothing_is_read_ahead_while_nothing_runs(reader, ahead):
    waiting = Job(B, "mentor", "mini")
    ahead.follow(Update(waiting), waiting)
    assert reader.asked == []


def test_after_the_last_job_nothing_is_held(reader, ahead):
    running = Job(A, "mentor", "mini").to(JobState.RUNNING)
    ahead.follow(Update(running), None)
    ahead.follow(Update(running, Read(None)), None)
    first = ahead.read(A, 1024)
    ahead.follow(Update(running.to(JobState.DONE)), None)
    ahead.expect(A, 1024)
    assert ahead.read(A, 1024) is not first


def test_a_question_needs_no_reading(reader, ahead):
    running = Job(A, "mentor", "mini").to(JobState.RUNNING)
    ahead.follow(Update(running), None)
    ahead.follow(Update(running, Read(None)), Job(None, "mentor", "mini", "Why?"))
    assert reader.asked == []
