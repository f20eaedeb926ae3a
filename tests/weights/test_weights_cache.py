import json

import huggingface_hub
import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import places, unfinished
from mondrian_desktop.weights.cache import discard, installed, remove
from mondrian_desktop.weights.catalog import entries, find, from_repo
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.places import Owner
from tests.weights.hub_server import drop, git_sha1, sha256
from tests.weights.made import REPO, safetensors

QWEN = "mlx-community/Qwen3-VL-4B-Instruct-4bit"


@pytest.fixture
def whole_repo(hub, repo):
    """Make the hub's model one that can be loaded."""
    repo.files["model.safetensors"] = safetensors(1_500_000)
    repo.files["preprocessor_config.json"] = b"{}"
    return repo


@pytest.fixture
def fetch(drive, patience):
    return lambda repo=REPO: drive(download(from_repo(repo), patience=patience))


def by_owner(models):
    return {model.place.owner: model for model in models}


def only(owner):
    return by_owner(installed())[owner]


def test_models_are_found_in_every_place(whole_repo, fetch, make_model, own_folders):
    fetch()
    make_model(own_folders / "data" / "models" / "me" / "mine")
    make_model(own_folders / ".lmstudio" / "models" / "lmstudio-community" / "Qwen3-VL-4B-Instruct-MLX-4bit")
    make_model(own_folders / ".cache" / "lm-studio" / "models" / "a" / "older")
    models = installed()
    assert [(model.entry.id, model.place.owner) for model in models] == [
        ("mini", Owner.BUILT_IN),
        (REPO, Owner.HUGGING_FACE),
        ("me/mine", Owner.MONDRIAN),
        ("qwen3-vl-4b", Owner.LM_STUDIO),
        ("a/older", Owner.LM_STUDIO),
    ]
    assert not any(model.problem for model in models)
    assert all(find(model.entry.id).path == model.place.folder for model in models)


def test_size_is_that_of_the_contents(whole_repo, fetch):
    total = fetch()[-1].total_bytes
    assert only(Owner.HUGGING_FACE).size_bytes == total


def test_what_only_reads_is_not_listed(make_model, own_folders):
    make_model(own_folders / ".lmstudio" / "models" / "a" / "llama", {"config.json": b'{"model_type": "llama"}'})
    assert [model.entry.id for model in installed()] == ["mini"]


def test_a_damaged_model_of_the_catalog_is_listed_with_the_reason_and_any_other_is_not(make_model):
    cache = places.hub_cache()
    make_model(places.snapshot(cache, QWEN, "d" * 40), {"tokenizer.json": None})
    make_model(places.snapshot(cache, "a/b", "d" * 40), {"tokenizer.json": None})
    (model,) = [model for model in installed() if model.place.owner is Owner.HUGGING_FACE]
    assert model.entry.id == "qwen3-vl-4b"
    assert "tokenizer.json is missing" in model.problem


def test_strange_folders_do_not_disturb(make_model, own_folders):
    cache = places.hub_cache()
    (cache / "models--broken").mkdir(parents=True)
    (cache / "models--").mkdir()
    (cache / "datasets--a--b" / "snapshots" / "c").mkdir(parents=True)
    (cache / "version.txt").write_text("1", encoding="utf-8")
    (cache / "models--a--b").mkdir()
    (cache / "models--a--b" / "refs").write_text("a file", encoding="utf-8")
    (cache / "models--a--b" / "snapshots").symlink_to("nowhere")
    (own_folders / ".lmstudio" / "models").mkdir(parents=True)
    (own_folders / ".lmstudio" / "models" / "loop").symlink_to("loop")
    assert [model.entry.id for model in installed()] == ["mini"]


def test_a_removed_model_is_gone_with_all_its_contents(whole_repo, fetch):
    total = fetch()[-1].total_bytes
    assert remove(only(Owner.HUGGING_FACE)) == total
    assert not places.repo_folder(places.hub_cache(), REPO).exists()
    assert [model.entry.id for model in installed()] == ["mini"]


