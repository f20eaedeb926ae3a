"""Take the screenshots in ``docs/screenshots``: the real window, the built-in model, the sample photos.

``python -m tools.screenshots`` needs no display. Each state is reached as a user reaches it, by the window's own
actions; only the pump is held in the middle of things, so that they can be looked at.
"""

import argparse
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PIL import Image
from PySide6.QtCore import QMimeData, QObject, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QFont, QFontDatabase
from PySide6.QtWidgets import QApplication, QWidget

from mondrian_desktop import APP_NAME
from mondrian_desktop.bootstrap import build
from mondrian_desktop.engine.protocol import Stage
from mondrian_desktop.gui import dialogs, help_verbs
from mondrian_desktop.gui.album import Standing
from mondrian_desktop.gui.app import samples
from mondrian_desktop.gui.incoming import sort
from mondrian_desktop.gui.links import Links
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.server_dialog import ServerDialog
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.qt.main_thread import MainThread
from mondrian_desktop.settings import MODEL, SERVICE, SERVICE_HOST, SERVICE_PORT
from mondrian_desktop.weights import line
from mondrian_desktop.weights.servers import make
from mondrian_desktop.weights.space import GIB
from mondrian_desktop.weights.standing import Machine
from tools import shoot_scenes, talk_scene

if TYPE_CHECKING:
    from mondrian_desktop.gui.feed import Live

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
SIZE = (1280, 800)
MAX_BYTES = 300_000
DOCUMENTED = (
    "hero", "empty", "dragging", "loading", "live", "live-dark", "finished-dark", "facts", "stopped", "failed",
    "narrow", "models", "models-downloading-dark", "preferences-analysis", "preferences-service-on", "batch",
    "library-dark",
)  # fmt: skip
"""What lies in the repository; ``--all`` takes every state, light and dark."""
PREFERENCES = tuple(
    f"preferences-{page}{dark}"
    for page in (
        "general", "analysis", "models", "batch", "service", "export", "advisors", "privacy", "service-on", "small",
    )
    for dark in ("", "-dark")
)  # fmt: skip
MODELS = tuple(
    f"{name}{dark}"
    for name in (
        "offer",
        "downloads-left",
        "models",
        "models-chooser",
        "models-downloading",
        "models-small",
        "models-repo",
    )
    for dark in ("", "-dark")
)
ABOUT = tuple(
    f"{name}{dark}"
    for name in ("about", "licenses", "licenses-list", "licenses-text", "link")
    for dark in ("", "-dark")
)
_OWN_COLORS = 96
_SETTLE_MS = 700
_LONG_NAMES = (
    "a name with\na new line.jpg",
    "<b>bold <img src=x> & co.jpg",
    "📷 caf\u00e9 \u05e9\u05dc\u05d5\u05dd \u202egpj.jpg",
    "x" * 240 + ".jpg",
)

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


def script(studio: Studio, scratch: Path) -> Scene:
    """Visit every state."""
    window = studio.window
    yield _SETTLE_MS
    yield from both(studio, "empty")
    if studio.wants(*PREFERENCES):
        yield from preferences(studio)
    if studio.wants(*MODELS):
        yield from models(studio)
    if studio.wants(*ABOUT):
        yield from about(studio)
    shoots = studio.wants(*shoot_scenes.NAMES)
    if not studio.wants_more_than((*PREFERENCES, *MODELS, *ABOUT, *shoot_scenes.NAMES)):
        yield from shoot_scenes.play(studio, scratch) if shoots else ()
        return
    drag(window, [*samples(), scratch / "a folder", scratch / "notes.txt"])
    yield 100
    yield from both(studio, "dragging")
    QApplication.sendEvent(window, QDragLeaveEvent())
    window.open_photos(sort(samples()))
    choose(window, "lake")
    yield _SETTLE_MS * 2
    yield from both(studio, "opened")
    yield from running(studio)
    yield from finished(studio)
    yield from asked(studio)
    yield from stopped(studio)
    yield from failed(studio, scratch)
    if shoots:
        yield from shoot_scenes.play(studio, scratch)
    if studio.wants(
        "server-sheet", "server-bar", "server-bar-narrow", "server-down", "server-down-narrow", "server-down-batch"
    ):
        yield from server(studio, scratch)
    if studio.wants("names", "many"):
        yield from many(studio, scratch)


