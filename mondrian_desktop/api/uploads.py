"""The folder of uploaded photos: own names only. What a client called its file is a label, kept beside it.

A photo stays with the analysis that was made of it, since people want to see what was judged; what never became an
analysis goes.
"""

import json
import logging
import os
import re
import time
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO
from uuid import uuid4

from mondrian_desktop.photo.decode import SUPPORTED_SUFFIXES
from mondrian_desktop.report.clean import clean_line

LABEL_LIMIT = 120
"""Characters of a client's name for its photo that are kept."""
ORPHAN_AGE_S = 3600.0
"""Age from which a photo that nobody started is removed; a younger one may be on its way."""

_ID = re.compile(r"[0-9a-f]{32}")
_log = logging.getLogger(__name__)


def label(filename: str) -> str:
    """Return what a client called its photo, as one short harmless line; never used as a path."""
    name = PureWindowsPath(PurePosixPath(filename.replace("\0", "")).name).name
    line = clean_line(name, LABEL_LIMIT)
    return line if line.strip(".") else "photo"


@dataclass(frozen=True, slots=True)
class Note:
    """What is kept beside a photo, or alone for a group of jobs: what the client knows it by.

    ``jobs`` are the ids of the service's jobs, in the order of the advisors.
    """

    label: str
    jobs: tuple[str, ...] = ()


class Uploads:
    """Photos and notes in one folder, each under 32 hexadecimal digits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> tuple[str, Path, BinaryIO]:
        """Return a new id, and a part file, open for writing: :meth:`keep` or :meth:`discard` it.

        Raises
        ------
        OSError
            Where the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        upload_id = uuid4().hex
        part = self._folder / f"{upload_id}.part"
        return upload_id, part, os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def keep(self, part: Path, filename: str) -> Path:
        """Give a complete part file its name; of the client's name only a known suffix is taken over."""
        suffix = PurePosixPath(filename).suffix.lower()
        return part.rename(part.with_suffix(suffix if suffix in SUPPORTED_SUFFIXES else ".photo"))

    @staticmethod
    def discard(part: Path) -> None:
        """Remove a part file; it may be gone."""
        part.unlink(missing_ok=True)

    def id_of(self, path: Path | None) -> str:
        """Return the id of an uploaded photo; empty for a file from anywhere else."""
        return path.stem if path and path.parent == self._folder and _ID.fullmatch(path.stem) else ""

    def write_note(self, upload_id: str, note: Note) -> None:
        """Keep a note, as a whole file."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._folder / f"{upload_id}.note.part"
        part.write_text(json.dumps(asdict(note)), encoding="utf-8")
        part.replace(self._folder / f"{upload_id}.json")

    def note(self, upload_id: str) -> Note | None:
        """Return a note; None where there is none, or where it is damaged."""
        if not _ID.fullmatch(upload_id):
            return None
        try:
            kept = json.loads((self._folder / f"{upload_id}.json").read_text(encoding="utf-8"))
            return Note(label(str(kept["label"])), tuple(str(job) for job in kept["jobs"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("the note %s is damaged", upload_id)
            return None

    def remove(self, upload_id: str) -> None:
        """Remove a photo and its note; they may be gone."""
        if _ID.fullmatch(upload_id):
            for file in self._folder.glob(f"{upload_id}.*"):
                file.unlink(missing_ok=True)

    def sweep(self) -> Generator[None, None, None]:
        """Remove, one a step, what a crash has left: halves of photos, and photos that nobody started.

        Whatever a job may know stays, also where the history cannot be read just now.
        """
        oldest = time.time() - ORPHAN_AGE_S
        for file in sorted(self._folder.glob("*")) if self._folder.is_dir() else ():
            note = self.note(file.stem) if file.suffix == ".json" else None
            try:
                if (file.suffix == ".part" or (note and not note.jobs)) and file.stat().st_mtime < oldest:
                    self.remove(file.name.partition(".")[0])
            except OSError as err:
                _log.warning("%s could not be removed: %s", file.name, err)
            yield
