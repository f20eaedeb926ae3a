"""A server that goes away in the middle of a batch: what waits for it is kept, and goes on when it answers."""

import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image

from mondrian_desktop.engine.remote import RemoteEngine
from mondrian_desktop.engine.router import Router
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs import server_watch
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.server_watch import next_try_words, waiting_words
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.weights import servers
from mondrian_desktop.weights.servers import make
from tests.engine import chat_server
from tests.engine.chat_server import ChatServer
from tests.jobs.scene import Ear, answer, make_service

WRITES = chat_server.words([answer()])


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(server_watch, "FIRST_S", 0.01)
    monkeypatch.setattr(server_watch, "LONGEST_S", 0.02)


@pytest.fixture
def open_server():
    made = []

    def open_server(*plays, **more):
        made.append(ChatServer(*plays, **{"otherwise": WRITES, **more}))
        return made[-1]

    yield open_server
    for each in made:
        each.close()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "shoot"
    folder.mkdir()
    for n in range(5):
        dots = np.random.default_rng(n).integers(0, 255, (64, 96, 3), np.uint8)
        Image.fromarray(dots).save(folder / f"{n}.jpg")
    return folder


@pytest.fixture
def service(tmp_path):
    router = Router(
        ScriptedEngine(script(answer())),
        lambda server: RemoteEngine(server, lambda _: "", backoff_s=0.0, connect_s=5.0),
    )
    store = Store.open(tmp_path / "data" / "history.db")
    service = make_service(router, clock=time.perf_counter, store=store)
    service.ear = Ear()
    service.subscribe(service.ear)
    yield service
    service.close()


def use(server, **more):
    servers.add(make("gpu", server.url, "qwen", **{"concurrency": 1, **more}))


def states(service):
    return [str(job.state) for job in service.jobs]


def until_down(service):
    service.pump.run(until=lambda: service.problem is not None and service.stands)


def until_idle(service):
    service.pump.run(until=lambda: service.problem is None and service.pump.is_idle)


def test_what_waits_for_a_server_is_kept_in_its_order_and_goes_on_by_itself(service, folder, open_server):
    # Two answers, then it hangs up on everybody, as a server that is shutting down does.
    server = open_server(WRITES, WRITES, otherwise=chat_server.hang_up)
    use(server)
    batch = service.submit_all([folder], model="gpu")
    until_down(service)
    server.close()
    assert states(service) == ["done"] * 2 + ["queued"] * 3
    assert not service.paused, "only this server's jobs stand"
    assert "was lost" in service.problem.what
    assert "goes on when it answers" in service.problem.advice
    open_server(port=server.port)
    until_idle(service)
    assert states(service) == ["done"] * 5
    [first, *_] = service.jobs
    assert [job.path.name for job in service.jobs] == [f"{n}.jpg" for n in range(5)]
    assert len({line.analysis_id for line in service.history.summary(batch).lines}) == 5
    assert service.ear.states(first.id) == ["queued", "running", "done"]
    assert service.ear.states(service.jobs[2].id) == ["queued", "running", "queued", "running", "done"]


def test_a_server_that_is_not_there_at_all_costs_no_photo_however_often_one_goes_on(service, folder, open_server):
    server = open_server()
    server.close()
    use(server, concurrency=3)
    service.submit_all([folder], model="gpu")
    for _ in range(5):
        until_down(service)
        assert states(service) == ["queued"] * 5
        service.resume()
        assert service.problem is None
    open_server(port=server.port)
    until_idle(service)
    assert states(service) == ["done"] * 5


