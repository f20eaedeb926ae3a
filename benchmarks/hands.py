"""A user's hands: mouse, keys, wheel and drops, as the events that the system would send to the app's windows."""

import random
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QModelIndex, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QWheelEvent,
    QWindow,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLineEdit,
    QSpinBox,
    QTabBar,
    QWidget,
)
from shiboken6 import isValid

_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
_NONE = Qt.KeyboardModifier.NoModifier
LEFT_ALONE = ("quit", "print", "access token", "stream", "service_host")
"""How the words or names of controls begin that are not touched: they end the session (that is an action of its own),
reach printers and keychains, block the loop by intention, or open the machine to its network."""
_POKED = (QAbstractButton, QTabBar, QAbstractItemView, QComboBox, QSpinBox, QLineEdit, QAbstractScrollArea)
WORDS = ("light", "horizon", "score", "dusk", "*", "x" * 60, "0", "7", "0.5", "-3", "999999", "harbor 8", "  ")


class Hands:
    """Works on one app.

    Events go to windows, not to widgets: what a sheet or a pop-up blocks is blocked here, too.

    Parameters
    ----------
    dice
        What is done where there is a choice; may be replaced between two actions.
    """

    def __init__(self, app: QApplication, dice: random.Random) -> None:
        self._app = app
        self.dice = dice
        self._dragged = QMimeData()

    def click(
        self,
        widget: QWidget,
        at: QPoint | None = None,
        *,
        modifiers: Qt.KeyboardModifier = _NONE,
        button: Qt.MouseButton = _LEFT,
        double: bool = False,
    ) -> bool:
        """Click where a widget can be seen, by default in the middle of that; return whether it can."""
        seen = widget.visibleRegion().boundingRect()
        place = seen.center() if at is None else at
        window = widget.window()
        handle, at_window = window.windowHandle(), widget.mapTo(window, place)
        # A window that was told to be smaller than it can be reaches over its own edge.
        reaches = QRect(QPoint(), handle.size()).contains(at_window)
        if seen.isEmpty() or not seen.contains(place) or not reaches:
            return False
        press = QTest.mouseDClick if double else QTest.mouseClick
        press(handle, button, modifiers, at_window)
        return True

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = _NONE, window: QWidget | None = None) -> None:
        """Press a key in a window, by default in the one that has the focus."""
        handle = window.windowHandle() if window else self._focused()
        if handle is not None and isValid(handle):
            QTest.keyClick(handle, key, modifiers)

    def keys(self, window: QWidget, keys: QKeySequence) -> None:
        """Press a shortcut in a window."""
        QTest.keySequence(window.windowHandle(), keys)

    def type(self, text: str) -> None:
        """Type ASCII text into what has the focus."""
        for letter in text:
            handle = self._focused()
            if handle is None or not isValid(handle):
                return
            QTest.keyClick(handle, ord(letter))

    def write(self, line: QLineEdit, text: str) -> bool:
        """Replace what a line says; return whether it can be seen."""
        if not self.click(line):
            return False
        line.selectAll()
        self.type(text)
        return True

    def wheel(self, widget: QWidget, notches: int) -> None:
        """Turn the wheel over a widget."""
        middle = QPointF(widget.rect().center())
        turned = QPoint(0, 120 * notches)
        self._app.postEvent(
            widget,
            QWheelEvent(
                middle, QPointF(widget.mapToGlobal(middle.toPoint())), QPoint(), turned, Qt.MouseButton.NoButton, _NONE,
                Qt.ScrollPhase.NoScrollPhase, False,
            ),
        )  # fmt: skip

    def drag(self, window: QWidget, files: Sequence[Path], *, lets_go: bool = True) -> None:
        """Drag files over a window and drop them there, or go away again."""
        self._dragged = QMimeData()
        self._dragged.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
        at = QPoint(self.dice.randrange(max(window.width(), 1)), self.dice.randrange(max(window.height(), 1)))
        copy, data = Qt.DropAction.CopyAction, self._dragged
        self._app.postEvent(window, QDragEnterEvent(at, copy, data, _LEFT, _NONE))
        self._app.postEvent(window, QDragMoveEvent(at, copy, data, _LEFT, _NONE))
        last = QDropEvent(QPointF(at), copy, data, _LEFT, _NONE) if lets_go else QDragLeaveEvent()
        self._app.postEvent(window, last)

    def poke(self, widget: QWidget) -> str:
        """Do with a widget what is usually done with one of its kind; return what."""
        if isinstance(widget, QAbstractButton):
            return self._told(self.click(widget), "click")
        if isinstance(widget, QTabBar):
            tab = self.dice.randrange(max(widget.count(), 1))
            return self._told(self.click(widget, widget.tabRect(tab).center()), f"tab {tab}")
        if isinstance(widget, QAbstractItemView):
            return self._poke_list(widget)
        if isinstance(widget, QComboBox | QSpinBox):
            widget.setFocus(Qt.FocusReason.MouseFocusReason)
            steps = self.dice.randint(1, 4)
            for _ in range(steps):
                self.key(self.dice.choice((Qt.Key.Key_Down, Qt.Key.Key_Up)))
            return f"{steps} steps"
        if isinstance(widget, QLineEdit):
            words = self.dice.choice(WORDS)
            if widget.isReadOnly() or not self.write(widget, words):
                return ""
            self.key(self.dice.choice((Qt.Key.Key_Return, Qt.Key.Key_Tab)))
            return f"write {words!r}"
        if isinstance(widget, QAbstractScrollArea):
            if self.dice.random() < 0.2:
                return self._told(self.click(widget.viewport(), button=_RIGHT), "right-click")
            self.wheel(widget.viewport(), self.dice.randint(-5, 5))
            return "wheel"
        return ""

    def poke_in(self, window: QWidget) -> str:
        """Poke one of the controls that can be seen in a window; return which and what."""
        possible = [
            each for each in window.findChildren(QWidget)
            if isinstance(each, _POKED) and each.window() is window and each.isVisible() and each.isEnabled()
            and not each.visibleRegion().isEmpty()
            and not is_left_alone(each.objectName(), each.text() if isinstance(each, QAbstractButton) else "")
        ]  # fmt: skip
        if not possible:
            return ""
        widget = self.dice.choice(possible)
        # Asked first: the widget may be gone afterwards.
        told = f"{window.windowTitle()!r}, {type(widget).__name__} {(widget.accessibleName() or _text(widget))[:40]!r}"
        done = self.poke(widget)
        return f"{told} {done}" if done else ""

    def _poke_list(self, view: QAbstractItemView) -> str:
        model = view.model()
        rows = model.rowCount(view.rootIndex())
        if not rows:
            return ""
        row = self.dice.randrange(rows)
        index: QModelIndex = model.index(row, 0, view.rootIndex())
        view.scrollTo(index)
        at = view.visualRect(index).center()
        shift, control = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier
        modifiers = self.dice.choice((_NONE, _NONE, _NONE, shift, control))
        fate = self.dice.random()
        button, double = (_RIGHT if fate < 0.1 else _LEFT), fate > 0.92
        return self._told(
            self.click(view.viewport(), at, modifiers=modifiers, button=button, double=double), f"row {row} of {rows}"
        )

    def _focused(self) -> QWindow | None:
        popup = self._app.activePopupWidget()
        return (popup.windowHandle() if popup else None) or QGuiApplication.focusWindow()

    @staticmethod
    def _told(done: bool, what: str) -> str:
        return what if done else ""


def is_left_alone(*words: str) -> bool:
    """Whether a control with these words or names is not touched."""
    return any(word.lower().startswith(LEFT_ALONE) for word in words)


def _text(widget: QWidget) -> str:
    return widget.text() if isinstance(widget, QAbstractButton) else widget.objectName()
