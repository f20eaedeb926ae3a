"""What the connections to a hub and to a server have in common: ending them from another thread, and their faults."""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any


class Interrupted(Exception):  # noqa: N818 - told to the user only when retrying was in vain
    """A fault that may pass: a lost or stalled connection, a busy or failing server.

    Attributes
    ----------
    reason
        A sentence for the user.
    retry_after_s
        How long the server asks to be left alone; 0.0 where it does not say.
    stalled
        Whether the connection stood while nothing came.
    """

    def __init__(self, reason: str, retry_after_s: float = 0.0, *, stalled: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.stalled = stalled


class Lost(Interrupted):
    """The connection broke, or stood, after the request was sent: perhaps because of what was in it."""


class Refused(Exception):  # noqa: N818 - told to the user only when asking differently was in vain
    """The server did not take the request as it was (400, 422 and the like); ``said`` is its own reason."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


class Fault(Interrupted):
    """The server failed over the request, perhaps because of what was in it."""


class Sockets:
    """The sockets of one client, so that another thread can end what it is waiting for.

    Parameters
    ----------
    check
        Called with each socket when it is connected and nothing was sent yet; what it raises ends the request.
    """

    def __init__(self, check: Callable[[socket.socket], None] = lambda each: None) -> None:
        self._check = check
        self._sockets: list[socket.socket] = []
        self._aborted = False

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Take in what the client does: to be given to each request as its extension "trace"."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._sockets = [each for each in self._sockets if each.fileno() >= 0]
            self._sockets.append(info["return_value"].get_extra_info("socket"))
            if event.endswith(".connect_tcp.complete"):
                self._checked(self._sockets[-1])
        if self._aborted:
            self.abort()

    def _checked(self, each: socket.socket) -> None:
        try:
            self._check(each)
        except BaseException:
            # The client does not know yet that it has it.
            each.close()
            raise

    def abort(self) -> None:
        """Make the request that is under way, and every later one, fail at once."""
        self._aborted = True
        for each in self._sockets:
            _shut(each)


def is_about_certificates(err: BaseException | None) -> bool:
    """Return whether a connection failed because the other side could not prove who it is."""
    while err is not None:
        if isinstance(err, ssl.SSLCertVerificationError):
            return True
        err = err.__cause__ or err.__context__
    return False


def retry_after_s(headers: Mapping[str, str]) -> float:
    """Return how long a server asks to be left alone, in seconds; 0.0 where it does not say."""
    value = headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else 0.0


def _shut(each: socket.socket) -> None:
    with suppress(OSError):  # closed already
        # Not SSLSocket.shutdown, which forgets the session under the thread that reads it.
        socket.socket.shutdown(each, socket.SHUT_RDWR)
