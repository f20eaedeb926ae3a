"""The shape of the history file: the steps that lead to it, oldest first. A published step is never edited.

``PRAGMA user_version`` is the number of steps taken. Each step runs in a transaction of its own. For every step there
is a file of the version before it in ``tests/jobs/history``.

Times are text in UTC, fixed width, so that they sort. A path that is no text (Linux allows that) is a BLOB.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeAlias

Migration: TypeAlias = Callable[[sqlite3.Connection], None]

_QUEUE_AND_RESULTS = (
    # What was read. `path` is where it was last seen.
    """
    CREATE TABLE photos (
        id INTEGER PRIMARY KEY,
        content_hash TEXT NOT NULL UNIQUE,
        path NOT NULL,
        byte_size INTEGER NOT NULL,
        width INTEGER NOT NULL,
        height INTEGER NOT NULL,
        thumbnail BLOB,
        added TEXT NOT NULL
    )
    """,
    "CREATE TABLE batches (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL)",
    # `fingerprint`: of everything but the photo that shapes the answer. Ids are never given twice.
    """
    CREATE TABLE analyses (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        photo_id INTEGER REFERENCES photos,
        advisor TEXT NOT NULL,
        model TEXT NOT NULL,
        rubric TEXT NOT NULL,
        question TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        finish_reason TEXT NOT NULL,
        overall_score REAL,
        created TEXT NOT NULL
    )
    """,
    "CREATE INDEX analyses_of_photo ON analyses (photo_id, fingerprint)",
    # The analysis as report.codec writes it. Apart from the columns, so that lists do not wade through it.
    """
    CREATE TABLE documents (
        analysis_id INTEGER PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
        json TEXT NOT NULL
    )
    """,
    # `about`: the analysis that a follow-up question belongs to. `analysis_id`: the result, also an earlier job's.
    # `session`: the process that has it in hand, NULL where none. `tries`: how often a process died over it.
    """
    CREATE TABLE jobs (
        id TEXT PRIMARY KEY,
        batch_id TEXT REFERENCES batches ON DELETE SET NULL,
        position REAL NOT NULL,
        path,
        advisor TEXT NOT NULL,
        model TEXT NOT NULL,
        question TEXT NOT NULL,
        options TEXT NOT NULL,
        again INTEGER NOT NULL,
        about INTEGER REFERENCES analyses ON DELETE CASCADE,
        state TEXT NOT NULL,
        reason TEXT NOT NULL,
        tries INTEGER NOT NULL,
        session TEXT,
        created TEXT NOT NULL,
        analysis_id INTEGER REFERENCES analyses ON DELETE SET NULL
    )
    """,
    "CREATE INDEX jobs_in_order ON jobs (state, position)",
    "CREATE INDEX jobs_of_batch ON jobs (batch_id, position)",
    "CREATE INDEX jobs_in_hand ON jobs (session) WHERE session IS NOT NULL",
    "CREATE INDEX jobs_of_analysis ON jobs (analysis_id)",
    "CREATE TABLE partials (job_id TEXT PRIMARY KEY REFERENCES jobs ON DELETE CASCADE, text TEXT NOT NULL)",
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _QUEUE_AND_RESULTS:
        connection.execute(statement)


MIGRATIONS: tuple[Migration, ...] = (_create,)
"""Step n makes version n out of version n - 1."""
