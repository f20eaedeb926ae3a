"""The two workers: futures, cancelling, closing, nothing left."""

import contextlib
import threading
from concurrent.futures import CancelledError, wait
from pathlib import Path

import numpy as np
import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.reader import PhotoReader
from tests.photo import make
from tests.photo.test_isolate import HEIC, pids

pytestmark = pytest.mark.usefixtures("no_file_left_open")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(2400, 1600), exif=make.exif()))
    return path


def workers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("photo")]


def test_photos_and_thumbnails_are_read(photo: Path) -> None:
    reader = PhotoReader()
    read, thumbnail = reader.read(photo, 512), reader.thumbnail(photo, 100)
    assert read.result().pixels.shape == (341, 512, 3)
    assert thumbnail.result().shape == (67, 100, 3)
    reader.close()


def test_never_more_than_two_workers_and_none_is_left(photo: Path) -> None:
    reader = PhotoReader()
    seen = set()
    futures = [reader.read(photo) for _ in range(10)]
    for future in futures:
        future.add_done_callback(lambda _: seen.update(workers()))
    hashes = {future.result().content_hash for future in futures}
    assert len(hashes) == 1
    assert 1 <= len(seen) <= 2
    reader.close()
    assert workers() == []


def test_two_workers_reading_at_once_do_not_wait_for_each_other(photo: Path) -> None:
    # Both are busy with a photo whose detail either would leave to the other.
    reader = PhotoReader()
    for _ in range(5):
        done, left = wait([reader.read(photo), reader.read(photo), reader.read(photo)], timeout=60)
        assert not left
        assert all(np.array_equal(future.result().pixels, photo_of(done)) for future in done)
    reader.close()


def photo_of(done: set) -> np.ndarray:
    return next(iter(done)).result().pixels


def test_a_photo_that_fails_does_not_stop_the_others(photo: Path, tmp_path: Path) -> None:
    reader = PhotoReader()
    failing, working = reader.read(tmp_path / "gone.jpg"), reader.read(photo)
    with pytest.raises(UserError, match="was not found"):
        failing.result()
    assert working.result().width == 2400
    reader.close()


def test_what_waits_can_be_cancelled_and_closing_cancels_it(photo: Path) -> None:
    reader = PhotoReader()
    futures = [reader.read(photo) for _ in range(30)]
    assert futures[-1].cancel()
    reader.close()
    assert workers() == []
    for future in futures:
        assert future.done()
        with contextlib.suppress(CancelledError):
            assert future.result().width == 2400


def test_a_closed_reader_refuses(photo: Path) -> None:
    reader = PhotoReader()
    reader.close()
    reader.close()
    with pytest.raises(RuntimeError):
        reader.read(photo)


def test_one_process_for_all_and_none_after_closing() -> None:
    reader = PhotoReader()
    assert pids() == []
    futures = [reader.read(HEIC, 512), reader.thumbnail(HEIC, 64), reader.read(HEIC, 512)]
    wait(futures)
    assert futures[0].result().format == "HEIF"
    assert len(pids()) == 1
    reader.close()
    assert pids() == []


def test_closing_before_anything_starts_nothing() -> None:
    reader = PhotoReader()
    reader.close()
    assert workers() == []
    assert pids() == []
