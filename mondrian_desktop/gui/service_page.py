"""The preferences' page of the local service: the switch, where it listens, the token, a phone's code, the folders."""

import os
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QListWidget, QPushButton, QVBoxLayout, QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.form_row import FormRow
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.local_service import LocalService
from mondrian_desktop.gui.option_row import OptionRow
from mondrian_desktop.gui.qr_code import QrCode
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.settings import SERVICE, SERVICE_HOST, SERVICE_PORT, SHARED_FOLDERS, Settings

HOSTS = (("127.0.0.1", "This computer only"), ("0.0.0.0", "This computer and the network"))  # noqa: S104 - a choice
_TOKEN_HELP = "A new token locks out everybody who has this one, at once. They scan the code again."  # noqa: S105 - words
_CAUTION = (
    "Point a phone’s camera at the code; it has to be in the same network. What is sent is not encrypted: serve others "
    "only in a network that you trust."
)


class ServicePage(QWidget):
    """The switch, and what is true while it is on.

    Attributes
    ----------
    switch, host, port, folders
        The rows of the settings.
    state, address, token, code
        How it stands, and what clients need.
    renew
        The button that makes another token.
    """

    def __init__(self, settings: Settings, local: LocalService, theme: Theme) -> None:
        super().__init__()
        self._local = local
        self._theme = theme
        self.switch = OptionRow(settings, SERVICE, theme)
        self.state = plain_label()
        self.state.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.address = Copyable("Address")
        self.token = Copyable("Token")
        self.renew = _button("Renew", local.renew_token)
        self.renew.setAccessibleName("Renew token")
        self.renew.setAccessibleDescription(_TOKEN_HELP)
        self.token.add(self.renew)
        self.code = QrCode()
        self.host = OptionRow(settings, SERVICE_HOST, theme, HOSTS)
        self.port = OptionRow(settings, SERVICE_PORT, theme)
        self.folders = Folders(settings, theme)
        self._address_row = _row(theme, "Address", "", self.address)
        self._token_row = _row(theme, "Token", _TOKEN_HELP, self.token)
        self._code_row = _row(theme, "", _CAUTION, self.code)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        for row in (
            self.switch, _row(theme, "", "", self.state), self._address_row, self._token_row, self._code_row,
            self.host, self.port, self.folders,
        ):  # fmt: skip
            layout.addWidget(row)
        layout.addStretch(1)
        local.changed.connect(self.refresh)
        theme.changed.connect(self._restyle)
        self.refresh()

    def refresh(self) -> None:
        """Show how it stands."""
        for row in (self.switch, self.host, self.port, self.folders):
            row.refresh()
        local, server = self._local, self._local.server
        has_token = bool(server and server.token)
        if local.is_starting:
            self.state.setText("Starting…")
        elif server:
            self.state.setText(f"On. {local.problem or local.note}".rstrip())
        else:
            self.state.setText(f"Off. {local.problem or 'Nothing can reach this app.'}")
        self._address_row.setVisible(server is not None)
        self._token_row.setVisible(has_token)
        self._code_row.setVisible(has_token)
        self.address.show_text(server.url if server else "")
        self.token.show_text(server.token if server else "")
        self.code.show_text(server.phone_url if server and has_token else "")
        self._restyle()

    def _restyle(self) -> None:
        set_text_color(self.state, self._theme.colors.weak if self._local.problem else self._theme.colors.ink)


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
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self.line, 1)
        self._layout.addWidget(self.copy)

    def add(self, button: QPushButton) -> None:
        """Put another button behind it."""
        self._layout.addWidget(button)

    def show_text(self, text: str) -> None:
        """Show another text, from its beginning."""
        if text != self.line.text():
            self.line.setText(text)
            self.line.setCursorPosition(0)


class Folders(FormRow):
    """The folders that the user has shared: add, remove; in force at once."""

    def __init__(self, settings: Settings, theme: Theme) -> None:
        super().__init__(
            theme, SHARED_FOLDERS.label, "Photos in these folders can be submitted to the service by name."
        )
        self._settings = settings
        self.list = QListWidget()
        self.list.setAccessibleName(SHARED_FOLDERS.label)
        self.list.setFixedHeight(10 * GRID)
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add = _button("Add…", self.ask)
        self.remove = _button("Remove", self._remove)
        self.list.currentRowChanged.connect(lambda row: self.remove.setEnabled(row >= 0 and not self._is_held))
        buttons = QHBoxLayout()
        buttons.addWidget(self.add)
        buttons.addWidget(self.remove)
        buttons.addStretch(1)
        self.put(self.list, buttons)
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
        held = f"Held by the environment variable {SHARED_FOLDERS.variable}." if self._is_held else ""
        self.tell(held, wrong=False)

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
            self.tell(f"A folder with “{os.pathsep}” in its name cannot be shared.", wrong=True)
        elif folder not in self.folders:
            self._store([*self.folders, folder])

    def _remove(self) -> None:
        chosen = self.list.currentRow()
        self._store([each for row, each in enumerate(self.folders) if row != chosen])

    def _store(self, folders: list[str]) -> None:
        try:
            self._settings.set(SHARED_FOLDERS, os.pathsep.join(folders))
        except UserError as err:
            self.tell(str(err), wrong=True)
        else:
            self.refresh()


def _button(text: str, verb: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setAutoDefault(False)
    button.clicked.connect(lambda: verb())
    return button


def _row(theme: Theme, label: str, help_text: str, content: QWidget) -> FormRow:
    row = FormRow(theme, label, help_text)
    row.put(content)
    return row
