import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.handover import Message, claim, hand_over

HOLD = """
import sys
from pathlib import Path
from mondrian_desktop.jobs.handover import claim
instance = claim(Path(sys.argv[1]))
print(instance is not None, flush=True)
sys.stdin.read()
"""


class Box:
    """Takes messages, and can be waited for."""

    def __init__(self):
        self.messages = []
        self._filled = threading.Semaphore(0)

    def __call__(self, message):
        self.messages.append(message)
        self._filled.release()

    def wait(self):
        assert self._filled.acquire(timeout=30)
        return self.messages[-1]


@pytest.fixture(autouse=True)
def short_temporary_folder(monkeypatch, tmp_path):
    # As short as the system's own; sockets allow about a hundred characters.
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.delenv("TMPDIR", raising=False)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / ("a folder with a long name " * 6)


@pytest.fixture
def first(folder):
    instance = claim(folder)
    yield instance
    instance.close()


def test_only_one_is_the_first(folder, first):
    assert first is not None
    assert claim(folder) is None


def test_other_histories_are_others_matter(tmp_path, first):
    other = claim(tmp_path / "other")
    assert other is not None
    other.close()


def test_after_the_first_the_next_is_the_first(folder):
    claim(folder).close()
    again = claim(folder)
    assert again is not None
    again.close()


def test_after_a_killed_one_the_next_is_the_first(folder):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline().strip() == "True"
        assert claim(folder) is None
        process.kill()
        process.wait(timeout=30)
    instance = claim(folder)
    assert instance is not None
    instance.close()


def test_photos_are_handed_over(folder, first):
    box = Box()
    first.listen(box)
    paths = (Path("/photos/a b.jpg"), Path("/photos/new\nline.jpg"), Path(os.fsdecode(b"/photos/\xff.jpg")))
    hand_over(folder, Message(paths, analyze=True))
    assert box.wait() == Message(paths, analyze=True)
    hand_over(folder, Message())
    assert box.wait() == Message()


def test_relative_paths_are_taken_from_where_they_were_given(folder, first, tmp_path, monkeypatch):
    box = Box()
    first.listen(box)
    monkeypatch.chdir(tmp_path)
    hand_over(folder, Message((Path("a.jpg"),)))
    assert box.wait().paths == (tmp_path / "a.jpg",)


def test_ten_thousand_photos_are_handed_over(folder, first):
    box = Box()
    first.listen(box)
    paths = tuple(Path(f"/photos/{n:05}/{'x' * 100}.jpg") for n in range(10_000))
    hand_over(folder, Message(paths))
    assert box.wait().paths == paths


def test_a_first_that_does_not_listen_yet_is_waited_for(folder, first):
    box = Box()
    late = threading.Timer(0.1, lambda: first.listen(box))
    late.start()
    hand_over(folder, Message((Path("/a.jpg"),)), timeout_s=30)
    assert box.wait().paths == (Path("/a.jpg"),)
    late.join()


def test_a_first_that_does_not_answer_is_told(folder, first):
    with pytest.raises(UserError, match="already running"):
        hand_over(folder, Message(), timeout_s=0.1)


def test_nobody_there_is_told(folder):
    with pytest.raises(UserError, match="does not answer"):
        hand_over(folder, Message(), timeout_s=0.1)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"nonsense\n", b"[]\n", b'{"paths": 3}\n', b"\xff\n", b"[" * 100_000 + b"\n"]
)
def test_what_is_no_message_is_ignored(folder, first, data):
    box = Box()
    first.listen(box)
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect((folder / "app.lock").read_text())
        stranger.sendall(data)
        stranger.shutdown(socket.SHUT_WR)
        assert stranger.recv(16) == b""
    hand_over(folder, Message((Path("/a.jpg"),)))
    assert box.wait().paths == (Path("/a.jpg"),)
    assert len(box.messages) == 1


def test_the_socket_is_private(folder, first):
    first.listen(Box())
    address = Path((folder / "app.lock").read_text())
    assert address.parent.stat().st_mode & 0o077 == 0
    assert len(str(address)) < 100


def test_a_foreign_folder_is_not_used(folder, first, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_to_all = tmp_path / f"mondrian-{os.getuid()}"
    open_to_all.mkdir()
    open_to_all.chmod(0o777)
    instance = claim(folder.with_name("x"))
    with pytest.raises(UserError, match="is not private"):
        instance.listen(Box())
    instance.close()


def test_closing_leaves_nothing(folder):
    instance = claim(folder)
    instance.listen(Box())
    address = Path((folder / "app.lock").read_text())
    assert address.exists()
    instance.close()
    assert not address.exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot be written"):
        claim(tmp_path / "file" / "data")
