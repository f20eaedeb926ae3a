"""The sheet with which a server is added: it says where photos will go before they go anywhere."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color
from mondrian_desktop.report.clean import breakable, clean
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
    """Add one server, and check it before or after; the address decides what has to be agreed to."""

    added = Signal(str)
    """The id of the server that was added."""

    def __init__(self, service: Service, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._theme = theme
        self.setWindowTitle("Add a server")
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.name, self.url, self.model, self.key = (QLineEdit() for _ in range(4))
        self.concurrency, self.picture_size = QSpinBox(), QSpinBox()
        self.agree = QCheckBox("Send photos through this network unencrypted")
        self.use = QCheckBox("Use it for new analyses from now on")
        self.where, self.status = _text(), _text()
        self.where.setAccessibleName("Where photos go")
        self.status.setAccessibleName("Result")
        self.check = QPushButton("Check")
        self.check.setToolTip("Ask the server whether it has the model, with a gray square and no photo")
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.add = QPushButton("Add Server")
        self.buttons.addButton(self.add, QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.addButton(self.check, QDialogButtonBox.ButtonRole.ActionRole)
        self._prepare()
        self._lay_out()
        for field in (self.name, self.url, self.model, self.key):
            field.textChanged.connect(self._changed)
        self.agree.toggled.connect(self._changed)
        self.check.clicked.connect(self._check)
        self.add.clicked.connect(self._add)
        self.buttons.rejected.connect(self.reject)
        self._changed()

    def _prepare(self) -> None:
        self.name.setPlaceholderText("gpu-room")
        self.url.setPlaceholderText("https://gpu.example.com:8000/v1")
        self.model.setPlaceholderText("as the server names it")
        self.key.setPlaceholderText("none")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.concurrency.setRange(*CONCURRENCY)
        self.concurrency.setValue(4)
        self.picture_size.setRange(*PICTURE_SIZES)
        self.picture_size.setSingleStep(128)
        self.picture_size.setValue(1024)
        self.picture_size.setSuffix(" pixels")
        self.add.setProperty("primary", True)
        self.add.setDefault(True)
        self.check.setAutoDefault(False)

    def _lay_out(self) -> None:
        heading, about, sent = _text("Add a server"), _text(_ABOUT), _text(_SENT)
        heading.setFont(scaled(self.font(), 1.3))
        self.where.setFont(scaled(self.font(), 1.0, self.font().Weight.DemiBold))
        for label in (about, sent):
            set_text_color(label, self._theme.colors.soft)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setSpacing(GRID)
        for words, field in (
            ("Name", self.name), ("Address", self.url), ("Model", self.model), ("Key", self.key),
            ("Photos at once", self.concurrency), ("Picture size", self.picture_size),
        ):  # fmt: skip
            field.setAccessibleName(words)
            field.setMinimumHeight(7 * GRID // 2)
            form.addRow(words, field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(heading)
        layout.addWidget(about)
        layout.addLayout(form)
        for widget in (self.where, sent, self.agree, self.use, self.status):
            layout.addWidget(widget)
        layout.addStretch()
        layout.addWidget(self.buttons)
        # What is said about an address needs its lines from the start: the sheet must not jump while one types.
        self.where.setMinimumHeight(3 * self.where.fontMetrics().lineSpacing())
        self.status.setMinimumHeight(3 * self.status.fontMetrics().lineSpacing())
        policy = self.agree.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.agree.setSizePolicy(policy)
        self.setFixedWidth(68 * GRID)
        self.setMinimumHeight(layout.totalHeightForWidth(68 * GRID))

    def _server(self) -> Server:
        """Return what the fields say; raises UserError where that is no server yet."""
        return make(
            self.name.text(), self.url.text(), self.model.text(), concurrency=self.concurrency.value(),
            picture_size=self.picture_size.value(), allow_http=self.agree.isChecked(),
        )  # fmt: skip

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

    def _beside(self, words: str, call: Callable[[Server], Any], then: Callable[[Any], None]) -> None:
        """Run ``call`` in a thread and give its result to ``then``, here; the buttons rest meanwhile."""
        try:
            server = self._server()
        except UserError as err:
            self._say(str(err))
            return
        self._say(words)
        self.check.setEnabled(False)
        self.add.setEnabled(False)

        def ended(future: Future[Any]) -> None:
            # The sheet may have been closed.
            if not isValid(self):
                return
            self.check.setEnabled(True)
            self.add.setEnabled(True)
            try:
                result = future.result()
            except UserError as err:
                self._say(str(err))
            else:
                then(result)

        future = self._service.servers.beside(lambda: call(server))
        future.add_done_callback(lambda done: self._service.pump.post(lambda: ended(done)))

    def _say(self, words: str) -> None:
        self.status.setText(breakable(clean(words, 400)))


def _text(words: str = "") -> QLabel:
    label = QLabel(words)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
    return label
