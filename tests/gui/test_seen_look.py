"""What the model saw, in the window: with the embedded model, and where the photo is gone."""

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from mondrian_desktop import paths
from mondrian_desktop.bootstrap import build
from mondrian_desktop.engine import reading
from mondrian_desktop.engine.protocol import Finished
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.gui.app import Desk
from mondrian_desktop.gui.incoming import sort
from mondrian_desktop.gui.report_pane import FACTS
from tests.gui.conftest import answer

PATCH, MERGED = 16, 2


@pytest.fixture
def desk(qtbot) -> Iterator[Desk]:
    """The window on the real engine."""
    desk = Desk(QApplication.instance(), build, ())
    desk.open([], analyze=False)
    yield desk
    desk.close()


def unpatched(inputs: dict) -> np.ndarray:
    """Return the picture in what Qwen's processor made, (H, W, 3) uint8; its mean and deviation are 0.5."""
    _, rows, columns = inputs["image_grid_thw"][0].tolist()
    patches = np.array(inputs["pixel_values"], dtype=np.float32)
    blocks = patches.reshape(rows // MERGED, columns // MERGED, MERGED, MERGED, 3, 2, PATCH, PATCH)[:, :, :, :, :, 0]
    whole = blocks.transpose(0, 2, 5, 1, 3, 6, 4).reshape(rows * PATCH, columns * PATCH, 3)
    return np.rint((whole * 0.5 + 0.5) * 255).astype(np.uint8)


def pixels_of(image: QImage) -> np.ndarray:
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_it_is_the_very_picture_that_the_embedded_model_was_computed_from(qtbot, desk, monkeypatch):
    computed = []
    size_of = reading._image_size

    def spied(processor, inputs):
        computed.append(unpatched(inputs))
        return size_of(processor, inputs)

    monkeypatch.setattr(reading, "_image_size", spied)
    window = desk.window
    assert not window.verbs["seen"].isEnabled()
    window.open_photos(sort([paths.resource("samples", "lake.jpg")]), analyze=True)
    qtbot.waitUntil(lambda: window.verbs["seen"].isEnabled(), timeout=60_000)
    (picture,) = computed
    height, width = picture.shape[:2]
    window.asking.pane.tabs.setCurrentIndex(FACTS)
    qtbot.waitUntil(window.asking.pane.facts.seen.isVisible)
    assert f"seen at {width} × {height} pixels" in window.asking.pane.text.toPlainText()
    assert f"made {width} × {height} of it" in window.asking.pane.facts._seen_line.text()

    qtbot.mouseClick(window.asking.pane.facts.seen, Qt.MouseButton.LeftButton)
    look = window.looking.seen_look
    assert look.isVisible()
    qtbot.waitUntil(lambda: look.view.image is not None, timeout=10_000)
    assert np.array_equal(pixels_of(look.view.image), picture)
    assert f"{width} × {height}" in look.line.text()
    qtbot.keyClick(look, Qt.Key.Key_Escape)
    assert look.isHidden()


def scripted(size: tuple[int, int] | None):
    steps = script(answer())
    assert isinstance(steps[-1], Finished)
    return [*steps[:-1], Finished(answer(), steps[-1].finish_reason, generation_tokens=10, image_size=size)]


def test_where_the_processor_does_not_tell_it_is_what_was_given(make_stand, make_photo):
    stand = make_stand(scripted(None))
    photo = make_photo(size=(300, 200))
    stand.open(photo, analyze=True)
    stand.wait_until_idle()
    stand.trigger("seen")
    look = stand.window.looking.seen_look
    stand.qtbot.waitUntil(lambda: look.view.image is not None, timeout=10_000)
    assert (look.view.image.width(), look.view.image.height()) == (300, 200)
    assert look.line.text().endswith("how its processor divided or scaled it is not known.")
    stand.qtbot.keyClick(look, Qt.Key.Key_Space)
    assert look.isHidden()


def test_a_photo_that_changed_meanwhile_is_not_shown(make_stand, make_photo):
    stand = make_stand(scripted((64, 32)))
    photo = make_photo(size=(300, 200))
    stand.open(photo, analyze=True)
    stand.wait_until_idle()
    Image.new("RGB", (300, 200)).save(photo, "JPEG")
    stand.trigger("seen")
    view = stand.window.looking.seen_look.view
    stand.qtbot.waitUntil(lambda: "has changed since it was analyzed" in view._message, timeout=10_000)
    assert view.image is None
    stand.trigger("seen")
    assert stand.window.looking.seen_look.isHidden()


def test_another_photo_closes_it(make_stand, make_photo):
    stand = make_stand(scripted((64, 32)))
    stand.open(make_photo("one.jpg"), make_photo("two.jpg"), analyze=True)
    stand.wait_until_idle()
    stand.trigger("seen")
    assert stand.window.looking.seen_look.isVisible()
    stand.window.photos.step(1)
    assert stand.window.looking.seen_look.isHidden()


def test_there_is_nothing_to_see_before_an_analysis(stand, make_photo):
    stand.open(make_photo())
    assert not stand.window.verbs["seen"].isEnabled()
    assert stand.window.asking.pane.facts.seen.isHidden()
