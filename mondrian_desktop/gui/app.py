"""The application: makes window and service, starts Qt's loop, and ends both."""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from mondrian_desktop import APP_NAME, __version__, log, paths
from mondrian_desktop.gui import mac, warm_up
from mondrian_desktop.gui.file_open import FileOpen
from mondrian_desktop.gui.first_paint import FirstPaint
from mondrian_desktop.gui.incoming import sort
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs.last_phase import LastPhase
from mondrian_desktop.pump import Post
from mondrian_desktop.qt.interrupt import Interrupt
from mondrian_desktop.qt.main_thread import MainThread
from mondrian_desktop.qt.pump_driver import PumpDriver
from mondrian_desktop.service import Service

_log = logging.getLogger(__name__)


class Build(Protocol):
    """Makes the service: :func:`mondrian_desktop.bootstrap.build`."""

    def __call__(self, *, post: Post) -> Service:
        """Return a service whose pump gets work from other threads by ``post``."""
        ...


class Desk:
    """A window with a service behind it, driven by Qt's loop.

    Attributes
    ----------
    window, service, theme
        What belongs together.
    """

    def __init__(self, app: QApplication, build: Build, samples: Sequence[Path] = ()) -> None:
        self._file_open = FileOpen(app)
        self._thread = MainThread()
        self.service = build(post=self._thread.post)
        self._driver: PumpDriver | None = None
        self.theme = Theme(app)
        self.window = MainWindow(self.service, self.theme, samples)
        self._last_phase = LastPhase(paths.log_dir())
        self.service.subscribe(self._last_phase.follow)
        if self._last_phase.problems:
            self.window.notice.keep("\n".join(self._last_phase.problems))
        self._first_paint = FirstPaint(self.window, self._drive)
        self._previous_hook = sys.excepthook
        sys.excepthook = self._report

    def open(self, photos: Sequence[Path], *, analyze: bool) -> None:
        """Show the window, and in it ``photos`` and what the system has handed over so far."""
        self.window.show()
        if photos:
            self.window.open_photos(sort(photos), analyze=analyze)
        self._file_open.listen(lambda arrived: self.window.open_photos(sort(arrived)))

    def close(self) -> None:
        """End everything at once: no timer, thread or listener is left."""
        sys.excepthook = self._previous_hook
        self._file_open.close()
        # What the end changes is not painted any more: Qt would paint a window that is gone.
        self.window.setUpdatesEnabled(False)
        self.window.close()
        self._first_paint.close()
        if self._driver is not None:
            self._driver.close()
        self.service.close()
        self._last_phase.close()
        self._thread.close()
        self.window.deleteLater()
        self.theme.deleteLater()

    def _drive(self) -> None:
        # Not earlier: the first step of a job imports the model's library, which takes seconds.
        self._driver = PumpDriver(self.service.pump)
        warm_up.start()
        self.window.local_service.follow()
        self.window.models.look()

    def _report(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Log what nobody expected, and say so; the app goes on."""
        _log.error("unexpected", exc_info=(kind, error, trace))
        self._previous_hook(kind, error, trace)
        if isinstance(error, Exception):
            self.window.tell(
                f"Mondrian made a mistake ({error!r}). Your photos are untouched; the log has the details."
            )


def run(
    build: Build, photos: Sequence[Path], *, analyze: bool = False, on_made: Callable[[Desk], None] | None = None
) -> int:
    """Open the window with ``photos`` and return the exit code when it is over.

    The window is painted before anything heavy is imported: the engine does that when the first job begins.
    ``on_made`` is called with everything before it is shown.
    """
    log.start()
    mac.prepare_application()
    app = QApplication(sys.argv[:1])
    app.setApplicationName(APP_NAME)
    app.setApplicationDisplayName(APP_NAME)
    app.setApplicationVersion(__version__)
    app.setWindowIcon(QIcon(str(paths.resource("icons", "mondrian.svg"))))
    desk = Desk(app, build, samples())
    interrupt = Interrupt(app.quit)
    try:
        if on_made:
            on_made(desk)
        desk.open(photos, analyze=analyze)
        return app.exec()
    finally:
        interrupt.close()
        desk.close()


def samples() -> list[Path]:
    """Return the sample photos that came with the app."""
    return sorted(paths.resource("samples").glob("*.jpg"))
