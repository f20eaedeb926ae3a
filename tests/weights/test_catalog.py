import re
from pathlib import Path

import pytest

from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import places
from mondrian_desktop.weights.catalog import CAUTION, entries, find, from_repo, recommended
from mondrian_desktop.weights.manifest import checked_file, is_commit, is_repo_id
from mondrian_desktop.weights.space import Fit, fit, readable_bytes, usable_bytes

QWEN = "mlx-community/Qwen3-VL-4B-Instruct-4bit"
GIB = 1 << 30
FETCHED = [entry for entry in entries() if entry.repo]


def test_the_built_in_model_comes_first_and_is_there():
    assert entries()[0].id == "mini"
    assert entries()[0].is_installed
    assert entries()[0].verified
    assert len({entry.id for entry in entries()}) == len(entries())


@pytest.mark.parametrize("family", ["qwen3-vl-2b", "qwen3-vl-4b", "qwen3-vl-8b", "qwen3.5", "gemma-4", "smolvlm2"])
def test_the_families_that_were_promised_are_there(family):
    assert any(entry.id.startswith(family) for entry in FETCHED)


@pytest.mark.parametrize("entry", FETCHED, ids=lambda entry: entry.id)
def test_every_entry_is_complete_and_consistent(entry):
    assert is_repo_id(entry.repo)
    assert all(is_repo_id(repo) for repo in entry.equivalents)
    assert is_commit(entry.revision)
    assert entry.files
    for file in entry.files:
        assert checked_file(file.path, file.size, file.sha256, "") == file
    weights = sum(file.size for file in entry.files if file.path.endswith(".safetensors"))
    assert weights <= sum(file.size for file in entry.files) < entry.disk_bytes < weights * 1.05
    assert weights < entry.memory_bytes < weights * 3
    assert entry.context_tokens >= 4096
    assert entry.good_at
    assert entry.license
    assert entry.prompt.kind == "chat"
    assert load_rubric(entry.rubric).id == "critique"


def test_the_documentation_has_these_figures():
    text = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and " GB | " in line]
    assert rows == [
        f"| {entry.name} | {readable_bytes(entry.disk_bytes)} | {readable_bytes(entry.memory_bytes)} |"
        + (f" {entry.recommended_from_gb} GB |" if entry.recommended_from_gb else " |")
        for entry in FETCHED
    ]


@pytest.mark.parametrize("entry", FETCHED, ids=lambda entry: entry.id)
def test_what_was_not_verified_says_where_it_comes_from(entry):
    assert not entry.verified
    assert re.search(r"\bprojects?\b", entry.evidence)


@pytest.mark.parametrize(
    ("memory_gb", "name"),
    [
        (4, None),
        (8, "qwen3-vl-2b"),
        (16, "qwen3-vl-4b"),
        (18, "qwen3-vl-4b"),
        (24, "qwen3-vl-8b"),
        (128, "qwen3-vl-8b"),
    ],
)
def test_the_recommendation_goes_by_the_memory(memory_gb, name):
    entry = recommended(memory_gb * GIB)
    assert (entry and entry.id) == name


@pytest.mark.parametrize("memory_gb", [8, 16, 24, 32, 64])
def test_the_recommended_model_fits_with_other_apps_open(memory_gb):
    entry = recommended(memory_gb * GIB)
    assert fit(entry.memory_bytes, usable_bytes(memory_gb * GIB)) is Fit.YES


def test_a_model_that_is_not_here_has_the_folder_where_it_will_be():
    entry = find("qwen3-vl-4b")
    assert not entry.is_installed
    assert entry.path == places.snapshot(places.hub_cache(), QWEN, entry.revision)


def test_a_model_is_found_where_another_tool_has_put_it(make_model, own_folders):
    folder = make_model(own_folders / ".lmstudio" / "models" / QWEN)
    assert find("qwen3-vl-4b").path == folder
    assert find(folder).id == "qwen3-vl-4b"


def test_the_same_model_of_another_publisher_counts(make_model, own_folders):
    folder = make_model(own_folders / ".lmstudio/models/lmstudio-community/Qwen3-VL-4B-Instruct-MLX-4bit")
    assert find("qwen3-vl-4b").path == folder


def test_the_pinned_version_is_preferred_then_the_user_s_then_any(make_model, own_folders):
    cache, pinned = places.hub_cache(), find("qwen3-vl-4b").revision
    folders = [
        make_model(places.snapshot(cache, QWEN, "d" * 40)),
        make_model(places.snapshot(cache, QWEN, "e" * 40)),
    ]
    (places.repo_folder(cache, QWEN) / "refs").mkdir()
    (places.repo_folder(cache, QWEN) / "refs" / "main").write_text("e" * 40, encoding="ascii")
    assert find("qwen3-vl-4b").path == folders[1]
    mine = make_model(own_folders / "data" / "models" / QWEN)
    assert find("qwen3-vl-4b").path == mine
    folder = make_model(places.snapshot(cache, QWEN, pinned))
    assert find("qwen3-vl-4b").path == folder


def test_a_folder_that_is_none_of_these_is_a_model_of_its_own(make_model, tmp_path):
    folder = make_model(tmp_path / "Mine")
    assert (find(folder).name, find(str(folder)).id) == ("Mine", str(folder))


@pytest.mark.parametrize(
    "text", [QWEN, f" {QWEN} ", f"https://huggingface.co/{QWEN}", f"https://huggingface.co/{QWEN}/"]
)
def test_a_repository_of_the_catalog_is_its_entry(text):
    assert from_repo(text).id == "qwen3-vl-4b"


def test_any_other_repository_comes_with_a_word_of_caution():
    entry = from_repo("somebody/Some-VLM")
    assert (entry.id, entry.name, entry.revision, entry.verified) == ("somebody/Some-VLM", "Some-VLM", "", False)
    assert entry.good_at == CAUTION


@pytest.mark.parametrize("text", ["", "name", "a/b/c", "https://example.com/a/b", "a/../b", "../a", "a/b?x=y"])
def test_other_text_is_no_repository(text):
    with pytest.raises(UserError, match="not the name of a model"):
        from_repo(text)


def test_a_repository_that_is_not_here_cannot_be_used_yet():
    with pytest.raises(UserError, match="not on this Mac") as caught:
        find("somebody/Some-VLM")
    assert "Download" in caught.value.advice


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UserError, match="no model “gpt”") as caught:
        find("gpt")
    assert "qwen3-vl-4b" in caught.value.advice


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, "{home}/.cache/huggingface/hub"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/huggingface/hub"),
        ({"HF_HOME": "~/hf", "XDG_CACHE_HOME": "/x"}, "{home}/hf/hub"),
        ({"HUGGINGFACE_HUB_CACHE": "/old", "HF_HOME": "/hf"}, "/old"),
        ({"HF_HUB_CACHE": "$HOME/new", "HUGGINGFACE_HUB_CACHE": "/old"}, "{home}/new"),
    ],
)
def test_the_cache_is_where_all_its_tools_look_for_it(monkeypatch, own_folders, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(places.hub_cache()) == folder.format(home=own_folders)
