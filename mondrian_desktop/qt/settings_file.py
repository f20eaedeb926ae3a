"""Notices when another process has changed the settings file, so that a running window follows the command line."""

from contextlib import suppress

from PySide6.QtCore import QFileSystemWatcher, QTimer

from mondrian_desktop.settings import Settings

_PAUSE_MS = 100


class SettingsFile:
    """Has the settings look again whenever something changes in their folder, from :meth:`watch` to :meth:`close`.

    The folder is watched, not the file: that one is replaced as a whole, and need not be there yet. Where the system
    does not tell of changes, or there is no such folder, settings are read again when something is set.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._seen = self._signature()
        self._timer = QTimer()
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._look)
        self._watcher: QFileSystemWatcher | None = None

    def watch(self) -> None:
        """Begin. What was changed since the settings were read is taken over."""
        folder = self._settings.file.parent
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
        if self._watcher is None and folder.is_dir():
            self._watcher = QFileSystemWatcher([str(folder)])
            self._watcher.directoryChanged.connect(lambda: self._timer.start())
            self._look()

    def close(self) -> None:
        """Watch no more; closing again does nothing."""
        self._timer.stop()
        self._watcher = None

    def _look(self) -> None:
        signature = self._signature()
        if signature != self._seen:
            self._seen = signature
            self._settings.look_again()

    def _signature(self) -> tuple[int, int, int] | None:
        try:
            status = self._settings.file.stat()
        except OSError:
            return None
        return status.st_ino, status.st_size, status.st_mtime_ns