def preferences(studio: Studio) -> Scene:
    """Look at every page of the preferences, also in a small window."""
    made = studio.window.show_preferences()
    for row in range(made.titles.count()):
        made.titles.setCurrentRow(row)
        yield 200
        yield from both(studio, _page(made.titles.item(row).text()), made)
    studio.service.settings.set(SERVICE_PORT, 0)
    studio.service.settings.set(SERVICE_HOST, "0.0.0.0")  # noqa: S104 - the state that shows a code
    studio.service.settings.set(SERVICE, True)
    studio.window.show_preferences("Service")
    yield lambda: studio.window.local_service.server is not None
    yield 200
    yield from both(studio, "preferences-service-on", made)
    made.resize(made.minimumSize())
    yield 200
    yield from both(studio, "preferences-small", made)
    studio.service.settings.set(SERVICE, False)
    made.close()


def left(studio: Studio) -> Scene:
    """Look at the offer to go on with downloads that a quit has interrupted."""
    window, shelf = studio.window, studio.service.shelf
    repos = [entry.repo for entry in studio.service.models() if entry.id in ("qwen3-vl-4b", "gemma-4-e4b")]
    for repo in repos:
        line.join(repo)
    shelf.refresh()
    yield lambda: bool(window.models.downloads.text)
    yield 200
    yield from both(studio, "downloads-left")
    for repo in repos:
        line.leave(repo)
    shelf.refresh()
    yield lambda: not window.models.downloads.text


def models(studio: Studio) -> Scene:
    """Look at the offer, the models sheet and its prompts, with a hub that stands still in the middle of a file."""
    window, shelf = studio.window, studio.service.shelf
    shelf.machine = Machine(16 * GIB)
    shelf.refresh()
    yield lambda: bool(window.models.offer.text)
    yield 200
    yield from both(studio, "offer")
    yield from left(studio)
    menu = window.models.button.menu()
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    yield from both(studio, "models-chooser", menu)
    window.verbs["models"].trigger()
    sheet: Any = window.models.sheet
    yield lambda: "qwen3-vl-8b" in sheet.rows
    yield 200
    yield from both(studio, "models", sheet)
    # What the tests use: a hub on this machine, with a model in it that is large enough to be looked at.
    hubs = importlib.import_module("tests.weights.hub_server")
    made = importlib.import_module("tests.weights.made")
    content = made.model_files(40_000_000)
    repos = ("studio/Photo-Critic-VLM-4bit", "studio/" + "Very-Long-Name-" * 5 + "VLM", "studio/Gone-VLM")
    hub = hubs.HubServer({repo: hubs.Repo(content) for repo in repos[:2]})
    os.environ["HF_ENDPOINT"] = hub.address
    errand: Any = importlib.import_module("mondrian_desktop.weights.errand")
    errand.PROGRESS_S = 0.0
    hub.faults["model.safetensors"] = [hubs.stall(17_300_000)]
    for repo in repos:
        sheet.take_repo(repo)
    yield lambda: set(repos) <= sheet.rows.keys()
    for repo in (repos[2], *repos[:2]):
        sheet.rows[repo].fetch.click()
    yield lambda: sheet.rows[repos[0]].bar.value() > 0
    yield _SETTLE_MS * 3
    sheet.area.verticalScrollBar().setValue(sheet.area.verticalScrollBar().maximum())
    yield 200
    yield from both(studio, "models-downloading", sheet)
    sheet.resize(sheet.minimumSize())
    yield 200
    yield from both(studio, "models-small", sheet)
    sheet.add_repo.click()
    yield 200
    yield from both(studio, "models-repo", sheet.prompt)
    sheet.prompt.close()
    for repo in repos:
        sheet.rows[repo].cancel.click()
        sheet.rows[repo].pause.click()
    hub.ending.set()
    yield lambda: studio.service.pump.is_idle
    hub.close()
    sheet.close()


def about(studio: Studio) -> Scene:
    """Look at About, at the licenses that it leads to, and at the question about a link."""
    window = studio.window
    box = dialogs.about(window, lambda: None)
    yield _SETTLE_MS
    yield from both(studio, "about", box)
    box.reject()
    sheet = help_verbs.show_licenses(window, studio.service)
    yield lambda: sheet.names.count() > 0
    yield _SETTLE_MS
    yield from both(studio, "licenses", sheet)
    sheet.names.setCurrentRow(1)
    yield _SETTLE_MS
    yield from both(studio, "licenses-list", sheet)
    (numpy,) = [row for row in range(sheet.names.count()) if sheet.names.item(row).text().startswith("numpy ")]
    sheet.names.setCurrentRow(numpy)
    yield _SETTLE_MS
    yield from both(studio, "licenses-text", sheet)
    sheet.reject()
    links = Links(window, window.tell, lambda paths: None)
    links.follow(QUrl("mondrian://analyze?path=/Users/me/Pictures/Harz, October/lake.jpg"))
    yield _SETTLE_MS
    if links.question is not None:
        yield from both(studio, "link", links.question)
        links.question.reject()


