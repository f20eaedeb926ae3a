"""The item in the menu bar: how the batch stands, and everything one needs while no window is open."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from mondrian_desktop import APP_NAME, paths
from mondrian_desktop.gui.batches import Batches
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.photo.text import left_to_right
from mondrian_desktop.report.clean import clean_line

RECENT = 5
_LOOKED_AT = 60
_STEPS = 24
"""The icon is drawn anew when progress has come this part of the way further."""
# The three cells of the drawing that fill, one after the other, in shares of the icon's side.
CELLS = ((0.06, 0.39, 0.19, 0.38), (0.33, 0.06, 0.6, 0.27), (0.33, 0.39, 0.6, 0.38))


class MenuBar(QObject):
    """The item and its menu; only views of what the windows do, too."""

    open_wanted = Signal()
    job_wanted = Signal(object)
    """A :class:`Job` of a recent analysis is to be shown."""
    quit_wanted = Signal()

    def __init__(self, batches: Batches, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._batches = batches
        self._control = batches.control
        self._service = batches.control.service
        self._drawn = -1
        self.menu = QMenu()
        self.status = self._add("Nothing to do", None)
        self.status.setEnabled(False)
        self.pause = self._add("Pause", self._control.toggle_pause)
        self.stop = self._add("Stop", self._control.stop)
        self.try_now = self._add("", self._service.try_now)
        self.menu.addSeparator()
        self.files = self._add("Analyze Files…", batches.ask_for_files)
        self.folder = self._add("Analyze Folder…", batches.ask_for_folder)
        self.watch = self._add("Watch Folder…", batches.toggle_watch)
        self.watch.setCheckable(True)
        self.batch = self._add("Show Batch", batches.show_window)
        self.menu.addSeparator()
        self._recent_title = self._add("Recent Analyses", None)
        self._recent_title.setEnabled(False)
        self.recent = [self._add("", None) for _ in range(RECENT)]
        for action in self.recent:
            action.triggered.connect(lambda checked=False, action=action: self.job_wanted.emit(action.data()))
        self.menu.addSeparator()
        self.open = self._add(f"Open {APP_NAME}", self.open_wanted.emit)
        self.quit = self._add(f"Quit {APP_NAME}", self.quit_wanted.emit)
        self.tray = QSystemTrayIcon(self)
        self.tray.setContextMenu(self.menu)
        self.menu.aboutToShow.connect(self.refresh)
        self._control.changed.connect(self.refresh_status)
        batches.watch_changed.connect(self.refresh_status)
        self.refresh()

    def show(self) -> None:
        """Put the item into the menu bar."""
        self.tray.show()

    def close(self) -> None:
        """Take it away."""
        self._control.changed.disconnect(self.refresh_status)
        self._batches.watch_changed.disconnect(self.refresh_status)
        self.tray.hide()
        self.menu.deleteLater()

    def notify(self, title: str, text: str) -> None:
        """Tell something where the system tells things."""
        self.tray.showMessage(title, text, QSystemTrayIcon.MessageIcon.NoIcon)

    def refresh(self) -> None:
        """Bring the whole menu up to date: it is about to be seen."""
        self.refresh_status()
        jobs = self._recent_jobs()
        self._recent_title.setVisible(bool(jobs))
        for n, action in enumerate(self.recent):
            action.setVisible(n < len(jobs))
            if n < len(jobs):
                action.setText(self._title(jobs[n]))
                action.setData(jobs[n])

    def refresh_status(self) -> None:
        """Bring status line and icon up to date."""
        busy, paused = self._control.is_busy, self._service.paused
        words = self._control.status
        self.status.setText(words)
        self.pause.setText("Resume" if paused else "Pause")
        self.pause.setEnabled(busy or paused)
        self.stop.setEnabled(busy)
        awaited = self._control.awaited()
        self.try_now.setVisible(bool(awaited))
        self.try_now.setText(f"Try {' and '.join(each.host for each in awaited)} Now".replace("&", "&&"))
        watched = self._batches.watched
        self.watch.setText(f"Watching {watched}".replace("&", "&&") if watched else "Watch Folder…")
        self.watch.setChecked(bool(watched))
        self.tray.setToolTip(f"{APP_NAME}: {words}" if busy else APP_NAME)
        progress = self._service.progress()
        step = round(_STEPS * progress.over / progress.total) if busy and progress.total else -2
        if step != self._drawn:
            self._drawn = step
            self.tray.setIcon(icon(step / _STEPS if step >= 0 else None))

    def _recent_jobs(self) -> Sequence[Job]:
        done = (
            job
            for job in self._service.latest_jobs(_LOOKED_AT)
            if job.state is JobState.DONE and job.path and not job.about
        )
        return list(done)[:RECENT]

    def _title(self, job: Job) -> str:
        name = left_to_right(clean_line(job.path.name, 40)) if job.path else "?"
        advisor = self._service.advisors.get(job.advisor)
        who = clean_line(advisor.name if advisor else job.advisor, 30)
        return f"{name} · {who}".replace("&", "&&")

    def _add(self, text: str, verb: Callable[[], object] | None) -> QAction:
        action = QAction(text, self.menu)
        action.setMenuRole(QAction.MenuRole.NoRole)
        if verb is not None:
            action.triggered.connect(lambda: verb())
        self.menu.addAction(action)
        return action


def icon(progress: float | None) -> QIcon:
    """Return the template icon: its three cells filled one after the other; None: at rest, none is filled."""
    made = QIcon()
    for name, scale in (("menu-bar.png", 1), ("menu-bar@2x.png", 2)):
        pixmap = QPixmap(str(paths.resource("icons", name)))
        pixmap.setDevicePixelRatio(1)
        if progress is not None:
            _fill(pixmap, progress)
        pixmap.setDevicePixelRatio(scale)
        made.addPixmap(pixmap)
    # macOS then draws it in the menu bar's own color.
    made.setIsMask(True)
    return made


def _fill(pixmap: QPixmap, progress: float) -> None:
    side = pixmap.width()
    painter = QPainter(pixmap)
    painter.setPen(Qt.PenStyle.NoPen)
    for n, (left, top, width, height) in enumerate(CELLS):
        share = min(max(3 * progress - n, 0.0), 1.0)
        filled = QRectF(left * side, (top + height * (1 - share)) * side, width * side, height * share * side)
        painter.fillRect(filled, QColor("black"))
    painter.end()
