import json
import logging
import socket
import threading
from contextlib import ExitStack
from html import escape

import httpx
import pytest

from mondrian_desktop import paths
from mondrian_desktop.api import auth
from mondrian_desktop.api.progress import Event
from mondrian_desktop.api.server import Limits, Server
from mondrian_desktop.engine.protocol import Unreachable
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs import server_watch
from mondrian_desktop.weights import servers
from tests.api.live import DIMENSIONS, PHOTO, SAMPLES, Clock, Gate, answer, writing
from tests.engine.chat_server import ChatServer

JSON = {"content-type": "application/json"}


def gated(gate, text=None, at=6, **more):
    return writing(text or answer(), between=lambda n: [gate.wait] if n == at else [], **more)


def until(events, kind):
    """Read events up to one of a kind, and return it."""
    return next(event for event in events if event.type == kind)


def percentages(events):
    return [event.data["job_data"]["progress_percentage"] for event in events if event.type == "status_update"]


# --- what the original's clients see


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


def test_a_stream_tells_the_whole_story(serve):
    live = serve(gated(gate := Gate(), at=0))
    job_id = live.upload(advisor="ansel").json()["job_id"]
    with live.stream(job_id) as events:
        told = [next(events), next(events)]
        gate.open()
        told += list(events)
    kinds = [event.type for event in told]
    assert kinds[:2] == ["connected", "status_update"]
    assert kinds[-4:] == ["partial", "status_update", "analysis_complete", "done"]
    assert kinds.count("thinking_update") == 2
    assert all(event.data["type"] == event.type and event.data["job_id"] == job_id for event in told)
    numbers = [int(event.id.partition("-")[2]) for event in told]
    assert numbers == sorted(set(numbers))
    assert len({event.id.partition("-")[0] for event in told}) == 1
    counted = percentages(told)
    assert counted == sorted(counted)
    assert counted[-1] == 100
    statuses = [event.data["job_data"]["status"] for event in told if event.type == "status_update"]
    assert list(dict.fromkeys(statuses))[-4:] == ["processing", "analyzing", "finalizing", "done"]
    assert told[-2].data["analysis_html"].startswith("<!DOCTYPE html>")
    assert "wren.jpg" in told[-2].data["analysis_html"]


def test_a_thinking_update_is_exactly_what_clients_know(serve):
    live = serve(writing(answer(), pieces=150))
    job_id = live.upload().json()["job_id"]
    last = [event for event in live.events(job_id) if event.type == "thinking_update"][-1]
    assert json.dumps(last.data) == json.dumps(
        {"type": "thinking_update", "job_id": job_id, "thinking": "Generating analysis... (150 tokens, 44.1 tps)"}
    )
    assert live.client.get(f"/job/{job_id}/thinking").json()["thinking"] == last.data["thinking"]


def test_thinking_updates_come_at_the_interval(serve):
    clock, gate = Clock(), Gate()
    live = serve(
        writing(answer(), pieces=30, between=lambda n: [clock.passes(1.0), *([gate.wait] if n == 0 else [])]),
        settings={"MONDRIAN_UPDATE_INTERVAL": "5"},
        clock=clock,
    )
    job_id = live.upload().json()["job_id"]
    with live.stream(job_id) as events:
        next(events)
        gate.open()
        thinking = [event.data["thinking"] for event in events if event.type == "thinking_update"]
    counts = [int(text.split("(")[1].split(" ")[0]) for text in thinking]
    assert counts == [1, 6, 11, 16, 21, 26, 30]


def test_a_client_may_choose_its_interval(serve):
    clock, gate = Clock(), Gate()
    live = serve(
        writing(answer(), pieces=9, between=lambda n: [clock.passes(1.0), *([gate.wait] if n == 0 else [])]),
        clock=clock,
    )
    job_id = live.upload(update_interval="2").json()["job_id"]
    with live.stream(job_id) as events:
        next(events)
        gate.open()
        assert sum(event.type == "thinking_update" for event in events) == 6
    assert live.upload(update_interval="0").status_code == 422
    assert live.upload(update_interval="soon").status_code == 422


