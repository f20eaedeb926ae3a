"""One app per history: the second one that is started hands its photos to the first and ends.

The first holds a lock, which the system lets go of when the process ends, and listens on a local socket that only the
same user can reach. The lock file says where the socket is.
"""

import fcntl
import json
import logging
import os
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mondrian_desktop.errors import UserError

# The empty window waits for the claim, and not for what sockets need.
if TYPE_CHECKING:
    import socket

ANSWER_TIMEOUT_S = 5.0
"""How long the second app waits for the first to take its photos."""
_MAX_BYTES = 8_000_000
_CONNECTION_TIMEOUT_S = 2.0
_RETRY_S = 0.05

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What is handed over: photos and folders to open, and whether to analyze them at once."""

    paths: tuple[Path, ...] = ()
    analyze: bool = False


class Instance:
    """The first app's claim to a history. Made by :func:`claim`."""

    def __init__(self, lock: int, folder: Path) -> None:
        self._lock = lock
        self._folder = folder
        self._stop: Callable[[], None] = lambda: None

    def listen(self, on_message: Callable[[Message], None]) -> None:
        """Take messages from now on. ``on_message`` is called on a thread: have it post to the main thread.

        Raises
        ------
        UserError
            Where no socket can be made; the app can go on without.
        """
        import socket

        address = _address(self._folder)
        try:
            listener = _listener(address)
        except OSError as err:
            raise UserError(f"Photos opened from elsewhere cannot be taken in: {err.strerror}.") from err
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, os.fsencode(address), 0)
        wake, sleeper = socket.socketpair()
        thread = threading.Thread(target=_serve, args=(listener, sleeper, on_message), name="handover")
        thread.start()

        def stop() -> None:
            wake.close()
            thread.join()
            address.unlink(missing_ok=True)
            sleeper.close()

        self._stop = stop

    def close(self) -> None:
        """Let the next app be the first."""
        self._stop()
        os.close(self._lock)


def claim(folder: Path) -> Instance | None:
    """Return the claim to the history in ``folder``, or None where a running app has it.

    Raises
    ------
    UserError
        Where the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(_lock_file(folder), os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as err:
        raise UserError(f"The folder {folder} cannot be written: {err.strerror}.") from err
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    os.ftruncate(lock, 0)
    return Instance(lock, folder)


def hand_over(folder: Path, message: Message, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
    """Give a message to the app that has the history in ``folder``.

    Raises
    ------
    UserError
        Where it does not take it in time.
    """
    end_s = time.monotonic() + timeout_s
    while not _send(folder, message, max(0.01, end_s - time.monotonic())):
        if time.monotonic() >= end_s:
            raise UserError("Mondrian is already running, but it does not answer.", "Quit it, then start it again.")
        # It may have been started at the same moment, and not listen yet.
        threading.Event().wait(_RETRY_S)


def _serve(listener: "socket.socket", sleeper: "socket.socket", on_message: Callable[[Message], None]) -> None:
    """Take messages until the other end of ``sleeper`` is closed."""
    import select

    with listener:
        while sleeper not in select.select([listener, sleeper], [], [])[0]:
            try:
                connection, _ = listener.accept()
                with connection:
                    connection.settimeout(_CONNECTION_TIMEOUT_S)
                    on_message(_receive(connection))
                    connection.sendall(b"taken\n")
            except (OSError, ValueError, RecursionError) as err:
                _log.warning("a message from another app was not understood: %s", err)


def _send(folder: Path, message: Message, timeout_s: float) -> bool:
    import socket

    paths = [str(path.absolute()) for path in message.paths]
    text = json.dumps({"paths": paths, "analyze": message.analyze}) + "\n"
    try:
        address = os.fsdecode(_lock_file(folder).read_bytes())
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(timeout_s)
            connection.connect(address)
            connection.sendall(text.encode())
            return connection.recv(16).startswith(b"taken")
    except OSError:
        return False


def _receive(connection: "socket.socket") -> Message:
    data = b""
    while not data.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece or len(data) > _MAX_BYTES:
            raise ValueError("it ended early, or does not end")
        data += piece
    found = json.loads(data)
    if not isinstance(found, dict) or not isinstance(found.get("paths"), list):
        raise ValueError("it is not a list of photos")
    return Message(tuple(Path(path) for path in found["paths"] if isinstance(path, str)), found.get("analyze") is True)


def _lock_file(folder: Path) -> Path:
    return folder / "app.lock"


def _address(folder: Path) -> Path:
    """Return a short path, as sockets want it, in a folder of the user's own."""
    import tempfile
    from hashlib import sha256

    name = sha256(os.fsencode(folder.absolute())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"mondrian-{os.getuid()}" / name


def _listener(address: Path) -> "socket.socket":
    import socket

    address.parent.mkdir(mode=0o700, exist_ok=True)
    status = address.parent.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise PermissionError(0, f"{address.parent} is not private")
    address.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(str(address))
        listener.listen()
    except BaseException:
        listener.close()
        raise
    return listener
