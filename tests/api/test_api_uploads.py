import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.api.uploads import LABEL_LIMIT, ORPHAN_AGE_S, Note, Uploads, label


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "uploads")


def put(uploads, filename="a.jpg"):
    upload_id, part, stream = uploads.create()
    stream.close()
    return upload_id, uploads.keep(part, filename)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("harbor.jpg", "harbor.jpg"), ("/etc/passwd", "passwd"), ("..\\..\\a.jpg", "a.jpg"), ("C:\\x\\b.jpg", "b.jpg"),
        ("", "photo"), ("..", "photo"), (".", "photo"), ("a\nb\x1b[31m.jpg", "a b.jpg"), ("\u202egpj.exe", "gpj.exe"),
        ("x\0y.jpg", "xy.jpg"),
    ],
)  # fmt: skip
def test_a_label_is_one_harmless_line(given, kept):
    assert label(given) == kept


@given(st.text(max_size=400))
def test_no_name_makes_a_dangerous_label(filename):
    made = label(filename)
    assert 0 < len(made) <= LABEL_LIMIT
    assert "/" not in made
    assert made.isprintable() or made == made.strip()
    assert made not in (".", "..")


@pytest.mark.parametrize(
    "filename", ["../../x.jpg", "a.sh", "x" * 5000, "a.jpg/../../b", ".htaccess", "a.JPG", "\0.jpg"]
)
def test_names_never_reach_the_file_system(uploads, tmp_path, filename):
    upload_id, file = put(uploads, filename)
    assert file.parent == tmp_path / "uploads"
    assert file.stem == upload_id
    assert file.suffix in (".jpg", ".photo")


def test_others_cannot_read_what_was_uploaded(uploads, tmp_path):
    _, file = put(uploads)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_only_uploads_have_an_id(uploads, tmp_path):
    upload_id, file = put(uploads)
    assert uploads.id_of(file) == upload_id
    assert uploads.id_of(None) == uploads.id_of(tmp_path / file.name) == uploads.id_of(file.with_name("a.jpg")) == ""


def test_a_note_comes_back(uploads):
    upload_id, _ = put(uploads)
    uploads.write_note(upload_id, Note("harbor.jpg", ("1", "2")))
    assert uploads.note(upload_id) == Note("harbor.jpg", ("1", "2"))


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"label": 1}', '{"label": "a", "jobs": 3}', "\x00", "nonsense"])
def test_a_damaged_note_is_none(uploads, tmp_path, text):
    upload_id, _ = put(uploads)
    (tmp_path / "uploads" / f"{upload_id}.json").write_text(text)
    assert uploads.note(upload_id) is None


@pytest.mark.parametrize("name", ["", "..", "../secret", "a" * 31, "A" * 32, "*", "/etc/passwd"])
def test_only_own_ids_are_looked_up_or_removed(uploads, tmp_path, name):
    (tmp_path / "secret.json").write_text('{"label": "x", "jobs": []}')
    put(uploads)
    before = sorted(tmp_path.rglob("*"))
    assert uploads.note(name) is None
    uploads.remove(name)
    assert sorted(tmp_path.rglob("*")) == before


def test_removing_takes_photo_and_note(uploads, tmp_path):
    upload_id, _ = put(uploads)
    _, other = put(uploads)
    uploads.write_note(upload_id, Note("a"))
    uploads.remove(upload_id)
    uploads.remove(upload_id)
    assert list((tmp_path / "uploads").iterdir()) == [other]


def age(file: Path, seconds: float) -> None:
    time = file.stat().st_mtime - seconds
    os.utime(file, (time, time))


def test_what_nobody_started_goes_when_it_is_old(uploads, tmp_path):
    started, held, fresh, noteless = (put(uploads) for _ in range(4))
    _, _, stream = uploads.create()
    stream.close()
    uploads.write_note(started[0], Note("a", ("job",)))
    uploads.write_note(held[0], Note("a"))
    uploads.write_note(fresh[0], Note("a"))
    for file in (tmp_path / "uploads").iterdir():
        if file.stem != fresh[0]:
            age(file, ORPHAN_AGE_S + 60)
    for _ in uploads.sweep():
        pass
    assert {file.stem for file in (tmp_path / "uploads").iterdir()} == {started[0], fresh[0], noteless[0]}


def test_a_folder_that_is_not_there_is_swept_already(uploads):
    assert list(uploads.sweep()) == []
