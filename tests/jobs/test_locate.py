import hashlib

from mondrian_desktop.jobs.locate import locate


def content(data: bytes) -> dict[str, int]:
    return {hashlib.sha256(data).hexdigest(): len(data)}


def test_a_photo_is_found_under_another_name_at_any_depth(tmp_path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "renamed.jpg").write_bytes(b"the photo")
    (tmp_path / "same size.jpg").write_bytes(b"a photo..")
    wanted = content(b"the photo")
    assert locate(tmp_path, wanted) == {next(iter(wanted)): tmp_path / "a" / "b" / "renamed.jpg"}


def test_what_is_not_there_or_is_gone_is_not_found(tmp_path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "nowhere")
    assert locate(tmp_path, content(b"the photo")) == {}
    assert locate(tmp_path / "gone", content(b"the photo")) == {}


def test_it_stops_when_told(tmp_path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"the photo")
    assert locate(tmp_path, content(b"the photo"), stopped=lambda: True) == {}
