"""What clients can do: send, ask, follow, stop; the server's begin and end."""

import socket
import threading
from html import escape

import httpx
import pytest

from mondrian_desktop.api.server import Server
from mondrian_desktop.engine.protocol import Unreachable
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import server_watch
from mondrian_desktop.weights import servers
from tests.api.live import DIMENSIONS, PHOTO, SAMPLES, Gate, answer, gated, percentages, until, writing
from tests.engine.chat_server import ChatServer


def test_health_and_advisors(running):
    live = running
    health = live.client.get("/health").json()
    assert (health["status"], health["service"], health["update_interval"]) == ("UP", "mondrian-desktop", 5.0)
    everyone = live.client.get("/advisors").json()
    assert everyone["count"] == len(everyone["advisors"]) == 10
    ansel = live.client.get("/advisors/ansel").json()["advisor"]
    assert (ansel["name"], ansel["years"]) == ("Ansel Adams", "1902–1984")
    assert ansel["focus_areas"]
    assert "wikipedia.org" in ansel["learn_more"]["wikipedia"]["url"]
    assert live.client.get("/advisors/nobody").json() == {"error": "There is no advisor with this id."}


def test_an_upload_is_answered_as_the_original_did(serve):
    live = serve()
    answered = live.upload(advisor="ansel", auto_analyze="true")
    job = answered.json()
    assert answered.status_code == 201
    assert (job["filename"], job["advisor"], job["advisors_used"]) == ("wren.jpg", "ansel", ["ansel"])
    assert job["status_url"] == f"{live.url}/status/{job['job_id']}"
    assert job["stream_url"] == f"{live.url}/stream/{job['job_id']}"
    assert job["status"] in ("queued", "processing")


@pytest.mark.parametrize("field", ["image", "file"])
def test_the_photo_may_be_called_image_or_file(serve, field):
    live = serve()
    answered = live.client.post("/upload", files={field: ("a.jpg", PHOTO.read_bytes())})
    assert answered.status_code == 201
    assert answered.json()["advisor"] == "mentor"


def test_several_advisors_are_one_job(serve):
    live = serve()
    job = live.upload(advisor="ansel, weston").json()
    assert (job["advisor"], job["advisors_used"]) == ("ansel,weston", ["ansel", "weston"])
    told = live.events(job["job_id"])
    assert {event.data["advisor"] for event in told if event.type == "partial"} == {"ansel", "weston"}
    counted = percentages(told)
    assert counted == sorted(counted)
    html = told[-2].data["analysis_html"]
    assert "Ansel Adams" in html
    assert "Edward Weston" in html
    status = live.client.get(f"/status/{job['job_id']}").json()
    assert (status["status"], status["current_advisor"], status["total_advisors"]) == ("done", 2, 2)
    assert [each["id"] for each in live.client.get("/jobs").json()["jobs"]] == [job["job_id"]]


def test_all_means_everybody(serve):
    live = serve()
    job = live.upload(advisor="all").json()
    assert job["advisors_used"] == [each["id"] for each in live.client.get("/advisors").json()["advisors"]]
    assert live.events(job["job_id"])[-1].type == "done"


def test_one_failing_advisor_does_not_spoil_the_others(serve):
    live = serve([UserError("The model was lost.")], writing(answer()))
    job_id = live.upload(advisor="ansel,weston").json()["job_id"]
    told = live.events(job_id)
    assert [event.type for event in told[-2:]] == ["analysis_complete", "done"]
    assert not [event for event in told if event.type == "error"]


