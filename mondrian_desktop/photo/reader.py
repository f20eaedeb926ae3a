"""Reads photos beside the main thread, on at most two workers."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from mondrian_desktop.photo.model import Photo, Pixels
from mondrian_desktop.photo.seen import seen

if TYPE_CHECKING:
    from mondrian_desktop.photo.isolate import DecoderProcess
    from mondrian_desktop.photo.location import Location

_WORKERS = 2


class PhotoReader:
    """A pool of two workers, and one process for HEIC, AVIF and RAW that is started at the first of these.

    Futures end with a result, a ``UserError``, or cancelled. Their callbacks run on a worker: hand over to the main
    thread by its ``post``. The decoders are imported by a worker, at the first photo: the window does not wait for
    them.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, "photo")
        self._lock = threading.Lock()
        self._process: DecoderProcess | None = None
        self._is_closed = False

    def read(self, path: Path, analysis_size: int = 1024) -> Future[Photo]:
        """Start :func:`~mondrian_desktop.photo.decode.read_photo`."""
        return self._pool.submit(self._read, path, analysis_size)

    def thumbnail(self, path: Path, size: int) -> Future[Pixels]:
        """Start :func:`~mondrian_desktop.photo.decode.read_thumbnail`."""
        return self._pool.submit(self._thumbnail, path, size)

    def location(self, path: Path) -> "Future[Location | None]":
        """Start :func:`~mondrian_desktop.photo.location.read_location`, for a user who asks."""
        return self._pool.submit(self._location, path)

    def seen(
        self,
        path: Path,
        analysis_size: int,
        content_hash: str,
        given_size: tuple[int, int],
        size: tuple[int, int] | None,
    ) -> Future[Pixels]:
        """Start :func:`~mondrian_desktop.photo.seen.seen`: the picture that a model saw of this photo."""
        return self._pool.submit(lambda: seen(lambda: self._read(path, analysis_size), content_hash, given_size, size))

    def close(self) -> None:
        """Cancel what has not begun and wait for what has; neither thread nor process is left."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_closed = True
        if self._process is not None:
            self._process.close()
        self._pool.shutdown(wait=True)

    def _read(self, path: Path, analysis_size: int) -> Photo:
        from mondrian_desktop.photo.decode import read_photo

        return read_photo(path, analysis_size, self._decoder(), self._pool)

    def _location(self, path: Path) -> "Location | None":
        from mondrian_desktop.photo.location import read_location

        return read_location(path, self._decoder())

    def _thumbnail(self, path: Path, size: int) -> Pixels:
        from mondrian_desktop.photo.decode import read_thumbnail

        return read_thumbnail(path, size, self._decoder())

    def _decoder(self) -> "DecoderProcess":
        from mondrian_desktop.photo.isolate import DecoderProcess

        with self._lock:
            if self._process is None:
                self._process = DecoderProcess()
                if self._is_closed:
                    self._process.close()
            return self._process
