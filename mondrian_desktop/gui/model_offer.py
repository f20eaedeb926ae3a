"""The quiet bar that offers the recommended model, shows its download, and offers to use it. Never a wizard."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color, tabular
from mondrian_desktop.gui.weights_row import progress_words
from mondrian_desktop.report.clean import breakable, clean
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL, OFFER_MODEL, Setting
from mondrian_desktop.weights.space import readable_bytes
from mondrian_desktop.weights.standing import Standing, State


class ModelOffer(QFrame):
    """Shown only while the built-in model is in use and a better one is recommended for this Mac.

    Attributes
    ----------
    act, details, later, never
        Do it; open the sheet; hide until the next start; hide for good.
    """

    use_wanted = Signal(str)
    sheet_wanted = Signal()

    def __init__(self, service: Service, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._service = service
        self._theme = theme
        self._standing: Standing | None = None
        self._is_put_off = False
        self.setAccessibleName("Offer of a larger model")
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setFont(tabular(self._label.font()))
        self.act = QPushButton("Download")
        self.act.clicked.connect(self._act)
        self.details = QPushButton("Models…")
        self.details.setProperty("quiet", True)
        self.details.clicked.connect(self.sheet_wanted)
        self.later = QPushButton("Not now")
        self.later.setProperty("quiet", True)
        self.later.clicked.connect(self._put_off)
        self.never = QPushButton("Don't offer again")
        self.never.setProperty("quiet", True)
        self.never.clicked.connect(self._dismiss)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, GRID, GRID)
        layout.addWidget(self._label, 1)
        for button in (self.act, self.details, self.later, self.never):
            layout.addWidget(button)
        self._ways_out = [
            service.shelf.on_change(self._shelf_changed), service.settings.on_change(self._setting_changed)
        ]  # fmt: skip
        theme.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is said."""
        return self._label.text() if not self.isHidden() else ""

    def leave(self) -> None:
        """Listen no more; leaving again does nothing."""
        ways_out, self._ways_out = self._ways_out, []
        for leave in ways_out:
            leave()

    def _setting_changed(self, setting: Setting[Any]) -> None:
        if setting is OFFER_MODEL and self._service.settings.get(OFFER_MODEL):
            self._is_put_off = False
        if setting in (OFFER_MODEL, MODEL):
            self._show()

    def _shelf_changed(self, standings: tuple[Standing, ...]) -> None:
        self._standing = next((each for each in standings if each.is_recommended), None)
        self._show()

    def _show(self) -> None:
        standing, settings = self._standing, self._service.settings
        is_wanted = settings.get(OFFER_MODEL) and settings.get(MODEL) == MODEL.default and not self._is_put_off
        words, button = _words(standing) if standing is not None else ("", "")
        self.setVisible(bool(is_wanted and words))
        if not words:
            return
        text = breakable(clean(words, 400))
        if self._label.text() != text:
            self._label.setText(text)
        self.act.setText(button)
        self.act.setVisible(bool(button))

    def _act(self) -> None:
        standing = self._standing
        if standing is None:
            return
        shelf = self._service.shelf
        if standing.state is State.INSTALLED:
            self.use_wanted.emit(standing.id)
        elif standing.state is State.DOWNLOADING:
            shelf.pause(standing.id)
        else:
            shelf.download(standing.id)

    def _put_off(self) -> None:
        self._is_put_off = True
        self.hide()

    def _dismiss(self) -> None:
        self._put_off()
        try:
            self._service.settings.set(OFFER_MODEL, False)
        except UserError:
            return  # it stays away until the next start

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.hover)
        set_text_color(self._label, self._theme.colors.ink)


def _words(standing: Standing) -> tuple[str, str]:
    """Return the sentence and the words of the button; both empty where nothing is to be offered."""
    name = standing.entry.name
    if standing.state is State.INSTALLED:
        return f"{name} is on this Mac. It can write from the next photo on.", f"Use {name}"
    if standing.state is State.DOWNLOADING:
        return f"Downloading {name}: {standing.activity or progress_words(standing)}", "Pause"
    if standing.state is State.BROKEN or (standing.obstacle and not standing.problem):
        return "", ""
    if standing.problem:
        return f"{name}: {standing.problem}", "Try again"
    if standing.state is State.PARTIAL:
        arrived = f"{readable_bytes(standing.done_bytes)} of {readable_bytes(standing.total_bytes)}"
        return f"{name} is partly downloaded: {arrived}.", "Resume"
    size = readable_bytes(standing.total_bytes)
    return f"For a full critique this Mac can run {name}: one download of {size}, then all stays here.", "Download"
