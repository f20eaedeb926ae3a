import argparse
import http.server
import io
import os
import re
import signal
import threading

import pytest

from mondrian_desktop.cli import verify_streaming
from mondrian_desktop.cli.verify_streaming import Check, Client, Heard, judge, praise
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine.protocol import Finished, FinishReason
from mondrian_desktop.engine.scripted import ScriptedEngine
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings
from tests.api.live import PHOTO, Gate, Live, answer, writing

ALL = {"connected", "status_update", "thinking_update", "partial", "analysis_complete", "done"}


@pytest.fixture
def serve():
    running = []

    def serve(*scripts, **more):
        running.append(Live(list(scripts) or [writing(answer())], **more))
        return running[-1]

    yield serve
    for live in running:
        live.close()


def build(*scripts):
    return lambda: Service(
        ScriptedEngine(*(scripts or [writing(answer())])), PhotoReader(), load_advisors(), Settings(), Pump()
    )


def run(build=None, *, photo=None, url=None, interval=None):
    def none():
        raise AssertionError("a service was started though one runs")

    out = io.StringIO()
    options = argparse.Namespace(photo=photo, url=url, interval=interval)
    return verify_streaming.run(build or none, options, out, io.StringIO()), out.getvalue()


# --- the judgement


@pytest.mark.parametrize(
    "times_s",
    [[1.0, 2.0], [1.0, 6.0, 11.0, 13.0], [1.0, 6.2, 10.9, 16.0], [0.0, 0.3, 5.3, 10.3, 10.4], [1.0, 6.9, 11.9]],
)
def test_updates_at_the_interval_are_fine(times_s):
    assert judge(Heard(ALL, times_s), 5.0) == []


@pytest.mark.parametrize(
    ("times_s", "what"),
    [
        ([], "0 came"), ([1.0], "1 came"), ([1.0, 6.0, 13.0, 18.0], r"none for 7\.0 s"),
        ([1.0, 9.0], r"none for 8\.0 s"), ([1.0, 6.0, 8.0, 13.0, 18.0], r"within 2\.0 s"),
    ],
)  # fmt: skip
def test_updates_that_are_not_are_told(times_s, what):
    (missing,) = judge(Heard(ALL, times_s), 5.0)
    assert re.search(what, missing)


@pytest.mark.parametrize("kind", ["connected", "status_update", "analysis_complete", "done"])
def test_a_missing_event_is_named(kind):
    (missing,) = judge(Heard(ALL - {kind}, [1.0, 2.0], "The model was lost."), 5.0)
    assert kind.replace("_", " ") in missing.replace("_", " ")
    assert ("The model was lost." in missing) == (kind == "analysis_complete")


def test_what_came_is_said():
    assert praise([1.0, 6.0, 11.2, 12.0], 5.0) == "4 thinking updates, 5.1 s apart (expected: 5 s)."
    assert "less than the interval of 5 s" in praise([1.0, 2.0], 5.0)


@pytest.mark.parametrize("url", ["https://127.0.0.1", "ftp://x", "http://", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(UserError, match="address"):
        Client(url)


def test_an_address_may_come_without_its_beginning():
    assert Client("127.0.0.1:5005").url == "http://127.0.0.1:5005"


# --- the check


def test_a_running_service_is_checked(serve):
    live = serve()
    code, said = run(url=live.url)
    assert code == 0, said
    assert "Connected to the stream" in said
    assert "STATUS UPDATE: done, 100% (Done)" in said
    assert "THINKING UPDATE #1\n           Generating analysis... (1 tokens, 44.1 tps)\n           Elapsed: " in said
    assert "THINKING UPDATE #2" in said
    assert "ANALYSIS COMPLETE" in said
    assert said.splitlines()[-1].startswith("SUCCESS: the analysis took less than the interval of 5 s")


def test_the_one_on_this_machine_is_found(serve, monkeypatch):
    live = serve()
    monkeypatch.setenv("MONDRIAN_SERVICE_PORT", str(live.server.port))
    code, said = run()
    assert (code, f"Checking the service at {live.url}" in said) == (0, True)


def test_where_none_runs_one_is_started_and_ended(monkeypatch, unused_port, threads_started):
    monkeypatch.setenv("MONDRIAN_SERVICE_PORT", str(unused_port))
    code, said = run(build())
    assert code == 0, said
    assert said.startswith("No service is running; one is started for this check.")
    assert threads_started() == []


def test_somebody_else_at_the_port_is_left_alone(monkeypatch):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"service": "other"}')

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Other) as other:
        monkeypatch.setenv("MONDRIAN_SERVICE_PORT", str(other.server_port))
        thread = threading.Thread(target=other.serve_forever)
        thread.start()
        code, said = run(build())
        other.shutdown()
        thread.join()
    assert code == 0
    assert "one is started" in said