def test_partials_hold_all_that_is_written(serve):
    live = serve(gated(gate := Gate(), at=8))
    job_id = live.upload(advisor="ansel").json()["job_id"]
    with live.stream(job_id) as events:
        first = until(events, "partial")
        gate.open()
        rest = [event for event in events if event.type == "partial"]
    assert first.data["advisor"] == "ansel"
    assert first.data["critique"]["image_description"] == "A wren on a branch."
    whole = rest[-1].data["critique"]
    assert [each["name"] for each in whole["dimensions"]] == DIMENSIONS
    assert whole["overall_score"] == 7.0
    assert rest[-1].data["progress"] == 1.0


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


# --- streams


def test_a_late_subscriber_gets_the_state_so_far(serve):
    live = serve(gated(gate := Gate()))
    job_id = live.upload().json()["job_id"]
    with live.stream(job_id) as events:
        until(events, "partial")
    with live.stream(job_id) as events:
        seen = [next(events) for _ in range(4)]
        assert seen[0].type == "connected"
        assert {event.type for event in seen[1:]} == {"status_update", "thinking_update", "partial"}
        gate.open()
        assert list(events)[-1].type == "done"


def test_a_reconnect_replays_what_was_missed(serve):
    live = serve(gated(gate := Gate()))
    job_id = live.upload().json()["job_id"]
    with live.stream(job_id) as events:
        until(events, "thinking_update")
        last = until(events, "partial")
    gate.open()
    everything = live.events(job_id, f"{last.id.partition('-')[0]}-0")
    missed = live.events(job_id, last.id)
    assert missed[0].type == "connected"
    after = [event.id for event in everything if int(event.id.split("-")[1]) > int(last.id.split("-")[1])]
    assert [event.id for event in missed[1:]] == after
    assert after


def test_one_who_has_seen_done_is_told_not_to_come_back(serve):
    live = serve()
    job_id = live.upload().json()["job_id"]
    last = live.events(job_id)[-1].id
    assert live.client.get(f"/stream/{job_id}", headers={"last-event-id": last}).status_code == 204


def test_a_quiet_stream_is_kept_awake(serve):
    live = serve(gated(gate := Gate(), at=0), limits=Limits(heartbeat_s=0.02))
    job_id = live.upload().json()["job_id"]
    with live.stream(job_id) as events:
        assert next(event for event in events if event.comment).comment == "still here"
        gate.open()
        assert list(events)[-1].type == "done"


def test_a_finished_job_of_an_earlier_session_still_tells_its_end(serve, tmp_path):
    first = serve(history=tmp_path / "history.db")
    one = first.upload(name="harbor.jpg", advisor="ansel").json()["job_id"]
    two = first.upload(name="hill.jpg", advisor="ansel,weston").json()["job_id"]
    last = first.events(one)[-1].id
    first.events(two)
    first.close()
    second = serve(history=tmp_path / "history.db")
    assert [each["id"] for each in second.client.get("/jobs").json()["jobs"]] == [two, one]
    for job_id, name, advisors in ((one, "harbor.jpg", ["ansel"]), (two, "hill.jpg", ["ansel", "weston"])):
        record = second.client.get(f"/status/{job_id}").json()
        assert (record["filename"], record["status"], record["advisors_used"]) == (name, "done", advisors)
        told = second.events(job_id, last)
        assert [event.type for event in told][:1] == ["connected"]
        assert [event.type for event in told][-3:] == ["status_update", "analysis_complete", "done"]
        assert name in second.client.get(f"/analysis/{job_id}").text


def test_as_many_streams_as_may_be(serve):
    live = serve(gated(gate := Gate(), at=0), limits=Limits(most_streams=3))
    job_id = live.upload().json()["job_id"]
    with ExitStack() as stack:
        streams = [stack.enter_context(live.stream(job_id)) for _ in range(3)]
        assert [next(stream).type for stream in streams] == ["connected"] * 3
        refused = live.client.get(f"/stream/{job_id}")
        assert refused.status_code == 503
        assert "3 open streams" in refused.json()["error"]
        gate.open()


