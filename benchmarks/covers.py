"""What a monkey does with what lies over the windows: menus and lists that popped up, sheets, file dialogs."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QMenu, QMessageBox, QPushButton, QWidget

from benchmarks.hands import Hands, is_left_alone
from benchmarks.zoo import Zoo


class Covers:
    """Chooses, answers, or leaves; each returns what was done, in a few words."""

    def __init__(self, hands: Hands, zoo: Zoo) -> None:
        self._hands = hands
        self._zoo = zoo

    def in_popup(self, popup: QWidget) -> str:
        """Choose in a menu or a list, or leave it."""
        if isinstance(popup, QMenu):
            return self._choose(popup)
        if self._hands.dice.random() < 0.5:
            self._hands.key(Qt.Key.Key_Down, window=popup)
            self._hands.key(Qt.Key.Key_Return, window=popup)
            return "the next one"
        self._hands.key(Qt.Key.Key_Escape, window=popup)
        return "leave it"

    def in_sheet(self, sheet: QWidget) -> str:
        """Poke in a sheet, press one of its buttons, or leave it."""
        if isinstance(sheet, QFileDialog):
            return self._in_file_dialog(sheet)
        dice = self._hands.dice
        fate = dice.random()
        if fate < 0.15:
            self._hands.key(Qt.Key.Key_Escape, window=sheet)
            return "Esc"
        if fate < 0.45 and not isinstance(sheet, QMessageBox):
            return self._hands.poke_in(sheet) or "nothing to poke"
        buttons = [
            each for each in sheet.findChildren(QPushButton)
            if each.isVisible() and each.isEnabled() and not is_left_alone(each.text())
        ]  # fmt: skip
        if not isinstance(sheet, QDialog) or not buttons:
            return ""
        button = dice.choice(buttons)
        text = button.text()
        return text if self._hands.click(button) else ""

    def _choose(self, menu: QMenu) -> str:
        action = self._hands.dice.choice(menu.actions() or [QAction()])
        if is_left_alone(action.text(), action.objectName()) or not action.isEnabled() or not action.text():
            self._hands.key(Qt.Key.Key_Escape, window=menu)
            return "leave the menu"
        text = action.text()
        self._hands.click(menu, menu.actionGeometry(action).center())
        return text

    def _in_file_dialog(self, dialog: QFileDialog) -> str:
        dice = self._hands.dice
        line = dialog.findChild(QLineEdit, "fileNameEdit")
        if line is None or dice.random() < 0.25:
            self._hands.key(Qt.Key.Key_Escape, window=dialog)
            return "Esc"
        if dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave:
            suffix = dice.choice(("csv", "html", "json", "md", "pdf", "xyz"))
            chosen = self._zoo.exports / f"critiques {dice.randint(0, 9)}.{suffix}"
        elif dialog.fileMode() is QFileDialog.FileMode.Directory:
            chosen = dice.choice((self._zoo.shoot, self._zoo.watched))
        else:
            chosen = self._zoo.photos(dice, 1)[0]
        # Pasted: letter by letter the dialog would look up every beginning of the path.
        line.setText(str(chosen))
        self._hands.click(line)
        self._hands.key(Qt.Key.Key_Return, window=dialog)
        return chosen.name
