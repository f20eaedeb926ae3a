import os
import sqlite3
import subprocess
import sys

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.database import Database
from tests.jobs.scene import Disk


def create(connection):
    connection.execute("CREATE TABLE notes (text TEXT)")


def add_author(connection):
    connection.execute("ALTER TABLE notes ADD COLUMN author TEXT")


def fail(connection):
    connection.execute("CREATE TABLE half (text TEXT)")
    raise LookupError("a bug in a step")


@pytest.fixture
def open_notes(tmp_path):
    opened = []

    def open_notes(migrations=(create,), path=tmp_path / "data" / "notes.db", **more):
        database = Database(path, migrations=migrations, **more)
        opened.append(database)
        return database

    yield open_notes
    for database in opened:
        database.close()


def add(database, text, **more):
    with database.write(**more) as connection:
        connection.execute("INSERT INTO notes (text) VALUES (?)", (text,))


def notes(database):
    return [row["text"] for row in database.read("SELECT text FROM notes ORDER BY rowid")]


def test_the_folder_is_made_and_what_was_written_is_there_again(open_notes):
    first = open_notes()
    add(first, "light")
    first.close()
    assert notes(open_notes()) == ["light"]


def test_what_is_committed_is_seen_by_others_before_the_file_is_closed(open_notes):
    add(open_notes(), "light", durable=True)
    assert notes(open_notes()) == ["light"]


@pytest.mark.parametrize("durable", [False, True])
def test_how_sure_a_write_is(open_notes, durable):
    database = open_notes()
    with database.write(durable=durable) as connection:
        assert connection.execute("PRAGMA synchronous").fetchone()[0] == (2 if durable else 1)
    assert database.read_one("PRAGMA journal_mode")[0] == "wal"


def test_a_transaction_holds_or_leaves_nothing(open_notes):
    database = open_notes()

    def write_half():
        with database.write() as connection:
            connection.execute("INSERT INTO notes VALUES ('light')")
            raise LookupError

    with pytest.raises(LookupError):
        write_half()
    assert notes(database) == []
    add(database, "shadow")
    assert notes(database) == ["shadow"]


def test_foreign_keys_are_kept(open_notes):
    def related(connection):
        connection.execute("CREATE TABLE a (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE b (a INTEGER REFERENCES a)")

    database = open_notes([related])
    with pytest.raises(sqlite3.IntegrityError), database.write() as connection:
        connection.execute("INSERT INTO b VALUES (7)")


def test_our_own_mistakes_stay_bugs(open_notes):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        open_notes().read("SELECT * FROM shelf")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk reports an error"),
        (sqlite3.SQLITE_IOERR_FSYNC, "the disk reports an error"),
        (sqlite3.SQLITE_BUSY, "another program holds it"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "another program holds it"),
        (sqlite3.SQLITE_LOCKED, "another program holds it"),
        (sqlite3.SQLITE_READONLY, "may not be changed"),
        (sqlite3.SQLITE_PERM, "cannot be opened"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
    ],
)
def test_what_the_system_does_to_us_is_told_in_a_sentence(open_notes, code, words):
    disk = Disk(code)
    database = open_notes(connect=disk.connect)
    disk.fails_after = 0
    with pytest.raises(UserError, match=words) as told:
        add(database, "light")
    assert "written" in told.value.what
    assert told.value.advice
    with pytest.raises(UserError, match=words):
        notes(database)


@pytest.mark.parametrize("works", range(5))
def test_after_a_fault_at_any_statement_nothing_is_half_written_and_all_goes_on(open_notes, works):
    disk = Disk()
    database = open_notes(connect=disk.connect)
    add(database, "light")
    disk.fails_after = works

    def write_two():
        with database.write() as connection:
            connection.execute("INSERT INTO notes VALUES ('half')")
            connection.execute("INSERT INTO notes VALUES ('whole')")

    with pytest.raises(UserError):
        write_two()
    # The rollback failed with the rest. What others see, and what is there once the disk is well again:
    assert notes(open_notes()) == ["light"]
    with pytest.raises(UserError):
        notes(database)
    disk.fails_after = None
    assert notes(database) == ["light"]
    add(database, "shadow")
    assert notes(database) == ["light", "shadow"]


def test_a_disk_that_is_really_full_is_told_and_survived(open_notes):
    database = open_notes()
    pages = database.read_one("PRAGMA page_count")[0]
    database.read(f"PRAGMA max_page_count = {pages + 4}")
    told = []
    for _ in range(100):
        try:
            add(database, "x" * 1000)
        except UserError as err:
            told.append(err.what)
    assert told
    assert all("the disk is full" in what for what in told)
    kept = len(notes(database))
    assert kept > 4
    assert database.read_one("PRAGMA integrity_check")[0] == "ok"
    database.read("PRAGMA max_page_count = 100000")
    add(database, "light")
    assert len(notes(database)) == kept + 1