def test_a_reader_that_does_not_read_is_dropped(serve):
    gate = Gate()
    live = serve(gated(gate, at=0), limits=Limits(stall_s=0.2, heartbeat_s=0.1))
    job_id = live.upload().json()["job_id"]
    hub = live.server._hub
    with socket.create_connection(("127.0.0.1", live.server.port)) as lazy:
        lazy.sendall(f"GET /stream/{job_id} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        while live.on_http_thread(lambda: hub.streams) < 1:
            pass
        flood(live, job_id)
        while live.on_http_thread(lambda: hub.streams) > 0:
            pass
    gate.open()
    assert live.events(job_id)[-1].type == "done"


def flood(live, job_id):
    """Publish more than fits into the buffers of a connection."""
    big = [Event("status_update", {"filler": "x" * 100_000}) for _ in range(100)]
    live.on_http_thread(lambda: live.server._hub.publish(job_id, big))


# --- errors and cancelling


def test_a_failure_is_told_and_ends_the_stream(serve):
    live = serve([UserError("The model is incomplete.", "Fetch it again.")])
    job_id = live.upload().json()["job_id"]
    told = live.events(job_id)
    assert [event.type for event in told[-2:]] == ["error", "done"]
    assert told[-2].data["error"] == "The model is incomplete. Fetch it again."
    record = live.client.get(f"/jobs/{job_id}").json()
    assert (record["status"], record["state"]) == ("error", "failed")
    assert record["error"] == "The model is incomplete. Fetch it again."


def test_an_unreadable_photo_is_told_by_the_clients_name_for_it(serve):
    live = serve()
    job_id = live.upload(b"nonsense", name="holiday.jpg").json()["job_id"]
    error = live.events(job_id)[-2].data["error"]
    assert "holiday.jpg" in error
    assert str(paths.data_dir()) not in error
    assert not [name for name in live.files() if name.rpartition(".")[0] in error]


def test_a_retried_job_begins_a_new_story(serve):
    live = serve([UserError("Not now.")], writing(answer()))
    job_id = live.upload().json()["job_id"]
    first = live.events(job_id)
    live.call(lambda: live.service.retry(*[job.id for job in live.service.jobs]))
    second = live.events(job_id, first[-1].id)
    assert [event.type for event in second[-2:]] == ["analysis_complete", "done"]
    assert percentages(second)[-1] == 100


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


@pytest.mark.parametrize(
    "path", ["/jobs/x", "/status/x", "/stream/x", "/analysis/x", "/summary/x", "/job/x/thinking", "/nothing"]
)
def test_what_does_not_exist_is_not_found(running, path):
    refused = running.client.get(path)
    assert refused.status_code == 404
    assert set(refused.json()) == {"error"}


# --- limits


def test_a_client_may_have_so_many_waiting(serve):
    live = serve(gated(gate := Gate()), limits=Limits(most_queued=3))
    first = live.upload().json()["job_id"]
    with live.stream(first) as events:
        until(events, "partial")
        waiting = [live.upload().json()["job_id"] for _ in range(3)]
        before = live.files()
        refused = live.upload()
        assert refused.status_code == 429
        assert refused.headers["retry-after"]
        assert live.client.post("/ask", json={"question": "?"}).status_code == 429
        assert live.files() == before
        live.client.delete(f"/jobs/{waiting[0]}")
        assert live.upload().status_code == 201
        gate.open()


def test_too_long_a_photo_is_refused_and_leaves_nothing(serve):
    live = serve(limits=Limits(upload_bytes=100_000))
    assert live.upload(bytes(200_000)).status_code == 413
    assert live.files() == []


def test_too_long_a_photo_is_refused_on_its_way(serve):
    live = serve(limits=Limits(upload_bytes=100_000))

    def pieces():
        yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
        for _ in range(30):
            yield bytes(10_000)

    refused = live.client.post("/upload", content=pieces(), headers={"content-type": "multipart/form-data; boundary=b"})
    assert refused.status_code == 413
    assert "200 MB" in refused.json()["error"]
    assert live.files() == []


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(serve):
    live = serve()
    with socket.create_connection(("127.0.0.1", live.server.port)) as client:
        client.sendall(
            b"POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n"
            b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
            b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\nhalf'
        )
        while not live.files():
            live.client.get("/health")
    while live.files():
        live.client.get("/health")
    assert live.client.get("/jobs").json()["jobs"] == []


def test_other_requests_are_short(running):
    refused = running.client.post("/ask", json={"question": "x" * 2_000_000})
    assert refused.status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("POST", "/upload", {"content": b"x"}, 415),
        ("POST", "/upload", {"data": {"advisor": "ansel"}}, 415),
        ("POST", "/upload", {"files": {"image": ("a.jpg", b"")}}, 400),
        ("POST", "/upload", {"files": {"image": ("a.jpg", b"x")}, "data": {"advisor": "nobody"}}, 404),
        ("POST", "/submit", {"content": b"{"}, 422),
        ("POST", "/submit", {"content": b'{"filename": "\\ud800"}', "headers": JSON}, 422),
        ("POST", "/submit", {"json": {"filename": 3}}, 422),
        ("POST", "/submit", {"json": []}, 422),
        ("POST", "/submit", {"json": {"filename": "a.jpg", "advisors": ["nobody"]}}, 403),
        ("POST", "/ask", {"json": {"question": "  "}}, 422),
        ("POST", "/ask", {"json": {"question": "x", "advisor": "nobody"}}, 404),
        ("POST", "/ask", {"content": b"[" * 100_000, "headers": JSON}, (400, 422)),
        ("GET", "/jobs?limit=0", {}, 422),
        ("GET", "/jobs?limit=x", {}, 422),
        ("GET", "/jobs?state=sleeping", {}, 422),
        ("PUT", "/jobs", {}, 405),
        ("DELETE", "/jobs", {}, 405),
        ("DELETE", "/jobs/x", {}, 404),
        ("GET", "/upload", {}, 405),
        ("GET", "/docs", {}, 404),
    ],
)  # fmt: skip
def test_every_malformed_request_gets_a_json_error(running, caplog, method, path, more, status):
    refused = running.client.request(method, path, **more)
    assert refused.status_code in (status if isinstance(status, tuple) else (status,))
    assert refused.headers["content-type"] == "application/json"
    assert set(refused.json()) == {"error"}
    assert "Traceback" not in refused.text
    assert running.files() == []
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET /jobs HTTP/1.1\r\n\r\n",
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"POST /ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)  # fmt: skip
def test_what_is_not_http_gets_a_json_error(running, request_):
    with socket.create_connection(("127.0.0.1", running.server.port), timeout=10) as client:
        client.sendall(request_)
        client.shutdown(socket.SHUT_WR)
        answered = b""
        try:
            while data := client.recv(65536):
                answered += data
        except ConnectionResetError:
            pass
    # Of what was never a whole request nothing need be said.
    if answered:
        assert answered.startswith(b"HTTP/1.1 4")
        assert set(json.loads(answered.partition(b"\r\n\r\n")[2])) == {"error"}
    assert running.client.get("/health").status_code == 200


