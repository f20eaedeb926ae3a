"""The models that the app knows: where their weights are, by which rubric they judge, and how they want to be asked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError

NEUTRAL_ADVISOR = "mentor"


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
        For "control": the line for a question without a photo, with ``{question}`` in it. Empty: it takes none.
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
        spoken = self.advisors.get(advisor_id, self.advisors.get(NEUTRAL_ADVISOR, ""))
        return self.control.replace("{advisor}", spoken)


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """One model.

    Attributes
    ----------
    id, name
        For settings and for people.
    path
        Folder of the weights.
    rubric
        Id of the rubric by which it judges.
    prompt
        How it is asked.
    supports_schema
        Whether its answer may be held to the JSON schema while it is written.
    note
        One line about what it can do, shown wherever it was used; may be empty.
    """

    id: str
    name: str
    path: Path
    rubric: str = "critique"
    prompt: PromptForm = field(default_factory=PromptForm)
    supports_schema: bool = True
    note: str = ""


@cache
def entries() -> tuple[CatalogEntry, ...]:
    """Return the models of ``resources/models/catalog.toml``, in its order."""
    file = paths.resource("models", "catalog.toml")
    return tuple(_entry(table, file.parent) for table in tomllib.loads(file.read_text(encoding="utf-8"))["models"])


def find(name_or_folder: str | Path) -> CatalogEntry:
    """Return the model of this id, or one for a folder that holds ``config.json``.

    A folder that is a catalogued model's own is that model; any other is asked in the "chat" form and judges by
    the critique rubric.

    Raises
    ------
    UserError
        Where there is neither such a model nor such a folder.
    """
    known = {entry.id: entry for entry in entries()}
    if str(name_or_folder) in known:
        return known[str(name_or_folder)]
    folder = Path(name_or_folder).expanduser()
    if not folder.is_dir():
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


def _entry(table: Mapping[str, Any], root: Path) -> CatalogEntry:
    prompt = table.get("prompt", {})
    return CatalogEntry(
        id=table["id"],
        name=table["name"],
        path=root / table["path"],
        rubric=table["rubric"],
        prompt=PromptForm(
            kind=prompt.get("form", "chat"),
            control=prompt.get("control", ""),
            advisors=MappingProxyType(dict(prompt.get("advisors", {}))),
            question=prompt.get("question", ""),
        ),
        supports_schema=table["schema"],
        note=table.get("note", ""),
    )
