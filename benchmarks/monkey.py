"""The monkey of the soak: a user who does anything at any time, and whom a seed makes do the same again.

Each action has dice of its own, made of the seed and its number: what was chosen earlier does not change what is
chosen later. What an action finds (which rows, which sheet) depends on how far the work is, and so on the machine.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QMenu,
    QWidget,
)

from benchmarks.covers import Covers
from benchmarks.hands import WORDS, Hands, is_left_alone
from benchmarks.studio import NAME, Studio
from benchmarks.zoo import Zoo
from mondrian_desktop.gui.app import Desk
from mondrian_desktop.gui.library_window import LibraryWindow
from mondrian_desktop.gui.main_window import MainWindow
from mondrian_desktop.jobs.handover import Message
from mondrian_desktop.settings import MODEL, Group

_KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Escape,
    Qt.Key.Key_Tab, Qt.Key.Key_Backspace, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Delete,
    Qt.Key.Key_PageDown,
)  # fmt: skip
_CTRL, _SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Told = str
"""What was done, in a few words; empty where it could not be done."""


class Monkey:
    """Does one thing after the other with the app.

    Parameters
    ----------
    desk
        The app.
    zoo
        What is dropped on it.
    seed
        Decides everything.
    begun
        How many things were done before, in earlier sessions.
    studio
        A server that can be chosen, and goes away; None: there is none.

    Attributes
    ----------
    count
        How many things were done.
    """

    def __init__(
        self, app: QApplication, desk: Desk, zoo: Zoo, seed: int, begun: int = 0, studio: Studio | None = None
    ) -> None:
        self.count = begun
        self._app = app
        self._desk = desk
        self._zoo = zoo
        self._studio = studio
        self._seed = seed
        self._dice = random.Random()  # noqa: S311 - no secret
        self._hands = Hands(app, self._dice)
        self._covers = Covers(self._hands, zoo)

    def act(self) -> Told:
        """Do the next thing, and say what."""
        self._dice = self._hands.dice = random.Random(f"{self._seed} {self.count}")  # noqa: S311 - no secret
        self.count += 1
        if popup := self._app.activePopupWidget():
            return f"pop-up: {self._covers.in_popup(popup)}"
        sheet = self._app.activeModalWidget()
        if sheet is not None and self._dice.random() < 0.75:
            return f"sheet {sheet.windowTitle()!r}: {self._covers.in_sheet(sheet)}"
        if not any(each.isVisible() for each in self._app.topLevelWidgets()):
            return f"no window: {self._come_back()}"
        names, weights = list(ACTIONS), [weight for weight, _ in ACTIONS.values()]
        for name in self._dice.choices(names, weights, k=30):
            if told := ACTIONS[name][1](self):
                return f"{name}: {told}"
        return "nothing"

    def pause_ms(self) -> int:
        """Return for how long the monkey looks on before it does the next thing."""
        fate = self._dice.random()
        return self._dice.randint(800, 3000) if fate < 0.12 else self._dice.randint(10, 350)

    @property
    def _window(self) -> MainWindow:
        return self._desk.window

    def _is_free(self, window: QWidget) -> bool:
        """Whether a window can be seen and no sheet lies on it."""
        sheet = self._app.activeModalWidget()
        if not window.isVisible() or window.isMinimized():
            return False
        if sheet is None or sheet is window:
            return True
        is_own = sheet.windowModality() is not Qt.WindowModality.ApplicationModal
        parent = sheet.parentWidget()
        return is_own and parent is not None and parent.window() is not window and window.parentWidget() is None

    def _windows(self) -> list[QWidget]:
        return [
            each
            for each in self._app.topLevelWidgets()
            if each.isWindow() and self._is_free(each) and each.width() > 40
        ]

    # What comes in.

    def _drop(self) -> Told:
        return self._drag(self._zoo.photos(self._dice, self._dice.choice((1, 1, 2, 3))))

    def _drop_bad(self) -> Told:
        some = self._dice.sample(self._zoo.bad, self._dice.randint(1, 3))
        return self._drag([*some, *self._zoo.photos(self._dice, self._dice.randint(0, 1))])

    def _drop_folder(self) -> Told:
        return self._drag([self._zoo.shoot])

    def _drag(self, files: list[Path]) -> Told:
        if not self._is_free(self._window):
            return ""
        lets_go = self._dice.random() < 0.9
        self._hands.drag(self._window, files, lets_go=lets_go)
        return f"{[each.name[:40] for each in files]}{'' if lets_go else ', and away again'}"

    def _hand_over(self) -> Told:
        photos = self._zoo.photos(self._dice, self._dice.randint(0, 2))
        analyze = self._dice.random() < 0.5
        self._desk.receive(Message(tuple(photos), analyze))
        return f"{len(photos)} photos, analyze {analyze}"

    def _vanish(self) -> Told:
        gone = self._zoo.vanish(self._dice)
        return gone.name if gone else ""

    def _arrive(self) -> Told:
        return self._zoo.arrive().name if self._desk.service.watched else ""

    # The window.

    def _verb(self, *ids: str) -> Told:
        """Do something from the menus: by its keys, by the menu's own way, or through the menu bar."""
        action = self._window.verbs[self._dice.choice(ids)]
        if not (self._is_free(self._window) and action.isEnabled()):
            return ""
        return self._by_menu(action)

    def _by_menu(self, action: QAction) -> Told:
        text, keys = action.text(), action.shortcut()
        if not keys.isEmpty() and self._dice.random() < 0.5:
            self._hands.keys(self._window, keys)
            return f"{text} ({keys.toString()})"
        action.trigger()
        return text

    def _any_verb(self) -> Told:
        actions = [each for each in self._menu_actions() if each.isEnabled() and each.isVisible()]
        return self._by_menu(self._dice.choice(actions)) if actions and self._is_free(self._window) else ""

    def _open_menu(self) -> Told:
        bar = self._window.menuBar()
        menus = bar.actions()
        if not self._is_free(self._window) or bar.isNativeMenuBar() or not menus:
            return ""
        menu = self._dice.choice(menus)
        return menu.text() if self._hands.click(bar, bar.actionGeometry(menu).center()) else ""

    def _menu_actions(self) -> Iterator[QAction]:
        waiting = list(self._window.menuBar().actions())
        while waiting:
            action = waiting.pop()
            menu = action.menu()
            if isinstance(menu, QMenu):
                waiting += menu.actions()
            elif action.text() and not is_left_alone(action.text(), action.objectName()):
                yield action

    def _advisor(self) -> Told:
        if not self._is_free(self._window):
            return ""
        key = self._dice.choice((Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3, Qt.Key.Key_5, Qt.Key.Key_0))
        if self._dice.random() < 0.5:
            self._hands.key(key, _CTRL, self._window)
            return key.name
        return self._hands.poke(self._window.toolbar.advisor)

    def _photo(self) -> Told:
        return self._hands.poke(self._window.photos) if self._is_free(self._window) else ""

    def _resize(self) -> Told:
        windows = self._windows()
        if not windows:
            return ""
        window = self._dice.choice(windows)
        fate = self._dice.random()
        if fate < 0.7 or window is not self._window:
            width, height = self._dice.randint(300, 1900), self._dice.randint(300, 1300)
            window.resize(width, height)
            return f"{window.windowTitle()!r} to {width} x {height}"
        return self._verb("full_screen", "zoom", "sidebar") if fate < 0.9 else self._minimize()

    def _minimize(self) -> Told:
        self._window.showMinimized()
        self._desk.receive(Message())
        return "minimized, and asked for again"

    def _close(self) -> Told:
        windows = self._windows()
        if not windows:
            return ""
        window = self._dice.choice(windows)
        title = window.windowTitle()
        # As its title bar's button does.
        window.windowHandle().close()
        return repr(title)

    def _quit(self) -> Told:
        return self._verb("quit")

    def _come_back(self) -> Told:
        bar = self._desk.presence.menu_bar
        if bar is None or self._dice.random() < 0.4:
            return self._hand_over()
        bar.open.trigger()
        return "Open in the menu bar"

    def _tray(self) -> Told:
        bar = self._desk.presence.menu_bar
        if bar is None:
            return ""
        bar.menu.aboutToShow.emit()
        possible = [
            each for each in bar.menu.actions()
            if each.isVisible() and each.isEnabled() and each.text() and not is_left_alone(each.text())
        ]  # fmt: skip
        action = self._dice.choice(possible)
        text = action.text()
        action.trigger()
        return text

    def _theme(self) -> Told:
        scheme = self._dice.choice((Qt.ColorScheme.Dark, Qt.ColorScheme.Light, Qt.ColorScheme.Unknown))
        QGuiApplication.styleHints().setColorScheme(scheme)
        return scheme.name

    def _ask(self) -> Told:
        ask = self._window.asking.pane.ask
        if not self._is_free(self._window):
            return ""
        if not ask.line.isVisible():
            return self._verb("tab_ask")
        if not self._hands.write(ask.line, self._dice.choice(WORDS)):
            return ""
        self._hands.key(Qt.Key.Key_Return)
        return "a question"

    # The other windows.

    def _batch(self) -> Told:
        window = self._window.batches.window
        if not self._is_free(window):
            return self._verb("batch")
        if self._dice.random() < 0.5:
            return self._hands.poke(self._dice.choice((window.list, window.tabs, window.batches)))
        buttons = (*window.buttons.values(), window.pause, window.stop, window.retry)
        possible = [each for each in buttons if each.isEnabled() and each.isVisible()]
        return self._click(self._dice.choice(possible)) if possible else ""

    def _library(self) -> Told:
        window = next((each for each in self._app.topLevelWidgets() if isinstance(each, LibraryWindow)), None)
        if window is None or not self._is_free(window):
            return self._verb("library", "find")
        fate = self._dice.random()
        if fate < 0.35:
            return self._hands.poke(window.list)
        if fate < 0.55:
            return self._hands.poke(window.filters.search)
        if fate < 0.7:
            keys = self._dice.choice(
                (
                    (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier),
                    (Qt.Key.Key_Z, _CTRL),
                    (Qt.Key.Key_Z, _CTRL | _SHIFT),
                )
            )
            window.list.setFocus()
            self._hands.key(*keys, window)
            return f"{keys[0].name}"
        return self._hands.poke_in(window)

    def _preferences(self) -> Told:
        window = self._window.preferences
        if window is None or not self._is_free(window):
            return self._verb("preferences")
        if self._dice.random() < 0.3:
            return self._hands.poke(window.titles)
        return self._hands.poke_in(window)

    def _service(self) -> Told:
        window = self._window.preferences
        if window is None or not self._is_free(window):
            return self._verb("preferences")
        (title,) = window.titles.findItems(str(Group.SERVICE), Qt.MatchFlag.MatchExactly)
        self._hands.click(window.titles.viewport(), window.titles.visualItemRect(title).center())
        return self._hands.poke(window.service_page.switch.control)

    def _server(self) -> Told:
        """Choose the server or this Mac, or let the server go away or come back."""
        if self._studio is None:
            return ""
        if self._dice.random() < 0.4:
            return self._studio.toggle()
        chosen = self._desk.service.settings.get(MODEL)
        if chosen == NAME:
            return self._click(self._window.server.back) if self._is_free(self._window) else ""
        self._window.models.use(NAME)
        return "use the server"

    # Anything.

    def _poke(self) -> Told:
        windows = self._windows()
        return self._hands.poke_in(self._dice.choice(windows)) if windows else ""

    def _key(self) -> Told:
        key = self._dice.choice(_KEYS)
        modifiers = self._dice.choice((Qt.KeyboardModifier.NoModifier,) * 4 + (_CTRL, _SHIFT))
        if modifiers is _CTRL and key is Qt.Key.Key_Tab:
            return ""
        self._hands.key(key, modifiers)
        return key.name

    def _wait(self) -> Told:
        return "look on"

    def _click(self, button: QAbstractButton) -> Told:
        text = button.text()
        return text if self._hands.click(button) else ""