def test_what_waits_for_a_server_says_so_and_can_have_it_asked_now(serve, monkeypatch):
    monkeypatch.setattr(server_watch, "FIRST_S", 3600.0)
    down = ChatServer()
    down.close()
    host = f"127.0.0.1:{down.port}"
    servers.add(servers.make("gpu", down.url, "qwen", concurrency=1))
    live = serve([Unreachable("Nothing answers there.")], writing(answer()), settings={"MONDRIAN_MODEL": "gpu"})
    job_id = live.upload(advisor="ansel,okeefe").json()["job_id"]
    with live.stream(job_id) as events:
        told = next(each for each in events if each.data.get("job_data", {}).get("waiting_for"))
        assert told.data["job_data"]["waiting_for"] == host
        assert told.data["job_data"]["current_step"].startswith(f"Waiting for {host}, next try at ")
        record = live.client.get(f"/status/{job_id}").json()
        assert (record["status"], record["state"], record["waiting_for"]) == ("queued", "queued", host)
        later = live.upload(advisor="mentor").json()
        assert later["waiting_for"] == host, "what comes after it waits, too"
        assert live.client.post("/jobs/nothing/try").status_code == 404
        up = ChatServer(port=down.port)
        try:
            assert live.client.post(f"/jobs/{job_id}/try").json()["waiting_for"] == host
            rest = list(events)
        finally:
            up.close()
    assert [event.type for event in rest][-2:] == ["analysis_complete", "done"]
    assert rest[-3].data["job_data"]["waiting_for"] == ""
    assert live.client.post(f"/jobs/{job_id}/try").json()["status"] == "done", "no effect any more"


def test_records_say_where_a_job_stands(serve):
    live = serve(gated(gate := Gate()))
    first, second = live.upload().json()["job_id"], live.upload(name="second.jpg").json()["job_id"]
    with live.stream(first) as events:
        until(events, "partial")
        record = live.client.get(f"/jobs/{first}").json()
        assert (record["status"], record["state"]) == ("analyzing", "running")
        assert record["llm_thinking"].startswith("Generating analysis... (")
        assert live.client.get(f"/status/{second}").json()["status"] == "queued"
        assert [each["id"] for each in live.client.get("/jobs").json()["jobs"]] == [second, first]
        assert [each["id"] for each in live.client.get("/jobs?state=queued").json()["jobs"]] == [second]
        assert [each["id"] for each in live.client.get("/jobs?state=running&limit=5").json()["jobs"]] == [first]
        assert live.client.get("/jobs?limit=1").json()["count"] == 1
        gate.open()
    live.events(second)
    record = live.client.get(f"/jobs/{first}").json()
    assert (record["status"], record["progress_percentage"], record["error"]) == ("done", 100, None)
    assert record["analyses"][0]["critique"]["overall_score"] == 7.0


def test_pages_of_a_finished_job(serve):
    live = serve(writing(answer([3, 9, 4, 9, 9, 5, 9, 9])))
    job_id = live.upload(advisor="ansel").json()["job_id"]
    live.events(job_id)
    page = live.client.get(f"/analysis/{job_id}")
    assert page.headers["content-type"].startswith("text/html")
    assert "sandbox" in page.headers["content-security-policy"]
    assert "data:image/jpeg;base64," in page.text
    summary = live.client.get(f"/summary/{job_id}").text
    places = [summary.index(f">{escape(DIMENSIONS[n])}<") for n in (0, 2, 5)]
    assert places == sorted(places)
    assert f">{DIMENSIONS[1]}<" not in summary


def test_pages_before_the_end_do_not_exist(serve):
    live = serve(gated(gate := Gate(), at=0))
    job_id = live.upload().json()["job_id"]
    for page in ("analysis", "summary"):
        assert live.client.get(f"/{page}/{job_id}").status_code == 404
    gate.open()


def test_a_question_is_answered_without_a_photo(serve, chat_model):
    said = "<think>Well.</think>Depth of field is what is sharp."
    live = serve(gated(gate := Gate(), said, at=8), settings=chat_model)
    answered = live.client.post("/ask", json={"question": " What is depth of field? ", "advisor": "weston"})
    assert answered.status_code == 201
    job = answered.json()
    assert (job["prompt"], job["filename"], job["advisor"]) == ("What is depth of field?", "", "weston")
    with live.stream(job["job_id"]) as events:
        assert "Depth of field is what is sharp.".startswith(until(events, "partial").data["text"])
        gate.open()
        rest = list(events)
    assert rest[-4].data["text"] == "Depth of field is what is sharp."
    assert "Depth of field is what is sharp." in live.client.get(f"/analysis/{job['job_id']}").text


