"""Take the screenshots in ``docs/screenshots``: the real window, the built-in model, the sample photos.

``python -m tools.screenshots`` needs no display. Each state is reached as a user reaches it, by the window's own
actions; only the pump is held in the middle of things, so that they can be looked at.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from mondrian_desktop import APP_NAME
from mondrian_desktop.engine.protocol import Stage
from mondrian_desktop.gui.album import Standing
from mondrian_desktop.gui.app import samples
from mondrian_desktop.gui.incoming import sort
from mondrian_desktop.gui.main_window import MainWindow
from tools import sheet_scenes, shoot_scenes, talk_scene
from tools.studio import SETTLE_MS, SIZE, Scene, Studio

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
DOCUMENTED = (
    "hero", "empty", "dragging", "loading", "live", "live-dark", "finished-dark", "facts", "stopped", "failed",
    "narrow", "models", "models-downloading-dark", "preferences-analysis", "preferences-service-on", "batch",
    "library-dark",
)  # fmt: skip
"""What lies in the repository; ``--all`` takes every state, light and dark."""
_LONG_NAMES = (
    "a name with\na new line.jpg",
    "<b>bold <img src=x> & co.jpg",
    "📷 caf\u00e9 \u05e9\u05dc\u05d5\u05dd \u202egpj.jpg",
    "x" * 240 + ".jpg",
)


def script(studio: Studio, scratch: Path) -> Scene:
    """Visit every state."""
    window = studio.window
    yield SETTLE_MS
    yield from studio.both("empty")
    yield from sheet_scenes.play(studio)
    shoots = studio.wants(*shoot_scenes.NAMES)
    if not studio.wants_more_than((*sheet_scenes.NAMES, *shoot_scenes.NAMES)):
        yield from shoot_scenes.play(studio, scratch) if shoots else ()
        return
    drag(window, [*samples(), scratch / "a folder", scratch / "notes.txt"])
    yield 100
    yield from studio.both("dragging")
    QApplication.sendEvent(window, QDragLeaveEvent())
    window.open_photos(sort(samples()))
    choose(window, "lake")
    yield SETTLE_MS * 2
    yield from studio.both("opened")
    yield from running(studio)
    yield from finished(studio)
    yield from asked(studio)
    yield from stopped(studio)
    yield from failed(studio, scratch)
    if shoots:
        yield from shoot_scenes.play(studio, scratch)
    if studio.wants(*sheet_scenes.SERVERS):
        yield from sheet_scenes.server(studio, scratch)
    if studio.wants("names", "many"):
        yield from many(studio, scratch)


def running(studio: Studio) -> Scene:
    """Hold the first analysis in each of its phases."""
    window = studio.window
    studio.hold_when = lambda live: live.stage is Stage.READING
    window.verbs["analyze"].trigger()
    yield SETTLE_MS
    yield from studio.both("reading")
    studio.hold_when = lambda live: live.stage is Stage.LOADING and live.load is not None and live.load.done_bytes > 0
    yield lambda: studio.is_held
    yield SETTLE_MS
    yield from studio.both("loading")
    studio.hold_when = lambda live: live.prefill is not None and 2 * live.prefill.done > live.prefill.total
    yield lambda: studio.is_held
    yield SETTLE_MS
    yield from studio.both("looking")
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 3
    yield lambda: studio.is_held
    yield SETTLE_MS * 2
    yield from studio.both("live")
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
    yield SETTLE_MS
    studio.shot("hero")
    yield from studio.both("finished")
    window.verbs["tab_facts"].trigger()
    yield from studio.both("facts")
    window.verbs["tab_raw"].trigger()
    yield from studio.both("raw")
    window.verbs["tab_critique"].trigger()
    window.looking.toggle_full_look()
    yield SETTLE_MS
    yield from studio.both("full-look")
    window.looking.toggle_full_look()
    window.verbs["seen"].trigger()
    yield SETTLE_MS
    yield from studio.both("seen")
    window.verbs["seen"].trigger()
    window.resize(960, 640)
    yield SETTLE_MS
    yield from studio.both("narrow")
    window.resize(960, 1200)
    yield SETTLE_MS
    yield from studio.both("stacked")
    window.resize(*SIZE)


def asked(studio: Studio) -> Scene:
    """Look at the Ask page, and ask several advisors."""
    window = studio.window
    panels = ("panel", "panel-dark", "panel-narrow", "panel-narrow-dark")
    if not studio.wants("ask", "ask-dark", *talk_scene.NAMES, *panels):
        return
    window.verbs["tab_ask"].trigger()
    yield SETTLE_MS
    yield from studio.both("ask")
    if studio.wants(*talk_scene.NAMES):
        yield from talk_scene.play(studio)
    if not studio.wants(*panels):
        window.verbs["tab_critique"].trigger()
        return
    asked_before = ["mentor", "ansel", "weston", "okeefe", "gehry"]
    window.asking.ask_several(asked_before[1:])
    yield lambda: studio.service.pump.is_idle
    yield SETTLE_MS
    window.verbs["tab_panel"].trigger()
    yield SETTLE_MS
    yield from studio.both("panel")
    if studio.wants("panel-narrow", "panel-narrow-dark"):
        window.asking.ask_several([each for each in studio.service.advisors if each not in asked_before])
        yield lambda: studio.service.pump.is_idle
        window.resize(960, 640)
        yield SETTLE_MS
        yield from studio.both("panel-narrow")
        window.resize(*SIZE)
    window.verbs["tab_critique"].trigger()


def stopped(studio: Studio) -> Scene:
    """Stop in the middle, with another advisor and others waiting."""
    window = studio.window
    choose(window, "street")
    window.asking.choose_advisor("ansel")
    yield SETTLE_MS * 2
    yield from studio.both("advisor")
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 3
    window.verbs["analyze"].trigger()
    yield lambda: studio.is_held
    window.verbs["stop"].trigger()
    studio.hold_when = None
    yield lambda: standing(window) is Standing.STOPPED
    yield SETTLE_MS
    yield from studio.both("stopped")


def failed(studio: Studio, scratch: Path) -> Scene:
    """Analyze what is no photo."""
    window = studio.window
    broken = scratch / "torn.jpg"
    broken.write_bytes(samples()[0].read_bytes()[:20_000])
    window.open_photos(sort([broken]), analyze=True)
    yield lambda: standing(window) is Standing.FAILED
    yield SETTLE_MS
    yield from studio.both("failed")


def many(studio: Studio, scratch: Path) -> Scene:
    """Open 500 photos, and some with names that nobody wants."""
    window = studio.window
    sources = samples()
    odd = [scratch / name for name in _LONG_NAMES]
    copies = odd + [scratch / f"DSC_{number:04}.jpg" for number in range(500)]
    for number, copy in enumerate(copies):
        shutil.copy(sources[number % len(sources)], copy)
    window.open_photos(sort(copies))
    yield SETTLE_MS * 2
    yield from studio.both("names")
    choose(window, "DSC_0007")
    yield SETTLE_MS * 2
    window.photos.selectAll()
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 2
    window.verbs["analyze"].trigger()
    yield lambda: studio.is_held
    yield SETTLE_MS
    yield from studio.both("many")


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
