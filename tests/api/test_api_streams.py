"""What a stream tells, when, and to whom: the events that clients of the original know."""

import json
import socket
from contextlib import ExitStack

from mondrian_desktop import paths
from mondrian_desktop.api.progress import Event
from mondrian_desktop.api.server import Limits
from mondrian_desktop.errors import UserError
from tests.api.live import DIMENSIONS, PHOTO, Clock, Gate, answer, gated, percentages, until, writing


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


def test_the_last_thinking_line_is_told_in_a_later_session_too(serve, tmp_path):
    first = serve(writing(answer(), pieces=150), writing(answer(), pieces=7), history=tmp_path / "history.db")
    one = first.upload(advisor="ansel").json()["job_id"]
    first.events(one)
    two = first.upload(b"nonsense").json()["job_id"]
    first.events(two)
    several = first.upload(advisor="ansel,weston", name="hill.jpg").json()["job_id"]
    first.events(several)
    told = [first.client.get(f"/job/{job_id}/thinking").json()["thinking"] for job_id in (one, two, several)]
    assert told == ["Generating analysis... (150 tokens, 44.1 tps)", "", "Generating analysis... (7 tokens, 44.1 tps)"]
    first.close()
    second = serve(history=tmp_path / "history.db")
    assert [second.client.get(f"/job/{job_id}/thinking").json()["thinking"] for job_id in (one, two, several)] == told
    assert [each["llm_thinking"] for each in second.client.get("/jobs").json()["jobs"]] == told[::-1]
    assert second.events(one)[-3].data["job_data"]["llm_thinking"] == told[0]


def test_what_was_only_found_again_was_not_written_for_this_job(serve, tmp_path):
    live = serve(history=tmp_path / "history.db")
    found = []
    for _ in range(2):
        found.append(live.call(lambda: live.service.submit(PHOTO, "ansel", again=False)).id)
        live.events(found[-1])
    live.close()
    later = serve(history=tmp_path / "history.db")
    written, again = (later.client.get(f"/status/{job_id}").json() for job_id in found)
    assert (written["status"], again["status"]) == ("done", "done")
    assert (bool(written["llm_thinking"]), again["llm_thinking"]) == (True, "")


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
