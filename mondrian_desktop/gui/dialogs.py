"""Sheets and dialogs. All are opened, none is executed: a nested event loop would let everything re-enter."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QGridLayout, QMessageBox, QWidget

from mondrian_desktop import APP_NAME, __version__
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID


def open_photos(parent: QWidget, take: Callable[[Sequence[Path]], None], folder: Path | None) -> QFileDialog:
    """Ask for photos; ``take`` gets the files that were chosen."""
    start = folder or QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    dialog = QFileDialog(parent, "Open photos", str(start))
    dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
    dialog.setNameFilters([f"{name} ({' '.join('*' + each for each in suffixes)})" for name, suffixes in _filters()])
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.filesSelected.connect(lambda files: take([Path(file) for file in files]))
    dialog.open()
    return dialog


def about(parent: QWidget, show_licenses: Callable[[], object]) -> QMessageBox:
    """Say what this is; a button shows the licenses of what it is made of."""
    box = QMessageBox(parent)
    box.setWindowTitle(f"About {APP_NAME}")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"{APP_NAME} {__version__}")
    box.setInformativeText(
        "Critique of your photographs, written on this computer by a model. Nothing leaves it. "
        "A critique in the manner of a photographer is the model's, not theirs.\n\n"
        "Mondrian is published under the MIT license. It contains the works of others, among them Qt and LibRaw under "
        "the GNU Lesser General Public License."
    )
    box.setStandardButtons(QMessageBox.StandardButton.Close)
    box.addButton("Licenses…", QMessageBox.ButtonRole.ActionRole).clicked.connect(show_licenses)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()
    return box


def keyboard_shortcuts(parent: QWidget, shortcuts: Sequence[tuple[str, str]]) -> QDialog:
    """List the keys."""
    dialog = QDialog(parent)
    dialog.setWindowTitle("Keyboard shortcuts")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    layout = QGridLayout(dialog)
    layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
    layout.setHorizontalSpacing(4 * GRID)
    layout.setVerticalSpacing(GRID // 2)
    for row, (what, keys) in enumerate(shortcuts):
        layout.addWidget(plain_label(what, wraps=False), row, 0)
        layout.addWidget(plain_label(keys, wraps=False), row, 1, Qt.AlignmentFlag.AlignRight)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    layout.addWidget(buttons, len(shortcuts), 0, 1, 2)
    dialog.open()
    return dialog


def _filters() -> Sequence[tuple[str, Sequence[str]]]:
    # The decoders: the window does not wait for them.
    from mondrian_desktop.photo.decode import file_filters

    # File systems of cameras write suffixes in capitals; not every file dialog overlooks the difference.
    return [(name, [*suffixes, *(each.upper() for each in suffixes)]) for name, suffixes in file_filters()]
