"""The preferences' page of what is kept on this machine, and its deletion."""

from collections.abc import Generator

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QMessageBox, QPushButton, QVBoxLayout, QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.jobs.holdings import Holding, holdings
from mondrian_desktop.report.clean import breakable
from mondrian_desktop.service import Service

PROMISE = (
    "Everything is kept on this computer. Nothing leaves it, except what you start yourself: downloads of models, "
    "photos for a server that you have added, and answers to those who use the local service."
)


class PrivacyPage(QWidget):
    """What is stored, where, and how much; one button deletes what was made of photos."""

    erased = Signal()

    def __init__(self, service: Service, theme: Theme) -> None:
        super().__init__()
        self._service = service
        self._theme = theme
        self._soft: list[QLabel] = []
        self._has_failed = False
        self.sizes: dict[str, QLabel] = {}
        self._folders: list[tuple[Holding, QPushButton]] = []
        self.problem = plain_label("")
        self.problem.hide()
        self.delete = QPushButton("Delete All…")
        self.delete.clicked.connect(self.ask)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(plain_label(PROMISE))
        layout.addLayout(self._table())
        layout.addWidget(self.problem)
        layout.addWidget(self.delete, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def measure(self) -> None:
        """Find out sizes anew, file by file beside everything else."""
        self.problem.hide()
        for label in self.sizes.values():
            label.setText("…")
        for holding, button in self._folders:
            button.setEnabled(holding.folder.is_dir())
        self._service.pump.start(_measure(), self._show)

    def ask(self) -> QMessageBox:
        """Ask, in a sheet, whether everything is to go: nothing can bring it back."""
        box = QMessageBox(self.window())
        box.setWindowModality(Qt.WindowModality.WindowModal)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("Delete everything that was made of your photos?")
        box.setInformativeText(
            "The history with all critiques and questions, photos sent to the service, the log and the cache are "
            "deleted for good. Your photos, settings, advisors and models stay."
        )
        button = box.addButton("Delete All", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        button.clicked.connect(self._erase)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        return box

    def _erase(self) -> None:
        self._has_failed = False
        try:
            self._service.erase_all()
        except UserError as err:
            self._has_failed, said = True, str(err)
        else:
            self.erased.emit()
            said = "Everything that was made of your photos is deleted. The history is an empty file now."
        self.measure()
        self.problem.setText(breakable(said))
        self.problem.show()
        self._restyle()

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(2 * GRID)
        table.setVerticalSpacing(GRID // 2)
        table.setColumnStretch(0, 1)
        for number, holding in enumerate(holdings()):
            size = plain_label("…", wraps=False, figures=True)
            size.setAccessibleName(f"Size of {holding.name}")
            self.sizes[holding.name] = size
            what = plain_label(holding.what)
            self._soft += [what, size]
            top = 3 * number
            table.addWidget(plain_label(holding.name), top, 0)
            table.addWidget(size, top, 1, Qt.AlignmentFlag.AlignRight)
            table.addWidget(self._button(holding), top, 2, 2, 1, Qt.AlignmentFlag.AlignTop)
            table.addWidget(what, top + 1, 0, 1, 2)
            table.setRowMinimumHeight(top + 2, GRID)
        return table

    def _button(self, holding: Holding) -> QPushButton:
        button = QPushButton("Show")
        button.setAccessibleName(f"Show {holding.name}")
        button.setToolTip(str(holding.folder))
        self._folders.append((holding, button))
        button.clicked.connect(lambda: mac.reveal(next(holding.files(), holding.folder / "file")))
        return button

    def _show(self, found: tuple[str, int] | None) -> None:
        if found:
            name, size = found
            self.sizes[name].setText(_bytes(size))

    def _restyle(self) -> None:
        set_text_color(self.problem, self._theme.colors.weak if self._has_failed else self._theme.colors.ink)
        for label in self._soft:
            set_text_color(label, self._theme.colors.soft)


def _measure() -> Generator[tuple[str, int] | None, None, None]:
    for holding in holdings():
        total = 0
        for size in holding.measure():
            total += size
            yield None
        yield holding.name, total


def _bytes(size: int) -> str:
    """Return a size as the Finder writes it: decimal."""
    if size < 1000:
        return f"{size} bytes" if size else "nothing"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.5 or unit == "GB":
            return f"{value:.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"
    raise AssertionError(size)
