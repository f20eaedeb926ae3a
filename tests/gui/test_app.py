"""The whole program, as a process of its own: real engine, real model, no display."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# Runs the window with the arguments given, and tells on stdout what happens.
PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QMainWindow
from mondrian_desktop.bootstrap import build
from mondrian_desktop.gui import app, main_window

def say(*words):
    print(*words, flush=True)

class Watched(main_window.MainWindow):
    painted = False
    def event(self, event):
        if event.type() == QEvent.Type.UpdateRequest and not Watched.painted:
            Watched.painted = True
            say("painted", *sorted({"mlx_vlm", "transformers"} & set(sys.modules)))
        return super().event(event)
    def furnish(self, *arguments):
        super().furnish(*arguments)
        self.session.changed.connect(lambda entry: say("state", entry.standing))
        self.session.feed.beat.connect(self.watch)
    def watch(self, news):
        live = self.session.feed.running
        if live is not None and live.generation_tokens and not hasattr(self, "written"):
            self.written = True
            say("writing")

app.MainWindow = Watched
say("code", app.run(build, [Path(photo) for photo in sys.argv[1:]], analyze=True))
"""


@pytest.fixture
def program(own_folders):
    started = []

    def start(*arguments: str) -> subprocess.Popen:
        strictly = ["-X", "dev", "-W", "error", "-W", "default::DeprecationWarning"]
        process = subprocess.Popen(
            [sys.executable, *strictly, "-c", PROGRAM, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def read_until(process, words):
    lines = []
    while line := process.stdout.readline():
        lines.append(line.strip())
        if lines[-1] == words:
            return lines
    pytest.fail(f"{words!r} never came: {lines} {process.stderr.read()}")


def noise(stderr: str) -> list[str]:
    return [line for line in stderr.splitlines() if "propagateSizeHints" not in line]


def test_is_painted_before_the_model_library_is_loaded_and_analyzes(program):
    process = program(str(ROOT / "resources" / "samples" / "lake.jpg"))
    lines = read_until(process, "state Done")
    assert "painted" in lines, "and without the model's library"
    assert lines.index("painted") < lines.index("writing")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert stdout.strip().endswith("code 0")
    assert process.returncode == 0
    assert noise(stderr) == []


def test_where_the_service_cannot_be_made_the_app_ends_and_says_why(own_folders):
    script = "\n".join([
        "from mondrian_desktop.gui import app",
        "def build(**more): raise OSError('the disk is gone')",
        "raise SystemExit(app.run(build, []))",
    ])  # fmt: skip
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.strip().endswith("OSError: the disk is gone")


def test_quitting_in_the_middle_of_the_writing_ends_cleanly(program):
    process = program(*(str(path) for path in sorted((ROOT / "resources" / "samples").glob("*.jpg"))))
    read_until(process, "writing")
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=30)
    assert stdout.strip().endswith("code 0")
    assert process.returncode == 0
    assert noise(stderr) == []
