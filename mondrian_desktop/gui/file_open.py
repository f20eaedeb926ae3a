"""Files that Finder and the Dock hand over, and links: one event each, possibly before there is a window."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QFileOpenEvent


class Application(QApplication):
    """Qt's application, which takes the files that the system hands over.

    They come to the application itself; an event filter on it would be asked about every event of every widget.

    Attributes
    ----------
    file_open
        Has the files.
    """

    def __init__(self, arguments: Sequence[str] = ()) -> None:
        super().__init__(list(arguments))
        self.file_open = FileOpen()

    def event(self, event: QEvent) -> bool:
        """Take file-open events."""
        if event.type() == QEvent.Type.FileOpen:
            self.file_open.take(cast("QFileOpenEvent", event))
            return True
        return super().event(event)


class FileOpen(QObject):
    """Gathers files and hands them on together, once somebody listens."""

    def __init__(self) -> None:
        super().__init__()
        self._listener: Callable[[Sequence[Path]], None] | None = None
        self._on_link: Callable[[QUrl], object] = lambda url: None
        self._arrived: list[Path] = []
        self._links: list[QUrl] = []
        # Files of one gesture come in one go: they are handed on when the loop has nothing else to do.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._hand_on)

    def take(self, event: "QFileOpenEvent") -> None:
        """Take a file, or a link."""
        if event.file():
            self._arrived.append(Path(event.file()))
        else:
            self._links.append(event.url())
        if self._listener is not None:
            self._timer.start()

    def listen(
        self, listener: Callable[[Sequence[Path]], None], on_link: Callable[["QUrl"], object] = lambda url: None
    ) -> None:
        """Give ``listener`` the files that have come and will come, and ``on_link`` each link."""
        self._listener, self._on_link = listener, on_link
        if self._arrived or self._links:
            self._timer.start()

    def close(self) -> None:
        """Hand on nothing any more."""
        self._timer.stop()
        self._listener = None
        self._arrived.clear()
        self._links.clear()

    def _hand_on(self) -> None:
        if self._listener is not None:
            arrived, self._arrived = self._arrived, []
            links, self._links = self._links, []
            if arrived:
                self._listener(arrived)
            for link in links:
                self._on_link(link)
