"""What comes in by dropping, opening and the command line, sorted into photos and what is not one."""

import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from mondrian_desktop.photo.text import shown_name

_LOOKED_AT = 200
"""Files of a drag that are looked up on the disk while it hovers: the answer has to come at once."""
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Incoming:
    """Photos to open, and why the rest cannot be."""

    photos: tuple[Path, ...] = ()
    folders: tuple[Path, ...] = ()
    others: tuple[Path, ...] = ()
    addresses: int = 0

    def __bool__(self) -> bool:
        """Whether there is anything to talk about."""
        return bool(self.photos or self.folders or self.others or self.addresses)

    @property
    def offer(self) -> str:
        """What dropping would do, in a few words."""
        if self.folders:
            return self.batch_offer
        return f"Open {_count(len(self.photos), 'photo')}" if self.photos else "Nothing here can be opened"

    @property
    def batch_offer(self) -> str:
        """What dropping would do where everything becomes a batch."""
        counts = ((len(self.folders), "folder"), (len(self.photos), "photo"))
        parts = [_count(count, noun) for count, noun in counts if count]
        return f"Analyze {' and '.join(parts)}" if parts else "Nothing here can be analyzed"

    @property
    def refusal(self) -> str:
        """Which of it cannot be opened, and what to do; empty where all can be."""
        parts = []
        if self.others:
            what = "is not a photo" if len(self.others) == 1 else "are not photos"
            parts.append(
                f"{_names(self.others)} {what} that Mondrian can read. Open JPEG, HEIC, PNG, TIFF, WebP or raw files."
            )
        if self.addresses:
            parts.append("Pictures from the web have to be saved to this computer first.")
        return " ".join(parts)


def sort(paths: Iterable[Path], *, looks: bool = True) -> Incoming:
    """Sort paths; with ``looks`` the disk is asked which are folders.

    A file without a suffix may be a photo: its content decides when it is read. What is missing or unreadable
    counts as a photo too, so that it gets its own sentence where the photo would be.
    """
    # The decoders: the window does not wait for them.
    from mondrian_desktop.photo.decode import is_supported

    photos, folders, others = [], [], []
    for path in paths:
        if looks and _is_folder(path):
            folders.append(path)
        elif is_supported(path) or not path.suffix:
            photos.append(path)
        else:
            others.append(path)
    return Incoming(tuple(photos), tuple(folders), tuple(others))


def from_mime(mime: QMimeData, *, hovering: bool) -> Incoming:
    """Return what a drag carries; while it hovers the disk is asked only about a limited number of files."""
    urls: Sequence[QUrl] = mime.urls() if mime.hasUrls() else ()
    paths = [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
    sorted_ = sort(paths, looks=not hovering or len(paths) <= _LOOKED_AT)
    return Incoming(sorted_.photos, sorted_.folders, sorted_.others, len(urls) - len(paths))


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _names(paths: Sequence[Path]) -> str:
    names = [shown_name(path) for path in paths[:_NAMED]]
    if len(paths) > _NAMED:
        return f"{', '.join(names)} and {len(paths) - _NAMED} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
