"""The models that the app knows: where their weights are, by which rubric they judge, and how they want to be asked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import places, servers
from mondrian_desktop.weights.manifest import WeightFile, is_repo_id
from mondrian_desktop.weights.servers import Server

NEUTRAL_ADVISOR = "mentor"

CAUTION = (
    "Anybody can publish a model. Only its weights and settings are fetched and no program code of it is ever run, "
    "but nobody here has tried it: it may not load, or write nonsense."
)
"""Shown before a model is fetched that is not in the catalogue."""


@dataclass(frozen=True, slots=True)
class PromptForm:
    """How a model is asked.

    Attributes
    ----------
    kind
        "chat": instructions in words. "control": the one line on which the model was trained, nothing else.
    control
        That line; ``{advisor}`` in it stands for the advisor. Empty for "chat".
    advisors
        What ``{advisor}`` becomes, by advisor id; an id that is not in it speaks as "mentor".
    question
        For "control": the line for a question without a photo, with ``{question}`` in it and, where it was trained
        so, ``{advisor}``. Empty: it takes none.
    """

    kind: Literal["chat", "control"] = "chat"
    control: str = ""
    advisors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    question: str = ""

    @property
    def takes_questions(self) -> bool:
        """Whether a question without a photo can be asked."""
        return self.kind == "chat" or bool(self.question)

    @property
    def takes_follow_ups(self) -> bool:
        """Whether a question about a photo or about its critique can be asked."""
        return self.kind == "chat"

    def control_line(self, advisor_id: str) -> str:
        """Return the control line for this advisor."""
        return self.control.replace("{advisor}", self._spoken(advisor_id))

    def question_line(self, advisor_id: str, question: str) -> str:
        """Return the control line for a question without a photo."""
        return self.question.replace("{advisor}", self._spoken(advisor_id)).replace("{question}", question)

    def _spoken(self, advisor_id: str) -> str:
        return self.advisors.get(advisor_id, self.advisors.get(NEUTRAL_ADVISOR, ""))


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One model.

    Attributes
    ----------
    id, name
        For settings and for people.
    path
        Folder of the weights. Where they are on this machine; or where they will be, if they are not here yet.
    rubric
        Id of the rubric by which it judges.
    prompt
        How it is asked.
    supports_schema
        Whether its answer may be held to the JSON schema while it is written.
    note
        One line about what it can do, shown wherever it was used; may be empty.
    repo, revision
        At the hub, "organization/name" and commit; empty for built-in models and folders. An empty revision is
        whatever the hub's main branch has.
    equivalents
        Repositories that hold the same model and quantization.
    files
        What is known of its files before the hub is asked; not all of them.
    disk_bytes, memory_bytes, context_tokens
        Size on disk, memory while it looks at one picture, and largest number of tokens; 0 where not known.
    recommended_from_gb
        Memory of the Mac, in GiB, from which on it is the recommendation; 0: never.
    good_at
        One line for choosing.
    license
        As its makers name it; may be empty.
    verified
        Whether this project has fetched these very files and used the model.
    evidence
        Where the facts come from.
    model_type
        The architecture, as its config.json names it; empty where not known.
    server
        Where it runs, or None: on this machine, from its folder.
    """

    id: str
    name: str
    path: Path
    rubric: str = "critique"
    prompt: PromptForm = field(default_factory=PromptForm)
    supports_schema: bool = True
    note: str = ""
    repo: str = ""
    revision: str = ""
    equivalents: tuple[str, ...] = ()
    files: tuple[WeightFile, ...] = ()
    disk_bytes: int = 0
    memory_bytes: int = 0
    context_tokens: int = 0
    recommended_from_gb: int = 0
    good_at: str = ""
    license: str = ""
    verified: bool = False
    evidence: str = ""
    model_type: str = ""
    server: Server | None = None

    @property
    def kind(self) -> Literal["weights", "server"]:
        """Whether it runs here, or elsewhere."""
        return "server" if self.server else "weights"

    @property
    def is_installed(self) -> bool:
        """Whether there is a model in its folder; whether it is whole, :mod:`~mondrian_desktop.weights.check` tells."""
        return (self.path / "config.json").is_file()


def entries() -> tuple[CatalogEntry, ...]:
    """Return the models of ``resources/models/catalog.toml``, in its order, each with the folder where it is now."""
    return tuple(_placed(entry) for entry in _catalog())


def recommended(memory_bytes: int) -> CatalogEntry | None:
    """Return the model to recommend on a machine with this much memory, or None where it is too little for any."""
    able = [entry for entry in entries() if 0 < entry.recommended_from_gb << 30 <= memory_bytes]
    return max(able, key=lambda entry: entry.recommended_from_gb, default=None)