def test_a_file_that_may_not_grow_is_told_and_survived(tmp_path):
    """The operating system's own refusal: a limit on the size of files, in a process of its own."""
    script = """
import resource, sys
from pathlib import Path
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.database import Database
database = Database(Path(sys.argv[1]), migrations=[lambda c: c.execute("CREATE TABLE notes (text TEXT)")])
def add():
    with database.write() as connection:
        connection.execute("INSERT INTO notes VALUES (?)", ("x" * 10000,))
add()
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
written = 1
try:
    for _ in range(100):
        add()
        written += 1
except UserError as err:
    print(err)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
add()
print(written + 1 == database.read_one("SELECT count(*) FROM notes")[0])
print(database.read_one("PRAGMA integrity_check")[0])
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "notes.db")], capture_output=True, text=True, timeout=60
    )
    told, consistent, intact = done.stdout.splitlines()
    assert "The history could not be written: the disk" in told
    assert (consistent, intact) == ("True", "ok")


def test_another_process_that_writes_for_too_long_is_told(open_notes, monkeypatch):
    monkeypatch.setattr("mondrian_desktop.jobs.database.BUSY_TIMEOUT_S", 0.01)
    first, second = open_notes(), open_notes()
    with first.write() as connection:
        connection.execute("INSERT INTO notes VALUES ('light')")
        with pytest.raises(UserError, match="another program holds it"):
            add(second, "shadow")
        assert notes(second) == []
    add(second, "shadow")
    assert notes(first) == ["light", "shadow"]


def test_steps_are_taken_in_order_and_once(open_notes):
    database = open_notes()
    add(database, "light")
    database.close()
    for _ in range(2):
        later = open_notes([create, add_author])
        assert [tuple(row) for row in later.read("SELECT text, author FROM notes")] == [("light", None)]
        assert later.read_one("PRAGMA user_version")[0] == 2


def test_before_a_step_the_old_file_is_copied(open_notes, tmp_path):
    database = open_notes()
    add(database, "light")
    database.close()
    open_notes([create, add_author])
    copy = open_notes(path=tmp_path / "data" / "notes.v1.backup.db")
    assert notes(copy) == ["light"]
    assert [file.name for file in sorted((tmp_path / "data").glob("*.part"))] == []


def test_a_new_file_needs_no_copy(open_notes, tmp_path):
    open_notes([create, add_author])
    assert not list((tmp_path / "data").glob("*.backup.db"))


def test_a_step_that_fails_leaves_the_file_as_it_was(open_notes):
    database = open_notes()
    add(database, "light")
    database.close()
    with pytest.raises(LookupError):
        open_notes([create, fail])
    again = open_notes()
    assert notes(again) == ["light"]
    assert again.read_one("SELECT count(*) FROM sqlite_master WHERE name = 'half'")[0] == 0


def test_a_full_disk_at_any_moment_of_a_step_is_told_and_leaves_the_file_as_it_was(open_notes):
    database = open_notes()
    add(database, "light")
    database.close()
    disk = Disk()
    for works in range(100):
        disk.fails_after = works
        try:
            later = open_notes([create, add_author], connect=disk.connect)
        except UserError as err:
            assert "the disk is full" in err.what  # noqa: PT017
            again = open_notes()
            assert notes(again) == ["light"]
            assert again.read_one("PRAGMA user_version")[0] == 1
            again.close()
        else:
            break
    assert works > 4
    disk.fails_after = None
    assert later.read_one("PRAGMA user_version")[0] == 2


def test_a_file_of_a_later_version_is_left_alone(open_notes):
    database = open_notes([create, add_author])
    add(database, "light")
    database.close()
    with pytest.raises(UserError, match="later version"):
        open_notes([create])
    assert notes(open_notes([create, add_author])) == ["light"]


@pytest.mark.parametrize("damage", [b"not a database, but long enough to be looked at" * 100, b"\0" * 5000])
def test_a_damaged_file_is_kept_aside(open_notes, tmp_path, damage):
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "notes.db").write_bytes(damage)
    database = open_notes()
    (problem,) = database.problems
    (aside,) = folder.glob("notes.damaged-*.db")
    assert str(aside) in problem
    assert aside.read_bytes() == damage
    add(database, "light")
    assert notes(database) == ["light"]


def test_a_file_cut_off_in_the_middle_is_kept_aside(open_notes, tmp_path):
    database = open_notes()
    for _ in range(200):
        add(database, "x" * 500)
    database.close()
    file = tmp_path / "data" / "notes.db"
    whole = file.read_bytes()
    for size in (50, 100, 1024, 4096, 6000):
        file.write_bytes(whole[:size])
        cut = open_notes()
        assert len(cut.problems) == 1
        add(cut, "light")
        for each in (tmp_path / "data").iterdir():
            each.unlink()


def test_an_empty_file_is_a_new_one(open_notes, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.db").touch()
    assert notes(open_notes()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_told(open_notes, tmp_path):
    (tmp_path / "data").mkdir(mode=0o500)
    with pytest.raises(UserError, match="cannot be opened"):
        open_notes()


def test_a_file_in_place_of_the_folder_is_told(open_notes, tmp_path):
    (tmp_path / "data").touch()
    with pytest.raises(UserError, match="cannot be made"):
        open_notes()


def test_a_folder_in_place_of_the_file_is_told(open_notes, tmp_path):
    (tmp_path / "data" / "notes.db").mkdir(parents=True)
    with pytest.raises(UserError, match="cannot be opened"):
        open_notes()


def test_in_memory_nothing_is_left(open_notes, tmp_path):
    database = open_notes(path=None)
    add(database, "light")
    assert notes(database) == ["light"]
    assert list(tmp_path.iterdir()) == []
