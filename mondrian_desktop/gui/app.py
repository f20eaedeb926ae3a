"""The application: shows the empty window, then makes service and what is in the window; starts Qt's loop, ends all.

What is imported here is waited for before anything can be seen; the rest is imported by :class:`Desk`.
"""

import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from mondrian_desktop import APP_NAME, __version__, paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.file_open import Application
from mondrian_desktop.gui.first_paint import FirstPaint
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.place import Place
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs import handover

if TYPE_CHECKING:
    from types import TracebackType

    from PySide6.QtCore import QUrl

    from mondrian_desktop.pump import Post
    from mondrian_desktop.qt.pump_driver import PumpDriver
    from mondrian_desktop.service import Service

_log = logging.getLogger(__name__)


class Build(Protocol):
    """Makes the service: :func:`mondrian_desktop.bootstrap.build`."""

    def __call__(self, *, post: "Post") -> "Service":
        """Return a service whose pump gets work from other threads by ``post``."""
        ...


class Desk:
    """A window with a service behind it, driven by Qt's loop.

    Parameters
    ----------
    window
        One that is empty, and may be seen already; None: one is made.

    Attributes
    ----------
    window, service, theme
        What belongs together.
    """

    def __init__(
        self, app: Application, build: Build, samples: Sequence[Path] = (), *, has_tray: bool | None = None,
        window: MainWindow | None = None,
    ) -> None:  # fmt: skip
        from mondrian_desktop.gui.links import Links
        from mondrian_desktop.gui.presence import Presence
        from mondrian_desktop.jobs.last_phase import LastPhase
        from mondrian_desktop.qt.main_thread import MainThread
        from mondrian_desktop.qt.settings_file import SettingsFile

        self._file_open = app.file_open
        self._thread = MainThread()
        self.service = build(post=self._thread.post)
        self._driver: PumpDriver | None = None
        self._settings_file = SettingsFile(self.service.settings)
        self.window = window or MainWindow(Theme(app, waits=True))
        self.theme = self.window.theme
        # What was held when the app ended may not be what is set now.
        self.theme.hold(None)
        self.window.furnish(self.service, samples)
        self.theme.dress()
        self._last_phase = LastPhase(paths.log_dir())
        self.service.subscribe(self._last_phase.follow)
        for problem in self._last_phase.problems:
            self.window.notice.keep(problem)
        self.links = Links(
            self.window, self.window.tell, lambda found: self._take(handover.Message(tuple(found), analyze=True))
        )
        # Photos chosen in Finder's menu: whoever did that wants them analyzed.
        self._services = mac.ServicesProvider(lambda found: self.receive(handover.Message(tuple(found), analyze=True)))
        self.presence = Presence(app, self.window, has_tray=has_tray)
        self._first_paint = FirstPaint(self.window, self._drive)
        self._previous_hook = sys.excepthook
        sys.excepthook = self._report

    def open(self, photos: Sequence[Path], *, analyze: bool) -> None:
        """Show the window, and in it ``photos`` and what the system has handed over so far."""
        self.window.show()
        if photos:
            self.window.open_files(photos, analyze=analyze)
        self._file_open.listen(self.window.open_files, self._follow)

    def close(self) -> None:
        """End everything at once: no timer, thread or listener is left."""
        sys.excepthook = self._previous_hook
        self._file_open.close()
        self._services.close()
        # What the end changes is not painted any more: Qt would paint a window that is gone.
        self.window.setUpdatesEnabled(False)
        self.presence.close()
        self.window.end()
        self._first_paint.close()
        self._settings_file.close()
        if self._driver is not None:
            self._driver.close()
        self.service.close()
        self._last_phase.close()
        self._thread.close()
        self.window.deleteLater()
        self.theme.deleteLater()

    def _drive(self) -> None:
        from mondrian_desktop.gui import warm_up
        from mondrian_desktop.qt.pump_driver import PumpDriver

        # Not earlier: the first step of a job imports the model's library, which takes seconds.
        self._driver = PumpDriver(self.service.pump)
        self._settings_file.watch()
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
            self.window.open_files(message.paths, analyze=message.analyze)

    def _follow(self, link: "QUrl") -> None:
        self.window.bring()
        self.links.follow(link)

    def _report(self, kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
        """Log what nobody expected, and say so; the app goes on."""
        _log.error("unexpected", exc_info=(kind, error, trace))
        self._previous_hook(kind, error, trace)
        if isinstance(error, Exception):
            self.window.tell(
                f"Mondrian made a mistake ({error!r}). Your photos are untouched; the log has the details."
            )


def run(
    build: Build,
    photos: Sequence[Path],
    *,
    analyze: bool = False,
    on_painted: Callable[[bool], None] = lambda painted: None,
    on_made: Callable[[Desk], None] | None = None,
) -> int:
    """Open the window with ``photos`` and return the exit code when it is over.

    The empty window is painted before what goes into it is imported, and that before the model's library: the engine
    imports it when the first job begins. ``on_painted`` is called when the empty window was painted, or with False
    where it was not in time; ``on_made`` with everything, before that is painted.
    """
    instance = _claim(photos, analyze=analyze)
    if instance is None:
        return 0
    app = Application(sys.argv[:1])
    app.setApplicationName(APP_NAME)
    app.setApplicationDisplayName(APP_NAME)
    app.setApplicationVersion(__version__)
    opening = _Opening(app, on_painted)

    def furnish(desk: Desk) -> None:
        if on_made:
            on_made(desk)
        desk.open(photos, analyze=analyze)
        try:
            instance.listen(desk.receive)
        except UserError as err:
            desk.window.tell(str(err))

    try:
        return opening.run(build, furnish)
    finally:
        opening.close()
        instance.close()


class _Opening:
    """The empty window, and after its painting the desk that it belongs to."""

    def __init__(self, app: Application, on_painted: Callable[[bool], None]) -> None:
        self._app = app
        self._on_painted = on_painted
        place = Place.load()
        self.window = MainWindow(Theme(app, dark=place.dark, waits=True), place)
        self._desk: Desk | None = None
        self._failure: BaseException | None = None
        self._close_interrupt: Callable[[], None] = lambda: None

    def run(self, build: Build, then: Callable[[Desk], None]) -> int:
        """Show the window, make the desk and hand it to ``then``; return the exit code when the app is over."""
        first_paint = FirstPaint(self.window, lambda: self._make(first_paint.is_over, build, then))
        self.window.show()
        try:
            code = self._app.exec()
        finally:
            first_paint.close()
        if self._failure is not None:
            raise self._failure
        return code

    def close(self) -> None:
        """End everything."""
        self._close_interrupt()
        if self._desk is not None:
            self._desk.close()
        else:
            self._app.file_open.close()
            self.window.end()

    def _make(self, painted: bool, build: Build, then: Callable[[Desk], None]) -> None:
        self._on_painted(painted)
        from PySide6.QtGui import QIcon

        from mondrian_desktop import log
        from mondrian_desktop.qt.interrupt import Interrupt

        log.start()
        interrupt = Interrupt(self._app.quit)
        self._close_interrupt = interrupt.close
        mac.prepare_menus()
        self._app.setWindowIcon(QIcon(str(paths.resource("icons", "mondrian.svg"))))
        try:
            self._desk = Desk(self._app, build, samples(), window=self.window)
            then(self._desk)
        except BaseException as err:  # noqa: BLE001 - Qt would print it and go on: it is raised when the loop is over
            self._failure = err
            self._app.exit(1)


class _Nobody:
    """In the place of a claim that could not be made: the app works, and nobody can hand it anything."""

    def __init__(self, reason: UserError) -> None:
        self._reason = reason

    def listen(self, on_message: Callable[[handover.Message], None]) -> None:
        """Hear nothing."""
        _log.warning("%s", self._reason)

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
        return _Nobody(err)


def samples() -> list[Path]:
    """Return the sample photos that came with the app."""
    return sorted(paths.resource("samples").glob("*.jpg"))
