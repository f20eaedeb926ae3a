"""One setting as a control, made from its declaration: label, help, unit, range, choices, and why a value is wrong."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.form_row import FormRow
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.settings import Setting, Settings

Option = tuple[Any, str]
"""A value, and its words."""


class OptionRow(FormRow):
    """A setting with its control. What is entered is in force at once; a wrong value says why and changes nothing.

    Parameters
    ----------
    options
        Values to choose from, where the declaration does not know them; another value in force is offered, too.

    Attributes
    ----------
    control
        The check box, combo box or line.
    """

    def __init__(self, settings: Settings, setting: Setting[Any], theme: Theme, options: Sequence[Option] = ()) -> None:
        super().__init__(theme, "" if isinstance(setting.default, bool) else setting.label, setting.help)
        self.setting = setting
        self._settings = settings
        self._options = list(options) or _choices(setting)
        self.control = self._make_control()
        self.control.setObjectName(setting.name)
        self.control.setAccessibleName(setting.label)
        self.control.setAccessibleDescription(setting.help)
        self.label.setBuddy(self.control)
        self._range = plain_label(_range(setting))
        self._range.setWordWrap(False)
        line = QHBoxLayout()
        line.setSpacing(GRID)
        line.addWidget(self.control)
        line.addWidget(self._range)
        if not isinstance(self.control, QLineEdit) or self._range.text():
            line.addStretch(1)
        self.put(line)
        self.refresh()

    def offer(self, options: Sequence[Option]) -> None:
        """Offer other values to choose from."""
        self._options = list(options)
        if isinstance(self.control, QComboBox):
            self.control.clear()
            self.control.addItems([clean_line(words, 80) for _, words in self._options])
        self.refresh()

    def refresh(self) -> None:
        """Show the value in force, and whether the environment holds it."""
        value = self._settings.get(self.setting)
        held = self._settings.source(self.setting) == "environment"
        self.control.setEnabled(not held)
        self.tell(f"Held by the environment variable {self.setting.variable}." if held else "", wrong=False)
        if isinstance(self.control, QCheckBox):
            self.control.setChecked(value)
        elif isinstance(self.control, QComboBox):
            if value not in [known for known, _ in self._options]:
                self._options.append((value, str(value)))
                self.control.addItem(clean_line(str(value), 80))
            self.control.setCurrentIndex([known for known, _ in self._options].index(value))
        else:
            self.control.setText(value if isinstance(value, str) else f"{value:g}")

    def _make_control(self) -> QCheckBox | QComboBox | QLineEdit:
        if isinstance(self.setting.default, bool):
            box = QCheckBox(self.setting.label)
            box.clicked.connect(self._take)
            return box
        if self._options:
            choice = QComboBox()
            choice.addItems([clean_line(words, 80) for _, words in self._options])
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(22)
            choice.activated.connect(lambda index: self._take(self._options[index][0]))
            return choice
        line = QLineEdit()
        line.setMaxLength(4096)
        if not isinstance(self.setting.default, str):
            line.setFixedWidth(10 * GRID)
        line.editingFinished.connect(lambda: self._take(line.text()))
        return line

    def _take(self, value: object) -> None:
        try:
            parsed = self.setting.parse(value)
            if parsed != self._settings.get(self.setting):
                self._keep(parsed)
            else:
                self.refresh()
        except UserError as err:
            self.tell(str(err), wrong=True)
            if not isinstance(self.control, QLineEdit):
                self.refresh()
                self.tell(str(err), wrong=True)

    def _keep(self, value: Any) -> None:
        """Put another value in force; UserError where that cannot be."""
        self._settings.set(self.setting, value)
        self.refresh()

    def _restyle(self) -> None:
        super()._restyle()
        set_text_color(self._range, self._theme.colors.soft)


def _range(setting: Setting[Any]) -> str:
    if setting.minimum is None or setting.maximum is None:
        return setting.unit
    return f"{setting.unit + ', ' if setting.unit else ''}{setting.minimum:g} to {setting.maximum:g}"


def _choices(setting: Setting[Any]) -> list[Option]:
    return list(zip(setting.choices, setting.words or map(_words, setting.choices), strict=True))


def _words(choice: object) -> str:
    """Return a choice for people; a file's name stays as it is."""
    text = str(choice)
    return text.capitalize() if text.isalpha() else text
