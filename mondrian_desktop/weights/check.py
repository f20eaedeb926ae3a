"""Whether a model can be loaded, told before any memory is taken: only headers and configurations are read."""

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import space
from mondrian_desktop.weights.catalog import entries
from mondrian_desktop.weights.manifest import is_wanted
from mondrian_desktop.weights.space import readable_bytes

MAX_JSON_BYTES = 50_000_000
TOKENIZERS = ("tokenizer.json", "tokenizer.model", "tekken.json", "vocab.json", "vocab.txt")
PROCESSORS = ("preprocessor_config.json", "processor_config.json")
SIGHT = ("vision", "image", "img_", "mm_", "visual")
"""Words in the keys of a configuration by which a model that sees can be told from one that only reads."""

_AGAIN = "Remove the model and download it again, or choose another one."
_ANOTHER = "Choose another model."


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a model on disk without loading it.

    Attributes
    ----------
    name
        For people.
    model_type
        Its architecture, as its configuration names it.
    files
        The weights that a loader reads.
    weights_bytes
        Their size.
    needed_bytes
        An estimate of the memory for one picture, on the low side.
    sees
        Whether it takes pictures.
    """

    name: str
    model_type: str
    files: tuple[Path, ...]
    weights_bytes: int
    needed_bytes: int
    sees: bool


def check(folder: Path, supports: Callable[[str], bool] | None = None, usable_bytes: int | None = None) -> Facts:
    """Return the facts about the model in ``folder`` where it can be loaded.

    Parameters
    ----------
    supports
        Whether a model type can be loaded; None: not looked at.
    usable_bytes
        Memory that a model may take; None: not looked at.

    Raises
    ------
    UserError
        Where it is not there, incomplete, damaged, of an unsupported type, without eyes, too large, or brings
        program code of its own, which is never run.
    """
    facts = inspect(folder)
    if not facts.sees:
        raise UserError(f"{facts.name} cannot see pictures: it is a model for text only.", _ANOTHER)
    if supports and not supports(facts.model_type):
        raise UserError(f"{facts.name} is of the type “{facts.model_type}”, which cannot be loaded.", _ANOTHER)
    if usable_bytes is not None and facts.needed_bytes > usable_bytes:
        raise UserError(
            f"{facts.name} needs about {readable_bytes(facts.needed_bytes)} of memory, and a model can use "
            f"{readable_bytes(usable_bytes)} here.",
            "Choose a smaller model.",
        )
    return facts


def inspect(folder: Path) -> Facts:
    """Return the facts about the model in ``folder``.

    Raises
    ------
    UserError
        Where it is not there, incomplete, damaged, or brings program code.
    """
    name = _name(folder)
    if not (folder / "config.json").is_file():
        raise UserError(f"{name} is not installed: there is no model in {folder}.", "Download it, or choose another.")
    config = _read_config(folder, name)
    # mlx-vlm runs the file that "model_file" names as a program, https://github.com/Blaizzy/mlx-vlm utils.py,
    # get_model_and_args().
    if "model_file" in config:
        raise UserError(f"{name} brings program code of its own, which is never run.", _ANOTHER)
    model_type = config.get("model_type")
    if not isinstance(model_type, str):
        raise UserError(f"{name} is damaged: config.json does not say what it is.", _AGAIN)
    files = _weight_files(folder, name)
    for kind in (TOKENIZERS, PROCESSORS) if _sees(config) else (TOKENIZERS,):
        if not any((folder / file).is_file() for file in kind):
            raise UserError(f"{name} is incomplete: {kind[0]} is missing.", _AGAIN)
    weights_bytes = sum(_checked_size(file, name) for file in files)
    needed = space.needed_bytes(config, weights_bytes)
    return Facts(name, model_type, files, weights_bytes, needed, _sees(config))


def _name(folder: Path) -> str:
    for entry in entries():
        if entry.path == folder:
            return entry.name
    repo = folder.parent.parent.name
    return repo.rpartition("--")[2] if folder.parent.name == "snapshots" else folder.name


def _sees(config: Mapping[str, Any]) -> bool:
    return any(word in key for key in config for word in SIGHT)


def _read_config(folder: Path, name: str) -> dict[str, Any]:
    config = _read_json(folder / "config.json")
    if not isinstance(config, dict):
        raise UserError(f"{name} is damaged: config.json cannot be read.", _AGAIN)
    return config


def _read_json(file: Path) -> object:
    """Return what the file holds; None where it holds nothing that can be used."""
    try:
        if file.stat().st_size > MAX_JSON_BYTES:
            return None
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _weight_files(folder: Path, name: str) -> tuple[Path, ...]:
    """Return the files that the loader reads: those of the index that exist, or else all.

    An index none of whose files exist is one that was left over when the weights were put into one file; so it is
    with Qwen3-VL 4B.
    """
    index = _read_json(folder / "model.safetensors.index.json")
    listed = index.get("weight_map") if isinstance(index, dict) else None
    shards = sorted({str(shard) for shard in listed.values()}) if isinstance(listed, dict) else []
    there = [folder / shard for shard in shards if is_wanted(shard) and (folder / shard).is_file()]
    if there and len(there) < len(shards):
        missing = next(shard for shard in shards if folder / shard not in there)
        raise UserError(f"{name} is incomplete: {missing} is missing.", _AGAIN)
    there = there or sorted(file for file in folder.glob("*.safetensors") if is_wanted(file.name) and file.is_file())
    if not there:
        raise UserError(f"{name} is incomplete: the weights (.safetensors) are missing.", _AGAIN)
    return tuple(there)


def _checked_size(file: Path, name: str) -> int:
    """Return the size of a file of weights; UserError where it is not as long as its header says.

    Format: https://github.com/huggingface/safetensors#format.
    """
    damaged = UserError(f"{name} is damaged: {file.name} is cut off or not a file of weights.", _AGAIN)
    try:
        size = file.stat().st_size
        with file.open("rb") as content:
            (header_bytes,) = struct.unpack("<Q", content.read(8))
            if header_bytes > min(size, MAX_JSON_BYTES):
                raise damaged
            header = json.loads(content.read(header_bytes))
        header.pop("__metadata__", None)
        end = max((int(tensor["data_offsets"][1]) for tensor in header.values()), default=0)
    except OSError as err:
        raise UserError(f"{name} cannot be read: {file.name}: {err.strerror}.", "Check its permissions.") from err
    except (struct.error, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as err:
        raise damaged from err
    if size != 8 + header_bytes + end:
        raise damaged
    return size
