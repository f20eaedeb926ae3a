"""The sheet with the works of others that the app is made of, and their licenses."""

import re
import threading
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.licenses import Component, ThirdParty, third_party
from mondrian_desktop.pump import Post

_SIZE = (114 * GRID, 74 * GRID)
_LIST_WIDTH = 31 * GRID
NOTICE, LISTS = "Notice", "Everything in a list"


class LicensesSheet(QDialog):
    """A list of names beside the texts of the one that is chosen, first the notice.

    Parameters
    ----------
    post
        Runs a callable on the main thread: the files are read by a thread of their own.
    read
        Returns what there is.
    """

    def __init__(self, parent: QWidget, post: Post, read: Callable[[], ThirdParty] = third_party) -> None:
        super().__init__(parent)
        self.setWindowTitle("Licenses")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self._is_over = False
        self._others: ThirdParty | None = None
        self.names = QListWidget()
        self.names.setAccessibleName("Parts of the app")
        self.names.setProperty("sidebar", True)
        self.names.setFixedWidth(_LIST_WIDTH)
        self.names.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.names.currentRowChanged.connect(self._show)
        self.heading = QLabel("Reading…")
        self.heading.setTextFormat(Qt.TextFormat.PlainText)
        self.heading.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        # As wide as there is room, however long a license calls itself.
        self.heading.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.heading.setWordWrap(True)
        self.text = QPlainTextEdit()
        self.text.setAccessibleName("License")
        self.text.setProperty("field", True)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self._lay_out()
        self.finished.connect(self._end)
        threading.Thread(target=self._read, args=(read, post), name="licenses", daemon=True).start()

    def _lay_out(self) -> None:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addWidget(self.heading)
        right.addWidget(self.text, 1)
        row = QHBoxLayout()
        row.setSpacing(2 * GRID)
        row.addWidget(self.names)
        row.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(row, 1)
        layout.addWidget(buttons)

    def _read(self, read: Callable[[], ThirdParty], post: Post) -> None:
        try:
            others = read()
        except OSError as err:
            post(partial(self._fail, str(err)))
        else:
            post(partial(self._take, others))

    def _take(self, others: ThirdParty) -> None:
        if self._is_over:
            return
        self._others = others
        self.names.addItems([NOTICE, LISTS, *(f"{each.name} {each.version}" for each in others.parts)])
        self.names.setCurrentRow(0)
        self.names.setFocus()

    def _fail(self, reason: str) -> None:
        if not self._is_over:
            self.heading.setText("The licenses cannot be read.")
            self.text.setPlainText(reason)

    def _end(self) -> None:
        self._is_over = True

    def _show(self, row: int) -> None:
        if self._others is None or row < 0:
            return
        # The lists are in columns.
        is_table = row == 1
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont) if is_table else self.font())
        modes = QPlainTextEdit.LineWrapMode
        self.text.setLineWrapMode(modes.NoWrap if is_table else modes.WidgetWidth)
        heading, text = _contents(self._others, row)
        self.heading.setText(heading)
        self.text.setPlainText(text)


def _contents(others: ThirdParty, row: int) -> tuple[str, str]:
    """Return heading and text of a row of the list."""
    if row == 0:
        return "The works of others in Mondrian", _unwrapped(others.notice)
    if row == 1:
        return f"{len(others.parts)} parts", "\n\n".join(others.tables)
    part = others.parts[row - 2]
    return _heading(part), "\n\n\n".join(text.strip() for text in part.texts) or "It names a license without its text."


def _unwrapped(text: str) -> str:
    """Return ``text`` with each paragraph on one line, but for lines that are indented."""
    return re.sub(r"(?<=[^\n])\n(?=[^\s])", " ", text)


def _heading(part: Component) -> str:
    lines = f"{part.name} {part.version}: {part.license or 'no license is named'}", part.address
    return "\n".join(filter(None, lines))
