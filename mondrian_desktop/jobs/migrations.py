"""The shape of the history file: the steps that lead to it, oldest first. A published step is never edited.

``PRAGMA user_version`` is the number of steps taken. Each step runs in a transaction of its own. For every step there
is a file of the version before it in ``tests/jobs/history``.

Times are text in UTC, fixed width, so that they sort. A path that is no text (Linux allows that) is a BLOB.
"""

import json
import sqlite3
from collections.abc import Callable
from pathlib import PurePath
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


_LIBRARY = (
    # What is still to be found of a batch: `plan` says where, `session` who looks for it now.
    "ALTER TABLE batches ADD COLUMN plan TEXT NOT NULL DEFAULT '{}'",
    "ALTER TABLE batches ADD COLUMN complete INTEGER NOT NULL DEFAULT 1",
    "ALTER TABLE batches ADD COLUMN session TEXT",
    # What a list shows, filters and sorts by, beside each analysis.
    "ALTER TABLE analyses ADD COLUMN file_name TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE analyses ADD COLUMN camera TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE analyses ADD COLUMN lens TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE analyses ADD COLUMN taken TEXT NOT NULL DEFAULT ''",
    "CREATE INDEX jobs_by_position ON jobs (position)",
    "CREATE INDEX jobs_by_created ON jobs (created)",
    "CREATE INDEX analyses_by_created ON analyses (created)",
    "CREATE INDEX analyses_by_score ON analyses (overall_score, id)",
    "CREATE INDEX analyses_by_name ON analyses (file_name COLLATE NOCASE, id)",
    "CREATE INDEX analyses_by_taken ON analyses (taken, id)",
    "CREATE INDEX analyses_by_advisor ON analyses (advisor, id)",
    "CREATE INDEX analyses_by_camera ON analyses (camera, id)",
    """
    CREATE TABLE scores (
        analysis_id INTEGER NOT NULL REFERENCES analyses ON DELETE CASCADE,
        dimension TEXT NOT NULL,
        score INTEGER NOT NULL,
        PRIMARY KEY (analysis_id, dimension)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE texts (
        analysis_id INTEGER PRIMARY KEY REFERENCES analyses ON DELETE CASCADE,
        description TEXT NOT NULL,
        comments TEXT NOT NULL,
        file_name TEXT NOT NULL,
        camera TEXT NOT NULL,
        lens TEXT NOT NULL
    )
    """,
    # https://sqlite.org/fts5.html#external_content_tables
    """
    CREATE VIRTUAL TABLE search USING fts5 (
        description, comments, file_name, camera, lens,
        content = 'texts', content_rowid = 'analysis_id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
    )
    """,
    """
    CREATE TRIGGER texts_added AFTER INSERT ON texts BEGIN
        INSERT INTO search (rowid, description, comments, file_name, camera, lens)
        VALUES (new.analysis_id, new.description, new.comments, new.file_name, new.camera, new.lens);
    END
    """,
    """
    CREATE TRIGGER texts_removed AFTER DELETE ON texts BEGIN
        INSERT INTO search (search, rowid, description, comments, file_name, camera, lens)
        VALUES ('delete', old.analysis_id, old.description, old.comments, old.file_name, old.camera, old.lens);
    END
    """,
    # Deleted analyses, so that deleting can be undone: their columns, document and jobs, as JSON.
    "CREATE TABLE trash (analysis_id INTEGER PRIMARY KEY, deleted TEXT NOT NULL, json TEXT NOT NULL)",
)


def _create(connection: sqlite3.Connection) -> None:
    for statement in _QUEUE_AND_RESULTS:
        connection.execute(statement)


def _add_library(connection: sqlite3.Connection) -> None:
    for statement in _LIBRARY:
        connection.execute(statement)
    for analysis_id, stored in connection.execute("SELECT analysis_id, json FROM documents").fetchall():
        document = json.loads(stored)
        photo, critique = document["photo"] or {}, document["critique"] or {}
        exif = photo.get("exif", {})
        shown = (
            PurePath(photo["path"]).name.encode("utf-8", "replace").decode() if photo else "",
            exif.get("camera") or "",
            exif.get("lens") or "",
        )
        connection.execute(
            "UPDATE analyses SET file_name = ?, camera = ?, lens = ?, taken = ? WHERE id = ?",
            (*shown, exif.get("taken") or "", analysis_id),
        )
        dimensions = critique.get("dimensions", ())
        connection.executemany(
            "INSERT OR IGNORE INTO scores VALUES (?, ?, ?)",
            [(analysis_id, each["name"], each["score"]) for each in dimensions],
        )
        comments = [text for each in dimensions for text in (each["comment"], each["recommendation"])]
        comments += [*critique.get("key_strengths", ()), *critique.get("priority_improvements", ())]
        comments += [critique.get("technical_notes", "")] if critique else [document["raw_text"]]
        comments += [text for each in document["conversation"] for text in (each["question"], each["answer"])]
        connection.execute(
            "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?)",
            (analysis_id, critique.get("image_description", document["question"]), "\n".join(comments), *shown),
        )


MIGRATIONS: tuple[Migration, ...] = (_create, _add_library)
"""Step n makes version n out of version n - 1."""
