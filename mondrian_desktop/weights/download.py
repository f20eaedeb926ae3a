"""Fetching a model into the Hugging Face cache: as a generator of events, and never the same byte twice.

What has arrived stays when the connection is lost, the download is paused, or the app ends; it goes on inside the
file. Every file is checked against the hash that the hub names before it gets its name, and the folder with the
model appears when all are there, so that neither this app nor another tool ever finds half a model.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from mondrian_desktop.errors import Cancelled
from mondrian_desktop.pump import Clock
from mondrian_desktop.weights import places, unfinished
from mondrian_desktop.weights.catalog import CatalogEntry
from mondrian_desktop.weights.events import DownloadEvent, DownloadEvents, Patience, Paused
from mondrian_desktop.weights.worker import Desk, in_thread

if TYPE_CHECKING:
    from mondrian_desktop.weights.errand import Errand
    from mondrian_desktop.weights.hub import Hub


def download(
    entry: CatalogEntry,
    cache: Path | None = None,
    patience: Patience | None = None,
    clock: Clock = time.monotonic,
) -> DownloadEvents:
    """Fetch the model of ``entry``, or what is missing of it; ends with :class:`Downloaded`.

    The work is done in a thread. ``throw(Cancelled())`` ends it with :class:`Paused`.

    Parameters
    ----------
    entry
        With a repository: from the catalogue, or of :func:`~mondrian_desktop.weights.catalog.from_repo`.
    cache
        Folder in the layout of the Hugging Face cache; None: the user's one.

    Raises
    ------
    UserError
        Where the disk is too full or cannot be written, the hub refuses or stays out of reach, the model is not what
        the catalogue says, or another download of it is under way. What has arrived stays in all cases.
    """
    call = _Call(entry, cache or places.hub_cache(), patience or Patience(), clock)
    try:
        yield from in_thread(call.work, call.abort)
    except Cancelled:
        yield call.paused()


class _Call:
    """What the thread works on, within reach of the thread that may want to end it."""

    def __init__(self, entry: CatalogEntry, cache: Path, patience: Patience, clock: Clock) -> None:
        self._entry = entry
        self._cache = cache
        self._patience = patience
        self._clock = clock
        self._hub: Hub | None = None
        self._errand: Errand | None = None

    def work(self, desk: Desk[DownloadEvent]) -> None:
        # The HTTP client takes 0.2 s to import: time that neither the start of the app nor the window's thread has.
        from mondrian_desktop.weights import tokens
        from mondrian_desktop.weights.errand import Errand
        from mondrian_desktop.weights.hub import Hub, endpoint

        patience = self._patience
        self._hub = Hub(endpoint(), tokens.read, patience.connect_s, patience.stall_s)
        self._errand = Errand(self._entry, self._hub, self._cache, patience, self._clock)
        self._errand.run(desk)

    def abort(self) -> None:
        if self._hub:
            self._hub.abort()

    def paused(self) -> Paused:
        if self._errand:
            return Paused(self._errand.done_bytes, self._errand.total_bytes)
        begun = unfinished.load(self._entry.repo)
        return Paused(begun.done_bytes, begun.manifest.total_bytes) if begun else Paused(0, self._entry.disk_bytes)
