import threading
from concurrent.futures import Future
from pathlib import Path

import pytest
from PySide6.QtCore import QSize

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.facts_loader import FactsLoader
from mondrian_desktop.gui.facts_view import Facts, FactsPage, FactsStrip
from mondrian_desktop.gui.histogram import Histogram, clipping_words
from mondrian_desktop.photo.model import Exif, Measurements, Photo, Swatch
from mondrian_desktop.qt.main_thread import MainThread

RAMP = tuple(range(256))
MEASURED = Measurements(
    RAMP, RAMP, RAMP, RAMP, highlights_clipped=0.021, luminance_percentiles=(0.01, 0.02, 0.1, 0.2, 0.4, 0.8, 0.9),
    palette=(Swatch("#112233", 0.7), Swatch("#ffeedd", 0.3)),
)  # fmt: skip
FACTS = Facts(6000, 4000, Exif(camera="Nikon Z 6", shutter_s=0.004, aperture_f=8.0, iso=200), MEASURED)


def test_the_line_is_what_photographers_read():
    assert FACTS.line.endswith("6000 × 4000")
    for part in ("Nikon Z 6", "f/8", "1/250 s", "ISO 200"):
        assert part in FACTS.line


def test_the_strip_shortens_the_line_and_keeps_it_in_the_tip(qtbot, theme):
    strip = FactsStrip(theme)
    qtbot.addWidget(strip)
    strip.show_facts(Facts(1, 1, Exif(camera="<b>Camera</b>" + "x" * 60), MEASURED))
    strip.resize(320, 56)
    strip.show()
    assert strip._label.text().endswith("…")
    assert "<b>" not in strip._label.toolTip()
    strip.show_facts(None)
    assert strip.line == ""
    assert strip.histogram.isHidden()


def test_without_a_histogram_there_is_none(qtbot, theme):
    strip = FactsStrip(theme)
    qtbot.addWidget(strip)
    strip.show_facts(Facts(10, 10, Exif(), Measurements()))
    assert strip.histogram.isHidden()
    assert strip.line == "10 × 10"


def test_clipping_is_marked_where_it_is(qtbot, theme):
    histogram = Histogram(theme, QSize(160, 40))
    qtbot.addWidget(histogram)
    histogram.resize(160, 40)
    histogram.show_facts(MEASURED)
    image = histogram.grab().toImage()
    ink = theme.colors.ink
    assert image.pixelColor(158, 1).name() == ink
    assert image.pixelColor(1, 1).name() != ink
    assert histogram.accessibleDescription() == clipping_words(MEASURED)
    assert "2.1%" in clipping_words(MEASURED)


def test_one_tower_does_not_flatten_the_rest(qtbot, theme):
    tower = (*RAMP[:100], 1_000_000, *RAMP[101:])
    histogram = Histogram(theme, QSize(160, 40))
    qtbot.addWidget(histogram)
    histogram.resize(160, 40)
    histogram.show_facts(Measurements(tower, tower, tower, tower))
    image = histogram.grab().toImage()
    assert image.pixelColor(150, 10).name() != theme.colors.track


@pytest.mark.parametrize("counts", [(), (0,) * 256, (5,), (1, 2, 3)])
def test_odd_histograms_can_be_painted(qtbot, theme, counts):
    histogram = Histogram(theme, QSize(160, 40))
    qtbot.addWidget(histogram)
    histogram.show_facts(Measurements(counts, counts, counts, counts))
    histogram.grab()


def test_the_page_tells_everything(qtbot, theme):
    page = FactsPage(theme)
    qtbot.addWidget(page)
    page.show_facts(FACTS)
    assert "Nikon Z 6" in page._camera.text()
    assert page._measured.text()
    assert page.palette_view.accessibleDescription() == "#112233 70%, #ffeedd 30%"
    page.grab()


class Worker:
    def __init__(self):
        self.asked: list[tuple[str, Future]] = []

    def inspect(self, path):
        self.asked.append((path.name, Future()))
        return self.asked[-1][1]


def photo(path):
    import numpy as np

    return Photo(path, "0" * 64, 1, 6000, 4000, np.zeros((2, 3, 3), np.uint8), measurements=MEASURED)


@pytest.fixture
def worker():
    return Worker()


@pytest.fixture
def loader(qtbot, worker):
    thread = MainThread()
    made = FactsLoader(worker.inspect, thread.post)
    made._timer.setInterval(0)
    yield made
    made.cancel()
    thread.close()


def test_only_a_photo_that_is_looked_at_is_measured(qtbot, worker, loader):
    for name in "abc":
        assert loader.get(Path(name)) is None
    qtbot.waitUntil(lambda: bool(worker.asked))
    assert [name for name, _ in worker.asked] == ["c"]
    with qtbot.waitSignal(loader.arrived) as arrived:
        threading.Thread(target=lambda: worker.asked[0][1].set_result(photo(Path("c")))).start()
    assert arrived.args[0] == Path("c")
    assert loader.get(Path("c")) == arrived.args[1]


def test_what_cannot_be_measured_has_no_facts(qtbot, worker, loader):
    loader.get(Path("a"))
    qtbot.waitUntil(lambda: bool(worker.asked))
    worker.asked[0][1].set_exception(UserError("“a” is empty."))
    loader.get(Path("b"))
    qtbot.waitUntil(lambda: len(worker.asked) == 2)
    assert loader._kept == {}


def test_facts_found_by_an_analysis_need_no_measuring(qtbot, worker, loader):
    loader.get(Path("a"))
    loader.keep(Path("a"), FACTS)
    assert not loader._timer.isActive()
    assert loader.get(Path("a")) is FACTS
    assert worker.asked == []