def test_a_question_about_a_photo(serve, chat_model):
    live = serve(writing("Yes, it is."), settings=chat_model)
    job = live.upload(prompt="Is it sharp?").json()
    live.events(job["job_id"])
    assert live.engine.requests[0].image is not None
    assert "Is it sharp?" in live.engine.requests[0].messages[-1].text


def test_stopping_keeps_what_was_written(serve):
    live = serve(gated(Gate(), at=8))
    job_id = live.upload().json()["job_id"]
    with live.stream(job_id) as events:
        until(events, "partial")
        assert live.client.delete(f"/jobs/{job_id}").status_code == 200
        told = list(events)
    assert [event.type for event in told[-2:]] == ["error", "done"]
    assert (told[-2].data["error"], told[-2].data["state"]) == ("Stopped.", "cancelled")
    record = live.client.get(f"/jobs/{job_id}").json()
    assert (record["status"], record["state"]) == ("error", "cancelled")
    assert record["analyses"][0]["critique"]["image_description"] == "A wren on a branch."
    assert "Stopped" in live.client.get(f"/analysis/{job_id}").text
    assert len(live.files()) == 2


def test_stopping_what_waits_leaves_nothing(serve):
    live = serve(gated(gate := Gate()))
    first = live.upload().json()["job_id"]
    second = live.upload(advisor="all").json()["job_id"]
    assert live.client.delete(f"/jobs/{second}").json()["status"] == "error"
    assert live.client.delete(f"/jobs/{second}").status_code == 200
    assert [event.type for event in live.events(second)[-2:]] == ["error", "done"]
    gate.open()
    live.events(first)
    assert len(live.engine.requests) == 1
    assert {name.partition(".")[0] for name in live.files()} == {first}


def test_photos_of_what_was_stopped_are_not_read(serve, monkeypatch):
    live = serve()
    held, read = threading.Event(), []
    really_read = live.service._reader._read
    monkeypatch.setattr(live.service._reader, "_read", lambda *which: (read.append(which[0]), really_read(*which))[1])
    for _ in range(2):
        live.call(lambda: live.service._reader._pool.submit(held.wait, 20))
    for _ in range(5):
        live.client.delete(f"/jobs/{live.upload().json()['job_id']}")
    last = live.upload().json()["job_id"]
    held.set()
    assert live.events(last)[-1].type == "done"
    assert [path.stem for path in read] == [last]
    assert {name.partition(".")[0] for name in live.files()} == {last}


def test_answers_leave_at_once(serve):
    """Without Nagle's algorithm, which would hold each event back until the one before is acknowledged."""
    live = serve()
    live.client.get("/health")
    connections = live.on_http_thread(lambda: list(live.server._uvicorn.server_state.connections))
    sockets = [connection.transport.get_extra_info("socket") for connection in connections]
    assert [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0 for each in sockets] == [True]


def test_stopping_several_advisors_ends_them_all(serve):
    live = serve(gated(Gate(), at=8))
    job_id = live.upload(advisor="ansel,weston,gilpin").json()["job_id"]
    with live.stream(job_id) as events:
        until(events, "partial")
        live.client.delete(f"/jobs/{job_id}")
        assert list(events)[-1].type == "done"
    assert len(live.engine.requests) == 1
    assert len(live.client.get(f"/jobs/{job_id}").json()["analyses"]) == 1


