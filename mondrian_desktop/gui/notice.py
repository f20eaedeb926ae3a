"""A line at the top of the window for what could not be done. It is in nobody's way and goes when told."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.report.clean import breakable, clean


class Notice(QFrame):
    """One or a few sentences, never markup, with a button that dismisses them."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName("Notice")
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setProperty("quiet", True)
        self.dismiss.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.dismiss)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._label.text() if not self.isHidden() else ""

    def tell(self, text: str) -> None:
        """Show sentences, in the place of earlier ones."""
        self._label.setText(breakable(clean(text, 600)))
        self.show()

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.selection)
        set_text_color(self._label, self._theme.colors.ink)
