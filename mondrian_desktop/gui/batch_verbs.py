"""What can be done about the selected photos of a batch: keys, the menu at the pointer, and buttons are views of it."""

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QPushButton

from mondrian_desktop.gui.batch_control import BatchControl
from mondrian_desktop.gui.batch_model import BatchModel, Row
from mondrian_desktop.gui.batch_row import BatchList
from mondrian_desktop.gui.selected_rows import selected_rows
from mondrian_desktop.jobs.model import JobState

VERBS = {
    "first": ("Move to Front", "Ctrl+Alt+Up"),
    "up": ("Move Up", "Alt+Up"),
    "down": ("Move Down", "Alt+Down"),
    "last": ("Move to End", "Ctrl+Alt+Down"),
    "skip": ("Skip", "Del"),
    "retry": ("Try Again", "Ctrl+R"),
    "open": ("Open", "Return"),
}
"""Words and keys."""
_IN_HAND = (JobState.QUEUED, JobState.RUNNING)
_CAN_BE_TRIED = (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)


class BatchVerbs(QObject):
    """The actions of the list."""

    open_wanted = Signal(object)
    """A :class:`~mondrian_desktop.jobs.model.Job` whose photo and critique are to be shown."""

    def __init__(self, listed: BatchList, model: BatchModel, control: BatchControl) -> None:
        super().__init__(listed)
        self._list = listed
        self._model = model
        self._control = control
        self._actions = {name: self._make(name) for name in VERBS}
        listed.addActions(list(self._actions.values()))
        listed.doubleClicked.connect(lambda index: self.open())
        listed.customContextMenuRequested.connect(self._show_menu)
        listed.selectionModel().selectionChanged.connect(self.refresh)

    @property
    def selected(self) -> list[Row]:
        """The selected rows, from top to bottom."""
        return [self._model.row(row) for row in selected_rows(self._list)]

    def button(self, name: str) -> QPushButton:
        """Return a button for an action."""
        action = self._actions[name]
        words = action.text().capitalize()
        made = QPushButton(words)
        made.setToolTip(f"{words} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")
        made.clicked.connect(action.trigger)
        made.setEnabled(action.isEnabled())
        action.enabledChanged.connect(made.setEnabled)
        return made

    def refresh(self) -> None:
        """Enable what is possible."""
        rows = self.selected
        states = {row.job.state for row in rows}
        for name in ("first", "up", "down", "last"):
            self._actions[name].setEnabled(states == {JobState.QUEUED})
        self._actions["skip"].setEnabled(not states.isdisjoint(_IN_HAND))
        self._actions["retry"].setEnabled(not states.isdisjoint(_CAN_BE_TRIED))
        self._actions["open"].setEnabled(len(rows) == 1)

    def first(self) -> None:
        """Move the selected ones before all others that wait."""
        ids = self._ids(JobState.QUEUED)
        chosen = set(ids)
        self._control.move(ids, next((each for each in self._model.waiting() if each not in chosen), None))

    def last(self) -> None:
        """Move the selected ones to the end of the line."""
        self._control.move(self._ids(JobState.QUEUED), None)

    def up(self) -> None:
        """Move the selected ones together before the one above them."""
        self._step(-1)

    def down(self) -> None:
        """Move the selected ones together behind the one below them."""
        self._step(1)

    def skip(self) -> None:
        """Take the selected ones out of the line, or end them."""
        self._control.skip(self._ids(*_IN_HAND))

    def retry(self) -> None:
        """Put the selected ones in line again."""
        self._control.retry(self._ids(*_CAN_BE_TRIED))

    def open(self) -> None:
        """Show the selected one in the main window."""
        rows = self.selected
        if len(rows) == 1:
            self.open_wanted.emit(rows[0].job)

    def _step(self, by: int) -> None:
        ids, line = self._ids(JobState.QUEUED), self._model.waiting()
        if not ids:
            return
        chosen = set(ids)
        first, last = line.index(ids[0]), line.index(ids[-1])
        if by < 0:
            above = [each for each in line[:first] if each not in chosen]
            before = above[-1] if above else next((each for each in line if each not in chosen), None)
        else:
            below = [each for each in line[last + 1 :] if each not in chosen]
            before = below[1] if len(below) > 1 else None
        self._control.move(ids, before)

    def _ids(self, *states: JobState) -> list[str]:
        return [row.job.id for row in self.selected if row.job.state in states]

    def _make(self, name: str) -> QAction:
        words, keys = VERBS[name]
        action = QAction(words, self)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda: getattr(self, name)())
        return action

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self._list)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self._actions.values()))
        menu.popup(self._list.viewport().mapToGlobal(at))
