"""The bar that offers, at the start, to go on with the downloads that the end of the app has interrupted."""

from PySide6.QtCore import Signal

from mondrian_desktop.gui.bar import Bar
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.weights.space import readable_bytes
from mondrian_desktop.weights.standing import Standing


class DownloadsLeft(Bar):
    """Nothing is fetched before somebody says so: what was under way, or in line, is offered in one piece.

    Attributes
    ----------
    act, details, later
        Go on with all of it; open the sheet; hide until the next start.
    """

    sheet_wanted = Signal()

    def __init__(self, service: Service, theme: Theme) -> None:
        super().__init__(theme, "Downloads that were not finished", quiet=True)
        self._shelf = service.shelf
        self._is_put_off = False
        self.act = self.add_button("Resume", self._shelf.take_up, quiet=False)
        self.details = self.add_button("Models…", self.sheet_wanted.emit)
        self.later = self.add_button("Not now", self._put_off)
        self._leave = self._shelf.on_change(lambda standings: self._show())

    def leave(self) -> None:
        """Listen no more; leaving again does nothing."""
        leave, self._leave = self._leave, lambda: None
        leave()

    def _show(self) -> None:
        left = self._shelf.left
        self.setVisible(bool(left) and not self._is_put_off)
        if left:
            self.say(words(left))
            self.act.setText("Resume" if len(left) == 1 else "Resume all")

    def _put_off(self) -> None:
        self._is_put_off = True
        self.hide()


def words(left: tuple[Standing, ...]) -> str:
    """Return what was not finished, as a sentence."""
    names = [clean_line(each.entry.name, 60) for each in left]
    if len(left) > 1:
        more = len(left) - 2
        listed = f"{names[0]}, {names[1]} and {more} more" if more else f"{names[0]} and {names[1]}"
        return f"{len(left)} downloads were not finished: {listed}."
    (each,) = left
    total = f" of {readable_bytes(each.total_bytes)}" if each.total_bytes else ""
    arrived = f": {readable_bytes(each.done_bytes)}{total} are here" if each.done_bytes else ""
    return f"The download of {names[0]} was not finished{arrived}."
