"""Where model folders lie on this machine, and how the Hugging Face cache is laid out.

The cache's layout is shared with other tools, so that a model is fetched once for all of them:
https://huggingface.co/docs/huggingface_hub/guides/manage-cache. Contents lie in ``blobs`` under their hash; a folder
below ``snapshots``, named after the commit, holds links to them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from mondrian_desktop import paths

PARTIAL = ".mondrian.incomplete"
"""Ending of a blob that has not fully arrived; the cache's tools know ``*.incomplete`` as what may be cleared away."""


class Owner(StrEnum):
    """Whose folder it is."""

    BUILT_IN = "built in"
    MONDRIAN = "Mondrian"
    HUGGING_FACE = "Hugging Face"
    LM_STUDIO = "LM Studio"
    USER = "yours"


@dataclass(frozen=True, slots=True)
class Place:
    """A folder with a model.

    Attributes
    ----------
    folder
        Holds ``config.json`` and the weights.
    owner
        Whose it is.
    repo
        "organization/name", or empty where it is not known.
    commit
        The repository's commit, or empty where it is not known.
    """

    folder: Path
    owner: Owner
    repo: str = ""
    commit: str = ""


def hub_cache() -> Path:
    """Return the folder of the Hugging Face cache, from the variables that all its tools read. It need not exist.

    Read anew at every call; ``huggingface_hub`` reads them once, when it is imported.
    """
    environment = os.environ.get
    home = environment("HF_HOME") or str(Path(environment("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    cache = environment("HF_HUB_CACHE") or environment("HUGGINGFACE_HUB_CACHE") or str(Path(home) / "hub")
    return Path(os.path.expandvars(cache)).expanduser()


def own_folder() -> Path:
    """Return the folder for models that the user puts there by hand, as organization/name. It need not exist."""
    return paths.data_dir() / "models"


def lm_studio_folders() -> tuple[Path, ...]:
    """Return the folders in which LM Studio keeps models, of its present and its older versions."""
    return (Path("~/.lmstudio/models").expanduser(), Path("~/.cache/lm-studio/models").expanduser())


def repo_folder(cache: Path, repo: str) -> Path:
    """Return the folder of a repository in a cache in Hugging Face's layout."""
    return cache / "--".join(["models", *repo.split("/")])


def snapshot(cache: Path, repo: str, commit: str) -> Path:
    """Return the folder of a repository's files at a commit."""
    return repo_folder(cache, repo) / "snapshots" / commit


def blob(cache: Path, repo: str, etag: str) -> Path:
    """Return the file that holds the content with this hash."""
    return repo_folder(cache, repo) / "blobs" / etag


def partial(cache: Path, repo: str, etag: str) -> Path:
    """Return the file in which the content with this hash arrives."""
    return blob(cache, repo, etag + PARTIAL)


def locate(repo: str, commit: str = "", cache: Path | None = None) -> Place | None:
    """Return where a model of the hub is on this machine, or None.

    The named commit in the cache is preferred; then the folder of the user, of LM Studio, and any other commit in
    the cache. Whether the folder is complete is not looked at.
    """
    in_cache = list(_snapshots(cache or hub_cache(), repo))
    pinned = [place for place in in_cache if place.commit == commit]
    return next(iter([*pinned, *_plain(repo), *in_cache]), None)


def everything(cache: Path | None = None) -> Iterator[Place]:
    """Yield every model folder in the cache, the user's folder and LM Studio's, each one once."""
    root = cache or hub_cache()
    for folder in sorted(_folders(root)):
        kind, _, name = folder.name.partition("--")
        if kind == "models" and name:
            yield from _snapshots(root, name.replace("--", "/"))
    for owner, top in _tops():
        for organization in sorted(_folders(top)):
            for folder in sorted(_folders(organization)):
                if _is_model(folder):
                    yield Place(folder, owner, f"{organization.name}/{folder.name}")


def _tops() -> Iterator[tuple[Owner, Path]]:
    yield Owner.MONDRIAN, own_folder()
    for folder in lm_studio_folders():
        yield Owner.LM_STUDIO, folder


def _plain(repo: str) -> Iterator[Place]:
    for owner, top in _tops():
        if _is_model(top / repo):
            yield Place(top / repo, owner, repo)


def _snapshots(cache: Path, repo: str) -> Iterator[Place]:
    """Yield the commits of a repository in the cache, that of its main branch first."""
    folder = repo_folder(cache, repo)
    try:
        main = (folder / "refs" / "main").read_text(encoding="ascii", errors="replace").strip()
    except OSError:
        main = ""
    for commit in sorted(_folders(folder / "snapshots"), key=lambda commit: (commit.name != main, commit.name)):
        if _is_model(commit):
            yield Place(commit, Owner.HUGGING_FACE, repo, commit.name)


def _is_model(folder: Path) -> bool:
    try:
        return (folder / "config.json").is_file() and any(folder.glob("*.safetensors"))
    except OSError:
        return False


def _folders(top: Path) -> Iterator[Path]:
    try:
        yield from (entry for entry in top.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    except OSError:
        return  # it is not there, or not for us to read
