"""What the app was doing when it died: a small file, rewritten at every change of phase and removed at a clean end.

Each process has its own, and holds a lock on it that the system lets go of when the process ends, however it ends.
Nothing in it says which photo it was.
"""

import fcntl
import json
import logging
import os
from pathlib import Path
from typing import BinaryIO, cast

from mondrian_desktop.engine.protocol import Phase, Stage
from mondrian_desktop.jobs.queue import Update

_log = logging.getLogger(__name__)

_DOING = {
    Stage.READING: "reading a photo",
    Stage.LOADING: "loading the model",
    Stage.ENCODING: "looking at a photo",
    Stage.PREFILLING: "looking at a photo",
    Stage.GENERATING: "writing a critique",
}
_MAX_BYTES = 4096
_NAME = "phase-{}.json"


def is_marker(file: Path) -> bool:
    """Return whether a file is the marker of a process, by its name."""
    return file.match(_NAME.format("*"))


class LastPhase:
    """The marker of this process, from construction to :meth:`close`.

    Where it cannot be written there is none: that is no reason not to work.

    Parameters
    ----------
    folder
        Where the markers lie; made where it is missing.

    Attributes
    ----------
    problems
        A sentence for each process that died since the last start, about what it was doing.
    """

    def __init__(self, folder: Path) -> None:
        self.problems: tuple[str, ...] = ()
        self._file: BinaryIO | None = None
        self._path = folder / _NAME.format(os.getpid())
        self._running: set[str] = set()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            dead = [_take(path) for path in sorted(folder.glob(_NAME.format("*")))]
            self.problems = tuple(dict.fromkeys(filter(None, dead)))
            self._file = _lock(self._path)
            self._write({})
        except OSError as err:
            _log.info("what is being done cannot be noted: %s", err)

    def follow(self, update: Update) -> None:
        """Note the phase that a job has come to, and when nothing runs any more."""
        job = update.job
        if isinstance(update.event, Phase):
            self._running.add(job.id)
            self._write({"stage": update.event.stage.value, "model": job.model})
        elif job.is_over and job.id in self._running:
            self._running.remove(job.id)
            if not self._running:
                self._write({})

    def close(self) -> None:
        """Remove the marker: this is a clean end. Closing again does nothing."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None

    def _write(self, doing: dict[str, str]) -> None:
        if self._file is None:
            return
        try:
            content = json.dumps(doing).encode()
            # In place, since the lock is on this very file; torn or not, it is read with suspicion.
            self._file.seek(0)
            self._file.write(content)
            self._file.truncate(len(content))
        except OSError as err:
            _log.info("what is being done cannot be noted: %s", err)


def _lock(path: Path) -> BinaryIO:
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b", buffering=0)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return cast("BinaryIO", file)


def _take(path: Path) -> str:
    """Remove the marker of a dead process and return what it says; empty for one that is alive."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return ""
        content = file.read(_MAX_BYTES)
        path.unlink(missing_ok=True)
    sentence = _sentence(content)
    _log.warning("%s", sentence)
    return sentence


def _sentence(content: bytes) -> str:
    """Return what happened, in words; nothing in the file is trusted."""
    try:
        noted = json.loads(content)
        doing = _DOING[Stage(noted["stage"])]
        model = Path(str(noted.get("model", ""))).name
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return "Mondrian did not end in order last time; nothing was being analyzed. Your photos are untouched."
    by = f", with the model {model}" if model else ""
    return (
        f"Mondrian did not end in order last time: it stopped while {doing}{by}. Your photos are untouched, and what "
        "was already written is kept. If it happens again, the log has what is known."
    )
