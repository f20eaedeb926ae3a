"""A window over a scripted engine and the real reader, and photos to put into it."""

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import ScriptedEngine, Step, script
from mondrian_desktop.gui.app import Desk
from mondrian_desktop.gui.incoming import sort
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings

DIMENSIONS = tuple(dimension.name for dimension in load_rubric("technical").dimensions)


def answer(score: int = 7, dimensions: Sequence[str] = DIMENSIONS, comment: str = "The tones lie well apart.") -> str:
    """Return what a model of the technical rubric would write."""
    return json.dumps(
        {
            "image_description": "A quiet harbor at dusk, seen from the wall.",
            "dimensions": [
                {"name": name, "score": score, "comment": comment, "recommendation": "Wait for the light."}
                for name in dimensions
            ],
            "key_strengths": ["The light", "The calm"],
            "priority_improvements": ["Straighten the horizon"],
            "technical_notes": "Sharp where it counts.",
        }
    )


class Endless:
    """A script that gets so far in its answer (-1: to its end), and then counts on for ever."""

    def __init__(self, steps: int = 8) -> None:
        self._beginning = script(answer())[:steps]

    def __iter__(self) -> Iterator[Step]:
        yield from self._beginning
        yield from (Token("", n, 20.0) for n in count(11))


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    """A theme of the application that ends with the test."""
    made = Theme(qapp)
    yield made
    made.deleteLater()


@pytest.fixture
def make_photo(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a small photo of this name."""

    def make(name: str = "harbor.jpg", size: tuple[int, int] = (96, 64), seed: int = 1) -> Path:
        ramp = np.linspace(20, 235, size[0], dtype=np.uint8)
        pixels = np.repeat(np.tile(ramp, (size[1], 1))[..., None], 3, axis=2)
        pixels[..., seed % 3] //= 2
        path = tmp_path / name
        Image.fromarray(pixels).save(path, "JPEG", quality=90)
        return path

    return make


class Stand:
    """One window with a scripted engine, and ways to wait for what happens in it."""

    def __init__(
        self, qtbot, engine: ScriptedEngine, *, has_tray: bool = False, store: Store | None = None,
        window: MainWindow | None = None,
    ) -> None:  # fmt: skip
        self._store = store
        self._is_closed = False
        self.qtbot = qtbot
        self.engine = engine
        self.desk = Desk(QApplication.instance(), self._build, (), has_tray=has_tray, window=window)
        self.desk.open([], analyze=False)

    def close(self) -> None:
        """End everything; closing again does nothing."""
        if not self._is_closed:
            self._is_closed = True
            self.desk.close()

    @property
    def window(self) -> MainWindow:
        return self.desk.window

    @property
    def service(self) -> Service:
        return self.desk.service

    def open(self, *photos: Path, analyze: bool = False) -> None:
        self.window.open_photos(sort(photos), analyze=analyze)

    def trigger(self, action: str) -> None:
        assert self.window.verbs[action].isEnabled(), f"{action} is disabled"
        self.window.verbs[action].trigger()

    def states(self) -> list[str]:
        return [str(entry.standing) for entry in self.window.session.album.entries]

    def wait_for_states(self, *states: str) -> None:
        self.qtbot.waitUntil(lambda: self.states() == list(states), timeout=10_000)

    def wait_until_idle(self) -> None:
        self.qtbot.waitUntil(lambda: self.service.pump.is_idle, timeout=10_000)
        self.qtbot.waitUntil(lambda: not self.window.session.feed.is_beating, timeout=10_000)

    def _build(self, *, post) -> Service:
        advisors = load_advisors(paths.resource("advisors"), paths.data_dir() / "advisors")
        return Service(
            self.engine, PhotoReader(), advisors, Settings(environment={}), Pump(post, budget_s=0.0), self._store
        )


@pytest.fixture
def make_stand(qtbot) -> Iterator[Callable[..., Stand]]:
    """Return a function that opens a window whose engine plays these scripts, by default one good answer."""
    stands = []

    def make(*scripts, **more) -> Stand:
        stands.append(Stand(qtbot, ScriptedEngine(*(scripts or (script(answer()),))), **more))
        return stands[-1]

    yield make
    for stand in stands:
        stand.close()


@pytest.fixture
def stand(make_stand) -> Stand:
    """A window whose engine gives one good answer."""
    return make_stand()
