"""A line across the window, below its toolbar: a few sentences, and buttons."""

from collections.abc import Callable

from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color, tabular
from mondrian_desktop.report.clean import breakable, clean


class Bar(QFrame):
    """Says something without being in anybody's way. Hidden at first; takes no room then.

    Parameters
    ----------
    quiet
        Whether it stands back behind others of its kind.
    """

    def __init__(self, theme: Theme, name: str, *, quiet: bool = False) -> None:
        super().__init__()
        self._theme = theme
        self._is_quiet = quiet
        self.setAccessibleName(name)
        self.label = plain_label()
        self.label.setFont(tabular(self.label.font()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.addWidget(self.label, 1)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is said; empty while it is hidden."""
        return self.label.text() if not self.isHidden() else ""

    def say(self, *sentences: str) -> None:
        """Have other sentences in it, each on a line of its own; never markup."""
        text = "\n".join(breakable(clean(each, 600)) for each in sentences if each)
        if text != self.label.text():
            self.label.setText(text)

    def add_button(self, text: str, verb: Callable[[], object], *, quiet: bool = True) -> QPushButton:
        """Add a button behind the words and the buttons so far."""
        button = QPushButton(text)
        button.setProperty("quiet", quiet)
        button.clicked.connect(lambda: verb())
        layout = self.layout()
        assert layout is not None  # noqa: S101 - for the type checker
        layout.addWidget(button)
        return button

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_background(self, colors.hover if self._is_quiet else colors.selection)
        set_text_color(self.label, colors.ink)
