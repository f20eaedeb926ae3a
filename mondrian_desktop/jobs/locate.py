"""Finds photos that were moved, by what is in them: a name may have changed, the content has not."""

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path

from mondrian_desktop.jobs.folders import disk_worker
from mondrian_desktop.jobs.history import History
from mondrian_desktop.photo.original import hash_of
from mondrian_desktop.pump import Wait


def locating(folder: Path, history: History, analysis_ids: Iterable[int]) -> Generator[Wait | int, None, None]:
    """Look for the originals of analyses on a worker, write where they are now, and yield 1 for each that was found."""
    wanted: dict[str, int] = {}
    for analysis_id in analysis_ids:
        wanted |= history.originals([analysis_id])
        yield 0
    with disk_worker("locate") as (worker, stop):
        looking = worker.submit(locate, folder, wanted, stop.is_set)
        yield Wait(looking)
        found = looking.result()
    for content_hash, path in found.items():
        history.moved(content_hash, path)
        yield 1


def locate(folder: Path, wanted: Mapping[str, int], stopped: Callable[[], bool] = lambda: False) -> dict[str, Path]:
    """Return where in a folder, at any depth, photos of these contents are; what cannot be read is passed over.

    Waits for the disk: call it in a worker. Only files of the right size are read.

    Parameters
    ----------
    wanted
        Content hashes (SHA-256 in hex), each with the size in bytes.
    stopped
        Asked before each folder and file; True ends the search with what is found.
    """
    found: dict[str, Path] = {}
    sizes = set(wanted.values())
    for file in _files(folder, stopped):
        if stopped() or len(found) == len(wanted):
            break
        try:
            if file.stat().st_size not in sizes:
                continue
            with file.open("rb") as opened:
                content = hash_of(opened)
        except OSError:
            continue
        if content in wanted:
            found.setdefault(content, file)
    return found


def _files(folder: Path, stopped: Callable[[], bool]) -> Iterator[Path]:
    if folder.is_file():
        yield folder
        return
    for parent, folders, names in os.walk(folder):
        if stopped():
            return
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))
