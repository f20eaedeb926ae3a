"""Requests that are refused: each with a status and a sentence in JSON, and nothing left behind."""

import json
import logging
import socket

import pytest

from mondrian_desktop.api.server import Limits
from tests.api.live import Gate, gated, until

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    "path", ["/jobs/x", "/status/x", "/stream/x", "/analysis/x", "/summary/x", "/job/x/thinking", "/nothing"]
)
def test_what_does_not_exist_is_not_found(running, path):
    refused = running.client.get(path)
    assert refused.status_code == 404
    assert set(refused.json()) == {"error"}


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
        # Without an end: a whole one is answered where it happens to arrive in one piece.
        b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000,
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
