"""The quiet bar that offers the recommended model, shows its download, and offers to use it. Never a wizard."""

from typing import Any

from PySide6.QtCore import Signal

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.bar import Bar
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.gui.weights_row import progress_words
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL, OFFER_MODEL, Setting
from mondrian_desktop.weights.space import readable_bytes
from mondrian_desktop.weights.standing import Standing, State


class ModelOffer(Bar):
    """Shown only while the built-in model is in use and a better one is recommended for this Mac.

    Attributes
    ----------
    act, details, later, never
        Do it; open the sheet; hide until the next start; hide for good.
    """

    use_wanted = Signal(str)
    sheet_wanted = Signal()

    def __init__(self, service: Service, theme: Theme) -> None:
        super().__init__(theme, "Offer of a larger model", quiet=True)
        self._service = service
        self._standing: Standing | None = None
        self._is_put_off = False
        self._is_second = False
        self.act = self.add_button("Download", self._act, quiet=False)
        self.details = self.add_button("Models…", self.sheet_wanted.emit)
        self.later = self.add_button("Not now", self._put_off)
        self.never = self.add_button("Don’t offer again", self._dismiss)
        self._ways_out = [
            service.shelf.on_change(self._shelf_changed), service.settings.on_change(self._setting_changed)
        ]  # fmt: skip

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
        # While another model is being fetched, or waits to be taken up, this one is not offered: one thing at a time.
        others = [each for each in standings if not each.is_recommended]
        is_moving = self._standing is not None and self._standing.is_under_way
        self._is_second = any(each.is_left for each in standings) or (
            not is_moving and any(each.is_under_way for each in others)
        )
        self._show()

    def _show(self) -> None:
        standing, settings = self._standing, self._service.settings
        is_wanted = settings.get(OFFER_MODEL) and settings.get(MODEL) == MODEL.default and not self._is_put_off
        words, button = _words(standing) if standing is not None else ("", "")
        self.setVisible(bool(is_wanted and words and not self._is_second))
        if not words:
            return
        self.say(words)
        self.act.setText(button)
        self.act.setVisible(bool(button))

    def _act(self) -> None:
        standing = self._standing
        if standing is None:
            return
        shelf = self._service.shelf
        if standing.state is State.INSTALLED:
            self.use_wanted.emit(standing.id)
        elif standing.state in (State.DOWNLOADING, State.WAITING):
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


def _words(standing: Standing) -> tuple[str, str]:
    """Return the sentence and the words of the button; both empty where nothing is to be offered."""
    name = standing.entry.name
    if standing.state is State.INSTALLED:
        return f"{name} is on this Mac. It can write from the next photo on.", f"Use {name}"
    if standing.state is State.DOWNLOADING:
        return f"Downloading {name}: {standing.activity or progress_words(standing)}", "Pause"
    if standing.state is State.WAITING:
        return f"{name} comes next: {standing.activity[:1].lower()}{standing.activity[1:]}.", "Don’t wait"
    if standing.state is State.BROKEN or (standing.obstacle and not standing.problem):
        return "", ""
    if standing.problem:
        return f"{name}: {standing.problem}", "Try again"
    if standing.state is State.PARTIAL:
        arrived = f"{readable_bytes(standing.done_bytes)} of {readable_bytes(standing.total_bytes)}"
        return f"{name} is partly downloaded: {arrived}.", "Resume"
    size = readable_bytes(standing.total_bytes)
    return f"For a full critique this Mac can run {name}: one download of {size}, then all stays here.", "Download"