def test_the_interval_is_asked_for_and_expected(serve):
    live = serve()
    code, said = run(url=live.url, interval=0.5)
    assert code == 0
    assert "the interval of 0.5 s" in said
    assert live.service.jobs[0].options.update_interval_s == 0.5


def test_a_photo_of_ones_own(serve, tmp_path):
    photo = tmp_path / 'my "best".jpg'
    photo.write_bytes(PHOTO.read_bytes())
    code, said = run(url=serve().url, photo=photo)
    assert code == 0
    assert "my 'best'.jpg" in said


def test_a_photo_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UserError, match=r"missing\.jpg"):
        run(photo=tmp_path / "missing.jpg")


def test_no_service_at_the_address_is_told(unused_port):
    with pytest.raises(UserError, match="no service at"):
        run(url=f"http://127.0.0.1:{unused_port}")


def test_a_token_is_brought(serve):
    live = serve(host="0.0.0.0")
    assert run(url=f"{live.url}/#token={live.token}")[0] == 0
    with pytest.raises(UserError, match="token"):
        run(url=live.url)


def test_a_failure_is_told(serve):
    code, said = run(url=serve([UserError("The model was lost.")]).url)
    assert code == 1
    assert "ERROR: The model was lost." in said
    assert "MISSING: the event “analysis_complete”: The model was lost." in said
    assert "MISSING: thinking updates" in said


def test_no_thinking_updates_is_a_failure(serve):
    code, said = run(url=serve([Finished(answer(), FinishReason.STOP)]).url)
    assert code == 1
    assert said.splitlines()[-1].startswith("MISSING: thinking updates: at least the first and the last")


def test_a_stream_that_breaks_off_is_a_failure(serve):
    gate = Gate()
    live = serve(writing(answer(), between=lambda n: [gate.wait] if n == 3 else []))

    class Breaks(io.StringIO):
        def write(self, text):
            if "THINKING UPDATE" in text:
                live.drop_connections()
            return super().write(text)

    out = Breaks()
    assert Check(Client(live.url), out).run("a.jpg", PHOTO.read_bytes(), None) == 1
    assert "SUCCESS" not in out.getvalue()
    gate.open()


def test_updates_that_come_late_are_told(serve):
    times = iter([0.0, *[n * 9.0 for n in range(100)]])
    out = io.StringIO()
    check = Check(Client(serve().url), out, clock=lambda: next(times))
    assert check.run("a.jpg", PHOTO.read_bytes(), None) == 1
    assert "MISSING: updates every 5 s: there was none for" in out.getvalue()


def test_ctrl_c_ends_it_with_its_service(monkeypatch, unused_port, threads_started):
    monkeypatch.setenv("MONDRIAN_SERVICE_PORT", str(unused_port))
    gate = Gate()

    class Interrupts(io.StringIO):
        def write(self, text):
            if "THINKING UPDATE" in text:
                os.kill(os.getpid(), signal.SIGINT)
            return super().write(text)

    out = Interrupts()
    options = argparse.Namespace(photo=PHOTO, url=None, interval=None)
    service = build(writing(answer(), between=lambda n: [gate.wait] if n == 3 else []))
    assert verify_streaming.run(service, options, out, io.StringIO()) == 130
    assert threads_started() == []


@pytest.fixture
def unused_port() -> int:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        return server.server_port
