"""What the screenshots show of a shoot: its batch from sheet to summary, the menu of the menu bar, the library."""

from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image, ImageOps
from PySide6.QtCore import QSize

from mondrian_desktop.gui.app import samples
from mondrian_desktop.gui.batch_sheet import BatchSheet
from mondrian_desktop.gui.menu_bar import MenuBar
from mondrian_desktop.gui.selected_rows import select_rows
from tools.studio import Scene, Studio

if TYPE_CHECKING:
    from mondrian_desktop.gui.library_window import LibraryWindow

NAMES = tuple(
    f"{name}{dark}"
    for name in (
        "batch-empty", "batch-sheet", "batch", "batch-small", "batch-paused", "batch-failed", "batch-summary",
        "batch-summary-small", "menu-bar", "menu-bar-rest", "library", "library-grid", "library-compare",
        "library-small", "library-grid-small", "library-many", "library-none", "growth", "growth-small",
    )
    for dark in ("", "-dark")
)  # fmt: skip
_SETTLE_MS = 400
_SIZE, _SMALL = (880, 640), (736, 480)
_LIBRARY_SIZE, _LIBRARY_SMALL = (1180, 760), (720, 520)
_NAMES = (
    "DSC_0412.jpg", "DSC_0418.jpg", "DSC_0431.jpg", "DSC_0440.jpg", "Mývatn.jpg", "Akureyri.jpg", "שלום.jpg",
    "Dettifoss, the second morning, from the far side, after the rain.jpg", "DSC_0452 & 0453.jpg", "Ísafjörður.jpg",
)  # fmt: skip


def play(studio: Studio, scratch: Path) -> Scene:
    """Visit every state."""
    yield from batch(studio, scratch)
    yield from library(studio)


def batch(studio: Studio, scratch: Path) -> Scene:
    """Analyze a folder: the sheet, the list while it runs, what failed, the summary; the menu of the menu bar."""
    window, batches = studio.window, studio.window.batches
    made = batches.window
    made.resize(*_SIZE)
    made.bring()
    yield _SETTLE_MS
    yield from studio.both("batch-empty", made)
    batches.prepare([_shoot(scratch)])
    yield _SETTLE_MS
    sheet = made.findChildren(BatchSheet) or window.findChildren(BatchSheet)
    yield from studio.both("batch-sheet", sheet[0])
    menu = MenuBar(batches)
    yield from _menu(studio, "menu-bar-rest", menu)
    sheet[0].accept()
    yield lambda: studio.service.progress().over >= 4
    studio.hold_when = lambda live: live.partial is not None and len(live.partial.critique.dimensions) >= 2
    yield lambda: studio.is_held
    yield _SETTLE_MS
    yield from studio.both("batch", made)
    yield from _menu(studio, "menu-bar", menu)
    menu.tray.icon().pixmap(QSize(36, 36)).save(str(studio.folder / "menu-bar-icon.png"))
    menu.close()
    made.resize(*_SMALL)
    yield _SETTLE_MS
    yield from studio.both("batch-small", made)
    made.resize(*_SIZE)
    made.pause.click()
    yield _SETTLE_MS
    yield from studio.both("batch-paused", made)
    made.pause.click()
    studio.hold_when = None
    yield lambda: not batches.control.is_running
    yield _SETTLE_MS
    yield from studio.both("batch-summary", made)
    made.resize(*_SMALL)
    yield _SETTLE_MS
    yield from studio.both("batch-summary-small", made)
    made.resize(*_SIZE)
    made.tabs.setCurrentIndex(3)
    yield _SETTLE_MS
    yield from studio.both("batch-failed", made)
    batches.close_window()


def library(studio: Studio) -> Scene:
    """Look at what was analyzed: list, grid, two compared, many selected, none found, growth."""
    made = studio.window.open_library()
    yield from _sized(studio, made, _LIBRARY_SIZE, "library", 1)
    yield from _sized(studio, made, _LIBRARY_SMALL, "library-small", 1)
    made.filters.grid.setChecked(True)
    yield from _sized(studio, made, _LIBRARY_SMALL, "library-grid-small", 1)
    yield from _sized(studio, made, _LIBRARY_SIZE, "library-grid", 1)
    made.filters.grid.setChecked(False)
    yield from _sized(studio, made, _LIBRARY_SIZE, "library-compare", 1, 3)
    yield from _sized(studio, made, _LIBRARY_SIZE, "library-many", *range(5))
    made.filters.search.setText("nothing like it")
    yield lambda: made.model.rowCount() == 0
    yield from _sized(studio, made, _LIBRARY_SIZE, "library-none")
    made.filters.clear()
    made.tabs.setCurrentIndex(1)
    yield from _sized(studio, made, _LIBRARY_SIZE, "growth")
    yield from _sized(studio, made, _LIBRARY_SMALL, "growth-small")
    made.close()


def _sized(studio: Studio, made: "LibraryWindow", size: tuple[int, int], name: str, *rows: int) -> Scene:
    made.resize(*size)
    select_rows(made.list, rows)
    yield _SETTLE_MS
    yield from studio.both(name, made)


def _menu(studio: Studio, name: str, menu: MenuBar) -> Scene:
    menu.refresh()
    menu.menu.ensurePolished()
    menu.menu.resize(menu.menu.sizeHint())
    yield from studio.both(name, menu.menu)


def _shoot(scratch: Path) -> Path:
    """Return a folder of photos: the samples and their mirror images, one that is torn, names as they come."""
    folder = scratch / "Iceland, March"
    folder.mkdir()
    for number, name in enumerate(_NAMES):
        source = samples()[number % len(samples())]
        with Image.open(source) as picture:
            mirrored = ImageOps.mirror(picture) if number >= len(samples()) else picture
            mirrored.save(folder / name, quality=90)
    (folder / "DSC_0424.jpg").write_bytes(samples()[0].read_bytes()[:20_000])
    return folder
