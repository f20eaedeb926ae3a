import pytest

from mondrian_desktop.gui.place import Place


def test_comes_back(tmp_path):
    file = tmp_path / "deep" / "window.json"
    Place(b"\x01\xff", b"\x00", dark=True).save(file)
    assert Place.load(file) == Place(b"\x01\xff", b"\x00", dark=True)


def test_one_that_was_saved_before_there_was_an_appearance_in_it_follows_the_system(tmp_path):
    file = tmp_path / "window.json"
    file.write_text('{"geometry": "01", "splitter": "02", "dark": "yes"}', encoding="ascii")
    assert Place.load(file) == Place(b"\x01", b"\x02", dark=None)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"geometry": 5, "splitter": ""}', '{"geometry": "zz"}', "\ufeff"]
)
def test_a_broken_file_is_no_error(tmp_path, text):
    file = tmp_path / "window.json"
    file.write_text(text, encoding="utf-8")
    assert Place.load(file) == Place()


def test_a_missing_file_is_no_error(tmp_path):
    assert Place.load(tmp_path / "window.json") == Place()


def test_a_place_that_cannot_be_kept_is_no_error(tmp_path):
    (tmp_path / "config").write_text("a file where the folder would be", encoding="utf-8")
    Place(b"\x01", b"").save(tmp_path / "config" / "window.json")
    assert Place.load(tmp_path / "config" / "window.json") == Place()


def test_the_window_survives_nonsense(make_stand, own_folders):
    file = own_folders / "config" / "window.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"geometry": "00ff00", "splitter": "ff00ff"}', encoding="ascii")
    assert make_stand().window.width() >= 960
