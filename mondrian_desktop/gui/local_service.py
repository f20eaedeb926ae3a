"""The HTTP service in the running app: it shares queue, history and models with the window."""

import importlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mondrian_desktop.errors import UserError
from mondrian_desktop.service import Service
from mondrian_desktop.settings import SERVICE, SERVICE_HOST, SERVICE_PORT, Setting

if TYPE_CHECKING:
    from mondrian_desktop.api.server import Server


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the service listens: as the settings have it, and the port that it got (0 in the settings: any)."""

    host: str
    wanted_port: int
    port: int = 0


class LocalService(QObject):
    """Runs the server as the settings want it, from :meth:`follow` to :meth:`close`.

    FastAPI and uvicorn take their time to import: that happens in a thread, and the window stays alive. Where another
    address or port cannot be used, the service goes on where it was, and the settings go back, too.

    Attributes
    ----------
    server
        What is listening, or None.
    is_starting
        Whether it is on its way.
    problem
        What could not be done: why it is off although it was wanted, or still where it was. Empty where all is well.
    note
        What has just been done, where that is not plain to see.
    """

    changed = Signal()
    failed = Signal(str)
    """Why it could not be started, or moved."""

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self.server: Server | None = None
        self.is_starting = False
        self.problem = self.note = ""
        self._place: _Place | None = None
        self._is_going_back = False
        self._thread: threading.Thread | None = None
        self._leave = service.settings.on_change(self._setting_changed)
        self._closed = False

    @property
    def is_on(self) -> bool:
        """Whether it is running, or about to."""
        return self.server is not None or self.is_starting

    def follow(self) -> None:
        """Start where the settings want it: at the start of the app."""
        if self._service.settings.get(SERVICE):
            self._start()

    def renew_token(self) -> None:
        """Lock out whoever has the token."""
        if self.server is None:
            return
        try:
            self.server.renew_token()
        except UserError as err:
            self.problem, self.note = str(err), ""
        else:
            self.problem, self.note = "", "The token is new. Whoever had the old one is locked out."
        self.changed.emit()

    def close(self) -> None:
        """End it, and wait for its threads."""
        if self._closed:
            return
        self._closed = True
        self._leave()
        self._stop()
        if self._thread is not None:
            self._thread.join()

    def _setting_changed(self, setting: Setting[Any]) -> None:
        wanted = self._service.settings.get(SERVICE)
        if setting is SERVICE and not self._is_going_back:
            if wanted:
                self._start()
            else:
                self._stop()
                self.changed.emit()
        elif setting in (SERVICE_HOST, SERVICE_PORT) and wanted and not self._is_going_back:
            self._move()

    def _move(self) -> None:
        """Listen where the settings want it now, or else go on where it was."""
        before, wanted = self._place, self._wanted()
        if before and self.server and (before.host, before.wanted_port) == (wanted.host, wanted.wanted_port):
            return  # both were changed at once, and this is the second to be told
        self._stop()
        self._place = before
        self._start()

    def _wanted(self) -> _Place:
        settings = self._service.settings
        return _Place(settings.get(SERVICE_HOST), settings.get(SERVICE_PORT))

    def _start(self) -> None:
        if self.is_on or self._closed:
            return
        self.is_starting, self.problem, self.note = True, "", ""
        self.changed.emit()
        if self._thread is None:
            self._thread = threading.Thread(target=self._import, name="http-import", daemon=True)
            self._thread.start()
        elif not self._thread.is_alive():
            self._listen()

    def _import(self) -> None:
        importlib.import_module("mondrian_desktop.api.server")
        self._service.pump.post(self._listen)

    def _listen(self) -> None:
        if self._closed or not self.is_starting:
            return
        before, wanted = self._place, self._wanted()
        problem = self._open(wanted, wanted.wanted_port)
        if problem and before:
            problem = self._go_back(before, problem)
        self.is_starting = False
        if problem and self.server is None:
            self._place = None
            problem = self._set(problem, (SERVICE, False))
        self.problem = problem
        self.changed.emit()
        if problem:
            self.failed.emit(problem)

    def _open(self, place: _Place, port: int) -> str:
        """Listen there; return why not, empty where it does."""
        from mondrian_desktop.api.server import Server

        try:
            self.server = Server(self._service, place.host, port)
        except UserError as err:
            return str(err)
        self._place = _Place(place.host, place.wanted_port, self.server.port)
        return ""

    def _go_back(self, before: _Place, problem: str) -> str:
        """Listen where it was before; return what to say about it."""
        again = self._open(before, before.port)
        if self.server is None:
            return f"{problem}\n{again}"
        problem = f"{problem}\nIt goes on where it was, at {self.server.url}."
        return self._set(problem, (SERVICE_HOST, before.host), (SERVICE_PORT, before.wanted_port))

    def _set(self, problem: str, *values: tuple[Setting[Any], Any]) -> str:
        """Have the settings say what is true; return ``problem``, with why they cannot."""
        settings = self._service.settings
        self._is_going_back = True
        try:
            for setting, value in values:
                if settings.get(setting) != value and settings.source(setting) != "environment":
                    settings.set(setting, value)
        except UserError as err:
            return f"{problem}\n{err}"
        finally:
            self._is_going_back = False
        return problem

    def _stop(self) -> None:
        self.is_starting = False
        self.problem = self.note = ""
        self._place = None
        if self.server is not None:
            self.server.close()
            self.server = None
