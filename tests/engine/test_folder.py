import json
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mondrian_desktop.engine import folder as folders
from mondrian_desktop.errors import UserError


def weights(header: dict[str, Any], data: int) -> bytes:
    encoded = json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + bytes(data)


def tensor(start: int, end: int) -> dict[str, Any]:
    return {"dtype": "U8", "shape": [end - start], "data_offsets": [start, end]}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "config.json").write_text('{"model_type": "qwen3_vl"}', encoding="utf-8")
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    header = {"__metadata__": {"format": "mlx"}, "a": tensor(0, 10), "b": tensor(10, 64)}
    (tmp_path / "model.safetensors").write_bytes(weights(header, 64))
    return tmp_path


def test_tells_what_a_sound_folder_holds(model: Path) -> None:
    checked = folders.check(model)
    assert (checked.path, checked.config["model_type"], checked.total_bytes) == (model, "qwen3_vl", 64)


def test_adds_up_the_shards_that_the_index_names(model: Path) -> None:
    (model / "model.safetensors").rename(model / "model-1.safetensors")
    (model / "model-2.safetensors").write_bytes(weights({"c": tensor(0, 36)}, 36))
    (model / "stray.safetensors").write_bytes(b"not weights")
    index = {"weight_map": {"a": "model-1.safetensors", "c": "model-2.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    assert folders.check(model).total_bytes == 100
    (model / "model-2.safetensors").unlink()
    with pytest.raises(UserError, match=r"model-2\.safetensors is missing"):
        folders.check(model)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (lambda model: (model / "config.json").unlink(), r"config\.json is missing"),
    "config cut off": (lambda model: (model / "config.json").write_text('{"model'), r"config\.json is damaged"),
    "config a list": (lambda model: (model / "config.json").write_text("[]"), r"config\.json is damaged"),
    "config not text": (lambda model: (model / "config.json").write_bytes(b"\xff\xfe\x00"), "is damaged"),
    "config a folder": (
        lambda model: ((model / "config.json").unlink(), (model / "config.json").mkdir()),
        "could not be read",
    ),
    "no type": (lambda model: (model / "config.json").write_text("{}"), "which type of model"),
    "type a number": (lambda model: (model / "config.json").write_text('{"model_type": 3}'), "which type of model"),
    "own code": (
        lambda model: (model / "config.json").write_text('{"model_type": "qwen3_vl", "model_file": "evil.py"}'),
        "which is not run",
    ),
    "no tokenizer": (lambda model: (model / "tokenizer.json").unlink(), "no tokenizer"),
    "no weights": (lambda model: (model / "model.safetensors").unlink(), r"no \.safetensors"),
    "empty weights": (lambda model: (model / "model.safetensors").write_bytes(b""), "is damaged"),
    "weights cut off": (
        lambda model: os.truncate(model / "model.safetensors", (model / "model.safetensors").stat().st_size - 9),
        "9 bytes are missing",
    ),
    "header cut off": (lambda model: os.truncate(model / "model.safetensors", 20), "is damaged"),
    "header too long": (
        lambda model: (model / "model.safetensors").write_bytes(struct.pack("<Q", 2**63) + b"{}"),
        "is damaged",
    ),
    "a web page": (lambda model: (model / "model.safetensors").write_text("<html>Not found</html>"), "is damaged"),
    "larger than any memory": (
        lambda model: (model / "model.safetensors").write_bytes(weights({"a": tensor(0, 10**16)}, 0)),
        "10000000000000000 bytes|is incomplete|GB of memory",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_names_what_is_wrong_and_what_to_do(model: Path, damage: str) -> None:
    break_it, told = DAMAGES[damage]
    break_it(model)
    with pytest.raises(UserError, match=told) as raised:
        folders.check(model)
    assert str(model) in raised.value.what
    assert raised.value.advice


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        folders.check(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="does not exist"):
        folders.check(tmp_path / "file")


def test_more_weights_than_memory(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2, "SC_PAGE_SIZE": 16}.__getitem__)
    with pytest.raises(UserError, match="of memory"):
        folders.check(model)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(content=st.binary(max_size=200))
def test_any_bytes_as_weights_are_told_or_taken(model: Path, content: bytes) -> None:
    (model / "model.safetensors").write_bytes(content)
    with suppress(UserError):
        assert folders.check(model).total_bytes >= 0
