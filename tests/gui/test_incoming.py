from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QUrl

from mondrian_desktop.gui import incoming
from mondrian_desktop.gui.incoming import AT_ONCE, Incoming, dropped, hovering, sort, sort_by_name, sorting
from mondrian_desktop.pump import Pump


@pytest.fixture
def files(tmp_path):
    (tmp_path / "holiday").mkdir()
    (tmp_path / "raw.jpg").mkdir()
    for name in ("a.jpg", "b.HEIC", "notes.txt", "nosuffix"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def mime(*urls: str | Path) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(url) if isinstance(url, str) else QUrl.fromLocalFile(str(url)) for url in urls])
    return data


def test_sorts_by_what_they_are(files):
    found = sort(files / name for name in ("a.jpg", "holiday", "b.HEIC", "notes.txt", "nosuffix", "raw.jpg"))
    assert [path.name for path in found.photos] == ["a.jpg", "b.HEIC", "nosuffix"]
    assert [path.name for path in found.folders] == ["holiday", "raw.jpg"]
    assert [path.name for path in found.others] == ["notes.txt"]


def test_sorts_by_name_what_nobody_looks_at(monkeypatch):
    monkeypatch.setattr(incoming, "_is_folder", lambda path: pytest.fail("looked at"))
    names = ("a.jpg", "b.HEIC", "B.JPG", "holiday", "dot.", "notes.txt", "._a.jpg", ".a.jpg.icloud", ".a.txt", "c.jpg")
    found = sort_by_name(Path("/share") / name for name in names)
    assert [path.name for path in found.photos] == [
        "a.jpg",
        "b.HEIC",
        "B.JPG",
        "holiday",
        "dot.",
        ".a.jpg.icloud",
        "c.jpg",
    ]
    assert [path.name for path in found.others] == ["notes.txt", "._a.jpg", ".a.txt"]
    assert found.folders == ()


def test_says_what_dropping_would_do(files):
    assert sort([files / "a.jpg"]).offer == "Open 1 photo"
    assert sort([files / "a.jpg", files / "b.HEIC"]).offer == "Open 2 photos"
    assert sort([files / "holiday"]).offer == "Analyze 1 folder"
    assert sort([files / "holiday", files / "a.jpg"]).offer == "Analyze 1 folder and 1 photo"
    assert sort([files / "notes.txt"]).offer == "Nothing here can be opened"
    assert sort([files / "a.jpg"]).batch_offer == "Analyze 1 photo"
    assert sort([files / "notes.txt"]).batch_offer == "Nothing here can be analyzed"


def test_names_what_cannot_be_opened_and_what_to_do(files):
    assert sort([files / "a.jpg"]).refusal == ""
    refusal = sort([files / "holiday", files / "raw.jpg", files / "notes.txt"]).refusal
    assert refusal.startswith("“notes.txt” is not a photo that Mondrian can read. Open JPEG")


def test_names_a_few_of_many(tmp_path):
    refusal = sort(tmp_path / f"{n}.xmp" for n in range(20)).refusal
    assert refusal.startswith("“0.xmp”, “1.xmp”, “2.xmp” and 17 more are not photos")


def test_missing_photos_are_opened_so_that_each_gets_its_sentence(tmp_path):
    assert sort([tmp_path / "gone.jpg"]).photos == (tmp_path / "gone.jpg",)


@pytest.mark.parametrize("name", ["\x00.jpg", "x" * 5000 + ".jpg", "\ud800.jpg"])
def test_impossible_names_are_no_error(name):
    assert sort([Path("/") / name]).photos


def test_reads_a_drag(files):
    drag = mime(files / "a.jpg", files / "holiday", "https://example.org/b.jpg")
    found = hovering(drag)
    assert [path.name for path in found.photos] == ["a.jpg"]
    assert [path.name for path in found.folders] == ["holiday"]
    assert found.addresses == 1
    assert "saved to this computer first" in found.refusal
    assert dropped(drag).files == (str(files / "a.jpg"), str(files / "holiday"))
    assert dropped(drag).addresses == 1


def test_a_drag_of_something_else_is_nothing(qapp):
    text = QMimeData()
    text.setText("/photos/a.jpg")
    assert not hovering(text)
    assert dropped(text).files == ()


def test_hovering_with_thousands_counts_by_name_and_asks_the_disk_about_the_first_only(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(incoming, "_is_folder", lambda path: asked.append(path) or False)
    names = [f"{n}.jpg" for n in range(3000)] + [f"{n}.txt" for n in range(20)] + ["nosuffix", "nosuffix."]
    found = hovering(mime(*(tmp_path / name for name in names)))
    assert found.offer == "Open 3,002 photos"
    assert found.batch_offer == "Analyze 3,002 photos"
    assert found.refusal.startswith("20 of the files are not photos")
    assert len(asked) == AT_ONCE


def test_hovering_with_thousands_knows_folders_as_the_finder_names_them(tmp_path):
    many = [tmp_path / f"{n}.jpg" for n in range(AT_ONCE)]
    found = hovering(mime(*many, QUrl.fromLocalFile(f"{tmp_path}/").toString()))
    assert found.folders == (tmp_path,)
    assert found.offer == f"Analyze 1 folder and {AT_ONCE} photos"


def test_sorts_thousands_piece_by_piece_as_it_does_a_few(files):
    names = ["holiday", *(f"{n}.jpg" for n in range(2 * AT_ONCE)), "notes.txt", "nosuffix"]
    steps, pump = [], Pump()
    pump.start(sorting([str(files / name) for name in names], 1), steps.append)
    pump.run()
    assert steps[:-1] == [AT_ONCE, 2 * AT_ONCE, len(names)]
    expected = sort((files / name for name in names), 1)
    assert steps[-1] == expected
    assert isinstance(expected, Incoming)
    assert len(expected.photos) == 2 * AT_ONCE + 1
