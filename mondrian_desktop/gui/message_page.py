"""A sentence and what can be done about it, where a critique would be."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color


class MessagePage(QWidget):
    """Heading, text, a quiet line, and at most one button."""

    pressed = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self._heading = plain_label()
        self._heading.setFont(scaled(self.font(), 1.3))
        self._text = plain_label()
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._quiet = plain_label()
        self.button = QPushButton("Try again")
        self.button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.button.clicked.connect(self.pressed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for widget in (self._heading, self._text, self._quiet):
            layout.addWidget(widget)
        layout.addSpacing(GRID)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch()
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def text(self) -> str:
        """Heading and text, for those who cannot see them."""
        return f"{self._heading.text()}. {self._text.text()}"

    def show_message(self, heading: str, text: str, quiet: str = "", button: str = "") -> None:
        """Show a message; without a button's text there is no button."""
        self._heading.setText(heading)
        self._text.setText(text)
        self._quiet.setText(quiet)
        self.button.setText(button)
        for widget in (self._heading, self._text, self._quiet, self.button):
            widget.setVisible(bool(widget.text()))

    def _restyle(self) -> None:
        set_text_color(self._quiet, self._theme.colors.soft)
