"""The models sheet: which models there are, what fits this Mac, download, pause, resume, remove, add."""

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import announce, mac
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color
from mondrian_desktop.gui.weights_row import WeightsRow
from mondrian_desktop.report.clean import breakable, clean
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.catalog import CAUTION, CatalogEntry
from mondrian_desktop.weights.places import Owner
from mondrian_desktop.weights.space import readable_bytes
from mondrian_desktop.weights.standing import Standing, State

_SIZE = (760, 620)
_UNVERIFIED = (
    "“Not verified here”: this project has not fetched these very files yet; sizes and memory are what others "
    "publish. A download that contradicts them is refused. Programs of a model are never run."
)


class WeightsDialog(QDialog):
    """One row a model. It is opened, never executed, and may be closed while something downloads.

    Attributes
    ----------
    rows
        By model id.
    area
        Where they are.
    """

    model_chosen = Signal()
    """Another model is asked from now on."""

    def __init__(self, service: Service, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._theme = theme
        self.rows: dict[str, WeightsRow] = {}
        self._added = ""
        self.setWindowTitle("Models")
        self.setAccessibleName("Models")
        self.resize(*_SIZE)
        self.setMinimumSize(640, 360)
        self._heading, self._message, self._note = plain_label(), plain_label(), plain_label()
        self._note.setText(_UNVERIFIED)
        self._note.setFont(scaled(self.font(), 0.92))
        self.add_folder = self._button("Add Folder…", self._ask_for_folder)
        self.add_repo = self._button("Add from Hugging Face…", self._ask_for_repo)
        self.token = self._button("Access Token…", self._ask_for_token)
        self.close_button = self._button("Done", self.close)
        self._lay_out()
        self._message.hide()
        self._leave = service.shelf.on_change(self._show)
        self._show(service.shelf.standings)
        theme.changed.connect(self._restyle)
        self._restyle()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt
        """Look at the disk anew."""
        super().showEvent(event)
        self._say("")
        self._service.shelf.refresh()

    def leave(self) -> None:
        """Listen no more; leaving again does nothing."""
        leave, self._leave = self._leave, lambda: None
        leave()
        self.close()

    @property
    def message(self) -> str:
        """What is said at the top."""
        return self._message.text() if not self._message.isHidden() else ""

    def do(self, verb: str, model_id: str) -> None:
        """Do what a row's button stands for."""
        self._say("")
        shelf = self._service.shelf
        if verb == "use":
            self._say("Looking whether it can be loaded…", is_problem=False)
            self._follow(self._service.use_model(model_id), lambda entry: self._chosen(entry.name))
        elif verb == "fetch":
            try:
                shelf.download(model_id)
            except UserError as err:
                self._say(str(err))
        elif verb == "pause":
            shelf.pause(model_id)
        elif verb == "cancel":
            shelf.cancel(model_id)
        elif standing := shelf.standing(model_id):
            if verb == "reveal":
                mac.reveal(standing.entry.path)
            else:
                self._remove(standing)

    def _show(self, standings: tuple[Standing, ...]) -> None:
        self._show_heading()
        chosen = self._service.settings.get(MODEL)
        for model_id in self.rows.keys() - {standing.id for standing in standings}:
            row = self.rows.pop(model_id)
            row.hide()
            row.deleteLater()
        for place, standing in enumerate(standings):
            row = self.rows.get(standing.id) or self._make_row(standing.id, place)
            row.show_standing(standing, is_chosen=standing.id == chosen)
        if self._added in self.rows:
            # Once it has its place.
            QTimer.singleShot(0, self, partial(self.area.ensureWidgetVisible, self.rows[self._added]))
            self._added = ""

    def _show_heading(self) -> None:
        shelf = self._service.shelf
        free = "" if shelf.free_bytes is None else f", and {readable_bytes(shelf.free_bytes)} of disk are free"
        self._heading.setText(
            f"A model can use {readable_bytes(shelf.machine.usable_bytes)} of memory on this Mac{free}. "
            "Models are kept in the Hugging Face folder, where other programs find them, too."
        )

    def _make_row(self, model_id: str, place: int) -> WeightsRow:
        row = self.rows[model_id] = WeightsRow(self._theme)
        row.wanted.connect(self.do)
        self._list.insertWidget(place, row)
        return row

    def _chosen(self, name: str) -> None:
        self._say(f"{name} writes from the next photo on.", is_problem=False)
        self.model_chosen.emit()

    def _remove(self, standing: Standing) -> None:
        if standing.owner is Owner.USER:
            self._follow(self._service.remove_model(standing.id), self._removed)
            return
        box = QMessageBox(self)
        box.setWindowTitle("Remove model")
        box.setTextFormat(Qt.TextFormat.PlainText)
        partly = standing.state is State.PARTIAL
        box.setText(f"Remove {'what has arrived of ' if partly else ''}{clean(standing.entry.name, 80)}?")
        freed = f"{readable_bytes(standing.done_bytes)} become free. " if standing.done_bytes else ""
        is_chosen = standing.id == self._service.settings.get(MODEL)
        instead = " The built-in model writes from then on." if is_chosen else ""
        box.setInformativeText(f"{freed}It can be downloaded again.{instead}")
        button = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        button.clicked.connect(lambda: self._follow(self._service.remove_model(standing.id), self._removed))
        box.open()

    def _removed(self, freed_bytes: int) -> None:
        self._say(
            f"Removed. {readable_bytes(freed_bytes)} became free." if freed_bytes else "Removed.", is_problem=False
        )
        self.model_chosen.emit()

    def _ask_for_folder(self) -> None:
        dialog = QFileDialog(self, "Add a folder with a model", str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.take_folder(Path(folder)))
        dialog.open()

    def take_folder(self, folder: Path) -> None:
        """Add a folder, or say why not."""
        self._follow(self._service.shelf.add_folder(folder), self._say_added)

    def take_repo(self, repo: str) -> None:
        """Add a repository, or say why not."""
        self._follow(self._service.shelf.add_repo(repo), self._say_added)

    def _say_added(self, entry: CatalogEntry) -> None:
        self._say(f"Added {entry.name}.", is_problem=False)
        self._added = entry.id

    def take_token(self, token: str) -> None:
        """Keep an access token, or say why not."""
        said = "The token is kept in the keychain." if token.strip() else "There is no token in the keychain any more."
        self._follow(self._service.shelf.set_token(token), lambda _: self._say(said, False))

    def _ask_for_repo(self) -> None:
        self.prompt = Prompt(
            self, "Add from Hugging Face", f"{CAUTION} Nothing is downloaded until you say so.",
            "organization/name, as in mlx-community/Qwen3-VL-4B-Instruct-4bit", "Add", self.take_repo,
        )  # fmt: skip
        self.prompt.open()

    def _ask_for_token(self) -> None:
        self.prompt = Prompt(
            self, "Access token",
            "Some makers hand out their models only to those who accepted their terms. The token of your account at "
            "Hugging Face proves it. It is kept in the keychain and sent to the hub only. Empty: no token.",
            "hf_…", "Save", self.take_token, secret=True,
        )  # fmt: skip
        self.prompt.open()

    def _follow(self, future: Future[Any], then: Callable[[Any], object] = lambda result: None) -> None:
        """Do ``then`` with what comes of it, or say what went wrong."""

        def finish(done: Future[Any]) -> None:
            if done.cancelled():
                return
            error = done.exception()
            if error is None:
                then(done.result())
            else:
                known = isinstance(error, UserError)
                self._say(str(error) if known else f"Mondrian made a mistake ({error!r}). The log has the details.")

        future.add_done_callback(finish)

    def _say(self, text: str, is_problem: bool = True) -> None:
        self._message.setText(breakable(clean(text, 600)))
        self._message.setVisible(bool(text))
        set_text_color(self._message, self._theme.colors.weak if is_problem else self._theme.colors.ink)
        if text:
            announce.politely(self, text)

    def _button(self, text: str, verb: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: verb())
        return button

    def _lay_out(self) -> None:
        self._content = QWidget()
        self._list = QVBoxLayout(self._content)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addStretch()
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._content)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        for button in (self.add_folder, self.add_repo, self.token):
            foot.addWidget(button)
        foot.addStretch()
        foot.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID + GRID // 2)
        layout.addWidget(self._heading)
        layout.addWidget(self._message)
        layout.addWidget(self.area, 1)
        layout.addWidget(self._note)
        layout.addLayout(foot)

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_text_color(self._heading, colors.soft)
        set_text_color(self._note, colors.soft)
        self.area.setStyleSheet(f"QScrollArea {{ background: {colors.paper} }}")
        self._content.setStyleSheet(f".QWidget {{ background: {colors.paper} }}")


class Prompt(QDialog):
    """A sentence, one line to fill in, and a button.

    Attributes
    ----------
    line, accept_button
        What is filled in, and pressed.
    """

    def __init__(
        self, parent: QWidget, title: str, text: str, placeholder: str, button: str, take: Callable[[str], object],
        *, secret: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(480)
        label = plain_label()
        label.setText(text)
        self.line = QLineEdit()
        self.line.setAccessibleName(title)
        self.line.setPlaceholderText(placeholder)
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
        self.accept_button = QPushButton(button)
        self.accept_button.setDefault(True)
        cancel = QPushButton("Cancel")
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)
        self.accepted.connect(lambda: take(self.line.text()))
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(cancel)
        foot.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(label)
        layout.addWidget(self.line)
        layout.addLayout(foot)
