"""Files that cannot be read: each has its own sentence, that names the file and what to do."""

import os
import stat
from pathlib import Path

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.original import (
    MAX_ASPECT,
    MAX_BYTES,
    MAX_PIXELS,
    check_dimensions,
    damaged,
    open_original,
    unreadable,
)
from tests.photo import make

pytestmark = pytest.mark.usefixtures("no_file_left_open")


def message(path: Path) -> str:
    with pytest.raises(UserError) as caught:
        read_photo(path)
    with pytest.raises(UserError) as again:
        read_thumbnail(path, 100)
    assert str(again.value) == str(caught.value)
    error = caught.value
    assert error.advice, "says what to do"
    assert error.what.endswith(".")
    assert error.advice.endswith(".")
    assert "!" not in str(error)
    return str(error)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "“gone.jpg” was not found." in message(tmp_path / "gone.jpg")
    assert "was not found" in message(tmp_path / "no folder" / "gone.jpg")


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "photos.jpg").mkdir()
    assert "“photos.jpg” is a folder" in message(tmp_path / "photos.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "is not a file with a picture" in message(tmp_path / "pipe.jpg")
    assert "is not a file with a picture" in message(Path("/dev/null"))


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    assert "“empty.jpg” is empty." in message(tmp_path / "empty.jpg")


def test_a_file_over_two_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)  # takes no room on the disk
    assert "“large.tif” is larger than 2 GB" in message(path)


def test_no_permission(tmp_path: Path) -> None:
    path = tmp_path / "private.jpg"
    path.write_bytes(make.jpeg(make.corners()))
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser reads everything
        assert "There is no permission to read “private.jpg”." in str(unreadable(path, PermissionError(13, "denied")))
    else:
        assert "There is no permission to read “private.jpg”." in message(path)


def test_a_link_that_leads_nowhere_or_around(tmp_path: Path) -> None:
    (tmp_path / "link.jpg").symlink_to(tmp_path / "gone.jpg")
    assert "was not found" in message(tmp_path / "link.jpg")
    (tmp_path / "a.jpg").symlink_to(tmp_path / "b.jpg")
    (tmp_path / "b.jpg").symlink_to(tmp_path / "a.jpg")
    assert "could not be read" in message(tmp_path / "a.jpg")


def test_impossible_names(tmp_path: Path) -> None:
    assert "could not be read" in message(tmp_path / ("x" * 300 + ".jpg"))
    assert "could not be read" in message(Path("/tmp/nul\0.jpg"))


@pytest.mark.parametrize("asked", ["IMG_1.HEIC", ".IMG_1.HEIC.icloud"])
def test_a_photo_that_is_still_in_icloud(tmp_path: Path, asked: str) -> None:
    (tmp_path / ".IMG_1.HEIC.icloud").write_bytes(b"bplist00 placeholder")
    told = message(tmp_path / asked)
    assert "“IMG_1.HEIC” is in iCloud" in told
    assert "Download" in told


def test_a_photo_whose_data_is_not_on_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners()))

    class Dataless:
        st_mode, st_flags, st_size = stat.S_IFREG | 0o644, 0x40000060, 1000

    # Only macOS has the flag, and only its cloud sets it.
    monkeypatch.setattr(os, "stat", lambda _: Dataless())
    with pytest.raises(UserError, match="is in iCloud"), open_original(path):
        pass


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_a_file_that_vanishes_while_it_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo.{suffix}"
    make.corners().save(path)
    with open_original(path) as original:
        path.unlink()
        with pytest.raises(UserError, match="disappeared while it was read"):
            original.check_unchanged()


def test_a_file_that_changes_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners()))
    with open_original(path) as original:
        original.check_unchanged()
        with path.open("ab") as file:
            file.write(b"more")
        with pytest.raises(UserError, match="changed while it was read"):
            original.check_unchanged()


def test_a_file_that_is_replaced_while_it_is_read(tmp_path: Path) -> None:
    path, other = tmp_path / "photo.jpg", tmp_path / "other.jpg"
    path.write_bytes(make.jpeg(make.corners()))
    with open_original(path) as original:
        other.write_bytes(path.read_bytes())
        other.replace(path)
        with pytest.raises(UserError, match="changed while it was read"):
            original.check_unchanged()


def test_a_half_copied_file_is_said_to_change_rather_than_to_be_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = make.jpeg(make.corners(900, 600))
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    from mondrian_desktop.photo import picture

    known = picture.format_of(whole[:64], ".jpg")
    assert known is not None
    with open_original(path) as original:
        path.write_bytes(whole)
        original.file.seek(0)
        truncated = type(known)(
            known.name,
            known.suffixes,
            known.accepts,
            lambda *_: _raise(OSError("image file is truncated")),
            known.thumbnail,
        )
        with pytest.raises(UserError, match="changed while it was read"):
            picture.decode_picture(original, truncated, 512, None)


def _raise(error: Exception) -> None:
    raise error


def test_a_disk_that_fails_is_told_apart_from_a_damaged_file(tmp_path: Path) -> None:
    told = str(unreadable(tmp_path / "photo.jpg", OSError(5, "Input/output error")))
    assert told.startswith("“photo.jpg” could not be read: Input/output error.")


@pytest.mark.parametrize(
    ("width", "height", "byte_size", "words"),
    [
        (0, 100, 1000, "without any pixels"),
        (100, 0, 1000, "without any pixels"),
        (30000, 20000, 900_000_000, "600 megapixels"),
        (100_000, 100_000, 900_000_000, "10,000 megapixels"),
        (100 * MAX_ASPECT, 99, 100_000, "strip"),
        (50, 60 * MAX_ASPECT, 100_000, "strip"),
        (20000, 20000, 50_000, "400 megapixels in a file of 50 kB"),
    ],
)
def test_sizes_that_are_refused(tmp_path: Path, width: int, height: int, byte_size: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        check_dimensions(tmp_path / "photo.png", width, height, byte_size)


@pytest.mark.parametrize(
    ("width", "height", "byte_size"),
    [(1, 1, 100), (MAX_ASPECT * 100, 100, 10_000), (25_000, 20_000, MAX_PIXELS // 100), (9000, 9000, 20_000)],
)
def test_sizes_that_are_read(tmp_path: Path, width: int, height: int, byte_size: int) -> None:
    check_dimensions(tmp_path / "photo.png", width, height, byte_size)


def test_every_reason_has_its_own_sentence(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    told = {
        str(damaged(path)),
        str(damaged(path, EOFError())),
        str(damaged(path, OSError("image file is truncated (3 bytes not processed)"))),
        str(damaged(path, MemoryError())),
        str(unreadable(path, PermissionError())),
        str(unreadable(path, FileNotFoundError())),
        str(unreadable(path, OSError(5, "Input/output error"))),
    }
    assert len(told) == 6, "incomplete is said for both kinds of an early end"


def test_hostile_names_are_harmless_in_sentences(tmp_path: Path) -> None:
    told = message(tmp_path / "a\x1b[2J\u202egpj.exe")
    assert "\x1b" not in told
    assert "\u202e" not in told
    told = message(tmp_path / os.fsdecode(b"\xff\xfe.jpg"))
    told.encode()
