"""Batches and watched folders as the main window offers them: dialogs, sheets, and the batch window when wanted."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QMessageBox, QWidget

from mondrian_desktop import APP_NAME
from mondrian_desktop.gui import dialogs
from mondrian_desktop.gui.batch_control import BatchControl
from mondrian_desktop.gui.batch_sheet import BatchSheet, ask_for_folder
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.jobs.model import Batch
from mondrian_desktop.photo.text import shown_name
from mondrian_desktop.service import Service
from mondrian_desktop.settings import ADVISOR, BATCH_SUBFOLDERS

if TYPE_CHECKING:
    from mondrian_desktop.gui.batch_window import BatchWindow


class Batches(QObject):
    """What the menus have to do with batches.

    Attributes
    ----------
    control
        The batches themselves.
    """

    open_wanted = Signal(object)
    """A :class:`~mondrian_desktop.jobs.model.Job` whose photo and critique are to be shown."""
    watch_changed = Signal()
    """Other folders are watched than before."""

    def __init__(self, service: Service, theme: Theme, thumbnails: Thumbnails, window: QWidget) -> None:
        super().__init__(window)
        self._service = service
        self._theme = theme
        self._thumbnails = thumbnails
        self._window = window
        self._made: BatchWindow | None = None
        self._folder: Path | None = None
        self.control = BatchControl(service, self)
        self.control.begun.connect(self._begun)

    @property
    def window(self) -> "BatchWindow":
        """The batch window, made when it is first wanted."""
        if self._made is None:
            from mondrian_desktop.gui.batch_window import BatchWindow  # not before the first painting

            self._made = BatchWindow(self.control, self._theme, self._thumbnails)
            self._made.open_wanted.connect(self.open_wanted)
            self._made.folder_wanted.connect(self.ask_for_folder)
            self._made.batch_wanted.connect(lambda roots: self.prepare(roots, self._made))
        return self._made

    @property
    def watched(self) -> str:
        """The watched folder's name; empty where none is watched."""
        return ", ".join(shown_name(folder) for folder in self._service.watched)

    def close_window(self) -> None:
        """Close the batch window, where there is one."""
        if self._made is not None:
            self._made.close()

    def close(self) -> None:
        """End: no window and no listener is left. Closing again does nothing."""
        self.control.close()
        self.forget()

    def forget(self) -> None:
        """Show no batch any more, where all have been deleted."""
        if self._made is not None:
            self._made.stop_reading()
            self._made.close()
            self._made.deleteLater()
            self._made = None

    def ask_for_files(self) -> None:
        """Choose files, then advisors."""
        dialogs.open_photos(self._host(), self.prepare, self._folder)

    def ask_for_folder(self) -> None:
        """Choose a folder, then advisors."""
        ask_for_folder(self._host(), "Analyze a folder", self._folder, lambda folder: self.prepare([folder]))

    def prepare(self, roots: Sequence[Path], host: QWidget | None = None) -> None:
        """Ask, in a sheet of ``host`` or of the window in front, who is to look at photos and folders; then start."""
        if not roots:
            return
        self._folder = roots[0].parent

        def start(advisors: Sequence[str], recursive: bool, again: bool) -> None:
            self.control.start(roots, advisors, recursive=recursive, again=again)

        # Many files come from a file dialog, which tells files from folders.
        has_folders = len(roots) > 200 or any(root.is_dir() for root in roots)
        sheet = BatchSheet(
            host or self._host(), roots, self._service.advisors, self._advisor(), start, has_folders=has_folders
        )
        sheet.recursive.setChecked(self._service.settings.get(BATCH_SUBFOLDERS))
        # Not from within the file dialog's own signal: on a Mac a sheet cannot open before the last one is gone.
        QTimer.singleShot(0, sheet, sheet.open)

    def toggle_watch(self) -> None:
        """Watch no folder any more, or ask which one is to be watched."""
        if self._service.watched:
            self.control.unwatch()
            self.watch_changed.emit()
        else:
            ask_for_folder(self._host(), "Watch a folder for new photos", self._folder, self.watch)

    def watch(self, folder: Path) -> None:
        """Watch a folder: photos that arrive there are analyzed by the chosen advisor."""
        self.control.watch(folder, [self._advisor()])
        self.watch_changed.emit()

    def show_window(self) -> None:
        """Show the batch window."""
        self.window.bring()

    def offer_unfinished(self, notice: Notice) -> None:
        """Offer what the last session left, or go on with it, as the settings say."""
        self.control.take_up_by_itself()
        offer = self.control.offer()
        if offer:
            notice.offer(offer, ("Go on", self.control.take_up), ("Let go", self.control.discard))

    def ask_before_quitting(self, quit_app: Callable[[], object]) -> QMessageBox | None:
        """Quit, or ask first while a batch runs; return the sheet that asks."""
        if not self.control.is_running:
            quit_app()
            return None
        box = QMessageBox(self._host())
        box.setText("A batch is running.")
        box.setInformativeText(
            f"{self.control.status}. What is done is kept; the rest is offered when {APP_NAME} is opened again."
        )
        leave = box.addButton(f"Quit {APP_NAME}", QMessageBox.ButtonRole.AcceptRole)
        stay = box.addButton("Keep going", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(leave)
        box.setEscapeButton(stay)
        leave.clicked.connect(lambda: quit_app())
        box.open()
        box.finished.connect(box.deleteLater)
        return box

    def _begun(self, batch: Batch) -> None:
        if self._made is None:
            self.window.show_batch(batch)
            self.window.bring()

    def _advisor(self) -> str:
        wanted = self._service.settings.get(ADVISOR)
        return wanted if wanted in self._service.advisors else next(iter(self._service.advisors))

    def _host(self) -> QWidget:
        """Return the window that a sheet belongs to; it has to be seen."""
        if self._made is not None and self._made.isActiveWindow():
            return self._made
        if not self._window.isVisible():
            self._window.show()
        return self._window
