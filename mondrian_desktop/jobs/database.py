"""One SQLite file, opened safely: transactions that hold or leave nothing, and faults told in sentences.

What is promised: a committed write survives the end of the process, however it ends (write-ahead log). A write made
with ``durable`` also survives a power cut, as far as the drive keeps what it has confirmed; of the others the last few
seconds may be gone then, never a part of one, and never the file.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.migrations import MIGRATIONS, Migration

Parameters: TypeAlias = Sequence[Any]
Connect: TypeAlias = Callable[..., sqlite3.Connection]

BUSY_TIMEOUT_S = 2.0
"""How long a write waits for another process, in seconds: its own writes take milliseconds."""

_log = logging.getLogger(__name__)
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class Database:
    """A connection that belongs to the thread that opened it.

    Parameters
    ----------
    path
        The file, made where it is missing; None for one in memory, gone at the end.
    connect
        Makes the connection.
    migrations
        The steps from an empty file to the present shape, oldest first.

    Attributes
    ----------
    problems
        Sentences about what was found wrong at opening and mended.

    Raises
    ------
    UserError
        Where it cannot be opened, or was made by a later version; nothing was changed then.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        connect: Connect = sqlite3.connect,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.path = path
        self.problems: list[str] = []
        self._connect = connect
        self._migrations = migrations
        self._open()

    def read(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._told("read"):
            self._settle()
            return self._connection.execute(sql, parameters).fetchall()

    def read_one(self, sql: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._told("read"):
            self._settle()
            row: sqlite3.Row | None = self._connection.execute(sql, parameters).fetchone()
            return row

    def read_values(self, sql: str, parameters: Parameters = ()) -> list[Any]:
        """Return the values of a query of one column; of very many in a fraction of the time of :meth:`read`."""
        with self._told("read"):
            self._settle()
            cursor = self._connection.cursor()
            cursor.row_factory = None
            return [value for (value,) in cursor.execute(sql, parameters)]

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever something may have been written, by this connection or another one."""
        with self._told("read"):
            self._settle()
            (by_others,) = self._connection.execute("PRAGMA data_version").fetchone()
            return by_others, self._connection.total_changes

    def keep(self, sql: str, parameters: Parameters = ()) -> int:
        """Change temporary tables, which this connection keeps for itself; return how many rows were changed."""
        with self._told("read"):
            self._settle()
            return self._connection.execute(sql, parameters).rowcount

    @contextmanager
    def write(self, *, durable: bool = False) -> Iterator[sqlite3.Connection]:
        """Begin a transaction; commit it at the end of the block, or take it back where anything was raised.

        Inside the block use the connection that it gives, nothing else of this object.

        Raises
        ------
        UserError
            Where the disk is full, fails, or is held by another process.
        """
        with self._told("written"):
            self._settle()
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def shrink(self) -> None:
        """Write the file anew without what was deleted, and remove the copies that were made of it."""
        with self._told("written"):
            self._settle()
            self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if self.path is not None:
            for pattern in (".*backup.db*", ".damaged-*"):
                for file in self.path.parent.glob(f"{self.path.stem}{pattern}"):
                    file.unlink(missing_ok=True)

    def close(self) -> None:
        """Close it; the log is folded into the file."""
        self._connection.close()

    def _settle(self) -> None:
        """Take back what is left of a transaction that a failing disk could not even take back."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _roll_back(self) -> None:
        try:
            self._settle()
        except sqlite3.Error:
            _log.exception("a rollback failed")

    @contextmanager
    def _told(self, verb: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as err:
            error = self._user_error(err, verb)
            if error is None:
                raise
            _log.warning("the history could not be %s: %s", verb, err)
            raise error from err

    def _user_error(self, err: sqlite3.Error, verb: str) -> UserError | None:
        """Return the sentence for what the system did to us, or None for what we did wrong ourselves."""
        what = f"The history could not be {verb}"
        sentences = {
            sqlite3.SQLITE_FULL: UserError(f"{what}: the disk is full.", "Free some space, then go on."),
            sqlite3.SQLITE_IOERR: UserError(f"{what}: the disk reports an error.", "Check it, then go on."),
            sqlite3.SQLITE_BUSY: UserError(f"{what}: another program holds it.", "Close that program, then go on."),
            sqlite3.SQLITE_READONLY: UserError(f"{what}: {self.path} may not be changed.", "Allow it, then go on."),
            sqlite3.SQLITE_CANTOPEN: UserError(
                f"{what}: {self.path} cannot be opened.", "Check the folder and its permissions."
            ),
            sqlite3.SQLITE_CORRUPT: UserError(
                f"{what}: {self.path} is damaged.", "Open Mondrian again: it keeps the file aside and begins a new one."
            ),
        }
        sentences[sqlite3.SQLITE_LOCKED] = sentences[sqlite3.SQLITE_BUSY]
        sentences[sqlite3.SQLITE_PERM] = sentences[sqlite3.SQLITE_CANTOPEN]
        sentences[sqlite3.SQLITE_NOTADB] = sentences[sqlite3.SQLITE_CORRUPT]
        return sentences.get(_primary_code(err))

    def _open(self) -> None:
        try:
            self._open_file()
        except sqlite3.Error as err:
            if _primary_code(err) in _DAMAGED and self.path is not None:
                self._keep_aside(self.path)
                with self._told("opened"):
                    self._open_file()
            else:
                raise self._user_error(err, "opened") or err from err

    def _open_file(self) -> None:
        if self.path is not None:
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as err:
                raise UserError(f"The folder {self.path.parent} cannot be made: {err.strerror}.") from err
        connection = self._connect(
            ":memory:" if self.path is None else self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        newest = len(self._migrations)
        if version > newest:
            raise UserError(
                f"The history in {self.path} was made by a later version of Mondrian.", "Update the app to open it."
            )
        if 0 < version < newest and self.path is not None:
            self._back_up(connection, self.path.with_name(f"{self.path.stem}.v{version}.backup.db"))
        for number, migration in enumerate(self._migrations[version:], start=version + 1):
            connection.execute("BEGIN IMMEDIATE")
            try:
                # Asked again inside: another process may have been here first.
                if _version(connection) < number:
                    migration(connection)
                    connection.execute(f"PRAGMA user_version = {number}")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @staticmethod
    def _back_up(connection: sqlite3.Connection, file: Path) -> None:
        part = file.with_name(file.name + ".part")
        part.unlink(missing_ok=True)
        copy = sqlite3.connect(part)
        try:
            connection.backup(copy)
        finally:
            copy.close()
        part.replace(file)

    def _keep_aside(self, path: Path) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        aside = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
        for suffix in ("", "-wal", "-shm"):
            file = path.with_name(path.name + suffix)
            if file.exists():
                file.replace(aside.with_name(aside.name + suffix))
        self.problems.append(f"The history was damaged. It is kept as {aside}; a new one has begun.")


def _primary_code(err: sqlite3.Error) -> int:
    """Return the kind of an SQLite error; 0 where it has none, as for mistakes in our own calls."""
    return (getattr(err, "sqlite_errorcode", None) or 0) & 0xFF


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
