"""How it stands with each model: here, on its way, or to be had, and whether this machine can take it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import cache, line, places, space, unfinished
from mondrian_desktop.weights.added import Added
from mondrian_desktop.weights.catalog import CatalogEntry, entries, find, from_repo, recommended
from mondrian_desktop.weights.check import inspect
from mondrian_desktop.weights.places import Owner
from mondrian_desktop.weights.space import SPARE_BYTES, Fit, readable_bytes


class State(StrEnum):
    """Where a model is."""

    INSTALLED = "installed"
    BROKEN = "broken"
    DOWNLOADING = "downloading"
    WAITING = "waiting"
    PARTIAL = "partial"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Machine:
    """What this machine can take.

    Attributes
    ----------
    memory_bytes
        All of its memory.
    supports
        Whether a model type can be loaded; may be slow. None: not looked at.
    """

    memory_bytes: int = field(default_factory=space.memory_bytes)
    supports: Callable[[str], bool] | None = None

    @property
    def usable_bytes(self) -> int:
        """How much of its memory a model can use."""
        return space.usable_bytes(self.memory_bytes)


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with one model.

    Attributes
    ----------
    entry, state
        Which, and where it is.
    owner
        Whose folder holds it; None where it is not here.
    fit, memory_bytes
        Whether the memory suffices, and how much it needs; 0 where not known.
    obstacle
        Why this machine cannot take it, as a sentence: memory or free disk; empty where it can.
    done_bytes, total_bytes
        How much has arrived, of how much; the size on disk of what is here. 0 where not known.
    bytes_per_s, seconds_left
        While it downloads; None where they cannot be told.
    activity
        What a download does beside downloading: "Checking model.safetensors"; else empty.
    problem
        Why it cannot be loaded, or why its download ended, as sentences; else empty.
    is_recommended
        Whether it is the one for this machine.
    is_added
        Whether the user put it into the list.
    is_left
        Whether its download was under way or in line when the app ended, and has not been taken up since.
    """

    entry: CatalogEntry
    state: State
    owner: Owner | None = None
    fit: Fit = Fit.YES
    memory_bytes: int = 0
    obstacle: str = ""
    done_bytes: int = 0
    total_bytes: int = 0
    bytes_per_s: float | None = None
    seconds_left: float | None = None
    activity: str = ""
    problem: str = ""
    is_recommended: bool = False
    is_added: bool = False
    is_left: bool = False

    @property
    def id(self) -> str:
        """The model's id."""
        return self.entry.id

    @property
    def is_under_way(self) -> bool:
        """Whether it is being downloaded, or in line for it."""
        return self.state in (State.DOWNLOADING, State.WAITING)

    @property
    def can_use(self) -> bool:
        """Whether it can be chosen; the last word has the check when it is."""
        return self.state is State.INSTALLED and self.fit is not Fit.NO

    @property
    def can_download(self) -> bool:
        """Whether a download can begin, or go on."""
        return self.state in (State.ABSENT, State.PARTIAL) and not self.obstacle

    @property
    def can_remove(self) -> bool:
        """Whether it can be removed from disk, or taken out of the list."""
        if self.state in (State.INSTALLED, State.BROKEN):
            return self.owner in (Owner.HUGGING_FACE, Owner.MONDRIAN) or self.is_added
        return self.state is State.PARTIAL or (self.state is State.ABSENT and self.is_added)


def survey(machine: Machine, added: Added) -> tuple[Standing, ...]:
    """Return how it stands with every model: the catalogue's, those found on this machine, and those added.

    Reads folders and configurations: call it from a worker.
    """
    best = recommended(machine.memory_bytes)
    rows = {row.id: row for row in _rows(machine, added)}
    return tuple(replace(row, is_recommended=best is not None and row.id == best.id) for row in rows.values())


def _rows(machine: Machine, added: Added) -> Iterator[Standing]:
    here: dict[str, cache.Installed] = {}
    for each in cache.installed():
        here.setdefault(each.entry.id, each)
    for entry in entries():
        model = here.pop(entry.id, None)
        yield _installed(machine, model, added) if model else _remote(machine, entry, added)
    for model in here.values():
        yield _installed(machine, model, added)
    begun = [each.manifest.repo for each in unfinished.everything()]
    catalogued = {entry.repo for entry in entries()}
    for repo in dict.fromkeys((*begun, *line.everything(), *added.repos)):
        if repo not in catalogued and repo not in here:
            yield _remote(machine, from_repo(repo), added)
    for folder in added.folders:
        yield _of_folder(machine, Path(folder))


def _installed(machine: Machine, model: cache.Installed, added: Added) -> Standing:
    needed = model.entry.memory_bytes
    if not needed and not model.problem:
        try:
            needed = inspect(model.place.folder).needed_bytes
        except UserError:
            needed = 0  # gone since a moment ago
    fit = space.fit(needed, machine.usable_bytes)
    return Standing(
        entry=model.entry,
        state=State.BROKEN if model.problem else State.INSTALLED,
        owner=model.place.owner,
        fit=fit,
        memory_bytes=needed,
        obstacle=_memory_obstacle(machine, needed, fit),
        done_bytes=model.size_bytes,
        total_bytes=model.size_bytes,
        problem=model.problem,
        is_added=model.entry.id in added.repos,
    )


def _remote(machine: Machine, entry: CatalogEntry, added: Added) -> Standing:
    begun = unfinished.load(entry.repo) if entry.repo else None
    total = begun.manifest.total_bytes if begun else entry.disk_bytes
    done = begun.done_bytes if begun else 0
    fit = space.fit(entry.memory_bytes, machine.usable_bytes)
    return Standing(
        entry=entry,
        state=State.PARTIAL if begun else State.ABSENT,
        fit=fit,
        memory_bytes=entry.memory_bytes,
        obstacle=_memory_obstacle(machine, entry.memory_bytes, fit) or _disk_obstacle(total - done),
        done_bytes=done,
        total_bytes=total,
        is_added=entry.id in added.repos,
    )


def _of_folder(machine: Machine, folder: Path) -> Standing:
    entry = CatalogEntry(id=str(folder), name=folder.name, path=folder)
    try:
        facts = inspect(folder)
        entry = replace(find(folder), id=str(folder))
        problem = "" if facts.sees else f"{facts.name} cannot see pictures: it is a model for text only."
        needed, size = facts.needed_bytes, facts.weights_bytes
    except UserError as err:
        problem, needed, size = str(err), 0, 0
    fit = space.fit(needed, machine.usable_bytes)
    return Standing(
        entry=entry,
        state=State.BROKEN if problem else State.INSTALLED,
        owner=Owner.USER,
        fit=fit,
        memory_bytes=needed,
        obstacle=_memory_obstacle(machine, needed, fit),
        done_bytes=size,
        total_bytes=size,
        problem=problem,
        is_added=True,
    )


def _memory_obstacle(machine: Machine, needed: int, fit: Fit) -> str:
    if fit is not Fit.NO:
        return ""
    return (
        f"Needs about {readable_bytes(needed)} of memory; a model can use "
        f"{readable_bytes(machine.usable_bytes)} on this Mac."
    )


def _disk_obstacle(missing: int) -> str:
    try:
        free = space.free_bytes(places.hub_cache())
    except OSError:
        return ""  # the download will tell
    if missing <= 0 or missing + SPARE_BYTES <= free:
        return ""
    return f"Needs {readable_bytes(missing + SPARE_BYTES)} of free disk space; {readable_bytes(free)} are free."
