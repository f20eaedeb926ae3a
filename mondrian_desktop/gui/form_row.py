"""A line of a form: its label, what is filled in, what is wrong with it, and what it is for."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.report.clean import breakable, clean

LABEL_WIDTH = 136
COLUMN_SPACING = GRID * 3 // 2


class FormRow(QWidget):
    """Labels of rows one below the other end at the same place.

    Attributes
    ----------
    label
        What stands before it; may be empty.
    problem
        The line that says what is wrong, or may be good to know; hidden where there is nothing.
    help
        What it is for.
    """

    def __init__(self, theme: Theme, label: str, help_text: str = "") -> None:
        super().__init__()
        self._theme = theme
        self._is_wrong = False
        self.label = plain_label(label)
        self.label.setFixedWidth(LABEL_WIDTH)
        self.label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
        self.label.setContentsMargins(0, GRID // 2, 0, 0)
        self.problem = plain_label("")
        self.problem.hide()
        self.help = plain_label(help_text)
        if not help_text:
            # Never shown by hand: as long as it lies in no window, it would be one of its own.
            self.help.hide()

    def put(self, *parts: QWidget | QLayout) -> None:
        """Lay out what is filled in, from above to below; once."""
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        for part in (*parts, self.problem, self.help):
            if isinstance(part, QLayout):
                column.addLayout(part)
            else:
                column.addWidget(part)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(COLUMN_SPACING)
        layout.addWidget(self.label)
        layout.addLayout(column, 1)
        self._theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def has_label(self) -> bool:
        """Whether words stand before it; those of a check box stand behind it."""
        return bool(self.label.text())

    def indent(self, has_labels: bool) -> None:
        """Leave room before it, for the labels of this row or of others around it."""
        self.label.setVisible(has_labels)

    def tell(self, text: str, *, wrong: bool) -> None:
        """Say what is wrong with it, or just what there is to know; empty takes that back."""
        self.problem.setText(breakable(clean(text, 600)))
        self.problem.setVisible(bool(text))
        self._is_wrong = wrong
        self._restyle()

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_text_color(self.help, colors.soft)
        set_text_color(self.problem, colors.weak if self._is_wrong else colors.solid)
