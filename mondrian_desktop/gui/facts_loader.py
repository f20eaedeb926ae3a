"""The facts about the photo that is looked at, measured by a worker once the reader stays with it."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, QTimer, Signal

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.facts_view import Facts
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.pump import Post

Inspect: TypeAlias = Callable[[Path], Future[Photo]]

_STAY_MS = 300
"""Time after which somebody looks at a photo rather than leafs past it: measuring costs a full decode."""
_KEPT = 200


class FactsLoader(QObject):
    """Knows the facts of the photos last looked at. What cannot be measured has none: the analysis says why."""

    arrived = Signal(Path, object)

    def __init__(self, inspect: Inspect, post: Post, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._inspect = inspect
        self._post = post
        self._kept: OrderedDict[Path, Facts] = OrderedDict()
        self._wanted: Path | None = None
        self._future: Future[Photo] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_STAY_MS)
        self._timer.timeout.connect(self._read)

    def get(self, path: Path) -> Facts | None:
        """Return the facts if they are known; else have them measured in a moment, unless another photo is wanted."""
        self.cancel()
        if facts := self._kept.get(path):
            self._kept.move_to_end(path)
            return facts
        self._wanted = path
        self._timer.start()
        return None

    def keep(self, path: Path, facts: Facts) -> None:
        """Remember facts that were found elsewhere."""
        self._kept[path] = facts
        self._kept.move_to_end(path)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        if path == self._wanted:
            self.cancel()

    def cancel(self) -> None:
        """Want nothing any more."""
        self._timer.stop()
        self._wanted = None
        if self._future is not None:
            self._future.cancel()
            self._future = None

    def _read(self) -> None:
        if self._wanted is not None:
            path = self._wanted
            self._future = self._inspect(path)
            self._future.add_done_callback(lambda done: self._post(partial(self._take, path, done)))

    def _take(self, path: Path, future: Future[Photo]) -> None:
        try:
            facts = Facts.of_photo(future.result())
        except (UserError, CancelledError):
            return
        self.keep(path, facts)
        self.arrived.emit(path, facts)
