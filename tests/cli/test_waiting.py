import io
from datetime import UTC, datetime

from mondrian_desktop.cli.waiting import WaitingLine
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.server_watch import Awaited

NOON = datetime(2026, 11, 25, 12, 0, 5, tzinfo=UTC)
LATER = NOON.replace(minute=1)
ERASE = "\r\x1b[K"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def awaited(next_try, host="192.168.1.20:8000"):
    return Awaited(host, host, UserError("It was lost."), next_try)


def line(next_try):
    return f"Waiting for 192.168.1.20:8000 · next try at {next_try.astimezone():%H:%M:%S}"


def wait(stream):
    waiting = WaitingLine(stream)
    for next_try in (NOON, NOON, None, LATER):
        waiting.show([awaited(next_try)])
    waiting.show([])
    return stream.getvalue()


def test_a_file_or_pipe_gets_one_line_for_each_time_at_which_the_server_is_asked():
    assert wait(io.StringIO()).splitlines() == [line(NOON), line(LATER)]


def test_on_a_terminal_one_line_changes_and_goes():
    asking = "Waiting for 192.168.1.20:8000 · asking now"
    assert wait(Terminal()).split(ERASE) == ["", line(NOON), asking, line(LATER), ""]


def test_it_makes_room_for_another_line_and_comes_back():
    terminal = Terminal()
    waiting = WaitingLine(terminal)
    waiting.clear()
    waiting.show([awaited(NOON)])
    waiting.clear()
    waiting.show([awaited(NOON)])
    assert terminal.getvalue().split(ERASE) == ["", line(NOON), "", line(NOON)]


def test_nothing_is_said_where_nothing_is_waited_for():
    for stream in (io.StringIO(), Terminal()):
        waiting = WaitingLine(stream)
        waiting.show([])
        waiting.clear()
        assert not stream.getvalue()
