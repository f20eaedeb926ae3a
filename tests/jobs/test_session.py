import subprocess
import sys

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.session import Session

HOLD = """
import sys
from pathlib import Path
from mondrian_desktop.jobs.session import Session
print(Session(Path(sys.argv[1])).id, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def make(tmp_path):
    made = []

    def make():
        made.append(Session(tmp_path / "sessions"))
        return made[-1]

    yield make
    for session in made:
        session.close()


def test_a_session_is_alive_until_it_is_closed(make):
    one, other = make(), make()
    assert one.is_alive(one.id)
    assert one.is_alive(other.id)
    other.close()
    assert not one.is_alive(other.id)


def test_asking_does_not_end_it(make):
    one, other = make(), make()
    for _ in range(3):
        assert one.is_alive(other.id)
    assert other.is_alive(one.id)


def test_who_never_was_is_not_alive(make):
    assert not make().is_alive("0" * 32)


def test_a_killed_process_is_dead_and_its_lock_is_swept_away(make, tmp_path):
    session = make()
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "sessions")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        other = process.stdout.readline().strip()
        assert session.is_alive(other)
        process.kill()
        process.wait(timeout=30)
    later = make()
    assert not later.is_alive(other)
    assert {file.name for file in (tmp_path / "sessions").iterdir()} == {session.id, later.id}


def test_a_session_in_memory_knows_only_itself():
    session = Session(None)
    assert session.is_alive(session.id)
    assert not session.is_alive("0" * 32)
    session.close()


def test_no_room_for_a_lock_is_told(tmp_path):
    (tmp_path / "sessions").touch()
    with pytest.raises(UserError, match="cannot be written"):
        Session(tmp_path / "sessions")


def test_closing_twice_is_closing_once(make):
    session = make()
    session.close()
    session.close()