def from_repo(repo: str) -> CatalogEntry:
    """Return the model of a repository, "organization/name": the catalogue's, or one of which nothing else is known.

    Raises
    ------
    UserError
        Where ``repo`` has another form.
    """
    repo = repo.strip().removeprefix("https://huggingface.co/").strip("/")
    if not is_repo_id(repo):
        raise UserError(
            f"“{repo}” is not the name of a model at the hub.",
            "Give the organization and the name, as in mlx-community/Qwen3-VL-4B-Instruct-4bit.",
        )
    for entry in entries():
        if repo == entry.repo:
            return entry
    return _placed(CatalogEntry(id=repo, name=repo.partition("/")[2], path=Path(), repo=repo, good_at=CAUTION))


def from_server(server: Server) -> CatalogEntry:
    """Return the model that a server runs. It is asked in words, and judges by the critique rubric."""
    return CatalogEntry(
        id=server.id,
        name=f"{server.model.rpartition('/')[2]} on {server.host}",
        # There is no such folder.
        path=paths.data_dir() / "servers" / server.id,
        supports_schema=server.schema,
        note=server.where,
        server=server,
    )


def known(model_id: str) -> CatalogEntry | None:
    """Return the model of the catalogue or the server of this id, or None. No folder is looked into."""
    server = servers.find(model_id)
    return from_server(server) if server else next((each for each in entries() if each.id == model_id), None)


def find(name_or_folder: str | Path) -> CatalogEntry:
    """Return the model of this id, or of this server, or one for a folder with ``config.json``, or of this repository.

    A folder that is a catalogued model's own is that model; any other is asked in the "chat" form and judges by
    the critique rubric. A catalogued model need not be installed, one of a repository must be.

    Raises
    ------
    UserError
        Where there is no such model, folder or repository.
    """
    known = {entry.id: entry for entry in entries()}
    if str(name_or_folder) in known:
        return known[str(name_or_folder)]
    if server := servers.find(str(name_or_folder)):
        return from_server(server)
    folder = Path(name_or_folder).expanduser()
    if not folder.is_dir():
        if is_repo_id(str(name_or_folder)):
            entry = from_repo(str(name_or_folder))
            if entry.is_installed or entry.id in known:
                return entry
            raise UserError(f"The model {entry.repo} is not on this Mac.", "Download it first, or choose another one.")
        listed = ", ".join(known)
        raise UserError(
            f"There is no model “{name_or_folder}”.", f"Choose one of {listed}, or name a folder with model files."
        )
    if not (folder / "config.json").is_file():
        raise UserError(
            f"The folder {folder} holds no model: config.json is missing.",
            "Choose the folder that holds config.json, the tokenizer and the .safetensors files.",
        )
    folder = folder.resolve()
    for entry in known.values():
        if entry.path.resolve() == folder:
            return entry
    return CatalogEntry(id=str(folder), name=folder.name, path=folder)


@cache
def _catalog() -> tuple[CatalogEntry, ...]:
    file = paths.resource("models", "catalog.toml")
    return tuple(_entry(table, file.parent) for table in tomllib.loads(file.read_text(encoding="utf-8"))["models"])


def _entry(table: Mapping[str, Any], root: Path) -> CatalogEntry:
    prompt = table.get("prompt", {})
    return CatalogEntry(
        id=table["id"],
        name=table["name"],
        path=root / table["path"] if "path" in table else Path(),
        rubric=table["rubric"],
        prompt=PromptForm(
            kind=prompt.get("form", "chat"),
            control=prompt.get("control", ""),
            advisors=MappingProxyType(dict(prompt.get("advisors", {}))),
            question=prompt.get("question", ""),
        ),
        supports_schema=table["schema"],
        note=table.get("note", ""),
        repo=table.get("repo", ""),
        revision=table.get("revision", ""),
        equivalents=tuple(table.get("equivalents", ())),
        files=tuple(WeightFile(file["path"], file["size"], file["sha256"]) for file in table.get("files", ())),
        disk_bytes=table.get("bytes", 0),
        memory_bytes=table.get("memory", 0),
        context_tokens=table.get("context", 0),
        recommended_from_gb=table.get("recommended_from_gb", 0),
        good_at=table.get("good_at", ""),
        license=table.get("license", ""),
        verified=table["verified"],
        evidence=table.get("evidence", ""),
        model_type=table["type"],
    )


def _placed(entry: CatalogEntry) -> CatalogEntry:
    """Return ``entry`` with the folder where it is, or where a download will put it."""
    if not entry.repo:
        return entry
    for repo in (entry.repo, *entry.equivalents):
        place = places.locate(repo, entry.revision if repo == entry.repo else "")
        if place:
            return replace(entry, path=place.folder)
    return replace(entry, path=places.snapshot(places.hub_cache(), entry.repo, entry.revision or "main"))
