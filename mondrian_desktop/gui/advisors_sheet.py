"""The sheet on which several advisors are chosen for one photo."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.gui.advisor_list import AdvisorList
from mondrian_desktop.gui.theme import GRID


class AdvisorsSheet(QDialog):
    """All advisors with check marks, at first all checked; ``take`` gets the ids of the checked ones."""

    def __init__(self, parent: QWidget, advisors: Advisors, take: Callable[[Sequence[str]], None]) -> None:
        super().__init__(parent)
        self.setWindowTitle("Ask several advisors")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._take = take
        self.list = AdvisorList(advisors, checked=advisors)
        self.list.itemChanged.connect(lambda _: self._refresh())
        self.buttons = QDialogButtonBox()
        self.ask = self.buttons.addButton("Ask", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self._all = self.buttons.addButton("Check all or none", QDialogButtonBox.ButtonRole.ActionRole)
        self._all.clicked.connect(self.list.toggle_all)
        self.buttons.accepted.connect(self._accept)
        self.buttons.rejected.connect(self.reject)
        says = QLabel("One after the other looks at this photo. The panel then shows their scores side by side.")
        says.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(says)
        layout.addWidget(self.list)
        layout.addWidget(self.buttons)
        self._refresh()

    @property
    def checked(self) -> list[str]:
        """Ids of the checked advisors, in order."""
        return self.list.checked

    def _refresh(self) -> None:
        count = len(self.checked)
        self.ask.setEnabled(count > 0)
        self.ask.setText(f"Ask {count}" if count else "Ask")

    def _accept(self) -> None:
        chosen = self.checked
        self.accept()
        self._take(chosen)
