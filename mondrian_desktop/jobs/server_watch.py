"""Asks servers that went away, now and then, whether they answer again."""

import threading
from collections.abc import Callable, Set

from mondrian_desktop.pump import Post
from mondrian_desktop.weights import servers
from mondrian_desktop.weights.servers import Server

FIRST_S, LONGEST_S = 5.0, 60.0
"""Before a server is asked for the first time; each further time comes after twice as long, up to the second."""


def answers(server: Server) -> bool:
    """Return whether a server is there again. Blocks."""
    # Its client: needed where a server is used only.
    from mondrian_desktop.engine import health

    return health.answers(server)


class ServerWatch:
    """One thread for each server that is waited for, which ends when it answers, or nobody waits any more.

    Parameters
    ----------
    post
        Runs a callable on the pump's thread.
    on_answer
        Called there with the id of a server that answers, or is none any more.
    """

    def __init__(self, post: Post, on_answer: Callable[[str], None]) -> None:
        self._post = post
        self._on_answer = on_answer
        self._ended: dict[str, threading.Event] = {}

    def follow(self, server_ids: Set[str]) -> None:
        """Ask these servers from now on, and no others."""
        for gone in self._ended.keys() - server_ids:
            self._ended.pop(gone).set()
        for server_id in server_ids - self._ended.keys():
            ended = self._ended[server_id] = threading.Event()
            # Not waited for at the end of the app: it may be waiting for a server that does not answer.
            threading.Thread(target=self._work, args=(server_id, ended), name="server-watch", daemon=True).start()

    def close(self) -> None:
        """Ask nobody any more."""
        self.follow(frozenset())

    def _work(self, server_id: str, ended: threading.Event) -> None:
        pause_s = FIRST_S
        while not ended.wait(pause_s):
            pause_s = min(2 * pause_s, LONGEST_S)
            # Looked up each time: its address may have been mended.
            server = servers.find(server_id)
            if server is None or answers(server):
                self._post(lambda: self._answered(server_id, ended))
                return

    def _answered(self, server_id: str, ended: threading.Event) -> None:
        if not ended.is_set():
            self._on_answer(server_id)
