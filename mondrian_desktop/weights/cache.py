"""The models on this machine: find them and remove them."""

import shutil
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import line, places, unfinished
from mondrian_desktop.weights.catalog import CatalogEntry, entries
from mondrian_desktop.weights.check import inspect
from mondrian_desktop.weights.manifest import WeightFile
from mondrian_desktop.weights.places import Owner, Place


@dataclass(frozen=True, slots=True)
class Installed:
    """A model on this machine.

    Attributes
    ----------
    entry
        Its entry in the catalogue, or one that says what its folder tells.
    place
        Where it is, and whose that folder is.
    size_bytes
        On disk.
    problem
        Why it cannot be loaded, as a sentence; empty where nothing speaks against it.
    """

    entry: CatalogEntry
    place: Place
    size_bytes: int
    problem: str = ""


def installed(cache: Path | None = None) -> tuple[Installed, ...]:
    """Return the models on this machine that take pictures, the built-in ones first.

    Looked for beside the app, in the Hugging Face cache, in the user's folder and in LM Studio's folders. Reads the
    configuration of every model there: call it from a worker where there may be many.
    """
    built_in = [Place(entry.path, Owner.BUILT_IN) for entry in entries() if not entry.repo]
    found = (_installed(place) for place in (*built_in, *places.everything(cache)))
    return tuple(each for each in found if each)


def remove(model: Installed, cache: Path | None = None) -> int:
    """Remove a model from disk and return the bytes that became free.

    Raises
    ------
    UserError
        Where it belongs to the app, to another one or to the user, or cannot be removed.
    """
    place = model.place
    if place.owner not in (Owner.HUGGING_FACE, Owner.MONDRIAN):
        whose = {Owner.BUILT_IN: "is part of the app", Owner.LM_STUDIO: "belongs to LM Studio"}
        raise UserError(
            f"{model.entry.name} {whose.get(place.owner, 'is in a folder of yours')} and is not removed from here.",
            "" if place.owner is Owner.BUILT_IN else f"Its folder is {place.folder}.",
        )
    try:
        if place.owner is Owner.MONDRIAN:
            shutil.rmtree(place.folder)
            return model.size_bytes
        return _remove_from_hub_cache(place, cache or places.hub_cache()) or model.size_bytes
    except OSError as err:
        raise UserError(f"{model.entry.name} could not be removed: {err.strerror}.", "Check its permissions.") from err


def discard(repo: str, cache: Path | None = None) -> None:
    """Drop an unfinished download with all that has arrived of it; contents that a model uses stay.

    Raises
    ------
    UserError
        Where that fails.
    """
    begun = unfinished.load(repo)
    folder = places.repo_folder(begun.cache if begun else cache or places.hub_cache(), repo)
    used = {link.readlink().name for link in folder.glob("snapshots/*/*") if link.is_symlink()}
    try:
        for content in _files(folder / "blobs"):
            if content.name.endswith(places.PARTIAL) or (begun and _is_of(content, begun.manifest.files, used)):
                content.unlink(missing_ok=True)
        unfinished.forget(repo)
        line.leave(repo)
        for empty in (folder / "blobs", folder):
            with suppress(OSError):
                empty.rmdir()
    except OSError as err:
        raise UserError(f"What has arrived of {repo} could not be removed: {err.strerror}.") from err


def _is_of(content: Path, files: tuple[WeightFile, ...], used: set[str]) -> bool:
    return content.name not in used and any(file.etag == content.name for file in files)


def _installed(place: Place) -> Installed | None:
    """Return the model of a folder, or None where it takes no pictures."""
    entry = _entry(place)
    problem = ""
    try:
        if not inspect(place.folder).sees:
            return None
    except UserError as err:
        if not _is_catalogued(entry):
            return None
        problem = str(err)
    size_bytes = 0
    for file in _files(place.folder):
        with suppress(OSError):  # a link to nothing
            size_bytes += file.stat().st_size
    return Installed(entry, place, size_bytes, problem)


def _entry(place: Place) -> CatalogEntry:
    for entry in entries():
        if place.folder == entry.path or (place.repo and place.repo in (entry.repo, *entry.equivalents)):
            return replace(entry, path=place.folder)
    return CatalogEntry(place.repo, place.repo.partition("/")[2], place.folder, repo=place.repo)


def _is_catalogued(entry: CatalogEntry) -> bool:
    return any(each.id == entry.id for each in entries())


def _remove_from_hub_cache(place: Place, cache: Path) -> int:
    """Remove a commit from the cache, and what no other commit uses, as the cache's own tool does it."""
    from huggingface_hub import scan_cache_dir

    unfinished.forget(place.repo)
    line.leave(place.repo)
    folder = places.repo_folder(cache, place.repo)
    found = scan_cache_dir(cache)
    # A copy of a repository has the same commits: the tool would take the first one that it comes across.
    ours = replace(found, repos=frozenset(repo for repo in found.repos if repo.repo_path.name == folder.name))
    if any(revision.commit_hash == place.commit for repo in ours.repos for revision in repo.revisions):
        plan = ours.delete_revisions(place.commit)
        plan.execute()
        return int(plan.expected_freed_size)
    # The tool leaves damaged repositories alone.
    shutil.rmtree(folder)
    return 0


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if not entry.is_dir())
    except OSError:
        return []
