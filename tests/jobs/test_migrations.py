"""Every step, from a file as the version before it wrote it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.migrations import MIGRATIONS
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.store import Store

STORED = sorted(Path(__file__).with_name("history").glob("v*.sql"))


def shape(path):
    """Return the definitions of everything in a file, by name."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
        columns = {
            name: [tuple(column)[1:] for column in connection.execute(f"PRAGMA table_info({name})")] for name, _ in rows
        }
        return {name: columns[name] or " ".join((sql or "").split()) for name, sql in rows}


def stored(folder, file):
    path = folder / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(file.read_text(encoding="utf-8"))
    return path


def test_there_is_a_file_of_every_older_version():
    assert [file.stem for file in STORED] == [f"v{n}" for n in range(1, len(MIGRATIONS))]


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_an_old_file_gets_the_shape_of_a_new_one(tmp_path, file):
    (tmp_path / "old").mkdir()
    path = stored(tmp_path / "old", file)
    Database(path).close()
    Database(tmp_path / "new.db").close()
    assert shape(path) == shape(tmp_path / "new.db")
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None


@pytest.mark.parametrize("file", STORED, ids=lambda file: file.stem)
def test_nothing_of_an_old_file_is_lost(tmp_path, file):
    store = Store.open(stored(tmp_path, file))
    assert [job.state for job in store.jobs()] == [
        JobState.DONE,
        JobState.INTERRUPTED,
        JobState.CANCELLED,
        JobState.DONE,
    ]
    assert store.jobs()[3].path == Path("/photos/wren.jpg")
    assert [batch.name for batch in store.batches()] == ["Iceland"]
    wren, harbor, question = (store.analysis(each) for each in (1, 2, 3))
    assert wren.critique.image_description == "A wren sings on a wet branch."
    assert wren.critique.overall_score == 8.0
    assert harbor.generation.finish_reason == "cancelled"
    assert question.raw_text.startswith("The distance")
    assert store.partial(store.jobs()[1].id) == '{"image_description": "A street'
    assert store.claim_batches() == ()
    store.close()


def test_to_version_2_what_was_analyzed_can_be_searched(tmp_path):
    database = Database(stored(tmp_path, STORED[0]))

    def found(words):
        return [
            row[0] for row in database.read("SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid", (words,))
        ]

    assert found("wren") == [1]
    assert found("nikkor") == [1]
    assert found("fujifilm") == [2]
    assert found("harbor") == [2]
    assert found("nearest") == [3]
    assert found('"the light"') == [1]
    rows = database.read("SELECT file_name, camera, lens, taken FROM analyses ORDER BY id")
    assert tuple(rows[0]) == ("wren.jpg", "Nikon Z 8", "Nikkor Z 180-600mm", "2026-07-01T06:00:00")
    assert tuple(rows[2]) == ("", "", "", "")
    assert database.read_one("SELECT count(*), min(score) FROM scores WHERE analysis_id = 1")[:] == (8, 8)
    assert database.read_one("SELECT count(*) FROM scores WHERE analysis_id = 2")[0] > 0
    with database.write() as connection:
        connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    database.close()