def test_our_own_mistakes_are_logged_and_not_shown(serve, caplog, monkeypatch):
    live = serve()

    def broken(*_):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(live.server._desk, "records", broken)
    refused = live.client.get("/jobs")
    assert refused.status_code == 500
    assert "secret" not in refused.text
    assert set(refused.json()) == {"error"}
    assert live.client.get("/health").status_code == 200
    assert "a secret of the inside" in caplog.text


# --- who may ask


def test_names_pages_and_tokens_are_checked(serve):
    live = serve(host="0.0.0.0")
    assert live.token
    assert live.client.get("/health").status_code == 401
    assert live.client.get("/").status_code == 200
    good = {"Authorization": f"Bearer {live.token}"}
    assert live.client.get("/health", headers=good).status_code == 200
    assert live.client.get("/health", headers=good | {"Host": "evil.example"}).status_code == 421
    assert live.client.post("/ask", headers=good | {"Origin": "http://evil.example"}, json={}).status_code == 403
    job = live.client.post(f"/upload?token={live.token}", files={"image": ("a.jpg", PHOTO.read_bytes())}).json()
    assert live.client.get(job["status_url"]).status_code == 200
    assert live.server.phone_url.endswith(f"#token={live.token}")


def test_a_new_token_locks_out_who_has_the_old_one_and_ends_their_streams(serve):
    live = serve(gated(gate := Gate(), at=0), host="0.0.0.0")
    old = {"Authorization": f"Bearer {live.token}"}
    job_id = live.client.post("/upload", headers=old, files={"image": ("a.jpg", PHOTO.read_bytes())}).json()["job_id"]
    with live.client.stream("GET", f"/stream/{job_id}", headers=old) as response:
        lines = response.iter_lines()
        next(lines)
        live.call(live.server.renew_token)
        assert not [line for line in lines if "done" in line]
    assert live.client.get("/jobs", headers=old).status_code == 401
    new = {"Authorization": f"Bearer {live.server.token}"}
    assert live.server.token != live.token
    assert live.client.get("/jobs", headers=new).status_code == 200
    gate.open()
    with live.client.stream("GET", f"/stream/{job_id}", headers=new) as response:
        assert any("event: done" in line for line in response.iter_lines())


