"""Reads photos beside the main thread, on at most two workers."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from mondrian_desktop.photo.isolate import DecoderProcess
from mondrian_desktop.photo.model import Photo, Pixels

_WORKERS = 2


class PhotoReader:
    """A pool of two workers, and one process for HEIC, AVIF and RAW that is started at the first of these.

    Futures end with a result, a ``UserError``, or cancelled. Their callbacks run on a worker: hand over to the main
    thread by its ``post``.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_WORKERS, "photo")
        self._process = DecoderProcess()

    def read(self, path: Path, analysis_size: int = 1024) -> Future[Photo]:
        """Start :func:`~mondrian_desktop.photo.decode.read_photo`."""
        return self._pool.submit(read_photo, path, analysis_size, self._process, self._pool)

    def thumbnail(self, path: Path, size: int) -> Future[Pixels]:
        """Start :func:`~mondrian_desktop.photo.decode.read_thumbnail`."""
        return self._pool.submit(read_thumbnail, path, size, self._process)

    def close(self) -> None:
        """Cancel what has not begun and wait for what has; neither thread nor process is left."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._process.close()
        self._pool.shutdown(wait=True)