def test_it_is_said_what_is_waited_for_and_until_when_and_one_can_try_now(service, folder, open_server, monkeypatch):
    monkeypatch.setattr(server_watch, "FIRST_S", 3600.0)
    server = open_server()
    server.close()
    use(server)
    tries = []
    service.on_wait(lambda _: tries.append(service.awaited[0].next_try))
    assert service.awaited == ()
    service.submit_all([folder], model="gpu")
    until_down(service)
    [awaited] = service.awaited
    assert (awaited.server_id, awaited.host) == ("gpu", f"127.0.0.1:{server.port}")
    assert 3500 < (awaited.next_try - datetime.now(UTC)).total_seconds() <= 3600
    assert waiting_words([awaited]) == f"waiting for 127.0.0.1:{server.port}"
    assert next_try_words([awaited]) == f"next try at {awaited.next_try.astimezone():%H:%M:%S}"
    assert next_try_words([awaited, replace(awaited, next_try=None)]) == "asking now"
    service.try_now()
    service.pump.run(until=lambda: len(tries) == 2)
    assert tries[0] is None, "it is being asked"
    assert tries[1] > awaited.next_try, "in vain"
    open_server(port=server.port)
    service.try_now()
    until_idle(service)
    assert states(service) == ["done"] * 5
    assert service.awaited == ()


def test_one_photo_alone_fails_with_the_reason(service, folder, open_server):
    server = open_server()
    server.close()
    use(server)
    service.submit(folder / "0.jpg", model="gpu")
    service.pump.run()
    [job] = service.jobs
    assert (job.state, service.problem) == (JobState.FAILED, None)
    assert "is not running there" in job.reason


def test_a_photo_over_which_the_server_goes_away_each_time_is_set_aside_and_the_others_are_done(
    service, folder, open_server
):
    def breaks(handler):
        # The second photo: known by what was asked when it was in hand.
        (chat_server.hang_up if handler.desk.bodies[-1]["messages"] == poison else WRITES)(handler)

    probe = open_server()
    use(probe)
    service.submit_all([folder], model="gpu")
    until_idle(service)
    poison = probe.bodies[1]["messages"]
    server = open_server(otherwise=lambda handler: breaks(handler) if handler.command == "POST" else WRITES(handler))
    use(server)
    service.submit_all([folder], model="gpu", again=True)
    until_idle(service)
    assert states(service)[5:] == ["done", "failed", "done", "done", "done"]
    assert "was lost" in service.jobs[6].reason


def test_photos_for_this_machine_go_on_meanwhile(service, folder, open_server):
    server = open_server()
    server.close()
    use(server)
    service.submit_all([folder], model="gpu")
    until_down(service)
    here = service.submit(folder / "0.jpg")
    service.pump.run(until=lambda: service.job(here.id).is_over)
    assert service.job(here.id).state is JobState.DONE
    assert states(service)[:5] == ["queued"] * 5
    assert service.problem is not None


def test_nobody_waits_for_a_server_for_which_nothing_is_left(service, folder, open_server):
    server = open_server()
    server.close()
    use(server)
    batch = service.submit_all([folder], model="gpu")
    until_down(service)
    service.batches.cancel(batch.id)
    assert service.problem is None
    assert states(service) == ["cancelled"] * 5


def test_a_server_that_was_removed_is_not_waited_for(service, folder, open_server):
    server = open_server()
    server.close()
    use(server)
    service.submit_all([folder], model="gpu")
    until_down(service)
    servers.remove("gpu")
    until_idle(service)
    assert states(service) == ["failed"] * 5


def test_what_waits_for_a_server_is_offered_at_the_next_start(service, folder, open_server):
    server = open_server()
    server.close()
    use(server)
    service.submit_all([folder], model="gpu")
    until_down(service)
    service.close()
    again = make_service(ScriptedEngine(script(answer())), store=Store.open(folder.parent / "data" / "history.db"))
    assert len(again.unfinished()) == 5
    again.close()


def test_the_time_of_waiting_does_not_count_as_work(service, folder, open_server):
    now_s = [0.0]
    service.pump.clock = lambda: now_s[0]
    server = open_server(WRITES, WRITES, otherwise=chat_server.hang_up)
    use(server)
    batch = service.submit_all([folder], model="gpu")
    until_down(service)
    server.close()
    now_s[0] = 1000.0
    open_server(port=server.port)
    until_idle(service)
    assert service.batches.progress(batch.id).seconds_per_job < 10
