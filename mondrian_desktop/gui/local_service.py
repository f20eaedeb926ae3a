"""The HTTP service in the running app: it shares queue, history and models with the window."""

import importlib
import threading
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from mondrian_desktop.errors import UserError
from mondrian_desktop.service import Service
from mondrian_desktop.settings import SERVICE, SERVICE_HOST, SERVICE_PORT, Setting

if TYPE_CHECKING:
    from mondrian_desktop.api.server import Server


class LocalService(QObject):
    """Runs the server as the settings want it, from :meth:`follow` to :meth:`close`.

    FastAPI and uvicorn take their time to import: that happens in a thread, and the window stays alive.

    Attributes
    ----------
    server
        What is listening, or None.
    is_starting
        Whether it is on its way.
    problem
        Why it is off although it was wanted; empty where all is well.
    """

    changed = Signal()
    failed = Signal(str)
    """Why it could not be started."""

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self.server: Server | None = None
        self.is_starting = False
        self.problem = ""
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
        if setting is SERVICE:
            if wanted:
                self._start()
            else:
                self._stop()
                self.changed.emit()
        elif setting in (SERVICE_HOST, SERVICE_PORT) and wanted:
            self._stop()
            self._start()

    def _start(self) -> None:
        if self.is_on or self._closed:
            return
        self.is_starting, self.problem = True, ""
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
        from mondrian_desktop.api.server import Server

        try:
            self.server = Server(self._service)
        except UserError as err:
            self.problem = str(err)
        self.is_starting = False
        self.changed.emit()
        if self.problem:
            self.failed.emit(self.problem)
            self._switch_back()

    def _switch_back(self) -> None:
        settings = self._service.settings
        if settings.source(SERVICE) == "file":
            problem = self.problem
            try:
                settings.set(SERVICE, False)
            except UserError as err:
                problem = f"{problem}\n{err}"
            self.problem = problem
            self.changed.emit()

    def _stop(self) -> None:
        self.is_starting = False
        self.problem = ""
        if self.server is not None:
            self.server.close()
            self.server = None
