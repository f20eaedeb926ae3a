"""Does the app keep what it should let go? Two hundred photos through the window's own service.

``python -m benchmarks.memory [--quick] [--json]``

Photos from 0.3 to 60 megapixels, as one batch, with the window open and the embedded model. Resident memory after the
last photo against that after the twentieth; open files, threads, Qt objects and temporary files likewise. With
``--quick`` 60 photos of at most 12 megapixels.
"""

import os
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from benchmarks import report
from benchmarks.report import Figure, figure, note
from mondrian_desktop import paths
from mondrian_desktop.jobs.queue import Update

WARM = 20
"""Photos after which nothing should grow any more."""
SIZES = ((640, 480), (2048, 1365), (4000, 3000), (6000, 4000), (9500, 6333))
"""Width and height in pixels: 0.3, 2.8, 12, 24 and 60 megapixels."""


@dataclass(frozen=True)
class Standing:
    """What the process holds: bytes, and numbers of things."""

    resident: int
    files: int
    threads: int
    qt_objects: int
    temporary: int


def measure(quick: bool) -> list[Figure]:
    """Return all figures."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("data", "config", "cache", "log"):
            os.environ[f"MONDRIAN_{kind.upper()}_DIR"] = str(Path(folder) / kind)
        temporary = Path(folder) / "temporary"
        temporary.mkdir()
        tempfile.tempdir = str(temporary)
        count, sizes = (60, SIZES[:3]) if quick else (200, SIZES)
        note(f"making {count} photos …")
        make_photos(Path(folder) / "photos", count, sizes)
        warm, end = run(Path(folder) / "photos", count, temporary)
    growth = {
        name: getattr(end, name) - getattr(warm, name) for name in ("files", "threads", "qt_objects", "temporary")
    }
    words = {"files": "open files", "threads": "threads", "qt_objects": "Qt objects", "temporary": "temporary files"}
    return [
        figure(f"resident memory, photo {count} / photo {WARM}", end.resident / warm.resident, at_most=1.03),
        figure(f"resident memory after photo {WARM}", warm.resident / 1e6, "MB"),
        *(figure(f"more {words[name]}", more, at_most=0) for name, more in growth.items()),
    ]


def make_photos(folder: Path, count: int, sizes: tuple[tuple[int, int], ...]) -> None:
    """Write ``count`` JPEGs of these sizes in turn, no two with the same content."""
    folder.mkdir()
    with Image.open(paths.resource("samples", "lake.jpg")) as sample:
        picture = sample.convert("RGB")
    encoded = []
    for number, size in enumerate(sizes):
        file = folder / f"size {number}.jpg"
        picture.resize(size).save(file, quality=90)
        encoded.append(file.read_bytes())
        file.unlink()
    for number in range(count):
        told = f"photo {number}".encode()
        comment = b"\xff\xfe" + (len(told) + 2).to_bytes(2, "big") + told
        start, rest = encoded[number % len(sizes)][:2], encoded[number % len(sizes)][2:]
        (folder / f"{number:03}.jpg").write_bytes(start + comment + rest)


def run(photos: Path, count: int, temporary: Path) -> tuple[Standing, Standing]:
    """Analyze all ``photos`` with a window open; return what the process held after :data:`WARM` and at the end."""
    from PySide6.QtCore import QObject, QTimer

    from mondrian_desktop.bootstrap import build
    from mondrian_desktop.gui.app import Desk
    from mondrian_desktop.gui.file_open import Application

    app = Application()
    # Closing is for the end, not for the end of the batch.
    desk = Desk(app, build)
    found: list[Standing] = []
    over: set[str] = set()

    def look() -> None:
        objects = sum(len(widget.findChildren(QObject)) for widget in app.topLevelWidgets())
        status = Path("/proc/self/statm").read_text(encoding="ascii").split()
        found.append(
            Standing(
                int(status[1]) * os.sysconf("SC_PAGE_SIZE"),
                sum(1 for _ in Path("/proc/self/fd").iterdir()),
                threading.active_count(),
                objects,
                sum(1 for _ in temporary.rglob("*")),
            )
        )
        if len(over) == count:
            app.quit()

    def heard(update: Update) -> None:
        if update.job.is_over and update.job.id not in over:
            if update.job.reason:
                raise RuntimeError(update.job.reason)
            over.add(update.job.id)
            if len(over) % 20 == 0:
                note(f"{len(over)} of {count} …")
            if len(over) in (WARM, count):
                # When everybody has heard of it.
                QTimer.singleShot(0, look)

    desk.service.subscribe(heard)
    desk.open([], analyze=False)
    desk.service.submit_all([photos])
    app.exec()
    desk.close()
    warm, end = found
    return warm, end


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(report.run("memory", measure))
