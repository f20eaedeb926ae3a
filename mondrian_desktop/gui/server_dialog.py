"""The sheet in which servers are added, changed and removed: it says where photos will go before they go anywhere."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color
from mondrian_desktop.report.clean import breakable, clean, clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.servers import CONCURRENCY, PICTURE_SIZES, Server, make

_ABOUT = (
    "A server writes the critiques in the place of this Mac: vLLM, mlx-vlm, LM Studio, Ollama or any other "
    "OpenAI-compatible one. Nothing is sent until you add it."
)
_SENT = (
    "Sent are the downscaled picture without camera data, place and name, the instructions, and what was measured on "
    "the pixels. Queue, history and reports stay here."
)


class ServerDialog(QDialog):
    """Add one server or change one, and check it before or after; the address decides what has to be agreed to.

    Removing leaves the fields as they are: Add Server brings it back, but for its key.

    Attributes
    ----------
    known
        Chooses one of the servers that there are, to be changed or removed; hidden while there is none.
    """

    added = Signal(str)
    """The id of the server that was added or changed."""
    removed = Signal(str)
    """The id of the server that was removed."""

    def __init__(self, service: Service, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._theme = theme
        self.setWindowTitle("Servers")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.known = QComboBox()
        self.name, self.url, self.model, self.key = (QLineEdit() for _ in range(4))
        self.concurrency, self.picture_size = Number(CONCURRENCY), Number(PICTURE_SIZES)
        self.agree = QCheckBox("Send photos through this network unencrypted")
        self.use = QCheckBox("Use it for new analyses from now on")
        self.where, self.status = _text(), _text()
        self._soft = [_text(_ABOUT), _text(_SENT)]
        self.where.setAccessibleName("Where photos go")
        self.status.setAccessibleName("Result")
        self.check = QPushButton("Check")
        self.check.setToolTip("Ask the server whether it has the model, with a gray square and no photo")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.add = QPushButton("Add Server")
        self.buttons.addButton(self.add, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(self.check, QDialogButtonBox.ButtonRole.ActionRole)
        self.remove = QPushButton("Remove")
        self.remove.setToolTip("Forget this server and its key: nothing is sent there any more")
        self.buttons.addButton(self.remove, QDialogButtonBox.ButtonRole.DestructiveRole)
        self._prepare()
        self._lay_out()
        for field in (self.name, self.url, self.model, self.key):
            field.textChanged.connect(self._changed)
        self.agree.toggled.connect(self._changed)
        self.check.clicked.connect(self._check)
        self.add.clicked.connect(self._add)
        self.remove.clicked.connect(self._remove)
        self.known.activated.connect(lambda _: self._choose())
        self.buttons.rejected.connect(self.reject)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._fill_known()
        self._choose()

    def _prepare(self) -> None:
        self.name.setPlaceholderText("gpu-room")
        self.url.setPlaceholderText("https://gpu.example.com:8000/v1")
        self.model.setPlaceholderText("as the server names it")
        self.key.setPlaceholderText("none")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.add.setProperty("primary", True)
        self.add.setDefault(True)
        for button in (self.check, self.remove):
            button.setAutoDefault(False)
        self.known.setAccessibleName("Servers")

    def _lay_out(self) -> None:
        heading, (about, sent) = _text("Servers"), self._soft
        heading.setFont(scaled(self.font(), 1.3))
        self.where.setFont(scaled(self.font(), 1.0, self.font().Weight.DemiBold))
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setSpacing(GRID)
        for words, field, note in (
            ("Name", self.name, ""), ("Address", self.url, ""), ("Model", self.model, ""), ("Key", self.key, ""),
            ("Photos at once", self.concurrency, self.concurrency.range),
            ("Picture size", self.picture_size, f"pixels, {self.picture_size.range}"),
        ):  # fmt: skip
            field.setAccessibleName(words)
            field.setMinimumHeight(4 * GRID)
            label = QLabel(words)
            label.setMinimumHeight(4 * GRID)
            label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            label.setBuddy(field)
            form.addRow(label, self._with_note(field, note) if note else field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(heading)
        layout.addWidget(about)
        layout.addWidget(self.known)
        layout.addLayout(form)
        for widget in (self.where, sent, self.agree, self.use, self.status):
            layout.addWidget(widget)
        layout.addStretch()
        layout.addWidget(self.buttons)
        # What is said about an address needs its lines from the start: the sheet must not jump while one types.
        self.where.setMinimumHeight(3 * self.where.fontMetrics().lineSpacing())
        self.status.setMinimumHeight(2 * self.status.fontMetrics().lineSpacing())
        policy = self.agree.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.agree.setSizePolicy(policy)
        self.setFixedWidth(68 * GRID)
        self.setMinimumHeight(layout.totalHeightForWidth(68 * GRID))

    def _with_note(self, field: QWidget, note: str) -> QHBoxLayout:
        told = _text(note)
        told.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._soft.append(told)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(field)
        row.addWidget(told, 1)
        return row

    def _restyle(self) -> None:
        for label in self._soft:
            set_text_color(label, self._theme.colors.soft)

    def _server(self) -> Server:
        """Return what the fields say; raises UserError where that is no server yet."""
        return make(
            self.name.text(), self.url.text(), self.model.text(), concurrency=self.concurrency.value,
            picture_size=self.picture_size.value, allow_http=self.agree.isChecked(),
            schema=self._chosen is None or self._chosen.schema,
        )  # fmt: skip

    @property
    def _chosen(self) -> Server | None:
        chosen = self.known.currentData()
        return chosen if isinstance(chosen, Server) else None

    def _fill_known(self) -> None:
        self.known.clear()
        self.known.addItem("New server", None)
        for server in self._service.servers.all:
            self.known.addItem(clean_line(f"{server.id} · {server.host}", 80), server)
        self.known.setVisible(self.known.count() > 1)

    def _choose(self) -> None:
        """Fill the fields with the server that was chosen, or empty them for a new one."""
        server = self._chosen
        self.name.setText(server.id if server else "")
        self.url.setText(server.url if server else "")
        self.model.setText(server.model if server else "")
        self.key.clear()
        self.key.setPlaceholderText("unchanged" if server else "none")
        self.concurrency.setText(str(server.concurrency if server else 4))
        self.picture_size.setText(str(server.picture_size if server else 1024))
        self.agree.setChecked(server is not None and server.allow_http)
        self.use.setChecked(server is not None and self._service.settings.get(MODEL) == server.id)
        self.add.setText("Save" if server else "Add Server")
        self.remove.setVisible(server is not None)
        self._changed()

    def _changed(self) -> None:
        """Say where photos would go, and what still has to be agreed to."""
        self.status.clear()
        filled = all(field.text().strip() for field in (self.name, self.url, self.model))
        words, consents, is_good = "", False, False
        if self.url.text().strip():
            try:
                server = make("x", self.url.text(), "x")
                words, consents = (
                    " ".join(part for part in (server.where, server.warning) if part),
                    server.needs_consent,
                )
                is_good = not consents or self.agree.isChecked()
            except UserError as err:
                words = str(err)
        self.where.setText(breakable(clean(words, 400)))
        self.agree.setVisible(consents)
        self.add.setEnabled(filled and is_good)
        self.check.setEnabled(filled and is_good)

    def _check(self) -> None:
        desk, key = self._service.servers, self.key.text().strip()
        self._beside("Checking…", lambda server: desk.check(server, key), lambda health: self._say(health.text))

    def _add(self) -> None:
        desk, key = self._service.servers, self.key.text().strip()
        self._beside("Adding…", lambda server: desk.add(server, key), self._is_added)

    def _is_added(self, server: Server) -> None:
        if self.use.isChecked():
            try:
                self._service.settings.set(MODEL, server.id)
            except UserError as err:
                self._say(f"The server is added. {err}")
                return
        self.added.emit(server.id)
        self.accept()

    def _remove(self) -> None:
        if server := self._chosen:
            desk = self._service.servers
            self._run("Removing…", lambda: desk.remove(server.id), self._is_removed)

    def _is_removed(self, server: Server) -> None:
        settings = self._service.settings
        words = f"{server.id} is removed. Nothing is sent to {server.host} any more."
        try:
            if settings.get(MODEL) == server.id:
                settings.set(MODEL, MODEL.default)
        except UserError as err:
            words = f"{words} {err}"
        self._fill_known()
        self.add.setText("Add Server")
        self.remove.hide()
        self._say(words)
        self.removed.emit(server.id)

    def _beside(self, words: str, call: Callable[[Server], Any], then: Callable[[Any], None]) -> None:
        """Run ``call`` in a thread and give its result to ``then``, here; the buttons rest meanwhile."""
        try:
            server = self._server()
        except UserError as err:
            self._say(str(err))
            return
        self._run(words, lambda: call(server), then)

    def _run(self, words: str, call: Callable[[], Any], then: Callable[[Any], None]) -> None:
        self._say(words)
        buttons = (self.check, self.add, self.remove)
        for button in buttons:
            button.setEnabled(False)

        def ended(future: Future[Any]) -> None:
            # The sheet may have been closed.
            if not isValid(self):
                return
            for button in buttons:
                button.setEnabled(True)
            try:
                result = future.result()
            except UserError as err:
                self._say(str(err))
            else:
                then(result)

        future = self._service.servers.beside(call)
        future.add_done_callback(lambda done: self._service.pump.post(lambda: ended(done)))

    def _say(self, words: str) -> None:
        self.status.setText(breakable(clean(words, 400)))


class Number(QLineEdit):
    """A line for a whole number; what is out of range is told when it is used.

    Attributes
    ----------
    range
        From which to which number, in words.
    """

    def __init__(self, ends: tuple[int, int]) -> None:
        super().__init__()
        self.range = f"{ends[0]} to {ends[1]}"
        self.setValidator(QIntValidator(0, 10 * ends[1], self))
        self.setFixedWidth(10 * GRID)

    @property
    def value(self) -> int:
        """The number; 0 where nothing is written."""
        return int(self.text() or 0)


def _text(words: str = "") -> QLabel:
    label = plain_label(words)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    return label