def _page(title: str) -> str:
    return f"preferences-{title.split()[0].lower()}"


def running(studio: Studio) -> Scene:
    """Hold the first analysis in each of its phases."""
    window = studio.window
    studio.hold_when = lambda live: live.stage is Stage.READING
    window.verbs["analyze"].trigger()
    yield _SETTLE_MS
    yield from both(studio, "reading")
    studio.hold_when = lambda live: live.stage is Stage.LOADING and live.load is not None and live.load.done_bytes > 0
    yield lambda: studio.is_held
    yield _SETTLE_MS
    yield from both(studio, "loading")
    studio.hold_when = lambda live: live.prefill is not None and 2 * live.prefill.done > live.prefill.total
    yield lambda: studio.is_held
    yield _SETTLE_MS
    yield from both(studio, "looking")
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 3
    yield lambda: studio.is_held
    yield _SETTLE_MS * 2
    yield from both(studio, "live")
    studio.hold_when = None


def finished(studio: Studio) -> Scene:
    """Wait for the analysis; look at its pages."""
    window = studio.window
    # Once more, so that the times shown are those of an analysis that was not held.
    yield lambda: standing(window) is Standing.DONE
    window.verbs["analyze"].trigger()
    yield lambda: standing(window) is not Standing.DONE
    yield lambda: standing(window) is Standing.DONE
    window.asking.pane.text.verticalScrollBar().setValue(0)
    yield _SETTLE_MS
    studio.shot("hero")
    yield from both(studio, "finished")
    window.verbs["tab_facts"].trigger()
    yield from both(studio, "facts")
    window.verbs["tab_raw"].trigger()
    yield from both(studio, "raw")
    window.verbs["tab_critique"].trigger()
    window.looking.toggle_full_look()
    yield _SETTLE_MS
    yield from both(studio, "full-look")
    window.looking.toggle_full_look()
    window.verbs["seen"].trigger()
    yield _SETTLE_MS
    yield from both(studio, "seen")
    window.verbs["seen"].trigger()
    window.resize(960, 640)
    yield _SETTLE_MS
    yield from both(studio, "narrow")
    window.resize(960, 1200)
    yield _SETTLE_MS
    yield from both(studio, "stacked")
    window.resize(*SIZE)


def asked(studio: Studio) -> Scene:
    """Look at the Ask page, and ask several advisors."""
    window = studio.window
    panels = ("panel", "panel-dark", "panel-narrow", "panel-narrow-dark")
    if not studio.wants("ask", "ask-dark", *talk_scene.NAMES, *panels):
        return
    window.verbs["tab_ask"].trigger()
    yield _SETTLE_MS
    yield from both(studio, "ask")
    if studio.wants(*talk_scene.NAMES):
        yield from talk_scene.play(studio)
    if not studio.wants(*panels):
        window.verbs["tab_critique"].trigger()
        return
    asked_before = ["mentor", "ansel", "weston", "okeefe", "gehry"]
    window.asking.ask_several(asked_before[1:])
    yield lambda: studio.service.pump.is_idle
    yield _SETTLE_MS
    window.verbs["tab_panel"].trigger()
    yield _SETTLE_MS
    yield from both(studio, "panel")
    if studio.wants("panel-narrow", "panel-narrow-dark"):
        window.asking.ask_several([each for each in studio.service.advisors if each not in asked_before])
        yield lambda: studio.service.pump.is_idle
        window.resize(960, 640)
        yield _SETTLE_MS
        yield from both(studio, "panel-narrow")
        window.resize(*SIZE)
    window.verbs["tab_critique"].trigger()


def stopped(studio: Studio) -> Scene:
    """Stop in the middle, with another advisor and others waiting."""
    window = studio.window
    choose(window, "street")
    window.asking.choose_advisor("ansel")
    yield _SETTLE_MS * 2
    yield from both(studio, "advisor")
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 3
    window.verbs["analyze"].trigger()
    yield lambda: studio.is_held
    window.verbs["stop"].trigger()
    studio.hold_when = None
    yield lambda: standing(window) is Standing.STOPPED
    yield _SETTLE_MS
    yield from both(studio, "stopped")


def failed(studio: Studio, scratch: Path) -> Scene:
    """Analyze what is no photo."""
    window = studio.window
    broken = scratch / "torn.jpg"
    broken.write_bytes(samples()[0].read_bytes()[:20_000])
    window.open_photos(sort([broken]), analyze=True)
    yield lambda: standing(window) is Standing.FAILED
    yield _SETTLE_MS
    yield from both(studio, "failed")


