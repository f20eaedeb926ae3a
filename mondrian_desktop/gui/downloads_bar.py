"""The bar of the downloads: offers to go on with what a quit has interrupted, and shows what is under way."""

from PySide6.QtCore import Signal

from mondrian_desktop.gui.bar import Bar
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.gui.weights_row import progress_words
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.weights.space import readable_bytes
from mondrian_desktop.weights.standing import Standing, State


class DownloadsBar(Bar):
    """Nothing is fetched before somebody says so: what was under way at a quit, or in line, is offered in one piece.

    The model that is recommended for this Mac has a bar of its own, with its progress.

    Attributes
    ----------
    act, details, later
        Go on with all of it; open the sheet; hide until the next start.
    """

    sheet_wanted = Signal()
    ended = Signal(str)
    """What became of a download, in a sentence; not where it was paused."""

    def __init__(self, service: Service, theme: Theme) -> None:
        super().__init__(theme, "Downloads", quiet=True)
        self._shelf = service.shelf
        self._is_put_off = False
        self._moving: frozenset[str] = frozenset()
        self.act = self.add_button("Resume", self._shelf.take_up, quiet=False)
        self.details = self.add_button("Models…", self.sheet_wanted.emit)
        self.later = self.add_button("Not now", self._put_off)
        self._leave = self._shelf.on_change(self._show)

    def leave(self) -> None:
        """Listen no more; leaving again does nothing."""
        leave, self._leave = self._leave, lambda: None
        leave()

    def _show(self, standings: tuple[Standing, ...]) -> None:
        left = () if self._is_put_off else self._shelf.left
        moving = tuple(each for each in standings if each.is_under_way)
        was_moving, self._moving = self._moving, frozenset(each.id for each in moving)
        for each in standings:
            if each.id in was_moving - self._moving and not each.is_recommended and (words := end_words(each)):
                self.ended.emit(words)
        is_shown_elsewhere = any(each.is_recommended for each in moving)
        self.setVisible(bool(left or (moving and not is_shown_elsewhere)))
        for button in (self.act, self.later):
            button.setVisible(bool(left))
        if left:
            self.say(left_words(left))
            self.act.setText("Resume" if len(left) == 1 else "Resume all")
        elif moving:
            self.say(moving_words(moving))

    def _put_off(self) -> None:
        self._is_put_off = True
        self.hide()


def left_words(left: tuple[Standing, ...]) -> str:
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


def moving_words(moving: tuple[Standing, ...]) -> str:
    """Return how far the download is, and how many wait for it."""
    first = next((each for each in moving if each.state is State.DOWNLOADING), moving[0])
    waiting = len(moving) - 1
    then = f"  ·  {waiting} more to come" if waiting else ""
    return f"Downloading {clean_line(first.entry.name, 60)}: {first.activity or progress_words(first)}{then}"


def end_words(standing: Standing) -> str:
    """Return what became of a download; empty where it was paused or dropped."""
    name = clean_line(standing.entry.name, 60)
    if standing.problem:
        return f"{name}: {standing.problem}"
    return f"{name} is on this Mac now, and can be chosen." if standing.state is State.INSTALLED else ""
