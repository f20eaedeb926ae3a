"""A folder of model files, checked before anything is loaded: most of what can be wrong is wrong here."""

import json
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mondrian_desktop.errors import UserError

_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")
_LARGEST_HEADER = 100_000_000
_AGAIN = "Download the model again, or choose another one."


@dataclass(frozen=True, slots=True)
class WeightsFolder:
    """What a folder holds.

    Attributes
    ----------
    path
        The folder.
    config
        Contents of ``config.json``.
    total_bytes
        Size of the weights.
    """

    path: Path
    config: dict[str, Any]
    total_bytes: int


def check(folder: Path) -> WeightsFolder:
    """Return what ``folder`` holds; reads the configuration and the headers of the weight files.

    Raises
    ------
    UserError
        Where the folder does not exist, a file is missing, truncated or damaged, the model wants to run program
        code of its own, or its weights are larger than this computer's memory.
    """
    if not folder.is_dir():
        raise UserError(f"The model folder {folder} does not exist.", _AGAIN)
    config = _read_object(folder / "config.json")
    if not isinstance(config.get("model_type"), str):
        raise UserError(f"{folder / 'config.json'} does not say which type of model it is.", _AGAIN)
    if "model_file" in config:
        # The library would import that file: a model folder is data, whatever it says.
        raise UserError(
            f"The model in {folder} brings program code of its own, which is not run.", "Choose another model."
        )
    if not any((folder / name).is_file() for name in _TOKENIZERS):
        raise UserError(f"The model folder {folder} has no tokenizer files.", _AGAIN)
    total = sum(_weight_bytes(file) for file in _weight_files(folder))
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if total > memory:
        raise UserError(
            f"The model in {folder} needs {total / 1e9:.0f} GB; this computer has {memory / 1e9:.0f} GB of memory.",
            "Choose a smaller model.",
        )
    return WeightsFolder(folder, config, total)


def _read_object(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as err:
        raise UserError(f"{file} is missing: the folder holds no complete model.", _AGAIN) from err
    except OSError as err:
        raise UserError(f"{file} could not be read: {err.strerror}.", "Check the folder's permissions.") from err
    except ValueError as err:
        raise UserError(f"{file} is damaged.", _AGAIN) from err
    if not isinstance(content, dict):
        raise UserError(f"{file} is damaged.", _AGAIN)
    return content


def _weight_files(folder: Path) -> list[Path]:
    """Return the weight files that the library will read; the index, where there is one, names them."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        named = _read_object(index).get("weight_map")
        if isinstance(named, dict) and named:
            files = [folder / str(name) for name in sorted(set(named.values()))]
            missing = [file.name for file in files if not file.is_file()]
            if 0 < len(missing) < len(files):
                raise UserError(f"The model folder {folder} is incomplete: {', '.join(missing)} is missing.", _AGAIN)
            # None is there where the index was left over when the weights were put into one file, as with
            # mlx-community/Qwen3-VL-4B-Instruct-4bit; the library then reads what there is.
            if not missing:
                return files
    files = sorted(file for file in folder.glob("*.safetensors") if file.name != "consolidated.safetensors")
    if not files:
        raise UserError(f"The model folder {folder} has no .safetensors files.", _AGAIN)
    return files


def _weight_bytes(file: Path) -> int:
    """Return the bytes of tensors in ``file``, whose size has to be what its header promises.

    Source: the safetensors format, https://github.com/huggingface/safetensors#format
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as opened:
            (header_bytes,) = struct.unpack("<Q", opened.read(8))
            if header_bytes > min(size, _LARGEST_HEADER):
                raise ValueError("a header longer than the file")
            header = json.loads(opened.read(header_bytes))
        tensors = max((end for end in _ends(header)), default=0)
    except OSError as err:
        raise UserError(f"{file} could not be read: {err.strerror}.", "Check the folder's permissions.") from err
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as err:
        raise UserError(f"{file} is damaged.", _AGAIN) from err
    if size < 8 + header_bytes + tensors:
        raise UserError(f"{file} is incomplete: {8 + header_bytes + tensors - size} bytes are missing.", _AGAIN)
    return tensors


def _ends(header: dict[str, Any]) -> Iterator[int]:
    for name, tensor in header.items():
        if name != "__metadata__":
            yield int(tensor["data_offsets"][1])
