"""Who may ask, from where, and which files may be named, over the wire."""

import pytest

from mondrian_desktop.api import auth
from mondrian_desktop.api.server import Limits
from mondrian_desktop.errors import UserError
from tests.api.live import PHOTO, Gate, gated


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
