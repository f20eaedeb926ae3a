import hashlib
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights.manifest import (
    Manifest,
    WeightFile,
    check_against,
    digest_matches,
    is_repo_id,
    is_wanted,
    read_manifest,
)

SHA256, SHA1, COMMIT = "a" * 64, "b" * 40, "c" * 40
LARGE = {"rfilename": "model.safetensors", "size": 9, "blobId": SHA1, "lfs": {"sha256": SHA256, "size": 9}}
SMALL = {"rfilename": "config.json", "size": 2, "blobId": SHA1}


def answer(*siblings, sha=COMMIT):
    return {"sha": sha, "siblings": list(siblings)}


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "model-00001-of-00002.safetensors",
        "config.json",
        "merges.txt",
        "chat_template.jinja",
        "tokenizer.model",
        "qwen.tiktoken",
        "special_tokens_map.json",
    ],
)
def test_weights_settings_and_word_lists_are_fetched(name):
    assert is_wanted(name)


@pytest.mark.parametrize(
    "name",
    [
        "modeling.py",
        "pytorch_model.bin",
        "model.pt",
        "model.pth",
        "model.pkl",
        "model.npz",
        "model.gguf",
        "a.SO",
        "a.so",
        "README.md",
        ".gitattributes",
        "onnx/config.json",
        "../config.json",
        "/etc/config.json",
        "..\\config.json",
        "a\\b.json",
        ".json",
        "",
        "config.json\n",
        "con\0fig.json",
        "consolidated.safetensors",
        "a" * 300 + ".json",
        "-rf.json",
        "config.json/",
        "x.json.py",
        "ü.json",
    ],
)
def test_everything_else_is_not(name):
    assert not is_wanted(name)


@given(st.text(max_size=40))
def test_what_is_fetched_never_leaves_its_folder(name):
    if is_wanted(name):
        assert "/" not in name
        assert "\\" not in name
        assert not name.startswith((".", "-", "~"))


@pytest.mark.parametrize("name", ["org/name", "mlx-community/Qwen3-VL-4B-Instruct-4bit", "a/b", "a1/b_c.d-e"])
def test_names_of_models(name):
    assert is_repo_id(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "name",
        "/name",
        "org/",
        "a/b/c",
        "../b",
        "a/..",
        "a/.b",
        "a b/c",
        "a/b\n",
        "a--b/c",
        "a/b.git",
        "/",
        "a/b?c",
        "a/b#c",
        "https://huggingface.co/a/b",
        "~/a",
        "a" * 200 + "/b",
    ],
)
def test_other_text_is_no_name_of_a_model(name):
    assert not is_repo_id(name)


def test_reads_sizes_and_hashes_small_files_first():
    manifest = read_manifest("org/name", answer(LARGE, SMALL, {"rfilename": "a.py", "size": 1, "blobId": SHA1}))
    assert manifest == Manifest(
        "org/name", COMMIT, (WeightFile("config.json", 2, "", SHA1), WeightFile("model.safetensors", 9, SHA256, ""))
    )
    assert manifest.total_bytes == 11


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "",
        1,
        {},
        {"sha": COMMIT},
        {"siblings": []},
        answer(LARGE, SMALL, sha="main"),
        answer(None),
        answer({}),
        answer(LARGE, SMALL, sha=None),
        answer(LARGE, SMALL, sha="../" + "c" * 37),
        {"sha": COMMIT, "siblings": 3},
        answer(LARGE, SMALL | {"size": -1}),
        answer(LARGE, SMALL | {"size": "2"}),
        answer(LARGE, SMALL | {"size": True}),
        answer(LARGE, SMALL | {"size": None}),
        answer(LARGE, SMALL | {"blobId": "../../x"}),
        answer(LARGE, SMALL | {"blobId": None}),
        answer(SMALL, LARGE | {"lfs": {"sha256": "x", "size": 9}}),
        answer(SMALL, LARGE | {"lfs": {"sha256": SHA256}}),
        answer(SMALL, LARGE | {"lfs": "x"}),
        answer(LARGE, SMALL, SMALL),
        answer(LARGE, SMALL, SMALL | {"rfilename": "Config.json"}),
        answer(LARGE, SMALL, *({"rfilename": f"{i}.json", "size": 1, "blobId": SHA1} for i in range(501))),
        answer(LARGE, SMALL | {"rfilename": 5}),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(broken):
    with pytest.raises(UserError, match="could not be understood"):
        read_manifest("org/name", broken)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(json_values, json_values, json_values)
def test_no_answer_breaks_the_reading(sha, siblings, sibling):
    for value in (sha, {"sha": sha, "siblings": siblings}, answer(LARGE, SMALL, sibling, sha=COMMIT)):
        try:
            manifest = read_manifest("org/name", value)
        except UserError:
            continue
        assert len(manifest.commit) == 40


def test_a_repository_without_weights_or_configuration_is_refused():
    with pytest.raises(UserError, match="no weights in the safetensors format"):
        read_manifest("org/name", answer(SMALL, {"rfilename": "pytorch_model.bin", "size": 5, "blobId": SHA1}))
    with pytest.raises(UserError, match=r"config\.json is missing"):
        read_manifest("org/name", answer(LARGE))


def test_the_same_files_as_in_the_catalog_pass():
    manifest = read_manifest("org/name", answer(LARGE, SMALL))
    check_against(manifest, (WeightFile("model.safetensors", 9, SHA256),))
    check_against(manifest, ())


def test_hashes_are_those_of_sha256sum_and_git(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"content\n" * 400_000)
    size = file.stat().st_size
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    git = subprocess.run(["git", "hash-object", file], capture_output=True, text=True, check=True).stdout.strip()
    read = []
    assert digest_matches(WeightFile("file", size, sha256), file, read.append)
    assert read == [1 << 20, 2 << 20, 3 << 20, size]
    assert digest_matches(WeightFile("file", size, "", git), file)
    assert not digest_matches(WeightFile("file", size, "0" * 64), file)
    assert not digest_matches(WeightFile("file", size + 1, sha256), file)
