from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.pictures import PhotoLoader, Thumbnails, to_image
from mondrian_desktop.qt.main_thread import MainThread

PIXELS = np.full((4, 6, 3), (10, 200, 30), np.uint8)


class Reader:
    """Hands out futures, and remembers them in order."""

    def __init__(self):
        self.asked: list[tuple[str, Future]] = []

    def preview(self, path, size):
        future = Future()
        self.asked.append((path.name, future))
        return future

    def finish(self, name, result=PIXELS):
        future = next(future for asked, future in reversed(self.asked) if asked == name)
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)

    @property
    def names(self):
        return [name for name, _ in self.asked]


@pytest.fixture
def reader():
    return Reader()


@pytest.fixture
def post(qtbot):
    thread = MainThread()
    yield thread.post
    thread.close()


@pytest.fixture
def thumbnails(reader, post):
    made = Thumbnails(reader.preview, post, 100)
    yield made
    made.close()


def test_pixels_become_an_image_of_its_own():
    pixels = PIXELS.copy()
    image = to_image(pixels[:, ::2])
    pixels[:] = 0
    assert (image.width(), image.height()) == (3, 4)
    assert image.pixelColor(1, 1).getRgb()[:3] == (10, 200, 30)


def test_reads_a_few_at_a_time_the_last_asked_for_first(qtbot, reader, thumbnails):
    for name in "abcd":
        assert thumbnails.get(Path(name)) is None
    assert reader.names == ["a", "b"]
    reader.finish("a")
    qtbot.waitUntil(lambda: reader.names == ["a", "b", "d"])
    assert thumbnails.get(Path("a")).width() == 6
    reader.finish("b")
    qtbot.waitUntil(lambda: reader.names == ["a", "b", "d", "c"])


def test_what_scrolled_by_is_not_read(reader, thumbnails):
    for number in range(1000):
        thumbnails.get(Path(str(number)))
    assert len(thumbnails._wanted) == 100
    assert next(reversed(thumbnails._wanted)) == Path("999")


def test_a_broken_one_is_told_once_and_not_read_again(qtbot, reader, thumbnails):
    told = []
    thumbnails.failed.connect(lambda path, problem: told.append((path.name, problem)))
    thumbnails.get(Path("a"))
    reader.finish("a", UserError("“a” is empty.", "Copy it again."))
    qtbot.waitUntil(lambda: told == [("a", "“a” is empty. Copy it again.")])
    assert thumbnails.get(Path("a")) is None
    assert reader.names == ["a"]
    thumbnails.forget(Path("a"))
    thumbnails.get(Path("a"))
    assert reader.names == ["a", "a"]


def test_a_mistake_of_ours_is_raised_and_the_others_go_on(qtbot, reader, thumbnails):
    with qtbot.captureExceptions() as exceptions:
        for name in "abc":
            thumbnails.get(Path(name))
        reader.finish("a", ZeroDivisionError())
        qtbot.waitUntil(lambda: reader.names == ["a", "b", "c"])
    assert [kind for kind, _, _ in exceptions] == [ZeroDivisionError]


def test_the_photo_asked_for_last_wins(qtbot, reader, post):
    loader = PhotoLoader(reader.preview, post)
    arrived = []
    loader.arrived.connect(lambda path, image: arrived.append((path.name, image.width())))
    for name in "abc":
        loader.load(Path(name), 1000)
    reader.asked[2][1].set_result(PIXELS)
    qtbot.waitUntil(lambda: bool(arrived))
    assert arrived == [("c", 6)]
    assert all(future.cancelled() for _, future in reader.asked[:2])


def test_a_picture_that_was_begun_and_comes_late_is_dropped(qtbot, reader, post):
    loader = PhotoLoader(reader.preview, post)
    arrived = []
    loader.arrived.connect(lambda path, image: arrived.append(path.name))
    loader.load(Path("old"), 1000)
    reader.asked[0][1].set_running_or_notify_cancel()
    loader.load(Path("new"), 1000)
    reader.finish("old")
    reader.finish("new")
    qtbot.waitUntil(lambda: arrived == ["new"])


def test_cancelled_it_delivers_nothing(qtbot, reader, post):
    loader = PhotoLoader(reader.preview, post)
    loader.arrived.connect(lambda path, image: pytest.fail("delivered"))
    loader.failed.connect(lambda path, problem: pytest.fail("delivered"))
    loader.load(Path("a"), 1000)
    loader.cancel()
    reached = []
    post(lambda: reached.append(1))
    qtbot.waitUntil(lambda: bool(reached))


def test_images_know_their_color_space():
    assert isinstance(to_image(PIXELS), QImage)
    assert to_image(PIXELS).colorSpace().isValid()
