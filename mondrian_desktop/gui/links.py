"""Links of other programs: ``mondrian://analyze?path=/Users/me/lake.jpg``, with ``path`` once or several times.

Any web page can have such a link: nothing that it names is looked at before somebody has said yes.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QUrl, QUrlQuery
from PySide6.QtWidgets import QMessageBox, QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.report.clean import clean_line

SCHEME = "mondrian"
MOST_PATHS = 50
_NAMED = 5
_LONGEST = 4096


class Links:
    """Asks in ``window`` whether what a link names may be analyzed.

    Parameters
    ----------
    tell
        Says why a link is not followed.
    take
        Gets the photos and folders of a link that is followed.
    """

    def __init__(
        self, window: QWidget, tell: Callable[[str], object], take: Callable[[Sequence[Path]], object]
    ) -> None:
        self._window = window
        self._tell = tell
        self._take = take
        self.question: QMessageBox | None = None

    def follow(self, url: QUrl) -> None:
        """Ask about a link. One at a time: what a question is about does not change while somebody reads it."""
        if self.question is not None:
            return
        try:
            found = paths_in(url)
        except UserError as err:
            self._tell(str(err))
            return
        box = self.question = QMessageBox(self._window)
        box.setWindowTitle("Analyze from a link")
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText("A link in another program asks Mondrian to analyze " + _what(found))
        box.setInformativeText("Nothing has been read yet. If you did not click on it yourself, do not go on.")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        go_on = box.addButton("Analyze", QMessageBox.ButtonRole.AcceptRole)
        leave = box.addButton("Do not read", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(leave)
        box.setEscapeButton(leave)
        box.finished.connect(self._forget)
        go_on.clicked.connect(lambda: self._take(found))
        box.open()

    def _forget(self) -> None:
        self.question = None


def paths_in(url: QUrl) -> tuple[Path, ...]:
    """Return the paths that a link names. The disk is not asked.

    Raises
    ------
    UserError
        Where it is another kind of link, names no file of this computer by its full path, or too many.
    """
    values = QUrlQuery(url).allQueryItemValues("path", QUrl.ComponentFormattingOption.FullyDecoded)
    if url.scheme() != SCHEME or url.host() != "analyze":
        raise UserError("A link asked for something that Mondrian does not know.")
    if not values or not all(_is_full(value) for value in values):
        raise UserError("A link did not name a photo by its full path.")
    if len(values) > MOST_PATHS:
        raise UserError(f"A link named more than {MOST_PATHS} photos.", "Name their folder instead.")
    return tuple(dict.fromkeys(Path(value) for value in values))


def _is_full(path: str) -> bool:
    # No step upwards: what is asked about should be what is read.
    return path.startswith("/") and len(path) <= _LONGEST and "\0" not in path and ".." not in Path(path).parts


def _what(paths: Sequence[Path]) -> str:
    """Return the paths in lines, cleaned: they are shown to somebody who decides by them."""
    lines = [clean_line(str(path), 300) for path in paths[:_NAMED]]
    if len(paths) > _NAMED:
        lines.append(f"and {len(paths) - _NAMED} more")
    return "\n".join(["this:" if len(paths) == 1 else f"these {len(paths)}:", *lines])