ACTIONS: dict[str, tuple[float, Callable[[Monkey], Told]]] = {
    "drop photos": (7, Monkey._drop),
    "drop bad": (3, Monkey._drop_bad),
    "drop a folder": (2, Monkey._drop_folder),
    "hand over": (2, Monkey._hand_over),
    "vanish": (2, Monkey._vanish),
    "arrive": (3, Monkey._arrive),
    "start": (9, lambda monkey: monkey._verb("analyze")),
    "stop": (4, lambda monkey: monkey._verb("stop", "stop", "stop_all")),
    "pause or go on": (5, lambda monkey: monkey._verb("pause")),
    "advisor": (6, Monkey._advisor),
    "several": (2, lambda monkey: monkey._verb("ask_several")),
    "ask": (3, Monkey._ask),
    "tab": (4, lambda monkey: monkey._verb("tab_critique", "tab_facts", "tab_raw", "tab_ask", "tab_panel")),
    "look": (3, lambda monkey: monkey._verb("full_look", "seen", "sidebar")),
    "photo": (6, Monkey._photo),
    "step": (4, lambda monkey: monkey._verb("next", "previous")),
    "remove": (2, lambda monkey: monkey._verb("remove")),
    "export": (2, lambda monkey: monkey._verb("export", "copy_critique")),
    "resize": (5, Monkey._resize),
    "close": (3, Monkey._close),
    "theme": (3, Monkey._theme),
    "batch": (6, Monkey._batch),
    "batch from files": (1, lambda monkey: monkey._verb("analyze_files", "analyze_folder", "watch")),
    "library": (8, Monkey._library),
    "preferences": (6, Monkey._preferences),
    "service": (3, Monkey._service),
    "server": (3, Monkey._server),
    "models": (1, lambda monkey: monkey._verb("models", "add_server")),
    "menu bar": (2, Monkey._open_menu),
    "tray": (3, Monkey._tray),
    "any verb": (3, Monkey._any_verb),
    "poke": (10, Monkey._poke),
    "key": (8, Monkey._key),
    "wait": (6, Monkey._wait),
    "quit": (0.6, Monkey._quit),
}
"""What the monkey does, and how often it comes to that against the others."""
