"""Reads photos beside the main thread, on at most two workers."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.model import Photo, Pixels

_WORKERS = 2


class PhotoReader:
    """A pool of two workers. Futures end with a result, a ``UserError``, or cancelled.

    Their callbacks run on a worker: hand over to the main thread by its ``post``.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, "photo")

    def read(self, path: Path, analysis_size: int = 1024) -> Future[Photo]:
        """Start :func:`~mondrian_desktop.photo.decode.read_photo`."""
        return self._pool.submit(read_photo, path, analysis_size)

    def thumbnail(self, path: Path, size: int) -> Future[Pixels]:
        """Start :func:`~mondrian_desktop.photo.decode.read_thumbnail`."""
        return self._pool.submit(read_thumbnail, path, size)

    def close(self) -> None:
        """Cancel what has not begun and wait for what has; no thread is left."""
        self._pool.shutdown(wait=True, cancel_futures=True)
