"""Which files of this machine a client may name: those in folders that the user has shared, and no others."""

import os
from collections.abc import Iterable
from pathlib import Path

from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.settings import SHARED_FOLDERS, Settings


def shared_folders(settings: Settings) -> tuple[Path, ...]:
    """Return the folders that the user has shared, as they are in the settings now."""
    return tuple(Path(name).expanduser() for name in settings.get(SHARED_FOLDERS).split(os.pathsep) if name.strip())


def resolve(filename: str, folders: Iterable[Path]) -> Path:
    """Return the file that a client names: by its whole path, or by its path from a shared folder on.

    Links are followed first, so that one that leads out of the folder does not count as in it.

    Raises
    ------
    Refusal
        403 for everything else, also for what does not exist: a client learns nothing about other files.
    """
    try:
        for folder in folders:
            root = folder.resolve(strict=True)
            try:
                file = (root / Path(filename).expanduser()).resolve(strict=True)
            except FileNotFoundError:
                continue
            if root in file.parents and file.is_file():
                return file
    except (OSError, ValueError, RuntimeError):
        # Too long, a null byte, a loop of links, no such user, not ours to read: all the same to a client.
        raise _not_shared() from None
    raise _not_shared()


def _not_shared() -> Refusal:
    return Refusal(403, "This file is not in a folder that is shared with the service.")
