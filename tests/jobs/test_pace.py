from pathlib import Path

import pytest

from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.pace import WINDOW, Pace, Progress, time_left
from tests.jobs.scene import FakeClock


class Scene:
    def __init__(self):
        self.clock = FakeClock()
        self.pace = Pace(self.clock)
        self.jobs = []

    def add(self, count):
        for _ in range(count):
            job = Job(Path("a"), "mentor", "mini")
            self.jobs.append(job)
            self.pace.update(job)

    def work(self, seconds, end=JobState.DONE):
        """Run the next job."""
        at = next(n for n, job in enumerate(self.jobs) if job.state is JobState.QUEUED)
        running = self.jobs[at].to(JobState.RUNNING)
        self.pace.update(running)
        self.clock.advance(seconds)
        self.jobs[at] = running.to(end)
        self.pace.update(self.jobs[at])


@pytest.fixture
def scene():
    return Scene()


def test_counts_follow_the_states(scene):
    scene.add(5)
    scene.work(1)
    scene.work(1, JobState.FAILED)
    scene.work(1, JobState.CANCELLED)
    scene.pace.update(scene.jobs[3].to(JobState.RUNNING))
    progress = scene.pace.progress
    assert (progress.total, progress.waiting, progress.running) == (5, 1, 1)
    assert (progress.done, progress.failed, progress.stopped, progress.over) == (1, 1, 1, 3)


def test_without_a_finished_job_nothing_is_promised(scene):
    scene.add(2)
    assert scene.pace.progress.seconds_left is None
    scene.pace.update(scene.jobs[0].to(JobState.RUNNING))
    scene.clock.advance(10)
    assert scene.pace.progress.seconds_left is None


def test_time_left_follows_the_pace_of_the_last_jobs(scene):
    scene.add(10)
    scene.work(4)
    scene.work(6)
    progress = scene.pace.progress
    assert progress.seconds_per_job == 5.0
    assert progress.seconds_left == 40.0


def test_time_left_runs_down_between_two_jobs_but_not_below_what_is_still_to_come(scene):
    scene.add(3)
    scene.work(10)
    scene.pace.update(scene.jobs[1].to(JobState.RUNNING))
    scene.clock.advance(4)
    assert scene.pace.progress.seconds_left == 16.0
    scene.clock.advance(100)
    assert scene.pace.progress.seconds_left == 10.0


def test_only_the_last_jobs_count(scene):
    scene.add(WINDOW * 2 + 1)
    for _ in range(WINDOW):
        scene.work(100)
    for _ in range(WINDOW):
        scene.work(1)
    assert scene.pace.progress.seconds_per_job == 1.0
    assert scene.pace.progress.seconds_left == 1.0


def test_pauses_do_not_count(scene):
    scene.add(3)
    scene.work(10)
    scene.pace.update(scene.jobs[1].to(JobState.RUNNING))
    scene.clock.advance(3)
    scene.pace.pause(paused=True)
    scene.pace.pause(paused=True)
    scene.clock.advance(1000)
    assert scene.pace.progress.seconds_left == 17.0
    scene.pace.pause(paused=False)
    scene.pace.pause(paused=False)
    scene.clock.advance(3)
    assert scene.pace.progress.seconds_left == 14.0


def test_at_the_end_nothing_is_left_and_the_pace_is_still_known(scene):
    scene.add(2)
    scene.work(3)
    scene.work(5)
    assert scene.pace.progress.seconds_left == 0.0
    assert scene.pace.progress.seconds_per_job == 4.0


def test_after_everything_was_over_the_time_in_between_does_not_count(scene):
    scene.add(1)
    scene.work(3)
    scene.clock.advance(3600)
    scene.add(2)
    scene.work(5)
    assert scene.pace.progress.seconds_per_job == 5.0


def test_a_job_that_is_told_twice_counts_once(scene):
    scene.add(1)
    scene.pace.update(scene.jobs[0])
    assert scene.pace.progress.total == 1


def test_a_job_that_is_tried_again_is_open_again(scene):
    scene.add(1)
    scene.work(1, JobState.FAILED)
    scene.pace.update(scene.jobs[0].to(JobState.QUEUED))
    progress = scene.pace.progress
    assert (progress.waiting, progress.failed, progress.total) == (1, 0, 1)


def test_time_left_is_right_where_jobs_run_in_waves(scene):
    scene.add(12)
    for wave in (range(4), range(4, 8)):
        running = [scene.jobs[at].to(JobState.RUNNING) for at in wave]
        for job in running:
            scene.pace.update(job)
        scene.clock.advance(20)
        for at, job in zip(wave, running, strict=True):
            scene.jobs[at] = job.to(JobState.DONE)
            scene.pace.update(scene.jobs[at])
    for job in scene.jobs[8:]:
        scene.pace.update(job.to(JobState.RUNNING))
    assert scene.pace.progress.seconds_per_job == 5
    assert scene.pace.progress.seconds_left == 20
    scene.clock.advance(15)
    assert scene.pace.progress.seconds_left == 5


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""), (0.0, ""), (20.0, "less than a minute left"), (60.0, "about 1 min left"),
        (99 * 60.0, "about 99 min left"), (2 * 3600.0, "about 2 h left"), (72 * 3600.0, "about 3 days left"),
    ],
)  # fmt: skip
def test_time_left_in_words(seconds, words):
    assert time_left(Progress(waiting=1, seconds_left=seconds)) == words
