"""Downloads that have begun and not ended: what they are to become, kept across quits.

One small JSON file each, so that a download goes on with the same commit and without asking the hub again.
"""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mondrian_desktop import paths
from mondrian_desktop.weights.layout import arrived_bytes
from mondrian_desktop.weights.manifest import Manifest, checked_file, is_commit, is_repo_id
from mondrian_desktop.whole_file import write_whole

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A download that has begun.

    Attributes
    ----------
    manifest
        What is to be on disk.
    revision
        What was asked for: a commit, or empty for the main branch.
    cache
        Folder of the cache into which it goes.
    """

    manifest: Manifest
    revision: str
    cache: Path

    @property
    def done_bytes(self) -> int:
        """Bytes that have arrived."""
        return arrived_bytes(self.cache, self.manifest)


def save(unfinished: Unfinished) -> None:
    """Keep ``unfinished``, in one step. OSError where that cannot be done."""
    file = _file(unfinished.manifest.repo)
    file.parent.mkdir(parents=True, exist_ok=True)
    record = asdict(unfinished.manifest) | {"revision": unfinished.revision, "cache": str(unfinished.cache)}
    write_whole(file, json.dumps(record, indent=1))


def load(repo: str) -> Unfinished | None:
    """Return what is kept about ``repo``, or None where there is nothing that can be used."""
    file = _file(repo)
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        return _read(record)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as err:
        _log.warning("the record of an unfinished download cannot be used: %s", type(err).__name__)
        return None


def everything() -> tuple[Unfinished, ...]:
    """Return all that is kept, by name."""
    files = sorted((paths.data_dir() / "downloads").glob("*.json"))
    found = (load(file.stem.replace("--", "/")) for file in files)
    return tuple(each for each in found if each)


def forget(repo: str) -> None:
    """Drop what is kept about ``repo``, if there is anything."""
    _file(repo).unlink(missing_ok=True)


def _read(record: dict[str, Any]) -> Unfinished:
    manifest = Manifest(
        record["repo"],
        record["commit"],
        tuple(checked_file(file["path"], file["size"], file["sha256"], file["git_sha1"]) for file in record["files"]),
    )
    if not (is_repo_id(manifest.repo) and is_commit(manifest.commit) and manifest.files):
        raise ValueError("not a record of a download")
    return Unfinished(manifest, str(record["revision"]), Path(record["cache"]))


def _file(repo: str) -> Path:
    return paths.data_dir() / "downloads" / f"{repo.replace('/', '--')}.json"
