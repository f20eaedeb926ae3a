"""All advisors with check marks: whoever is asked for several of them uses this list."""

from collections.abc import Container
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.report.clean import clean_line


class AdvisorList(QListWidget):
    """The list; ``itemChanged`` tells when a mark was set or taken away."""

    def __init__(self, advisors: Advisors, checked: Container[str]) -> None:
        super().__init__()
        self.setAccessibleName("Advisors")
        self.setProperty("checks", True)
        for advisor_id in advisors:
            item = QListWidgetItem(clean_line(advisors[advisor_id].name, 80), self)
            item.setData(Qt.ItemDataRole.UserRole, advisor_id)
            item.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setCheckState(Qt.CheckState.Checked if advisor_id in checked else Qt.CheckState.Unchecked)
            if advisor_id in checked and self.currentItem() is None:
                self.setCurrentItem(item)

    @property
    def checked(self) -> list[str]:
        """Ids of the checked advisors, in order."""
        return [str(self._id(item)) for item in self._items() if item.checkState() is Qt.CheckState.Checked]

    def toggle_all(self) -> None:
        """Check all; where all are, none."""
        state = Qt.CheckState.Unchecked if len(self.checked) == self.count() else Qt.CheckState.Checked
        for item in self._items():
            item.setCheckState(state)

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    @staticmethod
    def _id(item: QListWidgetItem) -> Any:
        return item.data(Qt.ItemDataRole.UserRole)
