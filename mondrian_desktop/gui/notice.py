"""A line at the top of the window for what could not be done. It is in nobody's way and goes when told."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.report.clean import breakable, clean


class Notice(QFrame):
    """One or a few sentences, never markup, with a button that dismisses them, and at most two that do something."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName("Notice")
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._kept = ""
        self._verb: Callable[[], None] = lambda: None
        self.act = QPushButton("Go on")
        self.act.clicked.connect(lambda: self._verb())
        self._other_verb: Callable[[], None] = lambda: None
        self.other = QPushButton()
        self.other.setProperty("quiet", True)
        self.other.clicked.connect(lambda: self._other_verb())
        self.other.hide()
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setProperty("quiet", True)
        self.dismiss.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.act)
        layout.addWidget(self.other)
        layout.addWidget(self.dismiss)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._label.text() if not self.isHidden() else ""

    def tell(self, text: str, button: str = "", verb: Callable[[], None] = lambda: None) -> None:
        """Show sentences in the place of earlier ones; with the words of a button, one that does ``verb``."""
        self._label.setText("\n".join(filter(None, (self._kept, breakable(clean(text, 600))))))
        self._verb = verb
        self.act.setText(button)
        self.act.setVisible(bool(button))
        self.other.hide()
        self.show()

    def keep(self, text: str) -> None:
        """Show sentences that stay above what is told later, until they are dismissed."""
        before = self.text
        self._kept = breakable(clean(text, 600))
        self.tell(before)

    def _dismiss(self) -> None:
        self._kept = ""
        self.hide()

    def offer(
        self, text: str, first: tuple[str, Callable[[], object]], other: tuple[str, Callable[[], object]]
    ) -> None:
        """Show sentences with two things that can be done, by the words of their buttons; both dismiss it."""
        self.tell(text, first[0], lambda: self._take(first[1]))
        self._other_verb = lambda: self._take(other[1])
        self.other.setText(other[0])
        self.other.show()

    def _take(self, verb: Callable[[], object]) -> None:
        self.hide()
        verb()

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.selection)
        set_text_color(self._label, self._theme.colors.ink)
