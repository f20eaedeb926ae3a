"""One table of everything that can be done. Menus, shortcuts and the toolbar are views of it."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QUndoStack
from PySide6.QtWidgets import QMainWindow, QMenu

from mondrian_desktop import APP_NAME
from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.report.clean import clean_line

_Roles = QAction.MenuRole
MenuName: TypeAlias = Literal["File", "Edit", "View", "Photo", "Window", "Help"]
_MENUS: tuple[MenuName, ...] = ("File", "Edit", "View", "Photo", "Window", "Help")
_MAC = sys.platform == "darwin"


@dataclass(frozen=True, slots=True)
class State:
    """What decides which actions are possible; ``idle`` counts the selected photos that may be analyzed."""

    has_photos: bool = False
    has_photo: bool = False
    selected: int = 0
    idle: int = 0
    is_running: bool = False
    has_waiting: bool = False
    has_critique: bool = False
    has_seen: bool = False
    has_report: bool = False
    tabs: tuple[bool, ...] = (False,) * 5
    is_at_first: bool = True
    is_at_last: bool = True
    is_busy: bool = False
    is_paused: bool = False
    watched: str = ""


@dataclass(frozen=True, slots=True)
class Spec:
    """One action.

    Attributes
    ----------
    id
        By which the window gives it its verb.
    text
        Title case, as menus have it.
    keys
        Shortcuts; "Ctrl" is the command key on a Mac. With ``focused`` they belong to the list and the photo and
        leave buttons and text alone.
    enabled
        When it is possible.
    separated
        Whether a line comes before it.
    """

    id: str
    menu: MenuName
    text: str
    keys: tuple[str, ...] = ()
    enabled: Callable[[State], bool] = lambda state: True
    focused: bool = False
    role: QAction.MenuRole = _Roles.NoRole
    separated: bool = False
    checkable: bool = False
    off_mac_only: bool = False
    mac_only: bool = False


SPECS = (
    Spec("open", "File", "Open…", ("Ctrl+O",)),
    Spec("export", "File", "Export…", ("Ctrl+E",), lambda state: state.has_report, separated=True),
    Spec("share", "File", "Share…", (), lambda state: state.has_report, mac_only=True),
    Spec("print", "File", "Print…", ("Ctrl+P",), lambda state: state.has_report),
    Spec("preferences", "File", "Preferences…", ("Ctrl+,",), role=_Roles.PreferencesRole, separated=True),
    Spec("analyze_files", "File", "Analyze Files…", ("Ctrl+Shift+O",), separated=True),
    Spec("analyze_folder", "File", "Analyze Folder…", ("Ctrl+Shift+F",)),
    Spec("watch", "File", "Watch Folder…", checkable=True),
    Spec("close", "File", "Close Window", ("Ctrl+W",), separated=True),
    Spec("quit", "File", f"Quit {APP_NAME}", ("Ctrl+Q",), role=_Roles.QuitRole),
    Spec("copy", "Edit", "Copy", ("Ctrl+C",), separated=True),
    Spec("copy_critique", "Edit", "Copy Critique", ("Ctrl+Shift+C",), lambda state: state.has_critique),
    Spec("select_all", "Edit", "Select All", ("Ctrl+A",), lambda state: state.has_photos),
    Spec("full_look", "View", "Full-Size Look", ("Space",), lambda state: state.has_photo, focused=True),
    Spec("seen", "View", "What the Model Saw", ("Ctrl+Shift+Space",), lambda state: state.has_seen),
    Spec("sidebar", "View", "Show or Hide Sidebar", ("Ctrl+Alt+S",), lambda state: state.has_photos),
    Spec("tab_critique", "View", "Critique", ("Ctrl+Alt+1",),
         lambda state: state.has_photo and state.tabs[0], separated=True),
    Spec("tab_facts", "View", "Facts", ("Ctrl+Alt+2",), lambda state: state.has_photo and state.tabs[1]),
    Spec("tab_raw", "View", "Raw", ("Ctrl+Alt+3",), lambda state: state.has_photo and state.tabs[2]),
    Spec("tab_ask", "View", "Ask", ("Ctrl+Alt+4",), lambda state: state.has_photo and state.tabs[3]),
    Spec("tab_panel", "View", "Panel", ("Ctrl+Alt+5",), lambda state: state.has_photo and state.tabs[4]),
    Spec("full_screen", "View", "Full Screen", ("F11",), separated=True, off_mac_only=True),
    Spec("analyze", "Photo", "Analyze", ("Ctrl+Return", "Ctrl+Enter"), lambda state: state.idle > 0),
    Spec("ask_several", "Photo", "Ask Several Advisors…", ("Ctrl+Shift+Return",), lambda state: state.has_photo),
    Spec("stop", "Photo", "Stop", ("Esc", "Ctrl+."), lambda state: state.is_running),
    Spec("stop_all", "Photo", "Stop All", ("Ctrl+Shift+.",), lambda state: state.has_waiting),
    Spec("pause", "Photo", "Pause", ("Ctrl+Shift+P",), lambda state: state.is_busy or state.is_paused),
    Spec("previous", "Photo", "Previous", ("Left",), lambda state: not state.is_at_first, focused=True, separated=True),
    Spec("next", "Photo", "Next", ("Right",), lambda state: not state.is_at_last, focused=True),
    Spec("add_server", "Photo", "Servers…", separated=True),
    Spec("sidecar", "Photo", "Write Sidecar", (), lambda state: state.has_report, separated=True),
    Spec("reveal", "Photo", "Show in Finder" if _MAC else "Show in Folder", ("Ctrl+Shift+R",),
         lambda state: state.has_photo),
    Spec("remove", "Photo", "Remove from Window", ("Backspace", "Del"), lambda state: state.selected > 0, focused=True),
    Spec("library", "Window", "Library", ("Ctrl+L",)),
    Spec("find", "Edit", "Search Library", ("Ctrl+F",), separated=True),
    Spec("models", "Window", "Models", ("Ctrl+Shift+M",)),
    Spec("minimize", "Window", "Minimize", ("Ctrl+M",), separated=True),
    Spec("zoom", "Window", "Zoom"),
    Spec("batch", "Window", "Batch", ("Ctrl+B",), separated=True),
    Spec("keys", "Help", "Keyboard Shortcuts"),
    Spec("log", "Help", "Show Log", separated=True),
    Spec("diagnostics", "Help", "Copy Diagnostics"),
    Spec("about", "Help", f"About {APP_NAME}", role=_Roles.AboutRole),
)  # fmt: skip


class Actions(QObject):
    """The window's actions and menu bar.

    Parameters
    ----------
    window
        Gets the menu bar.
    verbs
        What each action does, by id; each id of :data:`SPECS` has one.
    """

    def __init__(
        self,
        window: QMainWindow,
        verbs: Mapping[str, Callable[[], object]],
        undo_stack: QUndoStack,
        advisors: Advisors,
        choose_advisor: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._specs = [spec for spec in SPECS if not (spec.off_mac_only if _MAC else spec.mac_only)]
        self._by_id = {spec.id: self._make(spec, verbs[spec.id]) for spec in self._specs}
        self._advisors = QActionGroup(self)
        self._advisor_actions: dict[str, QAction] = {}
        self._advisor_menu = QMenu("Advisor", window)
        self._choose_advisor = choose_advisor
        self.show_advisors(advisors)
        self._fill_menus(undo_stack)

    def __getitem__(self, action_id: str) -> QAction:
        """Return an action by its id."""
        return self._by_id[action_id]

    def keys(self, action_id: str) -> str:
        """Return an action's shortcut, as this system writes it."""
        return self._by_id[action_id].shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    @property
    def focused(self) -> Sequence[QAction]:
        """The actions whose keys belong to the list and the photo: add them to these widgets."""
        return tuple(self._by_id[spec.id] for spec in self._specs if spec.focused)

    def refresh(self, state: State) -> None:
        """Enable what is possible."""
        for spec in self._specs:
            self._by_id[spec.id].setEnabled(spec.enabled(state))
        self._by_id["pause"].setText("Resume" if state.is_paused else "Pause")
        watch = self._by_id["watch"]
        watch.setText(f"Watching {state.watched}".replace("&", "&&") if state.watched else "Watch Folder…")
        watch.setChecked(bool(state.watched))
        self._by_id["analyze"].setText(f"Analyze {state.idle} Photos" if state.idle > 1 else "Analyze")
        many = state.selected > 1
        self._by_id["remove"].setText(f"Remove {state.selected} Photos from Window" if many else "Remove from Window")

    def show_advisors(self, advisors: Advisors) -> None:
        """Offer these advisors in the menu."""
        for action in self._advisor_actions.values():
            self._advisors.removeAction(action)
            self._advisor_menu.removeAction(action)
            action.deleteLater()
        self._advisor_actions = {
            advisor_id: self._make_advisor(advisor_id, advisors[advisor_id].name, number, self._choose_advisor)
            for number, advisor_id in enumerate(advisors)
        }
        self._advisor_menu.addActions(list(self._advisor_actions.values()))

    def check_advisor(self, advisor_id: str) -> None:
        """Mark the chosen advisor in the menu."""
        self._advisor_actions[advisor_id].setChecked(True)

    def shortcuts(self) -> list[tuple[str, str]]:
        """Return (what, keys) of everything that has a shortcut, for people."""
        native = QKeySequence.SequenceFormat.NativeText
        listed = [
            (self._by_id[spec.id].text(), QKeySequence(spec.keys[0]).toString(native))
            for spec in self._specs
            if spec.keys
        ]
        first, last = QKeySequence("Ctrl+1").toString(native), QKeySequence("Ctrl+0").toString(native)
        return [*listed, ("Choose advisor", f"{first} … {last}")]

    def _make(self, spec: Spec, verb: Callable[[], object]) -> QAction:
        action = QAction(spec.text, self)
        action.setObjectName(spec.id)
        action.setMenuRole(spec.role)
        action.setCheckable(spec.checkable)
        action.setShortcuts([QKeySequence(key) for key in spec.keys])
        if spec.focused:
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda: verb())
        return action

    def _make_advisor(self, advisor_id: str, name: str, number: int, choose: Callable[[str], None]) -> QAction:
        action = QAction(clean_line(name, 60).replace("&", "&&"), self)
        action.setCheckable(True)
        action.setMenuRole(_Roles.NoRole)
        if number < 10:
            action.setShortcut(QKeySequence(f"Ctrl+{(number + 1) % 10}"))
        action.triggered.connect(lambda: choose(advisor_id))
        self._advisors.addAction(action)
        return action

    def _fill_menus(self, undo_stack: QUndoStack) -> None:
        bar = self._window.menuBar()
        menus: dict[MenuName, QMenu] = {name: bar.addMenu(name) for name in _MENUS}
        undo, redo = undo_stack.createUndoAction(self, "Undo"), undo_stack.createRedoAction(self, "Redo")
        undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        redo.setShortcut(QKeySequence(QKeySequence.StandardKey.Redo))
        menus["Edit"].addActions([undo, redo])
        for spec in self._specs:
            menu = menus[spec.menu]
            if spec.separated:
                menu.addSeparator()
            menu.addAction(self._by_id[spec.id])
            if spec.id == "analyze":
                menu.addMenu(self._advisor_menu)
