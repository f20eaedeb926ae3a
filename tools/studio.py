"""Where screenshots are taken: the real window, a pump that can be held, a script that plays on them, pictures."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget

from mondrian_desktop.bootstrap import build
from mondrian_desktop.gui.app import samples
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.qt.main_thread import MainThread

if TYPE_CHECKING:
    from mondrian_desktop.gui.feed import Live

SIZE = (1280, 800)
MAX_BYTES = 300_000
SETTLE_MS = 700
_OWN_COLORS = 96

Condition = Callable[[], bool]
Scene = Iterator[Condition | int]
"""Yields what to wait for: a condition, or a number of milliseconds."""


class Studio(QObject):
    """The window, a pump that can be held, and a script that plays on them."""

    def __init__(self, app: QApplication, folder: Path, wanted: Sequence[str] | None) -> None:
        super().__init__()
        self._app = app
        self._folder = folder
        self._wanted = wanted
        self._thread = MainThread()
        self.service = build(post=self._thread.post)
        self.theme = Theme(app, dark=False)
        self.window = MainWindow(self.theme)
        self.window.furnish(self.service, samples())
        self.hold_when: Callable[[Live], bool] | None = None
        self._pump_timer = QTimer(self, interval=0)
        self._pump_timer.timeout.connect(self._step)
        self._pump_timer.start()
        self._script_timer = QTimer(self, interval=20)
        self._script_timer.timeout.connect(self._play)
        self._script: Scene = iter(())
        self._condition: Condition = lambda: True
        self._waited_ms = 0

    @property
    def folder(self) -> Path:
        """Where pictures are put."""
        return self._folder

    @property
    def is_held(self) -> bool:
        """Whether the pump stands still."""
        live = self.window.session.feed.running
        return self.hold_when is not None and live is not None and self.hold_when(live)

    def play(self, script: Scene) -> None:
        """Play a script, then quit."""
        self._script = script
        self.window.resize(*SIZE)
        self.window.show()
        self._script_timer.start()

    def wants(self, *names: str) -> bool:
        """Whether one of these pictures is to be taken."""
        return self._wanted is None or not set(names).isdisjoint(self._wanted)

    def wants_more_than(self, names: Sequence[str]) -> bool:
        """Whether others than these pictures are to be taken."""
        return self._wanted is None or not set(self._wanted) <= set(names)

    def shot(self, name: str, widget: QWidget | None = None) -> None:
        """Save a picture of the window, or of another one."""
        if not self.wants(name):
            return
        file = self._folder / f"{name}.png"
        (widget or self.window).grab().save(str(file))
        if self._wanted is not None:
            optimize(file)
        print(f"{file.name}: {file.stat().st_size / 1000:.0f} kB")

    def both(self, name: str, widget: QWidget | None = None) -> Scene:
        """Take a state in light and in dark, as far as they are wanted."""
        self.shot(name, widget)
        if self.wants(f"{name}-dark"):
            self.theme.hold(True)
            yield 150
            self.shot(f"{name}-dark", widget)
            self.theme.hold(False)
            yield 150

    def close(self) -> None:
        """End everything."""
        self._pump_timer.stop()
        self._script_timer.stop()
        self.window.end()
        self.service.close()
        self._thread.close()

    def _step(self) -> None:
        if not self.is_held:
            self.service.pump.step()

    def _play(self) -> None:
        self._waited_ms += self._script_timer.interval()
        if not self._condition():
            if self._waited_ms > 120_000:
                raise TimeoutError("a state was not reached")
            return
        wait = next(self._script, None)
        self._waited_ms = 0
        if wait is None:
            self._app.quit()
        elif isinstance(wait, int):
            self._condition = lambda: self._waited_ms >= wait
        else:
            self._condition = wait


def optimize(file: Path) -> None:
    """Reduce a picture to 256 colors and fail where it stays too large.

    The most frequent colors are the window's own and stay exact; the rest is for the photos, dithered.
    """
    with Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB")).astype(np.uint32)
    codes = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    values, counts = np.unique(codes, return_counts=True)
    own = values[np.argsort(-counts)[:_OWN_COLORS]]
    is_own = np.isin(codes, own)
    others = pixels[~is_own].astype(np.uint8)
    strip = Image.fromarray(others[: len(others) // 64 * 64].reshape(-1, 64, 3))
    palette = strip.quantize(256 - _OWN_COLORS, method=Image.Quantize.MEDIANCUT, kmeans=3).getpalette()
    exact = np.stack([own >> 16, own >> 8 & 255, own & 255], axis=1).astype(np.uint8)
    table = Image.new("P", (1, 1))
    table.putpalette(exact.tobytes() + bytes(palette or ())[: 3 * (256 - _OWN_COLORS)])
    dithered = Image.fromarray(pixels.astype(np.uint8)).quantize(palette=table, dither=Image.Dither.FLOYDSTEINBERG)
    indexes = np.asarray(dithered).copy()
    order = np.argsort(own)
    indexes[is_own] = order[np.searchsorted(own[order], codes[is_own])]
    reduced = Image.fromarray(indexes, mode="P")
    reduced.putpalette(table.getpalette() or [])
    reduced.save(file, optimize=True)
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"{file} has {file.stat().st_size} bytes, more than {MAX_BYTES}")
