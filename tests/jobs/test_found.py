from contextlib import closing

import pytest

from mondrian_desktop.jobs import analyses
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.found import Found
from mondrian_desktop.jobs.history import History, Query, Sort
from tests.jobs.scene import answer, make_analysis, make_photo


@pytest.fixture
def database(tmp_path):
    with closing(Database(tmp_path / "history.db")) as opened:
        yield opened


def add(database, words, content):
    photo = make_photo("photo.jpg", content)
    with database.write() as connection:
        return analyses.write(connection, make_analysis(photo, text=answer(7, words)), "f", photo)


def kept(database):
    return database.read_values("SELECT id FROM temp.found ORDER BY id")


def test_what_words_find_is_kept(database):
    ids = [add(database, words, content) for words, content in (("A wren.", "a"), ("A harbor.", "b"), ("A wren.", "c"))]
    found = Found(database)
    assert found.find('"wren"') == 2
    assert kept(database) == [ids[0], ids[2]]
    assert found.find('"harbor"') == 1
    assert kept(database) == [ids[1]]
    assert found.find('"owl"') == 0
    assert kept(database) == []


def test_what_changes_meanwhile_is_seen(database, tmp_path):
    found = Found(database)
    assert found.find('"wren"') == 0
    first = add(database, "A wren.", "a")
    assert found.find('"wren"') == 1
    with closing(Database(tmp_path / "history.db")) as other:
        second = add(other, "Another wren.", "b")
    assert found.find('"wren"') == 2
    History(database).delete([first])
    assert found.find('"wren"') == 1
    assert kept(database) == [second]


def test_the_index_of_words_is_asked_once_for_all_that_is_shown(database):
    for content in "abc":
        add(database, "A wren.", content)
    history, statements = History(database), []
    database._connection.set_trace_callback(statements.append)
    for sort in Sort:
        query = Query(words="wren", sort=sort, min_score=1.0)
        assert history.count(query) == len(history.page(query)) == len(history.ids(query)) == 3
    database._connection.set_trace_callback(None)
    assert sum("MATCH" in each for each in statements) == 1


def test_nothing_of_it_is_in_the_file(database, tmp_path):
    add(database, "A wren.", "a")
    with closing(Database(tmp_path / "history.db")) as other, other.write():
        # Held by another one for writing: to find is to read.
        assert Found(database).find('"wren"') == 1
    assert database.read("SELECT name FROM main.sqlite_master WHERE name = 'found'") == []
