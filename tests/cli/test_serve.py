import argparse
import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import httpx
import numpy as np
import pytest

from mondrian_desktop.cli import serve
from mondrian_desktop.cli.main import parse, run_command
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine.scripted import ScriptedEngine
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import UPDATE_INTERVAL, Settings
from tests.api.live import PHOTO, Gate, answer, writing
from tests.api.live import parse as parse_events

ROOT = Path(__file__).resolve().parents[2]


class Terminal(io.StringIO):
    """An output that tells when a line has come; ``is_screen`` makes it a terminal."""

    def __init__(self, *, is_screen: bool = False) -> None:
        super().__init__()
        self.said = threading.Event()
        self._is_screen = is_screen

    def flush(self) -> None:
        self.said.set()

    def isatty(self) -> bool:
        return self._is_screen


@pytest.fixture
def make():
    made = []

    def make(*scripts) -> Service:
        engine = ScriptedEngine(*(scripts or [writing(answer())]))
        made.append(Service(engine, PhotoReader(), load_advisors(), Settings(), Pump()))
        return made[-1]

    yield make
    for service in made:
        service.close()


def run(service: Service, visit: Callable[[str], None], host: str | None = None, out: Terminal | None = None):
    """Serve, have ``visit`` use the address on another thread, and stop by Ctrl-C; return (exit code, out, err)."""
    out, err = out or Terminal(), Terminal()
    failed: list[BaseException] = []

    def use() -> None:
        out.said.wait(20)
        try:
            visit(re.search(r"http://\S+", out.getvalue())[0])
        except BaseException as why:  # noqa: BLE001 - raised again by the test
            failed.append(why)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=use)
    visitor.start()
    code = serve.run(service, argparse.Namespace(host=host, port=0), out, err)
    visitor.join(20)
    if failed:
        raise failed[0]
    return code, out.getvalue(), err.getvalue()


def test_it_serves_until_ctrl_c(make):
    def visit(url):
        job = httpx.post(f"{url}/upload", files={"image": ("a.jpg", PHOTO.read_bytes())}, timeout=20).json()
        with httpx.stream("GET", job["stream_url"], timeout=20) as response:
            seen.extend(event.type for event in parse_events(response.iter_lines()))

    seen = []
    before = signal.getsignal(signal.SIGINT)
    code, out, err = run(make(), visit)
    assert code == 0
    assert seen[-1] == "done"
    assert "Press Ctrl-C to stop." in out
    assert "Token" not in out
    assert err.startswith("Stopped.")
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_in_the_middle_of_an_analysis_ends_cleanly(make, threads_started):
    gate = Gate()
    service = make(writing(answer(), between=lambda n: [gate.wait] if n == 3 else []))

    def visit(url):
        job = httpx.post(f"{url}/upload", files={"image": ("a.jpg", PHOTO.read_bytes())}, timeout=20).json()
        with httpx.stream("GET", job["stream_url"], timeout=20) as response:
            next(event for event in parse_events(response.iter_lines()) if event.type == "thinking_update")

    code, _, _ = run(service, visit)
    assert code == 0
    # The workers that read photos stay until the service is closed.
    assert [thread.name for thread in threads_started() if not thread.name.startswith("photo")] == []


def test_an_open_address_shows_its_token_and_a_code_that_a_phone_can_read(make):
    def visit(url):
        token = re.search(r"Token: (\S+)", out.getvalue())[1]
        assert httpx.get(f"{url}/health").status_code == 401
        assert httpx.get(f"{url}/health", headers={"Authorization": f"Bearer {token}"}).status_code == 200

    out = Terminal(is_screen=True)
    _, shown, _ = run(make(), visit, host="0.0.0.0", out=out)
    assert "not encrypted" in shown
    address = re.search(r"open (http://\S+#token=\S+)", shown)[1]
    assert read_code(shown) == address


