"""Downloads that were asked for and have neither ended nor been paused: a mark on disk each, kept across quits.

A mark of its own for each, so that the window and the command line do not undo what the other one writes. It is a
convenience: where the disk takes none, the download goes on all the same.
"""

import json
import logging
import time
from pathlib import Path

from mondrian_desktop import paths
from mondrian_desktop.weights.manifest import is_repo_id

_log = logging.getLogger(__name__)


def join(repo: str) -> None:
    """Mark ``repo`` as asked for; where it is already, it keeps its place."""
    file = _file(repo)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as out:
            json.dump({"repo": repo, "asked_ns": time.time_ns()}, out)
    except FileExistsError:
        return
    except OSError as err:
        _log.warning("that a download was asked for could not be kept: %s", err.strerror)


def leave(repo: str) -> None:
    """Take the mark away, if there is one."""
    try:
        _file(repo).unlink(missing_ok=True)
    except OSError as err:
        _log.warning("that a download is over could not be kept: %s", err.strerror)


def everything() -> tuple[str, ...]:
    """Return the repositories that are marked, in the order in which they were asked for."""
    found = (_read(file) for file in sorted(_folder().glob("*.asked")))
    return tuple(repo for _, repo in sorted(each for each in found if each))


def _read(file: Path) -> tuple[int, str] | None:
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        repo, asked_ns = record["repo"], record["asked_ns"]
        if isinstance(asked_ns, int) and isinstance(repo, str) and is_repo_id(repo):
            return asked_ns, repo
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as err:
        _log.warning("the mark of a download cannot be used: %s", type(err).__name__)
    return None


def _folder() -> Path:
    return paths.data_dir() / "downloads"


def _file(repo: str) -> Path:
    return _folder() / f"{repo.replace('/', '--')}.asked"
