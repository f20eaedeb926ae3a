import os
import sys
from threading import Event

import pytest

from mondrian_desktop.jobs.folders import CHUNK, disk_worker, natural, walk


def make(folder, *names):
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def names(roots, **how):
    roots = roots if isinstance(roots, list) else [roots]
    return [
        os.path.relpath(path, roots[0]).replace(os.sep, "/") for found in walk(roots, **how) for path in found.photos
    ]


def test_photos_of_a_folder_come_before_those_of_its_subfolders_in_the_order_of_names(tmp_path):
    make(tmp_path, "b/2.jpg", "b/10.jpg", "b/1.jpg", "a/x.cr3", "z.HEIC", "A.png", "b/c/deep.tif", "notes.txt")
    assert names(tmp_path) == ["A.png", "z.HEIC", "a/x.cr3", "b/1.jpg", "b/2.jpg", "b/10.jpg", "b/c/deep.tif"]


def test_subfolders_are_left_out_where_asked(tmp_path):
    make(tmp_path, "a.jpg", "b/c.jpg")
    assert names(tmp_path, recursive=False) == ["a.jpg"]


def test_a_walk_is_stopped_between_two_folders(tmp_path):
    make(tmp_path, "a/1.jpg", "b/2.jpg", "c/3.jpg")
    answers = iter([False, False, False, True])
    assert names(tmp_path, stopped=lambda: next(answers)) == ["a/1.jpg", "b/2.jpg"]


def test_who_leaves_does_not_wait_for_a_disk_that_does_not_answer():
    answers = Event()
    with disk_worker("disk") as (worker, stop):
        looking = worker.submit(answers.wait)
        waiting = worker.submit(print)
        assert not stop.is_set()
    assert stop.is_set()
    assert not looking.done()
    assert waiting.cancelled()
    answers.set()


def test_what_is_hidden_or_kept_by_a_program_is_left_out(tmp_path):
    make(tmp_path, ".hidden.jpg", "._a.jpg", ".cache/b.jpg", "Photos.photoslibrary/c.jpg", "Cat.LRDATA/d.jpg", "e.jpg")
    make(tmp_path, "coming.jpg.download/coming.jpg", "coming.jpg.crdownload", "coming.jpg.part")
    assert names(tmp_path) == ["e.jpg"]


def test_a_root_that_is_a_file_is_taken_as_it_is(tmp_path):
    make(tmp_path, "photo.unknown", "folder/a.jpg")
    assert names([tmp_path, tmp_path / "photo.unknown"]) == ["folder/a.jpg", "photo.unknown"]


def test_a_program_folder_that_is_asked_for_is_looked_into(tmp_path):
    make(tmp_path, "Photos.photoslibrary/originals/c.jpg")
    assert names(tmp_path / "Photos.photoslibrary") == ["originals/c.jpg"]


def test_what_is_missing_is_told_and_the_rest_found(tmp_path):
    make(tmp_path, "a.jpg")
    (found,) = walk([tmp_path / "gone", tmp_path])
    assert [path.name for path in found.photos] == ["a.jpg"]
    (problem,) = found.problems
    assert "gone" in problem


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into everything")
def test_a_folder_that_may_not_be_looked_into_is_told(tmp_path):
    make(tmp_path, "a.jpg", "locked/b.jpg")
    (tmp_path / "locked").chmod(0)
    (found,) = walk([tmp_path])
    (tmp_path / "locked").chmod(0o700)
    assert [path.name for path in found.photos] == ["a.jpg"]
    assert "locked" in found.problems[0]


def test_links_that_lead_in_circles_end(tmp_path):
    make(tmp_path, "a/b/c.jpg")
    (tmp_path / "a" / "b" / "up").symlink_to(tmp_path)
    (tmp_path / "again").symlink_to(tmp_path / "a")
    (tmp_path / "nowhere").symlink_to(tmp_path / "missing")
    assert names(tmp_path) == ["a/b/c.jpg"]


def test_the_same_folder_twice_is_looked_into_once(tmp_path):
    make(tmp_path, "a/b.jpg")
    assert names([tmp_path, tmp_path / "a", tmp_path]) == ["a/b.jpg"]


def test_photos_come_in_pieces_without_waiting_for_the_rest(tmp_path):
    make(tmp_path, *(f"a/{n}.jpg" for n in range(CHUNK + 5)), *(f"b/{n}.jpg" for n in range(CHUNK)))
    pieces = walk([tmp_path])
    first = next(pieces)
    assert [path.name for path in first.photos[:3]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert [len(found.photos) for found in pieces] == [CHUNK, 5]


def test_depth_is_no_limit(tmp_path):
    deep = "/".join("d" for _ in range(min(400, (os.pathconf("/", "PC_PATH_MAX") - len(str(tmp_path))) // 2 - 20)))
    make(tmp_path, f"{deep}/a.jpg")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200)
    try:
        assert names(tmp_path) == [f"{deep}/a.jpg"]
    finally:
        sys.setrecursionlimit(limit)


def test_an_empty_folder_has_nothing(tmp_path):
    assert list(walk([tmp_path])) == []
    assert list(walk([])) == []


@pytest.mark.parametrize(
    ("names_", "ordered"),
    [
        (["10", "9", "1"], ["1", "9", "10"]),
        (["b", "A", "C"], ["A", "b", "C"]),
        (["IMG_10b", "IMG_10a", "IMG_9"], ["IMG_9", "IMG_10a", "IMG_10b"]),
        (["a", "1", "é", "²"], ["1", "a", "²", "é"]),
    ],
)
def test_names_sort_as_people_count(names_, ordered):
    assert sorted(names_, key=natural) == ordered