def read_code(shown: str) -> str:
    """Return what an independent reader makes of a code drawn with half blocks."""
    cv2 = pytest.importorskip("cv2", reason="OpenCV, the independent reader, is there on Linux only")
    rows = []
    for line in re.findall(r"\x1b\[30;107m(.*)\x1b\[0m", shown):
        rows.append([character in "▀█" for character in line])
        rows.append([character in "▄█" for character in line])
    picture = np.where(np.array(rows), 0, 255).astype(np.uint8)
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(cv2.resize(picture, None, fx=8, fy=8, interpolation=0))
    return text


def test_no_code_is_drawn_into_a_file(make):
    _, shown, _ = run(make(), lambda url: None, host="0.0.0.0")
    assert "\x1b" not in shown
    assert "#token=" in shown


def test_what_is_set_while_it_runs_is_in_force_from_the_next_request_on(make):
    def visit(url):
        assert httpx.get(f"{url}/health").json()["update_interval"] == UPDATE_INTERVAL.default
        Settings().set(UPDATE_INTERVAL, 2.0)
        assert httpx.get(f"{url}/health").json()["update_interval"] == 2.0
        settings_file.write_text('{"advisor": "weston"}', encoding="utf-8")
        job = httpx.post(f"{url}/upload", files={"image": ("a.jpg", PHOTO.read_bytes())}, timeout=20).json()
        assert job["advisor"] == "weston"

    service = make()
    settings_file = service.settings.file
    assert run(service, visit)[0] == 0


def test_what_is_set_while_it_runs_reaches_the_next_job_without_a_request(make):
    service = make()
    Settings().set(UPDATE_INTERVAL, 2.0)
    assert service.settings.get(UPDATE_INTERVAL) == UPDATE_INTERVAL.default
    service.submit(PHOTO)
    service.pump.run()
    assert service.settings.get(UPDATE_INTERVAL) == 2.0


def test_a_settings_file_that_is_spoiled_while_it_runs_is_told_at_once_and_only_once(make, capsys):
    def build():
        service = make()
        service.settings.file.write_text("{", encoding="utf-8")
        return service

    Settings().set(UPDATE_INTERVAL, 2.0)
    assert run_command(parse(["analyze", str(PHOTO)]), build) == 0
    assert capsys.readouterr().err.count("The settings file was damaged.") == 1


def test_an_address_that_cannot_be_used_is_told(make):
    with pytest.raises(UserError, match=r"203\.0\.113\.9"):
        serve.run(make(), argparse.Namespace(host="203.0.113.9", port=0), io.StringIO(), io.StringIO())


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(port, capsys):
    with pytest.raises(SystemExit):
        parse(["serve", "--port", port])
    assert "Service port" in capsys.readouterr().err


def test_the_embedded_model_from_end_to_end(tmp_path):
    """The real program: started, asked, watched, and ended by Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-m", "mondrian_desktop", "serve", "--port", "0"], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as program:  # fmt: skip
        url = re.search(r"http://\S+", program.stdout.readline())[0]
        job = httpx.post(f"{url}/upload", files={"image": ("wren.jpg", PHOTO.read_bytes())}, timeout=60).json()
        with httpx.stream("GET", job["stream_url"], timeout=60) as response:
            events = list(parse_events(response.iter_lines()))
        critique = httpx.get(f"{url}/jobs/{job['job_id']}", timeout=60).json()["analyses"][0]["critique"]
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=60)
    assert [event.type for event in events[-2:]] == ["analysis_complete", "done"]
    thinking = [event.data["thinking"] for event in events if event.type == "thinking_update"]
    assert all(re.fullmatch(r"Generating analysis\.\.\. \(\d+ tokens, \d+\.\d tps\)", text) for text in thinking)
    assert len(thinking) >= 2
    assert critique["overall_score"]
    assert program.returncode == 0
    assert err.startswith("Stopped.")
    assert "Traceback" not in err
