"""Pictures for the screen, read by workers: thumbnails for the list, and the one photo that is looked at."""

from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColorSpace, QImage, QPixmap

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.pump import Post

Preview: TypeAlias = Callable[[Path, int], Future[Pixels]]

_KEPT = 400
"""Thumbnails in memory: about 150 kB each on a screen of twice the resolution."""
_AT_WORK = 2
"""Thumbnails in the workers' hands: few, so that the photo looked at never waits behind a whole list."""


def to_image(pixels: Pixels) -> QImage:
    """Return (H, W, 3) uint8 sRGB pixels as an image of its own. May be called on a worker."""
    # Not imported before the window is there; whoever has pixels has it.
    import numpy as np

    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
    image.setColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    return image


class Thumbnails(QObject):
    """Small pictures for a list of any length: read when first asked for, the last asked for first.

    Parameters
    ----------
    preview, post
        Starts reading a picture; carries work to the main thread.
    size_px
        Long side, in pixels of the screen.
    """

    arrived = Signal(Path)
    failed = Signal(Path, str)

    def __init__(self, preview: Preview, post: Post, size_px: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self._post = post
        self._size_px = size_px
        self._kept: OrderedDict[Path, QPixmap] = OrderedDict()
        self._wanted: OrderedDict[Path, None] = OrderedDict()
        self._reading: dict[Path, Future[Pixels]] = {}
        self._broken: set[Path] = set()

    def get(self, path: Path) -> QPixmap | None:
        """Return the picture if it is there, else None and have it read: :attr:`arrived` tells when it came."""
        if pixmap := self._kept.get(path):
            self._kept.move_to_end(path)
            return pixmap
        if path not in self._reading and path not in self._broken:
            self._wanted[path] = None
            self._wanted.move_to_end(path)
            # What scrolled by long ago is not worth reading any more.
            while len(self._wanted) > _KEPT // 4:
                self._wanted.popitem(last=False)
            self._read_next()
        return None

    def forget(self, path: Path) -> None:
        """Try a broken one again when it is next asked for."""
        self._broken.discard(path)
        self._kept.pop(path, None)

    def close(self) -> None:
        """Read no more."""
        self._wanted.clear()
        # One that had not begun is forgotten while it is cancelled.
        for future in list(self._reading.values()):
            future.cancel()

    def _read_next(self) -> None:
        while self._wanted and len(self._reading) < _AT_WORK:
            path, _ = self._wanted.popitem()
            future = self._preview(path, self._size_px)
            self._reading[path] = future
            future.add_done_callback(partial(_hand_over, self._post, partial(self._take, path)))

    def _take(self, path: Path, result: QImage | UserError | None) -> None:
        self._reading.pop(path, None)
        if isinstance(result, QImage):
            self._kept[path] = QPixmap.fromImage(result)
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            self.arrived.emit(path)
        elif result is not None:
            self._broken.add(path)
            self.failed.emit(path, str(result))
        self._read_next()


class PhotoLoader(QObject):
    """The one photo that is looked at: the last one asked for wins, whatever comes late."""

    arrived = Signal(Path, QImage)
    failed = Signal(Path, str)

    def __init__(self, preview: Preview, post: Post, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._preview = preview
        self._post = post
        self._future: Future[Pixels] | None = None

    def load(self, path: Path, size_px: int) -> None:
        """Read a picture of about ``size_px`` on its long side."""
        self.cancel()
        future = self._preview(path, size_px)
        self._future = future
        future.add_done_callback(partial(_hand_over, self._post, partial(self._take, path, future)))

    def cancel(self) -> None:
        """Forget what was asked for."""
        if self._future is not None:
            self._future.cancel()
            self._future = None

    def _take(self, path: Path, future: Future[Pixels], result: QImage | UserError | None) -> None:
        if future is not self._future:
            return
        self._future = None
        if isinstance(result, QImage):
            self.arrived.emit(path, result)
        elif result is not None:
            self.failed.emit(path, str(result))


def _hand_over(post: Post, take: Callable[[QImage | UserError | None], None], future: Future[Pixels]) -> None:
    """Carry a worker's result to the main thread; anything but a picture or a UserError is a bug and raised there."""
    try:
        result: QImage | UserError | None = to_image(future.result())
    except UserError as err:
        result = err
    except CancelledError:
        result = None
    except Exception as err:  # noqa: BLE001 - the end of a worker's job; it is raised again on the main thread
        post(partial(_fail, take, err))
        return
    post(partial(take, result))


def _fail(take: Callable[[QImage | UserError | None], None], error: Exception) -> None:
    take(UserError("The picture could not be shown, by a mistake of Mondrian's.", "The log has the details."))
    raise error
