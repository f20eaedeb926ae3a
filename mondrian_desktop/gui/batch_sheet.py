"""The sheet before a batch: who is to be asked, and which photos."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.gui.advisor_list import AdvisorList
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.photo.text import shown_name


class BatchSheet(QDialog):
    """Advisors to tick, subfolders, and whether to analyze again what was analyzed before.

    Parameters
    ----------
    start
        Gets the ids of the advisors, whether to look into subfolders, and whether to analyze again.
    """

    def __init__(
        self,
        parent: QWidget,
        roots: Sequence[Path],
        advisors: Advisors,
        chosen: str,
        start: Callable[[Sequence[str], bool, bool], object],
        *,
        has_folders: bool,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Analyze a batch")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self._start = start
        heading = plain_label(_what(roots))
        self.advisors = AdvisorList(advisors, checked=(chosen,))
        self.recursive = QCheckBox("Photos in subfolders, too")
        self.recursive.setChecked(True)
        self.recursive.setVisible(has_folders)
        self.again = QCheckBox("Analyze again what is analyzed already")
        self._note = plain_label()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.go = buttons.addButton("Analyze", QDialogButtonBox.ButtonRole.AcceptRole)
        self.go.setProperty("primary", True)
        self.go.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for widget in (heading, plain_label("Who is asked about each photo?"), self.advisors):
            layout.addWidget(widget)
        layout.addSpacing(GRID)
        for below in (self.recursive, self.again, self._note, buttons):
            layout.addWidget(below)
        self.setMinimumWidth(45 * GRID)
        self.advisors.itemChanged.connect(self._refresh)
        self.advisors.setFocus()
        self._refresh()

    @property
    def chosen(self) -> list[str]:
        """The ids of the advisors that are ticked."""
        return self.advisors.checked

    def accept(self) -> None:
        """Start the batch."""
        self._start(self.chosen, self.recursive.isChecked(), self.again.isChecked())
        super().accept()

    def _refresh(self) -> None:
        count = len(self.chosen)
        self.go.setEnabled(count > 0)
        many = f"Each photo is analyzed {count} times, once for each advisor."
        self._note.setText(many if count > 1 else "" if count else "Tick at least one advisor.")


def ask_for_folder(parent: QWidget, title: str, start: Path | None, take: Callable[[Path], object]) -> QFileDialog:
    """Ask for a folder."""
    dialog = QFileDialog(parent, title, str(start or Path.home()))
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.fileSelected.connect(lambda folder: take(Path(folder)))
    dialog.open()
    return dialog


def _what(roots: Sequence[Path]) -> str:
    if len(roots) == 1:
        return f"Analyze {shown_name(roots[0])}"
    return f"Analyze {len(roots):,} photos and folders: {shown_name(roots[0])}, {shown_name(roots[1])}" + (
        "" if len(roots) == 2 else "…"
    )
