from pathlib import Path

import pytest

from mondrian_desktop.engine.protocol import Load, Phase, Prefill, Stage, Token
from mondrian_desktop.gui.feed import BEAT_MS, Feed, Live
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Partial
from mondrian_desktop.report.model import Critique


class FakeService:
    """As much of a service as a feed listens to; ``now_s`` is the clock."""

    def __init__(self):
        self.pump = self
        self.now_s = 100.0
        self.listeners = []

    def clock(self):
        return self.now_s

    def subscribe(self, listener):
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def tell(self, job, event=None):
        for listener in self.listeners:
            listener(Update(job, event))


@pytest.fixture
def service():
    return FakeService()


@pytest.fixture
def feed(qtbot, service):
    made = Feed(service)
    yield made
    made.close()


def running_job():
    return Job(Path("/a.jpg"), "mentor", "mini").to(JobState.RUNNING)


def test_at_most_twenty_a_second():
    assert BEAT_MS >= 50


def test_thousands_of_tokens_make_one_beat(qtbot, service, feed):
    beats = []
    feed.beat.connect(beats.append)
    job = running_job()
    service.tell(job)
    for n in range(5000):
        service.tell(job, Token("x", n + 1, 20.0))
    assert beats == []
    qtbot.waitUntil(lambda: len(beats) == 1)
    assert beats == [frozenset({job.id})]
    assert len(feed.live(job.id).pieces) == 5000
    service.tell(job.to(JobState.DONE))


def test_beats_while_something_runs_and_then_stops(qtbot, service, feed):
    beats = []
    feed.beat.connect(beats.append)
    job = running_job()
    service.tell(job)
    qtbot.waitUntil(lambda: len(beats) >= 3)
    assert beats[1:3] == [frozenset(), frozenset()], "clocks and motion go on without news"
    assert feed.running.job is job
    service.tell(job.to(JobState.DONE))
    assert feed.running is None
    qtbot.waitUntil(lambda: not feed.is_beating)
    assert any(job.id in news for news in beats[2:])


def test_closed_it_listens_no_more(service, feed):
    feed.close()
    feed.close()
    assert service.listeners == []


def test_first_token_is_timed_from_the_look_at_the_photo(service, feed):
    job = running_job()
    service.tell(job)
    service.now_s = 105.0
    service.tell(job, Phase(Stage.LOADING))
    service.now_s = 110.0
    service.tell(job, Phase(Stage.ENCODING))
    service.now_s = 110.5
    service.tell(job, Token("", 0, 0.0))
    assert feed.live(job.id).first_token_s is None
    service.tell(job, Token("A", 1, 0.0))
    assert feed.live(job.id).first_token_s == pytest.approx(0.5)
    service.tell(job.to(JobState.DONE))


def test_shares_never_fall_and_end_full():
    live = Live(running_job(), began_s=0.0)
    seen = [live.shares(0.0, 100)]
    events = [
        Phase(Stage.READING), Phase(Stage.LOADING), Load(50, 100), Load(100, 100), Phase(Stage.ENCODING), Prefill(0, 4),
        Prefill(2, 4), Phase(Stage.PREFILLING), Prefill(4, 4), Phase(Stage.GENERATING), Token("a", 1, 9.0),
        Partial(Critique(), 0.4), Token("b", 2, 9.0), Partial(Critique(), 1.0),
    ]  # fmt: skip
    for number, event in enumerate(events, start=1):
        live.take(event, number / 10)
        seen.append(live.shares(number / 10, 100))
    totals = [sum(shares) for shares in seen]
    assert totals == sorted(totals)
    assert seen[-1] == (1.0, 1.0, 1.0)
    assert all(0 <= share <= 1 for shares in seen for share in shares)


def test_without_structure_the_tokens_are_counted():
    live = Live(running_job(), began_s=0.0)
    live.take(Token("a", 50, 9.0), 1.0)
    assert live.shares(1.0, 100)[2] == pytest.approx(0.45)
