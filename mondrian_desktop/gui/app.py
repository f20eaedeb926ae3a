"""The application: makes window and service, starts Qt's loop, and ends both."""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from PySide6.QtGui import QIcon

from mondrian_desktop import APP_NAME, __version__, log, paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import mac, warm_up
from mondrian_desktop.gui.file_open import Application
from mondrian_desktop.gui.first_paint import FirstPaint
from mondrian_desktop.gui.incoming import sort
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.presence import Presence
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs import handover
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

    def __init__(
        self, app: Application, build: Build, samples: Sequence[Path] = (), *, has_tray: bool | None = None
    ) -> None:
        self._file_open = app.file_open
        self._thread = MainThread()
        self.service = build(post=self._thread.post)
        self._driver: PumpDriver | None = None
        self.theme = Theme(app)
        self.window = MainWindow(self.service, self.theme, samples)
        self._last_phase = LastPhase(paths.log_dir())
        self.service.subscribe(self._last_phase.follow)
        if self._last_phase.problems:
            self.window.notice.keep("\n".join(self._last_phase.problems))
        self.presence = Presence(app, self.window, has_tray=has_tray)
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
        self.presence.close()
        self.window.end()
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
        self.window.batches.offer_unfinished(self.window.notice)

    def receive(self, message: handover.Message) -> None:
        """Open what a second start of the app hands over. May be called from any thread."""
        self.service.pump.post(lambda: self._take(message))

    def _take(self, message: handover.Message) -> None:
        self.window.bring()
        if message.paths:
            self.window.open_photos(sort(message.paths), analyze=message.analyze)

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
    instance = _claim(photos, analyze=analyze)
    if instance is None:
        return 0
    app = Application(sys.argv[:1])
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
        try:
            instance.listen(desk.receive)
        except UserError as err:
            desk.window.tell(str(err))
        return app.exec()
    finally:
        interrupt.close()
        desk.close()
        instance.close()


class _Nobody:
    """In the place of a claim that could not be made: the app works, and nobody can hand it anything."""

    def listen(self, on_message: Callable[[handover.Message], None]) -> None:
        """Hear nothing."""

    def close(self) -> None:
        """Let go of nothing."""


def _claim(photos: Sequence[Path], *, analyze: bool) -> handover.Instance | _Nobody | None:
    """Return the claim to the history; None where a running app has it, which got the photos then."""
    folder = paths.data_dir()
    try:
        instance = handover.claim(folder)
        if instance is None:
            handover.hand_over(folder, handover.Message(tuple(photos), analyze))
        return instance
    except UserError as err:
        # A folder that cannot be written is told by the window; another app that hangs must not keep us from working.
        _log.warning("%s", err)
        return _Nobody()


def samples() -> list[Path]:
    """Return the sample photos that came with the app."""
    return sorted(paths.resource("samples").glob("*.jpg"))
