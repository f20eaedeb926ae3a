"""Where a download goes: room, the cache that other tools share, and who else writes there."""

import errno
import hashlib
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.file_download import repo_folder_name

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import errand, places
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.events import Downloaded, Patience
from mondrian_desktop.weights.space import SPARE_BYTES
from tests.weights.hub_server import drop, stall
from tests.weights.made import FETCHED, REPO, WEIGHTS, files_in, partial


def test_too_little_room_is_told_before_anything_is_fetched(hub, entry, fetch, monkeypatch):
    monkeypatch.setattr(errand, "free_bytes", lambda folder: 501_000_000)
    with pytest.raises(UserError, match=r"needs 502 MB of free disk space, and .* has 501 MB") as caught:
        fetch(entry)
    assert "room" in caught.value.advice
    assert not hub.served


def test_room_is_needed_only_for_what_is_missing(hub, entry, fetch, monkeypatch):
    hub.faults[WEIGHTS] = [drop(1_400_000)] + [drop(0)] * 4
    with pytest.raises(UserError):
        fetch(entry)
    hub.faults.clear()
    monkeypatch.setattr(errand, "free_bytes", lambda folder: SPARE_BYTES + 100_000)
    assert isinstance(fetch(entry)[-1], Downloaded)


def test_a_disk_that_fills_up_on_the_way_is_told_and_keeps_what_came(hub, repo, entry, fetch, monkeypatch):
    real = errand.Errand._arrived

    def full(self, desk, count):
        real(self, desk, count)
        if partial(repo).exists():
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(errand.Errand, "_arrived", full)
    with pytest.raises(UserError, match="disk is full"):
        fetch(entry)
    assert partial(repo).stat().st_size > 0


def test_a_folder_that_cannot_be_written_is_named(hub, entry, fetch, tmp_path):
    in_the_way = tmp_path / "cache"
    in_the_way.write_text("a file", encoding="utf-8")
    with pytest.raises(UserError, match="could not be written") as caught:
        fetch(entry, cache=in_the_way)
    assert str(in_the_way) in caught.value.what


def test_two_downloads_of_one_model_do_not_meet_in_one_file(hub, repo, entry, drive, patience):
    hub.faults[WEIGHTS] = [stall(100_000)]
    first = download(entry, patience=Patience(stall_s=60))
    next(first)
    assert hub.stalled.wait(10)
    with pytest.raises(UserError, match="being downloaded already"):
        drive(download(entry, patience=patience))
    first.close()
    assert partial(repo).stat().st_size == 100_000
    assert isinstance(drive(download(entry, patience=patience))[-1], Downloaded)


def test_what_is_there_is_not_fetched_again(hub, entry, fetch):
    fetch(entry)
    served = dict(hub.served)
    events = fetch(entry)
    assert isinstance(events[-1], Downloaded)
    assert dict(hub.served) == served


def test_contents_that_another_tool_has_fetched_are_taken(hub, repo, entry, fetch):
    blob = places.blob(places.hub_cache(), REPO, hashlib.sha256(repo.files[WEIGHTS]).hexdigest())
    blob.parent.mkdir(parents=True)
    blob.write_bytes(repo.files[WEIGHTS])
    fetch(entry)
    assert hub.ranges(WEIGHTS) == []


def test_a_content_of_the_wrong_length_is_not_taken(hub, repo, entry, fetch):
    blob = places.blob(places.hub_cache(), REPO, hashlib.sha256(repo.files[WEIGHTS]).hexdigest())
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"short")
    assert files_in(fetch(entry)[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_other_tools_find_the_model_in_the_cache(hub, repo, entry, fetch, own_folders):
    folder = fetch(entry)[-1].folder
    cache = own_folders / ".cache" / "huggingface" / "hub"
    assert Path(huggingface_hub.snapshot_download(REPO, cache_dir=cache, local_files_only=True)) == folder
    assert huggingface_hub.try_to_load_from_cache(REPO, WEIGHTS, cache_dir=cache) == str(folder / WEIGHTS)
    (found,) = huggingface_hub.scan_cache_dir(cache).repos
    assert found.repo_id == REPO
    assert found.size_on_disk == sum(len(repo.files[name]) for name in FETCHED)
    assert places.repo_folder(cache, REPO).name == repo_folder_name(repo_id=REPO, repo_type="model")


def test_addresses_are_those_of_the_hub_s_own_library(hub, repo, entry, fetch):
    fetch(entry)
    url = huggingface_hub.hf_hub_url(REPO, WEIGHTS, revision=repo.commit, endpoint=hub.address)
    assert url.removeprefix(hub.address) in [request.path for request in hub.requests]


def test_a_disk_without_links_holds_the_files_themselves(hub, repo, entry, fetch, monkeypatch):
    def no_links(self, target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", no_links)
    folder = fetch(entry)[-1].folder
    assert not any(file.is_symlink() for file in folder.iterdir())
    served = dict(hub.served)
    assert fetch(entry)[-1].folder == folder
    assert dict(hub.served) == served
