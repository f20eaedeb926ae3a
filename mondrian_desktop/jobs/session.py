"""Which processes are alive: each holds a lock that the system lets go of when the process ends, however it ends."""

import fcntl
import os
from pathlib import Path
from uuid import uuid4

from mondrian_desktop.errors import UserError


class Session:
    """One process's share of the history, alive until :meth:`close` or the end of the process.

    Parameters
    ----------
    folder
        Where the locks lie, made where it is missing; None for a session that nobody else can see.

    Raises
    ------
    UserError
        Where the folder cannot be written.
    """

    def __init__(self, folder: Path | None) -> None:
        self.id = uuid4().hex
        self._folder = folder
        self._lock: int | None = None
        if folder is not None:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                self._lock = _lock(folder / self.id)
                for file in folder.iterdir():
                    self.is_alive(file.name)
            except OSError as err:
                raise UserError(f"The folder {folder} cannot be written: {err.strerror}.") from err

    def is_alive(self, session_id: str) -> bool:
        """Whether the process of that session still runs. What a dead one left behind is removed."""
        if session_id == self.id:
            return True
        if self._folder is None:
            return False
        file = self._folder / session_id
        try:
            lock = os.open(file, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.unlink(missing_ok=True)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def close(self) -> None:
        """End the session; what it had in hand is free for others."""
        if self._lock is not None and self._folder is not None:
            (self._folder / self.id).unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def _lock(file: Path) -> int:
    while True:
        lock = os.open(file, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Somebody may have taken it for a dead session's between the two calls and removed it.
        if os.fstat(lock).st_nlink:
            return lock
        os.close(lock)
