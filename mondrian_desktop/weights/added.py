"""Folders and repositories that the user added to the list of models, kept across quits in one small file."""

import json
import logging
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights.manifest import is_repo_id
from mondrian_desktop.whole_file import write_whole

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Added:
    """What was added, in this order: folders by their path, repositories as "organization/name"."""

    folders: tuple[str, ...] = ()
    repos: tuple[str, ...] = ()

    def with_folder(self, folder: Path) -> "Added":
        """Return it with one more folder."""
        return replace(self, folders=tuple(dict.fromkeys((*self.folders, str(folder)))))

    def with_repo(self, repo: str) -> "Added":
        """Return it with one more repository."""
        return replace(self, repos=tuple(dict.fromkeys((*self.repos, repo))))

    def without(self, model_id: str) -> "Added":
        """Return it without this folder or repository."""
        return Added(
            tuple(each for each in self.folders if each != model_id),
            tuple(each for each in self.repos if each != model_id),
        )


def load() -> Added:
    """Return what was added; nothing of a file that cannot be used, which is kept aside."""
    file = _file()
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        repos = _texts(record["repos"])
        return Added(_texts(record["folders"]), tuple(repo for repo in repos if is_repo_id(repo)))
    except FileNotFoundError:
        return Added()
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as err:
        _log.warning("the list of added models cannot be used: %s", type(err).__name__)
        try:
            file.replace(file.with_name(file.name + ".broken"))
        except OSError:
            _log.warning("and it cannot be kept aside")
        return Added()


def save(added: Added) -> None:
    """Keep it, in one step.

    Raises
    ------
    UserError
        Where that cannot be done.
    """
    file = _file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"folders": added.folders, "repos": added.repos}, indent=1))
    except OSError as err:
        raise UserError(f"The list of models could not be saved to {file}: {err.strerror}.", "Make room.") from err


def _texts(value: Any) -> tuple[str, ...]:
    if not (isinstance(value, list) and all(isinstance(each, str) and each for each in value)):
        raise ValueError("not a list of names")
    return tuple(value)


def _file() -> Path:
    return paths.data_dir() / "models.json"
