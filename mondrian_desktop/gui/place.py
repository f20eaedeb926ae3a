"""Where the window was and how it was divided, in a small file beside the settings. Lost or broken: the default."""

import json
import logging
from dataclasses import dataclass
from pathlib import Path

from mondrian_desktop import paths

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What the next start should know before anything is read that takes longer.

    Attributes
    ----------
    geometry, splitter
        Qt's own records of the window's geometry and of its splitter's sizes; empty where nothing is known.
    dark
        Whether its appearance was held dark or light; None where it followed the system.
    """

    geometry: bytes = b""
    splitter: bytes = b""
    dark: bool | None = None

    @classmethod
    def load(cls, file: Path | None = None) -> "Place":
        """Return what was saved."""
        try:
            stored = json.loads((file or _file()).read_text(encoding="ascii"))
            dark = stored.get("dark")
            return cls(
                bytes.fromhex(stored["geometry"]),
                bytes.fromhex(stored["splitter"]),
                dark if isinstance(dark, bool) else None,
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def save(self, file: Path | None = None) -> None:
        """Write it. A place that cannot be kept is not worth a word to the user."""
        from mondrian_desktop.whole_file import write_whole  # not before the first painting

        file = file or _file()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            record = {"geometry": self.geometry.hex(), "splitter": self.splitter.hex(), "dark": self.dark}
            write_whole(file, json.dumps(record))
        except OSError as err:
            _log.info("the window's place could not be saved: %s", err)


def _file() -> Path:
    return paths.config_dir() / "window.json"
