import json
import struct
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import places
from mondrian_desktop.weights.catalog import entries
from mondrian_desktop.weights.check import check, inspect
from tests.weights.made import CONFIG, safetensors

SHARDS = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
INDEX = json.dumps({"weight_map": SHARDS}).encode()


def test_the_built_in_model_can_be_loaded():
    facts = check(paths.resource("models", "mini"), lambda kind: kind == "qwen3_vl", usable_bytes=4 << 30)
    assert facts.sees
    assert facts.name == "Mondrian Mini"
    assert facts.weights_bytes == sum(file.stat().st_size for file in facts.files)


def test_a_whole_folder_passes_with_its_facts(make_model, tmp_path):
    facts = check(make_model(tmp_path / "My model"))
    assert (facts.name, facts.model_type, facts.sees) == ("My model", "qwen3_vl", True)
    assert [file.name for file in facts.files] == ["model.safetensors"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"config.json": None}, "is not installed"),
        ({"config.json": b"{"}, r"config\.json cannot be read"),
        ({"config.json": b"[]"}, r"config\.json cannot be read"),
        ({"config.json": b"[" * 100_000}, r"config\.json cannot be read"),
        ({"config.json": b"\xff\xfe"}, r"config\.json cannot be read"),
        ({"config.json": b"{}"}, "does not say what it is"),
        ({"config.json": b'{"model_type": 5}'}, "does not say what it is"),
        ({"config.json": json.dumps(CONFIG | {"model_file": "evil.py"}).encode()}, "program code"),
        ({"config.json": b'{"model_type": "llama"}'}, "cannot see pictures"),
        ({"tokenizer.json": None}, r"tokenizer\.json is missing"),
        ({"preprocessor_config.json": None}, r"preprocessor_config\.json is missing"),
        ({"model.safetensors": None}, "weights .* are missing"),
        ({"model.safetensors": None, "consolidated.safetensors": safetensors()}, "weights .* are missing"),
        ({"model.safetensors": b""}, "cut off"),
        ({"model.safetensors": b"\0" * 7}, "cut off"),
        ({"model.safetensors": b"\xff" * 64}, "cut off"),
        ({"model.safetensors": safetensors()[:-1]}, "cut off"),
        ({"model.safetensors": safetensors() + b"\0"}, "cut off"),
        ({"model.safetensors": struct.pack("<Q", 2) + b"[]"}, "cut off"),
        ({"model.safetensors": struct.pack("<Q", 20) + b'{"w": {"shape": 1}} '}, "cut off"),
        ({"model.safetensors.index.json": INDEX, SHARDS["a"]: safetensors()}, "00002-of-00002.safetensors is missing"),
    ],
)
def test_what_is_wrong_with_a_folder_is_told(make_model, tmp_path, changes, what):
    with pytest.raises(UserError, match=what) as caught:
        check(make_model(tmp_path / "My model", changes))
    assert "My model" in caught.value.what
    assert caught.value.advice


@given(st.binary(max_size=200))
def test_no_file_of_weights_breaks_the_check(content):
    file = paths.data_dir() / "any" / "model.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    for name, text in (("config.json", json.dumps(CONFIG)), ("tokenizer.json", "{}"), ("processor_config.json", "{}")):
        (file.parent / name).write_text(text, encoding="utf-8")
    file.write_bytes(content)
    try:
        facts = inspect(file.parent)
    except UserError:
        return
    assert facts.weights_bytes == len(content)


def test_shards_that_the_index_names_are_read(make_model, tmp_path):
    changes = {"model.safetensors.index.json": INDEX} | {name: safetensors() for name in SHARDS.values()}
    facts = check(make_model(tmp_path, changes))
    assert [file.name for file in facts.files] == sorted(SHARDS.values())


@pytest.mark.parametrize("index", [INDEX, b"{", b"[]", b'{"weight_map": []}', b'{"weight_map": {"a": 1}}'])
def test_an_index_that_fits_nothing_is_passed_over(make_model, tmp_path, index):
    facts = check(make_model(tmp_path, {"model.safetensors.index.json": index}))
    assert [file.name for file in facts.files] == ["model.safetensors"]


def test_an_index_cannot_name_files_elsewhere(make_model, tmp_path):
    make_model(tmp_path / "other")
    index = json.dumps({"weight_map": {"a": "../other/model.safetensors"}}).encode()
    facts = check(make_model(tmp_path / "model", {"model.safetensors.index.json": index}))
    assert facts.files == (tmp_path / "model" / "model.safetensors",)


def test_a_type_that_cannot_be_loaded_is_refused(make_model, tmp_path):
    with pytest.raises(UserError, match="of the type “qwen3_vl”"):
        check(make_model(tmp_path), supports=lambda kind: kind == "other")


def test_a_model_that_does_not_fit_the_memory_is_refused_with_both_figures(make_model, tmp_path):
    # 36 layers x 8 heads x 128 x (key, value) x 2 bytes x 4,096 tokens + 1 GB, and next to no weights
    needed = 36 * 8 * 128 * 2 * 2 * 4096 + 1_000_000_000
    folder = make_model(tmp_path)
    assert check(folder, usable_bytes=needed + 1000).needed_bytes == pytest.approx(needed, abs=1000)
    with pytest.raises(UserError, match=r"needs about 1\.6 GB of memory, and a model can use 500 MB here"):
        check(folder, usable_bytes=500_000_000)


def test_a_catalogued_model_that_is_not_here_is_called_by_its_name():
    entry = next(entry for entry in entries() if entry.repo)
    with pytest.raises(UserError, match=f"{entry.name} is not installed"):
        check(entry.path)


def test_a_folder_of_the_cache_is_called_by_the_repository_s_name(make_model):
    folder = make_model(places.snapshot(places.hub_cache(), "org/Some-model", "c" * 40), {"tokenizer.json": None})
    with pytest.raises(UserError, match="Some-model is incomplete"):
        check(folder)


def test_checking_loads_neither_the_model_library_nor_a_client():
    script = (
        "import sys; from mondrian_desktop import paths; from mondrian_desktop.weights import cache, check, download;"
        "check.check(paths.resource('models', 'mini')); cache.installed();"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not {"mlx", "mlx_vlm", "transformers", "httpx2", "huggingface_hub", "PySide6"} & set(done.stdout.split())