def many(studio: Studio, scratch: Path) -> Scene:
    """Open 500 photos, and some with names that nobody wants."""
    window = studio.window
    sources = samples()
    odd = [scratch / name for name in _LONG_NAMES]
    copies = odd + [scratch / f"DSC_{number:04}.jpg" for number in range(500)]
    for number, copy in enumerate(copies):
        shutil.copy(sources[number % len(sources)], copy)
    window.open_photos(sort(copies))
    yield _SETTLE_MS * 2
    yield from both(studio, "names")
    choose(window, "DSC_0007")
    yield _SETTLE_MS * 2
    window.photos.selectAll()
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 2
    window.verbs["analyze"].trigger()
    yield lambda: studio.is_held
    yield _SETTLE_MS
    yield from both(studio, "many")


def server(studio: Studio, scratch: Path) -> Scene:
    """Look at the sheet of servers, choose one, and find it gone in the middle of a batch."""
    window, service = studio.window, studio.service
    window.verbs["add_server"].trigger()
    sheet = window.findChildren(ServerDialog)[0]
    sheet.name.setText("gpu-room")
    sheet.url.setText("http://192.168.178.20:8000/v1")
    sheet.model.setText("Qwen/Qwen3-VL-8B-Instruct")
    yield _SETTLE_MS
    yield from both(studio, "server-sheet", sheet)
    sheet.reject()
    # Nothing listens there: it is the server that went away.
    service.servers.add(make("gpu-room", "http://127.0.0.1:9/v1", "Qwen/Qwen3-VL-8B-Instruct"))
    service.settings.set(MODEL, "gpu-room")
    yield _SETTLE_MS
    yield from both(studio, "server-bar")
    window.resize(960, 640)
    yield _SETTLE_MS
    yield from both(studio, "server-bar-narrow")
    window.resize(*SIZE)
    shoot = scratch / "Harz, October"
    shoot.mkdir()
    for source in samples():
        shutil.copy(source, shoot / source.name)
    service.submit_all([shoot])
    yield lambda: service.problem is not None and service.stands
    yield _SETTLE_MS
    yield from both(studio, "server-down")
    window.resize(960, 640)
    yield _SETTLE_MS
    yield from both(studio, "server-down-narrow")
    window.resize(*SIZE)
    window.batches.show_window()
    yield _SETTLE_MS
    yield from both(studio, "server-down-batch", window.batches.window)
    window.batches.close_window()
    service.cancel_all()
    service.settings.set(MODEL, MODEL.default)


def both(studio: Studio, name: str, widget: QWidget | None = None) -> Scene:
    """Take a state in light and in dark."""
    yield from studio.both(name, widget)


def choose(window: MainWindow, stem: str) -> None:
    """Look at the photo of this name."""
    entry = next(each for each in window.session.album.entries if each.path.stem == stem)
    window.photos.choose(entry)


def standing(window: MainWindow) -> Standing:
    """Return how it stands with the photo looked at."""
    entry = window.photos.current
    return entry.standing if entry else Standing.NEW


def drag(window: MainWindow, files: Sequence[Path]) -> None:
    """Hover with files over the window."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(window, QDragEnterEvent(QPoint(400, 300), Qt.DropAction.CopyAction, mime, buttons, keys))
    window.setProperty("drag", mime)


def main() -> int:
    """Take all screenshots, or those named."""
    parser = argparse.ArgumentParser(description="Take the screenshots of the documentation.")
    parser.add_argument("names", nargs="*", default=DOCUMENTED, help="only these, without .png")
    parser.add_argument("--all", action="store_true", help="every state, light and dark, in full color")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    app = QApplication(sys.argv[:1])
    app.setApplicationName(APP_NAME)
    if "Inter" in QFontDatabase.families():
        font = QFont("Inter")
        font.setPixelSize(13)
        app.setFont(font)
    with tempfile.TemporaryDirectory() as folder:
        # Nobody's own settings and history: neither shown nor added to.
        for kind in ("DATA", "CONFIG", "CACHE", "LOG"):
            os.environ[f"MONDRIAN_{kind}_DIR"] = f"{folder}/{kind}"
        os.environ["HF_HUB_CACHE"] = f"{folder}/hub"
        # The small model is done before the usual interval is over; so its counting can be seen.
        os.environ["MONDRIAN_UPDATE_INTERVAL"] = "0.1"
        scratch = Path(folder) / "photos"
        (scratch / "a folder").mkdir(parents=True)
        (scratch / "notes.txt").write_text("no photo", encoding="utf-8")
        studio = Studio(app, options.folder, None if options.all else options.names)
        try:
            studio.play(script(studio, scratch))
            app.exec()
        finally:
            studio.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