def test_a_stream_that_was_just_let_in_with_the_old_token_ends_as_well(serve, monkeypatch):
    live = serve(gated(gate := Gate(), at=0), host="0.0.0.0")
    old = {"Authorization": f"Bearer {live.token}"}
    job_id = live.client.post("/upload", headers=old, files={"image": ("a.jpg", PHOTO.read_bytes())}).json()["job_id"]
    begin, channel, asked = live.server._desk.begin, live.server._hub.channel, []

    def renewing(job_id):
        live.server.renew_token()
        return begin(job_id)

    def none_at_first(job_id):
        asked.append(job_id)
        return channel(job_id) if len(asked) > 1 else None

    monkeypatch.setattr(live.server._desk, "begin", renewing)
    # So that the pump's thread is asked, and the token renewed meanwhile.
    monkeypatch.setattr(live.server._hub, "channel", none_at_first)
    with live.client.stream("GET", f"/stream/{job_id}", headers=old) as response:
        assert not [line for line in response.iter_lines() if "done" in line]
    gate.open()


def test_an_open_address_without_a_token_that_can_be_kept_is_refused_and_let_go(serve, monkeypatch):
    def broken():
        raise UserError("The token cannot be used.")

    monkeypatch.setattr(auth, "token", broken)
    with pytest.raises(UserError, match="token"):
        serve(host="0.0.0.0")


def test_on_this_machine_no_token_is_needed(serve):
    with pytest.raises(ValueError, match="needs no token"):
        serve().server.renew_token()
    live = serve()
    assert live.token == ""
    assert "token" not in live.server.phone_url
    refused = live.client.get("/health", headers={"Host": "evil.example"})
    assert (refused.status_code, set(refused.json())) == (421, {"error"})


def test_answers_say_that_they_are_nobody_elses(serve):
    live = serve()
    for path in ("/", "/health", "/nothing", "/openapi.json"):
        headers = live.client.get(path, headers={"Origin": "http://evil.example"}).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert not [name for name in headers if name.startswith("access-control")]
        assert "server" not in headers


def test_a_proxys_word_about_the_client_is_not_believed(serve):
    live = serve(gated(gate := Gate(), at=0), limits=Limits(most_queued=1))
    live.upload()
    statuses = [
        live.client.post("/ask", json={"question": "?"}, headers={"X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(3)
    ]
    assert statuses == [201, 429, 429]
    gate.open()


# --- files of this machine


def test_a_shared_file_can_be_submitted(serve, tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    (folder / "bird.jpg").write_bytes(PHOTO.read_bytes())
    live = serve(settings={"MONDRIAN_SHARED_FOLDERS": str(folder)})
    answered = live.client.post("/submit", json={"filename": "bird.jpg", "advisors": ["ansel", "weston"]})
    assert answered.status_code == 200
    job = answered.json()
    assert (job["filename"], job["advisors_used"]) == ("bird.jpg", ["ansel", "weston"])
    assert live.events(job["job_id"])[-1].type == "done"
    assert str(tmp_path) not in live.client.get(f"/jobs/{job['job_id']}").text
    assert str(tmp_path) not in live.client.get(f"/analysis/{job['job_id']}").text
    assert (folder / "bird.jpg").exists()


@pytest.mark.parametrize("name", [str(PHOTO), "wren.jpg", "/etc/passwd", "../wren.jpg"])
def test_no_other_file_can(running, name):
    refused = running.client.post("/submit", json={"filename": name, "advisors": "ansel"})
    assert refused.status_code == 403
    assert refused.json() == {"error": "This file is not in a folder that is shared with the service."}


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


# --- with the window


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


# --- the end


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
