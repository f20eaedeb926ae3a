"""Loading on the real library: errors in words, memory given back, models exchanged."""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from mondrian_desktop.engine import loading
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Load, Message, Phase, Request, Stage
from mondrian_desktop.errors import UserError


@pytest.fixture
def folder(folder_of: Any) -> Path:
    return folder_of("qwen3_vl")  # type: ignore[no-any-return]


def edit(file: Path, **entries: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | entries), encoding="utf-8")


def without(file: Path, key: str) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    del content[key]
    file.write_text(json.dumps(content), encoding="utf-8")


def garbled(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as opened:
        opened.seek(8)
        opened.write(b'{"language_model.lm_head.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'.ljust(200))
    os.truncate(file, size)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda model: edit(model / "config.json", model_type="clairvoyant"), "type “clairvoyant” are not supported"),
        (lambda model: edit(model / "config.json", model_type="../../evil"), "not supported|do not make a model"),
        (lambda model: without(model / "config.json", "text_config"), "do not make a model"),
        (lambda model: edit(model / "config.json", vision_config={"depth": "many"}), "do not make a model"),
        (lambda model: edit(model / "config.json", quantization={"bits": 4}), "do not make a model"),
        (lambda model: garbled(model / "model.safetensors"), "damaged|do not make a model|incomplete"),
    ],
    ids=["unknown type", "type a path", "no text model", "nonsense", "half a quantization", "other weights"],
)
def test_what_cannot_be_loaded_is_told(
    damage: Any, told: str, folder: Path, copied: Any, ask: Any, about: Any, photo: Any
) -> None:
    broken = copied(folder)
    damage(broken)
    with pytest.raises(UserError, match=told) as raised:
        ask(about(broken, photo()))
    assert str(broken) in raised.value.what
    assert raised.value.advice
    assert ask(about(folder, photo())).text


def test_a_missing_tensor_is_told(folder: Path, copied: Any, ask: Any, about: Any, photo: Any) -> None:
    import mlx.core as mx

    broken = copied(folder)
    weights = mx.load(str(broken / "model.safetensors"))
    del weights["language_model.model.layers.1.mlp.up_proj.weight"]
    mx.save_safetensors(str(broken / "model.safetensors"), weights)
    with pytest.raises(UserError, match="do not make a model: Missing"):
        ask(about(broken, photo()))


def test_a_model_without_eyes_is_told(folder: Path, ask: Any, about: Any, photo: Any, text_only: Path) -> None:
    with pytest.raises(UserError, match="reads text only"):
        ask(about(text_only, photo()))
    assert ask(about(text_only, None)).text
    assert ask(about(folder, photo())).text


@pytest.fixture
def text_only(folder: Path, copied: Any) -> Path:
    """Return a folder whose model is the language half of a random one."""
    import mlx.core as mx

    model: Path = copied(folder)
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    text = config["text_config"] | {"model_type": "qwen3", "eos_token_id": config["eos_token_id"]}
    text.pop("rope_scaling")
    (model / "config.json").write_text(json.dumps(text), encoding="utf-8")
    for name in ("preprocessor_config.json", "chat_template.json"):
        (model / name).unlink()
    weights = mx.load(str(model / "model.safetensors"))
    kept = {
        name.removeprefix("language_model."): value
        for name, value in weights.items()
        if name.startswith("language_model.")
    }
    mx.save_safetensors(str(model / "model.safetensors"), kept)
    return model