def test_contents_that_another_version_uses_stay(hub, whole_repo, fetch):
    first = fetch()[-1].folder
    whole_repo.commit = "e" * 40
    whole_repo.files["config.json"] = json.dumps({"model_type": "other", "vision_config": {}}).encode()
    second = fetch()[-1].folder
    (newer, older) = [model for model in installed() if model.place.owner is Owner.HUGGING_FACE]
    assert (newer.place.folder, older.place.folder) == (second, first)
    remove(newer)
    assert not second.exists()
    assert (first / "model.safetensors").read_bytes() == whole_repo.files["model.safetensors"]


def test_a_copy_of_a_repository_stays_when_the_other_one_is_removed(make_model):
    # As when a repository is pushed to another account: the commits are the same.
    names = [f"org/copy-{number}" for number in range(6)]
    folders = [make_model(places.snapshot(places.hub_cache(), name, "d" * 40)) for name in names]
    for number, name in enumerate(names):
        remove(next(model for model in installed() if model.place.repo == name))
        assert [folder.exists() for folder in folders] == [False] * (number + 1) + [True] * (5 - number)


def test_a_broken_model_can_be_removed(make_model):
    folder = make_model(places.snapshot(places.hub_cache(), QWEN, "d" * 40), {"tokenizer.json": None})
    (folder / "broken").symlink_to("nowhere")
    remove(only(Owner.HUGGING_FACE))
    assert not places.repo_folder(places.hub_cache(), QWEN).exists()


def test_a_model_in_the_user_s_folder_can_be_removed(make_model, own_folders):
    folder = make_model(own_folders / "data" / "models" / "me" / "mine")
    assert remove(only(Owner.MONDRIAN)) > 0
    assert not folder.exists()


def test_what_belongs_to_others_is_not_removed(make_model, own_folders):
    folder = make_model(own_folders / ".lmstudio" / "models" / "a" / "b")
    for owner, what in ((Owner.BUILT_IN, "part of the app"), (Owner.LM_STUDIO, "belongs to LM Studio")):
        with pytest.raises(UserError, match=what):
            remove(only(owner))
    assert folder.exists()
    assert entries()[0].is_installed


def test_an_unfinished_download_can_be_dropped(hub, whole_repo, fetch, drive, patience):
    hub.faults["model.safetensors"] = [drop(100_000)] + [drop(0)] * 4
    with pytest.raises(UserError):
        fetch()
    assert unfinished.everything()[0].done_bytes > 100_000
    discard(REPO)
    assert unfinished.everything() == ()
    assert not places.repo_folder(places.hub_cache(), REPO).exists()


def test_dropping_an_unfinished_download_leaves_what_a_model_uses(hub, whole_repo, fetch):
    first = fetch()[-1].folder
    whole_repo.commit = "e" * 40
    whole_repo.files["model.safetensors"] = safetensors(1_600_000)
    hub.faults["model.safetensors"] = [drop(100_000)] + [drop(0)] * 4
    with pytest.raises(UserError):
        fetch()
    discard(REPO)
    (found,) = huggingface_hub.scan_cache_dir(places.hub_cache()).repos
    assert {revision.snapshot_path for revision in found.revisions} == {first}
    blobs = places.blob(places.hub_cache(), REPO, "")
    assert len(list(blobs.iterdir())) == len(list(first.iterdir()))


def test_dropping_what_never_began_does_nothing():
    discard(REPO)
    assert unfinished.everything() == ()


def test_the_names_of_contents_are_those_that_the_hub_s_own_tools_use(whole_repo, fetch):
    folder = fetch()[-1].folder
    names = {file.name: str(file.readlink()) for file in folder.iterdir()}
    weights, config = whole_repo.files["model.safetensors"], whole_repo.files["config.json"]
    assert names["model.safetensors"] == f"../../blobs/{sha256(weights)}"
    assert names["config.json"] == f"../../blobs/{git_sha1(config)}"
