"""What comes in by dropping, opening and the command line, sorted into photos and what is not one."""

import os
import stat
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from mondrian_desktop.jobs.folders import disk_worker
from mondrian_desktop.photo.text import shown_name
from mondrian_desktop.pump import Wait

AT_ONCE = 200
"""Files that are looked up on the disk in one piece."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Incoming:
    """Photos to open, and why the rest cannot be.

    Attributes
    ----------
    more_photos, more_others
        How many there are beside those that are listed: of a drag of thousands most are only counted.
    """

    photos: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    addresses: int = 0
    more_photos: int = 0
    more_others: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything to talk about."""
        return bool(self.opens or self.others or self.more_others or self.addresses)

    @property
    def opens(self) -> bool:
        """Whether any of it can be opened."""
        return bool(self.photos or self.folders or self.more_photos)

    @property
    def _photo_count(self) -> int:
        return len(self.photos) + self.more_photos

    @property
    def offer(self) -> str:
        """What dropping would do, in a few words."""
        if self.folders:
            return self.batch_offer
        return f"Open {_count(self._photo_count, 'photo')}" if self._photo_count else "Nothing here can be opened"

    @property
    def batch_offer(self) -> str:
        """What dropping would do where everything becomes a batch."""
        counts = ((len(self.folders), "folder"), (self._photo_count, "photo"))
        parts = [_count(count, noun) for count, noun in counts if count]
        return f"Analyze {' and '.join(parts)}" if parts else "Nothing here can be analyzed"

    @property
    def refusal(self) -> str:
        """Which of it cannot be opened, and what to do; empty where all can be."""
        parts = []
        if count := len(self.others) + self.more_others:
            names = _names(self.others, count) if self.others else f"{count:,} of the files"
            what = "is not a photo" if count == 1 else "are not photos"
            parts.append(f"{names} {what} that Mondrian can read. Open JPEG, HEIC, PNG, TIFF, WebP or raw files.")
        if self.addresses:
            parts.append("Pictures from the web have to be saved to this computer first.")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class Dropped:
    """What was dropped, as it is called: not looked at yet.

    Attributes
    ----------
    addresses
        How many pictures of the web were among it.
    """

    files: tuple[str, ...]
    addresses: int = 0


def sort(paths: Iterable[Path], addresses: int = 0) -> Incoming:
    """Sort paths; the disk is asked which are folders.

    A file without a suffix may be a photo: its content decides when it is read. What is missing or unreadable
    counts as a photo too, so that it gets its own sentence where the photo would be.
    """
    may_be_photo = _photo_names()
    photos, folders, others = [], [], []
    for path in paths:
        if _is_folder(path):
            folders.append(path)
        elif may_be_photo(path.name):
            photos.append(path)
        else:
            others.append(path)
    return Incoming(tuple(photos), tuple(folders), tuple(others), addresses)


def sort_by_name(paths: Iterable[Path]) -> Incoming:
    """Sort paths without a look at the disk: a folder that is not called like something else counts as a photo."""
    may_be_photo = _photo_names()
    photos: list[Path] = []
    others: list[Path] = []
    for path in paths:
        (photos if may_be_photo(path.name) else others).append(path)
    return Incoming(tuple(photos), (), tuple(others))


def sorting(files: Sequence[str | Path], addresses: int = 0) -> Generator[Wait | int | Incoming, None, None]:
    """Sort any number of files on a worker, since a disk may be slow; yield how many are done, and at last all."""
    photos: list[Path] = []
    folders: list[Path] = []
    others: list[Path] = []
    with disk_worker("sort") as (worker, _):
        for start in range(0, len(files), AT_ONCE):
            some = worker.submit(_sort_some, files[start : start + AT_ONCE])
            yield Wait(some)
            found = some.result()
            photos += found.photos
            folders += found.folders
            others += found.others
            yield min(start + AT_ONCE, len(files))
    yield Incoming(tuple(photos), tuple(folders), tuple(others), addresses)


def hovering(mime: QMimeData) -> Incoming:
    """Return what a drag carries, as fast as the hand moves: of thousands most are only counted, by their names."""
    urls, addresses = _local(mime)
    first = sort(Path(url.toLocalFile()) for url in urls[:AT_ONCE])
    folders = list(first.folders)
    may_be_photo = _photo_names()
    photos = others = 0
    for url in urls[AT_ONCE:]:
        name = url.fileName()
        if not name:
            # Ends with a slash, as the Finder's folders do.
            folders.append(Path(url.toLocalFile()))
        elif may_be_photo(name):
            photos += 1
        else:
            others += 1
    return Incoming(first.photos, tuple(folders), first.others, addresses, photos, others)


def dropped(mime: QMimeData) -> Dropped:
    """Return what a drag carries: a list of names. Looking at each is for :func:`sorting`."""
    urls, addresses = _local(mime)
    return Dropped(tuple(url.toLocalFile() for url in urls), addresses)


def _local(mime: QMimeData) -> tuple[Sequence[QUrl], int]:
    """Return the files of a drag, and how many addresses of the web there are."""
    urls: Sequence[QUrl] = mime.urls() if mime.hasUrls() else ()
    local = [url for url in urls if url.isLocalFile()]
    return local, len(urls) - len(local)


def _sort_some(files: Sequence[str | Path]) -> Incoming:
    return sort(map(Path, files))


def _photo_names() -> Callable[[str], bool]:
    """Return what tells whether a file of a name may be a photo."""
    # The decoders: the window does not wait for them. Once for all: under Qt a look for a module takes a while.
    from mondrian_desktop.photo.decode import is_photo_name

    by_suffix: dict[str, bool] = {}

    def may_be_photo(name: str) -> bool:
        suffix = os.path.splitext(name)[1]  # noqa: PTH122 - of thousands
        if name.startswith("."):
            return is_photo_name(name) or suffix in ("", ".")
        if suffix not in by_suffix:
            by_suffix[suffix] = is_photo_name(name) or suffix in ("", ".")
        return by_suffix[suffix]

    return may_be_photo


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _names(paths: Sequence[Path], count: int) -> str:
    names = [shown_name(path) for path in paths[:_NAMED]]
    if count > len(names):
        return f"{', '.join(names)} and {count - len(names):,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