def test_a_photo_can_be_sent_first_and_started_later(serve):
    live = serve()
    held = live.upload(auto_analyze="false", advisor="ansel").json()
    assert (held["status"], held["current_step"]) == ("queued", "Waiting to be started")
    assert live.engine.requests == []
    started = live.client.post("/submit", json={"filename": held["job_id"], "advisors": "weston"}).json()
    assert (started["job_id"], started["advisor"], started["filename"]) == (held["job_id"], "weston", "wren.jpg")
    assert live.events(held["job_id"])[-1].type == "done"
    assert live.client.post("/submit", json={"filename": held["job_id"]}).status_code == 403


def test_what_was_never_started_does_not_stay(serve):
    live = serve()
    held = [live.upload(auto_analyze="false").json()["job_id"] for _ in range(2)]
    assert live.client.delete(f"/jobs/{held[0]}").json()["state"] == "cancelled"
    assert {name.partition(".")[0] for name in live.files()} == {held[1]}
    live.close()
    assert live.files() == []


def test_jobs_of_the_window_are_seen_and_told(serve):
    live = serve(gated(gate := Gate()))
    job = live.call(lambda: live.service.submit(SAMPLES / "lake.jpg", "ansel"))
    with live.stream(job.id) as events:
        until(events, "partial")
        record = live.client.get(f"/jobs/{job.id}").json()
        assert (record["filename"], record["status"]) == ("lake.jpg", "analyzing")
        assert str(SAMPLES) not in live.client.get(f"/jobs/{job.id}").text
        gate.open()
        assert list(events)[-1].type == "done"
    assert str(SAMPLES) not in live.client.get(f"/analysis/{job.id}").text


def test_a_job_that_waits_in_the_window_can_be_watched(serve):
    live = serve(gated(gate := Gate(), at=0))
    live.call(lambda: live.service.submit(PHOTO, "ansel"))
    waiting = live.call(lambda: live.service.submit(SAMPLES / "lake.jpg", "ansel"))
    with live.stream(waiting.id) as events:
        assert [next(events).type for _ in range(2)] == ["connected", "status_update"]
        gate.open()
        told = list(events)
    assert told[-1].type == "done"
    assert percentages(told)[-1] == 100


def test_closing_ends_streams_and_leaves_nothing(serve, threads_started):
    live = serve(gated(Gate(), at=0))
    job_id = live.upload().json()["job_id"]
    ended = []

    def watch():
        with httpx.Client(timeout=20) as client, client.stream("GET", f"{live.url}/stream/{job_id}") as response:
            opened.set()
            ended.append(b"".join(response.iter_raw()))

    opened = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    opened.wait(10)
    live.close()
    watcher.join(10)
    assert ended
    assert threads_started() == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{live.url}/health")


def test_a_request_that_waits_for_the_main_thread_is_not_held_up_by_the_end(serve):
    """Where the pump stands still (a library that generates in one piece), closing still answers who waits."""
    live = serve()
    held, released = threading.Event(), threading.Event()
    live.service.pump.post(lambda: (held.set(), released.wait(10), live.server.close()))
    held.wait(10)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(live.client.get("/jobs").status_code))
    waiting.start()
    assert httpx.get(f"{live.url}/health").status_code == 200
    while not live.on_http_thread(lambda: len(live.server._main._waiting)):
        pass
    released.set()
    waiting.join(10)
    assert answers == [503]


def test_a_taken_port_is_told(serve):
    live = serve()
    with pytest.raises(UserError, match=f"port {live.server.port}"):
        live.call(lambda: Server(live.service, "127.0.0.1", live.server.port))


@pytest.mark.parametrize("host", ["256.1.1.1", "no-such-host.invalid", "203.0.113.7"])
def test_an_address_that_is_not_ours_is_told(serve, host):
    live = serve()
    with pytest.raises(UserError, match=host):
        live.call(lambda: Server(live.service, host, 0))


def test_closing_twice_is_closing(serve):
    live = serve()
    live.call(live.server.close)
    live.call(live.server.close)
