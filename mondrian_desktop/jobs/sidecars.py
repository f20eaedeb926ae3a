"""Critiques into XMP sidecars beside the photos: by itself where the setting is on, and on request."""

import logging
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Analyzed
from mondrian_desktop.pump import Post, Wait
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.report.sidecar import Naming, write_sidecar
from mondrian_desktop.report.xmp import Merge, words
from mondrian_desktop.settings import SIDECAR_MERGE, SIDECAR_NAMING, SIDECAR_RATING, SIDECARS, Settings

_log = logging.getLogger(__name__)


class Sidecars:
    """Writes one after the other, in a worker of its own: two critiques of a photo share a file.

    Parameters
    ----------
    tell
        Told, by ``post``, why one could not be written that nobody waits for.
    """

    def __init__(self, settings: Settings, post: Post, tell: Callable[[UserError], None]) -> None:
        self._settings = settings
        self._post = post
        self._tell = tell
        self._worker: ThreadPoolExecutor | None = None

    def follow(self, update: Update) -> None:
        """Write the sidecar of a critique that has just been finished, where the setting is on."""
        event = update.event
        if not isinstance(event, Analyzed) or event.stopped or event.earlier is not None or update.job.about:
            return
        if self._settings.get(SIDECARS) and _can_be_written(event.analysis):
            self.write(event.analysis).add_done_callback(self._look)

    def write(self, analysis: Analysis) -> Future[Path]:
        """Write a critique's sidecar, by the settings; the future has its path, or a UserError."""
        if analysis.photo is None or not _can_be_written(analysis):
            nothing: Future[Path] = Future()
            nothing.set_exception(UserError("There is no critique to write.", "Analyze the photo first."))
            return nothing
        self._worker = self._worker or ThreadPoolExecutor(1, "sidecar")
        get = self._settings.get
        new = words(analysis, with_rating=get(SIDECAR_RATING))
        naming, how = Naming(get(SIDECAR_NAMING)), Merge(get(SIDECAR_MERGE))
        return self._worker.submit(write_sidecar, analysis.photo.path, new, naming, how)

    def close(self) -> None:
        """Finish what was begun: a critique that was shown is in its sidecar, too."""
        if self._worker is not None:
            self._worker.shutdown()
            self._worker = None

    def _look(self, future: Future[Path]) -> None:
        error = future.exception()
        if error is not None:
            _log.warning("sidecar: %s", error)
            told = (
                error if isinstance(error, UserError) else UserError("A sidecar could not be written.", "See the log.")
            )
            self._post(partial(self._tell, told))


def writing(analysis_ids: Iterable[int], write: Callable[[int], Future[Path]]) -> Generator[Wait | int, None, None]:
    """Write the sidecars of analyses one after the other, and yield how many are written; one failure stops no other.

    Raises
    ------
    UserError
        At the end: the first reason why one could not be written.
    """
    written, problem = 0, None
    for analysis_id in analysis_ids:
        try:
            future = write(analysis_id)
            yield Wait(future)
            future.result()
            written += 1
            yield written
        except UserError as err:
            problem = problem or err
    if problem is not None:
        raise problem


def _can_be_written(analysis: Analysis) -> bool:
    return analysis.photo is not None and analysis.critique is not None
