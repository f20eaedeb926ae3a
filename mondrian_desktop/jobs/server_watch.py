"""Asks servers that went away, now and then, whether they answer again."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import Post
from mondrian_desktop.weights import servers
from mondrian_desktop.weights.servers import Server

FIRST_S, LONGEST_S = 5.0, 60.0
"""Before a server is asked for the first time; each further time comes after twice as long, up to the second."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """A server that does not answer, and for which jobs wait.

    Attributes
    ----------
    server_id
        Its id.
    host
        Its address, for people.
    problem
        What is wrong with it.
    next_try
        When it is asked the next time, with zone; None while it is being asked.
    """

    server_id: str
    host: str
    problem: UserError
    next_try: datetime | None


def waiting_words(awaited: Sequence[Awaited]) -> str:
    """Return what is waited for: "waiting for 192.168.1.20:8000"; empty where nothing is."""
    return f"waiting for {' and '.join(each.host for each in awaited)}" if awaited else ""


def next_try_words(awaited: Sequence[Awaited]) -> str:
    """Return when the next of them is asked, in this machine's time: "next try at 14:23:05"; empty where none is."""
    if not awaited:
        return ""
    times = [each.next_try for each in awaited if each.next_try]
    return f"next try at {min(times).astimezone():%H:%M:%S}" if len(times) == len(awaited) else "asking now"


def answers(server: Server) -> bool:
    """Return whether a server is there again. Blocks."""
    # Its client: needed where a server is used only.
    from mondrian_desktop.engine import health

    return health.answers(server)


class _Asking:
    """What one server's thread and the pump's share."""

    def __init__(self) -> None:
        self.wake = threading.Event()
        self.over = threading.Event()
        self.next_try: datetime | None = _in(FIRST_S)

    def end(self) -> None:
        self.over.set()
        self.wake.set()


class ServerWatch:
    """One thread for each server that is waited for, which ends when it answers, or nobody waits any more.

    Parameters
    ----------
    post
        Runs a callable on the pump's thread.
    on_answer
        Called there with the id of a server that answers, or is none any more.
    on_try
        Called there whenever a server is being asked, and when it did not answer.
    """

    def __init__(self, post: Post, on_answer: Callable[[str], None], on_try: Callable[[], None] = lambda: None) -> None:
        self._post = post
        self._on_answer = on_answer
        self._on_try = on_try
        self._asked: dict[str, _Asking] = {}

    def follow(self, held: Mapping[str, UserError]) -> None:
        """Ask these servers from now on, and no others; with what is wrong with each, by id."""
        for gone in self._asked.keys() - held.keys():
            self._asked.pop(gone).end()
        for server_id in held.keys() - self._asked.keys():
            asking = self._asked[server_id] = _Asking()
            # Not waited for at the end of the app: it may be waiting for a server that does not answer.
            threading.Thread(target=self._work, args=(server_id, asking), name="server-watch", daemon=True).start()

    def awaited(self, held: Mapping[str, UserError]) -> tuple[Awaited, ...]:
        """Return how it stands with those that are followed."""
        return tuple(
            Awaited(server_id, _host(server_id), problem, self._asked[server_id].next_try)
            for server_id, problem in held.items()
            if server_id in self._asked
        )

    def try_now(self) -> None:
        """Ask those now that wait for their time."""
        for asking in self._asked.values():
            if asking.next_try is not None:
                asking.wake.set()

    def close(self) -> None:
        """Ask nobody any more."""
        self.follow({})

    def _work(self, server_id: str, asking: _Asking) -> None:
        pause_s = FIRST_S
        while True:
            if asking.wake.wait(pause_s):
                # Somebody thinks that it is there again: if it is not yet, it will be soon.
                asking.wake.clear()
                pause_s = FIRST_S
            else:
                pause_s = min(2 * pause_s, LONGEST_S)
            if asking.over.is_set():
                return
            self._post(partial(self._plan, asking, None))
            # Looked up each time: its address may have been mended.
            server = servers.find(server_id)
            is_there = server is None or answers(server)
            if asking.over.is_set():
                return
            if is_there:
                self._post(partial(self._answered, server_id, asking))
                return
            self._post(partial(self._plan, asking, _in(pause_s)))

    def _plan(self, asking: _Asking, next_try: datetime | None) -> None:
        if not asking.over.is_set():
            asking.next_try = next_try
            self._on_try()

    def _answered(self, server_id: str, asking: _Asking) -> None:
        if not asking.over.is_set():
            self._on_answer(server_id)


def _in(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def _host(server_id: str) -> str:
    server = servers.find(server_id)
    return server.host if server else server_id
