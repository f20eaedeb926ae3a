"""Notices when another process has changed the settings file, so that a running window follows the command line."""

from contextlib import suppress

from PySide6.QtCore import QFileSystemWatcher, QTimer

from mondrian_desktop.settings import Settings

_PAUSE_MS = 100


class SettingsFile:
    """Has the settings look again whenever their file changes, from :meth:`watch` to :meth:`close`.

    The folder is watched, since the file is mostly replaced as a whole, and need not be there yet; and the file that is
    there now, since an editor may write it in its place. Where the system does not tell of changes, or there is no such
    folder, settings are read again when a job begins, or something is set.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
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
            for changed in (self._watcher.directoryChanged, self._watcher.fileChanged):
                changed.connect(lambda: self._timer.start())
            self._look()

    def close(self) -> None:
        """Watch no more; closing again does nothing."""
        self._timer.stop()
        self._watcher = None

    def _look(self) -> None:
        file = str(self._settings.file)
        if self._watcher is not None:
            # Of a file that was replaced it watches the old one; a new one may lie there now.
            if file in self._watcher.files():
                self._watcher.removePath(file)
            if self._settings.file.is_file():
                self._watcher.addPath(file)
        self._settings.follow()
