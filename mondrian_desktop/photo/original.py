"""The photographer's file: opened read-only, checked before anything is decoded, told about in sentences."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.text import shown_name

MAX_BYTES = 2 * 1000**3
MAX_PIXELS = 500_000_000
MAX_ASPECT = 50
# No camera or scanner writes more than this; a few kilobytes that claim to be hundreds of megapixels are an attack.
_BOMB_PIXELS = 100_000_000
_BOMB_PIXELS_PER_BYTE = 200
_BLOCK = 1 << 20
# macOS: the file is listed but its data is elsewhere (<sys/stat.h>, SF_DATALESS); reading it would wait for iCloud.
_SF_DATALESS = 0x40000000


@dataclass(frozen=True, slots=True)
class Original:
    """An open original: ``file`` is read-only and closed by :func:`open_original`."""

    path: Path
    file: BinaryIO
    byte_size: int
    stamp: tuple[int, ...]

    def head(self, count: int = 64) -> bytes:
        """Return the first bytes; the file is at its start afterwards."""
        self.file.seek(0)
        data = self.file.read(count)
        self.file.seek(0)
        return data

    def check_unchanged(self) -> None:
        """Raise UserError where the file vanished or was written while it was read."""
        try:
            now = os.stat(self.path)  # noqa: PTH116 - Path.stat has the same errors, this reads beside fstat
        except OSError as err:
            raise UserError(
                f"{shown_name(self.path)} disappeared while it was read.",
                "Check that its disk or card is still connected, then open it again.",
            ) from err
        if _stamp(now) != self.stamp:
            raise UserError(
                f"{shown_name(self.path)} changed while it was read.",
                "Wait until it is completely copied or saved, then open it again.",
            )


def hash_of(file: BinaryIO) -> str:
    """Return the SHA-256 of the bytes of ``file`` from where it stands, in hex."""
    digest = hashlib.sha256()
    while block := file.read(_BLOCK):
        digest.update(block)
    return digest.hexdigest()


@contextmanager
def open_original(path: Path) -> Iterator[Original]:
    """Open ``path`` for reading, after all checks that need no decoding; closed at the end in every case.

    Raises
    ------
    UserError
        Where it is missing, a folder, no regular file, not downloaded from iCloud, empty, larger than
        :data:`MAX_BYTES`, or may not be read.
    """
    file = _open(path)
    with file:
        status = os.fstat(file.fileno())
        yield Original(path, file, status.st_size, _stamp(status))


def _open(path: Path) -> BinaryIO:
    try:
        _check_status(path, os.stat(path))  # noqa: PTH116
        return path.open("rb")
    except (OSError, ValueError) as err:
        raise unreadable(path, err) from err


def unreadable(path: Path, error: OSError | ValueError) -> UserError:
    """Return the error for what the system said when ``path`` was opened or read."""
    name = shown_name(path)
    if isinstance(error, FileNotFoundError):
        if _exists(path.with_name(f".{path.name}.icloud")):
            return _in_icloud(name)
        return UserError(
            f"{name} was not found.", "It may have been moved, renamed or deleted; open it from its new place."
        )
    if isinstance(error, PermissionError):
        return UserError(
            f"There is no permission to read {name}.",
            "Allow reading it under Get Info, or allow Mondrian its folder in the system's privacy settings.",
        )
    reason = getattr(error, "strerror", None) or str(error)
    return UserError(f"{name} could not be read: {reason}.", "Check its disk or card, then open it again.")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _check_status(path: Path, status: os.stat_result) -> None:
    name = shown_name(path)
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{name} is a folder, not a photo.", "Open the photos in it.")
    if not stat.S_ISREG(status.st_mode):
        raise UserError(f"{name} is not a file with a picture in it.", "Open a photo.")
    if getattr(status, "st_flags", 0) & _SF_DATALESS:
        raise _in_icloud(name)
    if path.name.startswith(".") and path.name.endswith(".icloud"):
        raise _in_icloud(shown_name(path.with_name(path.name[1 : -len(".icloud")])))
    if status.st_size == 0:
        raise UserError(f"{name} is empty.", "Copy it again from the camera, card or backup.")
    if status.st_size > MAX_BYTES:
        raise UserError(
            f"{name} is larger than 2 GB ({status.st_size / 1000**3:.1f} GB).", "Export a smaller copy and open that."
        )


def check_dimensions(path: Path, width: int, height: int, byte_size: int) -> None:
    """Check what a header claims before memory is spent on it.

    Raises
    ------
    UserError
        For a side of zero pixels, more than :data:`MAX_PIXELS`, a strip longer than :data:`MAX_ASPECT` times its
        width, or many more pixels than the file can hold.
    """
    name = shown_name(path)
    if width < 1 or height < 1:
        raise UserError(f"{name} holds a picture without any pixels.", "Export it again from its original.")
    if width * height > MAX_PIXELS:
        raise UserError(
            f"{name} has {width * height / 1e6:,.0f} megapixels; at most {MAX_PIXELS / 1e6:.0f} can be read.",
            "Export a smaller copy and open that.",
        )
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise UserError(
            f"{name} is a strip of {width} x {height} pixels, too narrow to be judged as a photo.",
            "Crop it, or open another one.",
        )
    if width * height > _BOMB_PIXELS and width * height > _BOMB_PIXELS_PER_BYTE * byte_size:
        raise UserError(
            f"{name} claims {width * height / 1e6:,.0f} megapixels in a file of {byte_size / 1000:,.0f} kB, "
            "which no photo does.",
            "It was not opened, because such files are made to fill a computer's memory.",
        )


def damaged(path: Path, error: BaseException | None = None) -> UserError:
    """Return the error for data that cannot be decoded, by what the decoder said."""
    name = shown_name(path)
    words = str(error).lower()
    if isinstance(error, MemoryError):
        return UserError(
            f"There is not enough memory to read {name}.", "Close other programs, or export a smaller copy."
        )
    if isinstance(error, EOFError) or any(
        word in words for word in ("truncated", "end of file", "unexpected end", "eof", "incomplete")
    ):
        return UserError(
            f"{name} is incomplete: the file ends before its picture does.",
            "Copy it again from the camera, card or backup.",
        )
    return UserError(f"{name} is damaged and cannot be read.", "Copy it again, or export it again from its original.")


def _in_icloud(name: str) -> UserError:
    return UserError(f"{name} is in iCloud and not on this computer yet.", "Download it in Finder, then open it again.")


def _stamp(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
