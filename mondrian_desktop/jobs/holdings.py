"""What the app keeps on this machine: where, how much, and what "delete all" takes away."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mondrian_desktop import log, paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.last_phase import is_marker


@dataclass(frozen=True, slots=True)
class Holding:
    """One kind of thing that is kept.

    Attributes
    ----------
    name, what
        For people.
    folder
        Where; it need not exist.
    patterns
        Of files and folders in it, all that is below a folder included.
    is_erasable
        Whether it goes when everything is deleted: what was made of photos, not what the user wrote or fetched.
    """

    name: str
    what: str
    folder: Path
    patterns: tuple[str, ...] = field(default=("*",))
    is_erasable: bool = True

    def measure(self) -> Iterator[int]:
        """Yield the bytes of one file after the other; what vanishes meanwhile counts nothing."""
        for file in self.files():
            try:
                yield file.lstat().st_size
            except OSError:
                yield 0

    def files(self) -> Iterator[Path]:
        """Yield the files; links are not followed."""
        for pattern in self.patterns:
            for found in sorted(self.folder.glob(pattern)):
                if found.is_symlink() or not found.is_dir():
                    yield found
                    continue
                for folder, _, names in os.walk(found):
                    yield from (Path(folder) / name for name in names)


def holdings() -> tuple[Holding, ...]:
    """Return everything that is kept; the Hugging Face cache is not ours alone."""
    data = paths.data_dir()
    return (
        Holding("History", "Critiques, questions, small pictures of the photos, and where the photos are.",
                data, ("history*",)),
        Holding("Photos sent to the service", "Copies of what phones and pages have sent.", data / "uploads"),
        Holding("Log", "What the app did, and what went wrong. Names of photos can be in it.", paths.log_dir()),
        Holding("Cache", "What can be made again.", paths.cache_dir()),
        Holding("Your advisors", "What you wrote. Stays when everything is deleted.", data / "advisors",
                is_erasable=False),
        Holding("Models", "In the app’s own folder, with notes on downloads and servers. What was downloaded lies in "
                "the Hugging Face folder, shared with others.",
                data, ("models", "models.json*", "downloads", "servers.json*"), is_erasable=False),
        Holding("Settings", "Preferences, the window’s place, and the service’s token.", paths.config_dir(),
                is_erasable=False),
    )  # fmt: skip


def erase_files() -> None:
    """Delete the files of everything erasable but the history, which its database erases itself.

    What a running process is doing stays noted, or nothing would be told if it died: there is no photo in that.

    Raises
    ------
    UserError
        Where a file cannot be deleted; the others are.
    """
    log.clear()
    failed = [
        (file, why)
        for holding in holdings()
        if holding.is_erasable and holding.folder != paths.data_dir()
        for file in list(holding.files())
        if not is_marker(file) and (why := _delete(file))
    ]
    if failed:
        file, why = failed[0]
        more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        raise UserError(f"{file} could not be deleted: {why}{more}. Everything else is deleted.")


def _delete(file: Path) -> str:
    try:
        file.unlink(missing_ok=True)
    except OSError as err:
        return err.strerror or str(err)
    return ""
