"""The preferences' page of the local service: the switch, where it listens, the token, a phone's code, the folders."""

import os
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.local_service import LocalService
from mondrian_desktop.gui.option_row import LABEL_WIDTH, OptionRow, plain_label
from mondrian_desktop.gui.qr_code import QrCode
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.settings import SERVICE, SERVICE_HOST, SERVICE_PORT, SHARED_FOLDERS, Settings

HOSTS = (("127.0.0.1", "This computer only"), ("0.0.0.0", "This computer and the network"))  # noqa: S104 - a choice


class ServicePage(QWidget):
    """The switch, and what is true while it is on."""

    def __init__(self, settings: Settings, local: LocalService, theme: Theme) -> None:
        super().__init__()
        self._local = local
        self._theme = theme
        self._settings = settings
        self.switch = OptionRow(settings, SERVICE, theme)
        self.state = plain_label("")
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.address = Copyable("Address")
        self.token = Copyable("Token")
        self.code = QrCode()
        self._caution = plain_label(
            "Point a phone’s camera at the code; it has to be in the same network. What is sent is not encrypted: "
            "serve others only in a network that you trust."
        )
        self.host = OptionRow(settings, SERVICE_HOST, theme, HOSTS)
        self.port = OptionRow(settings, SERVICE_PORT, theme)
        self.folders = Folders(settings, theme)
        self.rows = (self.switch, self.host, self.port)
        self._assemble()
        local.changed.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self.refresh()

    def refresh(self) -> None:
        """Show how it stands."""
        for row in self.rows:
            row.refresh()
        self.folders.refresh()
        server = self._local.server
        if self._local.problem:
            self.state.setText(f"Off. {self._local.problem}")
        elif self._local.is_starting:
            self.state.setText("Starting…")
        else:
            self.state.setText("On." if server else "Off. Nothing can reach this app.")
        self._details.setVisible(server is not None)
        self._phone.setVisible(bool(server and server.token))
        self.token.setVisible(bool(server and server.token))
        self._token_label.setVisible(bool(server and server.token))
        self.address.show_text(server.url if server else "")
        self.token.show_text(server.token if server else "")
        self.code.show_text(server.phone_url if server and server.token else "")
        self._restyle()

    def _assemble(self) -> None:
        self._details = QWidget()
        form = QFormLayout(self._details)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(GRID * 3 // 2)
        form.setVerticalSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._token_label = _form_label("Token")
        self._phone = QWidget()
        phone = QVBoxLayout(self._phone)
        phone.setContentsMargins(0, 0, 0, 0)
        phone.setSpacing(GRID)
        phone.addWidget(self.code)
        phone.addWidget(self._caution)
        form.addRow(_form_label("Address"), self.address)
        form.addRow(self._token_label, self.token)
        form.addRow(_form_label(""), self._phone)
        state = QHBoxLayout()
        state.setSpacing(GRID * 3 // 2)
        state.addWidget(_form_label(""))
        state.addWidget(self.state, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.switch)
        layout.addLayout(state)
        layout.addWidget(self._details)
        layout.addWidget(self.host)
        layout.addWidget(self.port)
        layout.addWidget(self.folders)
        layout.addStretch(1)

    def _restyle(self) -> None:
        set_text_color(self.state, self._theme.colors.weak if self._local.problem else self._theme.colors.ink)
        set_text_color(self._caution, self._theme.colors.soft)


class Copyable(QWidget):
    """A line that can be selected, and a button that copies it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setReadOnly(True)
        self.line.setAccessibleName(name)
        self.copy = QPushButton("Copy")
        self.copy.setAccessibleName(f"Copy {name.lower()}")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.line.text()))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.copy)

    def show_text(self, text: str) -> None:
        """Show another text, from its beginning."""
        if text != self.line.text():
            self.line.setText(text)
            self.line.setCursorPosition(0)


class Folders(QWidget):
    """The folders that the user has shared: add, remove; in force at once."""

    def __init__(self, settings: Settings, theme: Theme) -> None:
        super().__init__()
        self._settings = settings
        self._theme = theme
        self.list = QListWidget()
        self.list.setAccessibleName(SHARED_FOLDERS.label)
        self.list.setFixedHeight(10 * GRID)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add = _button("Add…", self.ask)
        self.remove = _button("Remove", self._remove)
        self.list.currentRowChanged.connect(lambda row: self.remove.setEnabled(row >= 0 and not self._is_held))
        self.problem = plain_label("")
        self.help = plain_label("Photos in these folders can be submitted to the service by name.")
        column = QVBoxLayout()
        column.setSpacing(GRID // 2)
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        column.addWidget(self.list)
        column.addLayout(buttons)
        column.addWidget(self.problem)
        column.addWidget(self.help)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID * 3 // 2)
        layout.addWidget(_form_label(SHARED_FOLDERS.label), 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(column, 1)
        theme.changed.connect(self._restyle)
        self.refresh()

    @property
    def folders(self) -> list[str]:
        """What is shared."""
        return [each for each in self._settings.get(SHARED_FOLDERS).split(os.pathsep) if each.strip()]

    def refresh(self) -> None:
        """Show what is shared, and whether the environment holds it."""
        self._is_held = self._settings.source(SHARED_FOLDERS) == "environment"
        if [self.list.item(row).text() for row in range(self.list.count())] != self.folders:
            self.list.clear()
            self.list.addItems(self.folders)
        self.add.setEnabled(not self._is_held)
        self.remove.setEnabled(self.list.currentRow() >= 0 and not self._is_held)
        self._tell(f"Held by the environment variable {SHARED_FOLDERS.variable}." if self._is_held else "")

    def ask(self) -> QFileDialog:
        """Ask for a folder."""
        dialog = QFileDialog(self, "Share a folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.filesSelected.connect(lambda chosen: self.share(chosen[0]))
        dialog.open()
        return dialog

    def share(self, folder: str) -> None:
        """Share one more folder."""
        if os.pathsep in folder:
            self._tell(f"A folder with “{os.pathsep}” in its name cannot be shared.")
        elif folder not in self.folders:
            self._store([*self.folders, folder])

    def _remove(self) -> None:
        chosen = self.list.currentRow()
        self._store([each for row, each in enumerate(self.folders) if row != chosen])

    def _store(self, folders: list[str]) -> None:
        try:
            self._settings.set(SHARED_FOLDERS, os.pathsep.join(folders))
        except UserError as err:
            self._tell(str(err))
        else:
            self.refresh()

    def _tell(self, text: str) -> None:
        self.problem.setText(text)
        self.problem.setVisible(bool(text))
        self._restyle()

    def _restyle(self) -> None:
        set_text_color(self.problem, self._theme.colors.solid if self._is_held else self._theme.colors.weak)
        set_text_color(self.help, self._theme.colors.soft)


def _button(text: str, verb: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: verb())
    return button


def _form_label(text: str) -> QLabel:
    label = plain_label(text)
    label.setFixedWidth(LABEL_WIDTH)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop)
    label.setContentsMargins(0, GRID // 2, 0, 0)
    return label