def test_out_of_memory_is_told_in_the_middle_of_a_request(
    folder: Path, ask: Any, plain: Any, about: Any, photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlx_vlm

    request = about(folder, photo())
    ask(request)

    def too_large(*_: Any, **__: Any) -> Any:
        yield from ()
        # In the words of MLX's allocator; on a CPU, asking for that much for real ends the process.
        raise RuntimeError("[malloc] Unable to allocate 1125899906842624 bytes.")

    monkeypatch.setattr(mlx_vlm, "stream_generate", too_large)
    with pytest.raises(UserError, match="not enough memory"):
        ask(request)
    monkeypatch.undo()
    assert ask(request).text == plain(request)[1]


def test_a_prompt_longer_than_the_model_reads_is_told(
    folder: Path, copied: Any, ask: Any, about: Any, photo: Any
) -> None:
    model = copied(folder)
    content = json.loads((model / "config.json").read_text(encoding="utf-8"))
    content["text_config"]["max_position_embeddings"] = 64
    (model / "config.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError, match=r"take \d+ tokens; this model reads 64"):
        ask(about(model, photo()))


def test_a_photo_that_is_too_narrow_is_told(folder: Path, ask: Any, about: Any, photo: Any) -> None:
    with pytest.raises(UserError, match="too narrow"):
        ask(about(folder, photo(width=1000, height=2)))


def test_a_loaded_model_is_not_loaded_again(folder: Path, ask: Any, about: Any, photo: Any) -> None:
    assert ask(about(folder, photo())).of(Load)
    second = ask(about(folder, photo(1)))
    assert not second.of(Load)
    assert second.of(Phase)[0].stage is Stage.READING


def test_another_model_takes_the_place_of_the_first(
    folder_of: Any, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    import mlx.core as mx

    one, other = about(folder_of("qwen3_vl"), photo()), about(folder_of("smolvlm"), photo())
    for request in (one, other, one):
        assert plain(request)[1]
    ask(one)
    with_one = mx.get_active_memory()
    for _ in range(3):
        assert ask(other).text == plain(other)[1]
        assert ask(one).text == plain(one)[1]
    assert mx.get_active_memory() <= with_one + 50_000


def test_unloading_gives_the_memory_back(folder: Path, engine: MlxEngine, ask: Any, about: Any, photo: Any) -> None:
    import mlx.core as mx

    ask(about(folder, photo()))
    engine.unload()
    before = mx.get_active_memory()
    first = ask(about(folder, photo())).text
    assert mx.get_active_memory() > before + 1_000_000
    engine.unload()
    assert mx.get_active_memory() <= before
    assert mx.get_cache_memory() == 0
    assert ask(about(folder, photo())).text == first


def test_weights_come_in_pieces(folder_of: Any, ask: Any, about: Any) -> None:
    loads = ask(about(folder_of("qwen3_vl", size="tiny"), None, max_tokens=1)).of(Load)
    assert loads[0].done_bytes == 0
    assert loads[-1].done_bytes == loads[-1].total_bytes


@pytest.mark.parametrize(
    ("err", "is_memory"),
    [
        (MemoryError(), True),
        (RuntimeError("[malloc] Unable to allocate 5 bytes."), True),
        (RuntimeError("[metal::malloc] Attempting to allocate 9 bytes which is greater than the maximum"), True),
        (RuntimeError("[METAL] Command buffer execution failed: Insufficient Memory (00000008:kIOGPUComman"), True),
        (RuntimeError("[load_safetensors] Invalid json header length"), False),
        (ValueError("malloc"), False),
    ],
)
def test_knows_memory_from_other_errors(err: Exception, is_memory: bool) -> None:
    assert loading.is_out_of_memory(err) is is_memory


@pytest.mark.parametrize("broken", [False, True], ids=["sound", "without tokenizer"])
def test_nothing_asks_the_network(
    folder: Path, copied: Any, ask: Any, about: Any, photo: Any, monkeypatch: pytest.MonkeyPatch, broken: bool
) -> None:
    model, asked = copied(folder), []
    if broken:
        (model / "tokenizer.json").unlink()

    def refuse(_: socket.socket, address: Any) -> None:
        asked.append(address)
        raise OSError("no network")

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(UserError) if broken else nullcontext():
        ask(about(model, photo(), max_tokens=2))
    assert asked == []


def test_a_cancellation_does_not_wait_for_the_library_s_import(folder: Path) -> None:
    script = f"""
import threading
from pathlib import Path
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Message, Request
from mondrian_desktop.errors import Cancelled
from mondrian_desktop.pump import Wait
for end in ("throw", "close"):
    events = MlxEngine().generate(Request(Path({str(folder)!r}), (Message("user", "Hello."),)))
    while not isinstance(next(events), Wait):
        pass
    if end == "throw":
        print(events.throw(Cancelled()).finish_reason)
    events.close()
    assert threading.active_count() > 1, "the import is still under way"
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "cancelled", "")


def test_what_does_not_fit_or_is_not_supported_leaves_the_loaded_model(
    folder_of: Any, tmp_path: Path, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = MlxEngine()
    first = folder_of()
    ask: dict[str, Any] = {"messages": (Message("user", "Say something."),), "max_tokens": 2}
    drain(engine.generate(Request(first, **ask)))
    loaded = engine._loaded
    assert loaded is not None
    other = tmp_path / "other"
    shutil.copytree(first, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"model_type": "nobody_knows"}))
    with pytest.raises(UserError, match="“nobody_knows” are not supported"):
        drain(engine.generate(Request(other, **ask)))
    assert engine._loaded is loaded
    (other / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(loading.space, "usable_bytes", lambda total: 1_000_000)
    with pytest.raises(UserError, match=r"of memory, and a model can use 1 MB here"):
        drain(engine.generate(Request(other, **ask)))
    assert engine._loaded is loaded
    engine.unload()


def test_the_cache_of_mlx_is_scaled_to_the_memory() -> None:
    gib = 1 << 30
    limits = [loading.cache_limit_bytes(size * gib) for size in (4, 8, 16, 64, 512)]
    assert limits == [gib // 4, gib // 4, gib // 2, 2 * gib, 4 * gib]
