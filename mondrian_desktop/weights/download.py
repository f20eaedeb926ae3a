"""Fetching a model into the Hugging Face cache: as a generator of events, and never the same byte twice.

What has arrived stays when the connection is lost, the download is paused, or the app ends; it goes on inside the
file. Every file is checked against the hash that the hub names before it gets its name, and the folder with the
model appears when all are there, so that neither this app nor another tool ever finds half a model.
"""

import time
from pathlib import Path

from mondrian_desktop.errors import Cancelled
from mondrian_desktop.pump import Clock
from mondrian_desktop.weights import places, tokens
from mondrian_desktop.weights.catalog import CatalogEntry
from mondrian_desktop.weights.events import DownloadEvents, Patience, Paused
from mondrian_desktop.weights.worker import in_thread


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
    # The HTTP client takes a fifth of a second to import, of which the start of the app has no need.
    from mondrian_desktop.weights.errand import Errand
    from mondrian_desktop.weights.hub import Hub, endpoint

    patience = patience or Patience()
    hub = Hub(endpoint(), tokens.read, patience.connect_s, patience.stall_s)
    errand = Errand(entry, hub, cache or places.hub_cache(), patience, clock)
    try:
        yield from in_thread(errand.run, hub.abort)
    except Cancelled:
        yield Paused(errand.done_bytes, errand.total_bytes)
