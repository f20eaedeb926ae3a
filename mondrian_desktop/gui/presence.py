"""The app beyond its windows: menu bar, Dock, notifications, staying awake, and coming back."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication, QSystemTrayIcon

from mondrian_desktop.gui import mac
from mondrian_desktop.gui.batch_control import result
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.gui.menu_bar import MenuBar
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.settings import KEEP_AWAKE, NOTIFY


class Presence(QObject):
    """Keeps menu bar and Dock in step with the batches.

    Parameters
    ----------
    has_tray
        Whether there is a place for an item in the menu bar; None asks the system. Without one the last window that
        is closed ends the app: nothing else would bring it back.
    """

    def __init__(self, app: QApplication, window: MainWindow, *, has_tray: bool | None = None) -> None:
        super().__init__(window)
        self._is_over = False
        self._app = app
        self._window = window
        self._control = window.batches.control
        self._activity = mac.Activity()
        self.has_tray = QSystemTrayIcon.isSystemTrayAvailable() if has_tray is None else has_tray
        self._quits_with_last_window = app.quitOnLastWindowClosed()
        self.menu_bar = MenuBar(window.batches, self) if self.has_tray else None
        window.stays = self.has_tray or mac.IS_MAC
        app.setQuitOnLastWindowClosed(not window.stays)
        if self.menu_bar is not None:
            self.menu_bar.open_wanted.connect(window.bring)
            self.menu_bar.job_wanted.connect(window.open_job)
            self.menu_bar.quit_wanted.connect(window.verbs["quit"].trigger)
            self.menu_bar.show()
        self._control.changed.connect(self._refresh)
        self._control.ended.connect(self._tell_end)
        self._settings = self._control.service.settings
        self._leave = self._settings.on_change(lambda setting: self._refresh() if setting is KEEP_AWAKE else None)
        app.applicationStateChanged.connect(self._come_back)

    def close(self) -> None:
        """Take everything away; closing again does nothing."""
        if self._is_over:
            return
        self._is_over = True
        self._leave()
        self._activity.end()
        mac.show_progress(self._app, None)
        self._app.applicationStateChanged.disconnect(self._come_back)
        self._app.setQuitOnLastWindowClosed(self._quits_with_last_window)
        if self.menu_bar is not None:
            self.menu_bar.close()

    def _refresh(self) -> None:
        is_running = self._control.is_running
        if is_running and not self._control.service.paused and self._settings.get(KEEP_AWAKE):
            self._activity.begin("A batch of photos is being analyzed")
        else:
            self._activity.end()
        progress = self._control.service.progress()
        share = progress.over / progress.total if is_running and progress.total else None
        mac.show_progress(self._app, share, progress.waiting + progress.running)

    def _tell_end(self, progress: Progress) -> None:
        if not progress.done + progress.failed or not self._settings.get(NOTIFY):
            return
        if self.menu_bar is not None and self._app.applicationState() is not Qt.ApplicationState.ApplicationActive:
            self.menu_bar.notify("Batch finished", result(progress))
        else:
            self._app.alert(self._window)

    def _come_back(self, state: Qt.ApplicationState) -> None:
        """Show the window again when the Dock icon was clicked and nothing is to be seen."""
        if state is Qt.ApplicationState.ApplicationActive and not any(
            widget.isVisible() for widget in self._app.topLevelWidgets() if widget.isWindow()
        ):
            self._window.bring()
