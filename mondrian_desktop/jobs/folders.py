"""Finds the photos in folders: lazily, in an order that a person would expect, at any depth."""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from mondrian_desktop.photo.text import shown_name

CHUNK = 100
"""Photos handed over at once."""
PACKAGES = (".photoslibrary", ".aplibrary", ".lrdata", ".lrlibrary", ".cocatalog", ".app", ".download")
"""Folders that a program keeps for itself: the pictures in them are copies and previews, or, in Safari's downloads, not
there yet."""


@dataclass(frozen=True, slots=True)
class Found:
    """Some photos of a walk, and sentences about what could not be looked into."""

    photos: tuple[Path, ...]
    problems: tuple[str, ...] = ()


@contextmanager
def disk_worker(name: str) -> Iterator[tuple[Executor, Event]]:
    """Give a thread for what waits for a disk, and an event that says when nobody wants it any more.

    Who leaves does not wait for it: a disk may take long, and a share that is gone for ever.
    """
    stop = Event()
    worker = ThreadPoolExecutor(1, name)
    try:
        yield worker, stop
    finally:
        stop.set()
        worker.shutdown(wait=False, cancel_futures=True)


def walk(
    roots: Iterable[Path],
    *,
    recursive: bool = True,
    weight: int = 1,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Found]:
    """Yield the photos in folders, in the order of their names, those of a folder before those of its subfolders.

    Waits for the disk: step it in a worker. A root that is a file is taken as it is, whatever its name. Hidden files
    and folders and :data:`PACKAGES` are left out; a folder that is reached twice, through links, is looked into once.

    Parameters
    ----------
    weight
        How many jobs each photo makes: so many fewer photos are handed over at once.
    stopped
        Asked before each folder; True ends the walk with what is found: there may be a million without a photo.
    """
    chunk = max(1, CHUNK // max(1, weight))
    seen: set[tuple[int, int]] = set()
    pending = list(reversed(list(roots)))
    photos: list[Path] = []
    problems: list[str] = []
    while pending and not stopped():
        path = pending.pop()
        try:
            folders = _look_into(path, seen, photos)
        except NotADirectoryError:
            photos.append(path)
        except OSError as err:
            problems.append(f"{shown_name(path)} could not be looked into: {err.strerror}.")
        else:
            pending += reversed(folders) if recursive else ()
        while len(photos) >= chunk:
            yield Found(tuple(photos[:chunk]), tuple(problems))
            del photos[:chunk], problems[:]
    if photos or problems:
        yield Found(tuple(photos), tuple(problems))


def _look_into(folder: Path, seen: set[tuple[int, int]], photos: list[Path]) -> list[Path]:
    """Add the photos of one folder to ``photos``, and return its subfolders."""
    # The decoders: the window does not wait for them.
    from mondrian_desktop.photo.decode import is_supported

    status = folder.stat()
    if (status.st_dev, status.st_ino) in seen:
        return []
    folders = []
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: natural(entry.name)):
            if entry.name.startswith("."):
                continue
            if entry.is_dir():
                if not entry.name.lower().endswith(PACKAGES):
                    folders.append(Path(entry.path))
            elif is_supported(Path(entry.name)):
                photos.append(Path(entry.path))
    seen.add((status.st_dev, status.st_ino))
    return folders


def natural(name: str) -> tuple[tuple[int, int | str], ...]:
    """Return a key by which names sort as people count: photo 2 before photo 10."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(part)) if part.isascii() and part.isdigit() else (1, part) for part in parts)
