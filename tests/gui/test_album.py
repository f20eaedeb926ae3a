from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from mondrian_desktop.gui.album import Album, EntryRole, Standing


@pytest.fixture
def album(qtmodeltester):
    made = Album()
    qtmodeltester.check(made)
    return made


def names(album):
    return [album.index(row).data() for row in range(album.rowCount())]


def paths(*names):
    return [Path(f"/photos/{name}.jpg") for name in names]


def test_keeps_the_order_and_each_photo_once(album):
    album.add(paths("b", "a"))
    entries = album.add(paths("c", "a", "c"))
    assert names(album) == ["b.jpg", "a.jpg", "c.jpg"]
    assert [entry.name for entry in entries] == ["c.jpg", "a.jpg"]


def test_inserts_many_in_one_piece(album, qtbot):
    inserted = []
    album.rowsInserted.connect(lambda parent, first, last: inserted.append((first, last)))
    album.add(paths(*(str(n) for n in range(500))))
    assert inserted == [(0, 499)]


def test_removed_rows_come_back_where_they_were(album):
    entries = album.add(paths(*"abcdefg"))
    placed = album.remove([entries[0], entries[3], entries[4], entries[6]])
    assert names(album) == ["b.jpg", "c.jpg", "f.jpg"]
    assert album.row(entries[3]) == -1
    album.insert(placed)
    assert names(album) == [f"{letter}.jpg" for letter in "abcdefg"]


def test_rows_come_back_into_a_shorter_list(album):
    entries = album.add(paths(*"abc"))
    placed = album.remove([entries[2]])
    album.remove(entries[:2])
    album.insert(placed)
    assert names(album) == ["c.jpg"]


def test_tells_how_it_stands_in_words_for_everybody(album):
    (entry,) = album.add(paths("a"))
    changed = []
    album.dataChanged.connect(lambda first, last: changed.append(first.row()))
    album.refresh(entry, Standing.DONE, "7.4 · Solid")
    album.refresh(entry, Standing.DONE, "7.4 · Solid")
    index = album.index(0)
    assert changed == [0]
    assert index.data(EntryRole) is entry
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "a.jpg, 7.4 · Solid"


def test_refreshing_a_removed_photo_touches_no_view(album):
    (entry,) = album.add(paths("a"))
    album.remove([entry])
    changed = []
    album.dataChanged.connect(lambda first, last: changed.append(first.row()))
    album.refresh(entry, Standing.DONE, "Done")
    assert changed == []
