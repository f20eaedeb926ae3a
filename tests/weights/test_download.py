import errno
import hashlib
import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.file_download import repo_folder_name

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import Pump
from mondrian_desktop.weights import errand, places, unfinished
from mondrian_desktop.weights.catalog import CatalogEntry, find, from_repo
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.events import Asking, Downloaded, Downloading, Patience, Paused, Retrying, Verifying
from mondrian_desktop.weights.manifest import WeightFile
from mondrian_desktop.weights.space import SPARE_BYTES
from tests.weights.hub_server import body, corrupt, drop, ignore_range, overlong, stall, stall_before_answering, status
from tests.weights.made import FETCHED, REPO

ROOT = Path(__file__).resolve().parents[2]
WEIGHTS = "model.safetensors"


@pytest.fixture
def entry():
    return from_repo(REPO)


@pytest.fixture
def fetch(drive, patience):
    def fetch(entry, until=None, **changes):
        return drive(download(entry, **({"patience": patience} | changes)), until)

    return fetch


def partial(repo):
    return places.partial(places.hub_cache(), REPO, hashlib.sha256(repo.files[WEIGHTS]).hexdigest())


def kinds(events):
    return [kind for kind, _ in itertools.groupby(type(event) for event in events)]


def files_in(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_fetches_weights_and_text_and_nothing_that_could_run(hub, repo, entry, fetch):
    events = fetch(entry)
    done = events[-1]
    assert isinstance(done, Downloaded)
    assert files_in(done.folder) == {name: repo.files[name] for name in FETCHED}
    assert dict(hub.served) == {name: len(repo.files[name]) for name in FETCHED}
    assert done.total_bytes == sum(hub.served.values())
    assert done.commit == repo.commit


def test_tells_what_it_does_in_order_and_never_goes_backward(hub, entry, fetch, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    events = fetch(entry)
    assert kinds(events)[:2] == [Asking, Downloading]
    assert kinds(events)[-3:] == [Verifying, Downloading, Downloaded]
    progress = [event for event in events if isinstance(event, Downloading)]
    assert [event.done_bytes for event in progress] == sorted(event.done_bytes for event in progress)
    assert progress[-1].done_bytes == progress[-1].total_bytes == events[-1].total_bytes


def test_tells_speed_and_seconds_left_once_there_is_something_to_tell_from(hub, entry, fetch, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    seconds = itertools.count()
    progress = [event for event in fetch(entry, clock=lambda: next(seconds)) if isinstance(event, Downloading)]
    assert progress[0].bytes_per_s is progress[0].seconds_left is None
    moving = [event for event in progress if event.bytes_per_s]
    assert moving
    for event in moving:
        left = event.total_bytes - event.done_bytes
        assert event.seconds_left == pytest.approx(left / event.bytes_per_s)


def test_a_model_is_found_where_it_was_put(hub, entry, fetch):
    with pytest.raises(UserError, match="not on this Mac"):
        find(REPO)
    folder = fetch(entry)[-1].folder
    assert find(REPO).path == folder
    assert find(REPO).is_installed


@pytest.mark.parametrize("after", [0, 1, 70_000, 1_499_999])
def test_goes_on_inside_the_file_after_a_lost_connection(hub, repo, entry, fetch, after):
    hub.faults[WEIGHTS] = [drop(after)]
    events = fetch(entry)
    assert Retrying in kinds(events)
    assert hub.ranges(WEIGHTS) == ["", f"bytes={after}-" if after else ""]
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])
    assert files_in(events[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_goes_on_as_long_as_every_attempt_brings_something(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [drop(100_000)] * 12
    events = fetch(entry)
    assert [event.attempt for event in events if isinstance(event, Retrying)] == [1] * 12
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])


def test_gives_up_after_some_attempts_that_brought_nothing_and_keeps_what_came(hub, repo, entry, fetch, patience):
    hub.faults[WEIGHTS] = [drop(200_000)] + [drop(0)] * patience.attempts
    with pytest.raises(UserError, match="lost") as caught:
        fetch(entry)
    assert "kept" in caught.value.advice
    assert partial(repo).stat().st_size == 200_000
    assert not find_snapshot(repo).exists()
    hub.faults.clear()
    fetch(entry)
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])


def find_snapshot(repo):
    return places.snapshot(places.hub_cache(), REPO, repo.commit)


def test_a_stalled_connection_is_noticed_and_made_anew(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [stall(300_000)]
    events = fetch(entry)
    (retrying,) = [event for event in events if isinstance(event, Retrying)]
    assert retrying.stalled
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])


def test_a_trickle_counts_as_stalled(hub, entry, fetch):
    seconds = itertools.count()
    slow = Patience(stall_s=5, slow_bytes_per_s=1e9, first_delay_s=0.001)
    events = fetch(entry, patience=slow, clock=lambda: next(seconds))
    assert any(isinstance(event, Retrying) and event.stalled for event in events)
    assert isinstance(events[-1], Downloaded)


def test_a_server_with_a_fault_is_tried_again(hub, entry, fetch):
    hub.faults["api"] = [status(500), status(503)]
    hub.faults[WEIGHTS] = [status(502), status(504), status(408)]
    events = fetch(entry)
    assert [event.attempt for event in events if isinstance(event, Retrying)] == [1, 2, 1, 2, 3]
    assert isinstance(events[-1], Downloaded)


def test_delays_double_up_to_the_longest(hub, entry, fetch):
    hub.faults["api"] = [status(500)] * 5
    eager = Patience(first_delay_s=0.001, longest_delay_s=0.004, attempts=9)
    events = fetch(entry, patience=eager)
    assert [event.delay_s for event in events if isinstance(event, Retrying)] == [0.001, 0.002, 0.004, 0.004, 0.004]


@pytest.mark.parametrize(("asked", "given"), [("7", 7.0), ("99999999", 600.0), ("soon", 0.001)])
def test_a_busy_server_gets_the_time_it_asks_for_and_pausing_does_not_wait_for_it(hub, entry, fetch, asked, given):
    hub.faults[WEIGHTS] = [status(429, Retry_After=asked)] * 9
    events = fetch(entry, until=lambda event: isinstance(event, Retrying))
    (retrying,) = [event for event in events if isinstance(event, Retrying)]
    assert retrying.delay_s == given
    assert "busy" in retrying.reason
    assert isinstance(events[-1], Paused)


def test_a_damaged_file_is_fetched_once_more_from_the_beginning(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [corrupt]
    events = fetch(entry)
    assert hub.ranges(WEIGHTS) == ["", ""]
    assert files_in(events[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]
    assert events[-2].done_bytes == events[-2].total_bytes


def test_a_file_that_stays_damaged_is_never_shown_to_anybody(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [corrupt, corrupt]
    with pytest.raises(UserError, match="damaged twice"):
        fetch(entry)
    assert not find_snapshot(repo).exists()
    assert not any(blob.name == partial(repo).name for blob in partial(repo).parent.iterdir() if blob.stat().st_size)
    assert hub.ranges("tokenizer.json") == [""]
    fetch(entry)
    assert hub.ranges("tokenizer.json") == [""]


def test_a_part_that_was_damaged_on_disk_is_found_out(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [drop(200_000)] + [drop(0)] * 4
    with pytest.raises(UserError):
        fetch(entry)
    hub.faults.clear()
    partial(repo).write_bytes(bytes(200_000))
    assert files_in(fetch(entry)[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]
    assert hub.ranges(WEIGHTS)[-2:] == ["bytes=200000-", ""]


def test_a_part_that_is_too_long_is_dropped(hub, repo, entry, fetch):
    partial(repo).parent.mkdir(parents=True)
    partial(repo).write_bytes(bytes(2_000_000))
    assert files_in(fetch(entry)[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_a_server_that_ignores_the_range_is_taken_from_the_beginning(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [drop(200_000), ignore_range]
    events = fetch(entry)
    assert files_in(events[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]
    assert events[-2].done_bytes == events[-2].total_bytes


def test_a_server_that_sends_another_range_is_asked_for_the_whole(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [drop(200_000), lambda handler, content: handler.send_content(content, first=100_000)]
    assert files_in(fetch(entry)[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_more_bytes_than_announced_are_not_written(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [overlong] * 9
    with pytest.raises(UserError, match="more bytes"):
        fetch(entry)
    assert partial(repo).stat().st_size <= len(repo.files[WEIGHTS])


def test_pausing_keeps_what_came_and_continuing_does_not_fetch_it_again(hub, repo, entry, fetch, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hub.faults[WEIGHTS] = [stall(400_000)]
    small = sum(len(repo.files[name]) for name in FETCHED - {WEIGHTS})
    events = fetch(
        entry,
        until=lambda event: isinstance(event, Downloading) and event.done_bytes == small + 400_000,
        patience=Patience(stall_s=60),
    )
    assert events[-1] == Paused(small + 400_000, small + len(repo.files[WEIGHTS]))
    assert [each.done_bytes for each in unfinished.everything()] == [small + 400_000]
    events = fetch(entry)
    assert kinds(events)[0] is Downloading
    assert events[0].done_bytes == small + 400_000
    assert hub.ranges(WEIGHTS) == ["", "bytes=400000-"]
    assert sum(hub.served.values()) == small + len(repo.files[WEIGHTS])
    assert unfinished.everything() == ()


def test_pausing_before_the_server_has_answered_is_quick(hub, entry, fetch):
    hub.faults["api"] = [stall_before_answering]
    events = fetch(entry, until=lambda event: isinstance(event, Asking), patience=Patience(stall_s=60))
    assert kinds(events) == [Asking, Paused]


def test_pausing_at_once_tells_what_an_earlier_attempt_brought(hub, repo, entry, fetch, patience):
    hub.faults[WEIGHTS] = [drop(200_000)] + [drop(0)] * patience.attempts
    with pytest.raises(UserError):
        fetch(entry)
    begun = unfinished.load(REPO)
    pump, seen = Pump(), []
    task = pump.start(download(entry), seen.append)
    pump.step()
    pump.cancel(task)
    pump.run()
    assert seen[-1] == Paused(begun.done_bytes, begun.manifest.total_bytes)


def test_closing_in_the_middle_leaves_no_thread_behind(hub, entry):
    hub.faults[WEIGHTS] = [stall(100)]
    events = download(entry, patience=Patience(stall_s=60))
    next(events)
    assert hub.stalled.wait(10)
    events.close()


KILLED = """
import sys
from mondrian_desktop.pump import Pump
from mondrian_desktop.weights import errand
from mondrian_desktop.weights.catalog import from_repo
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.events import Downloading
errand.PROGRESS_S = 0.0
pump = Pump()
pump.start(download(from_repo("org/name")), lambda event: print(getattr(event, "done_bytes", 0), flush=True))
pump.run()
"""


def test_killed_in_the_middle_it_goes_on_without_fetching_again_what_is_there(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [stall(700_000)]
    small = sum(len(repo.files[name]) for name in FETCHED - {WEIGHTS})
    with subprocess.Popen([sys.executable, "-c", KILLED], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            if int(line) == small + 700_000:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    events = fetch(entry)
    assert hub.ranges(WEIGHTS) == ["", "bytes=700000-"]
    assert sum(hub.served.values()) == small + len(repo.files[WEIGHTS])
    assert files_in(events[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_it_goes_on_with_the_version_it_began_with(hub, repo, entry, fetch):
    hub.faults[WEIGHTS] = [drop(1000)] + [drop(0)] * 4
    with pytest.raises(UserError):
        fetch(entry)
    hub.faults.clear()
    asked = len(hub.requests)
    assert fetch(entry)[-1].commit == repo.commit
    assert not any(request.path.startswith("/api") for request in hub.requests[asked:])


def test_a_record_that_was_damaged_does_no_harm(hub, entry, fetch, own_folders):
    file = own_folders / "data" / "downloads" / "org--name.json"
    file.parent.mkdir(parents=True)
    for content in ("{", "[]", '{"repo": "org/name", "commit": "c", "files": []}', '{"repo": 1}', "[" * 100_000):
        file.write_text(content, encoding="utf-8")
        assert unfinished.everything() == ()
    assert isinstance(fetch(entry)[-1], Downloaded)
    assert not file.exists()


@pytest.mark.parametrize(
    ("fault", "what", "advice"),
    [
        (status(401, X_Error_Code="RepoNotFound"), "has no model org/name", "Check the name"),
        (status(401, X_Error_Code="GatedRepo"), "accept their terms", "Accept them at"),
        (status(403, X_Error_Code="GatedRepo"), "accept their terms", "access token"),
        (status(404, X_Error_Code="RepoNotFound"), "has no model org/name", "Check the name"),
        (status(404, X_Error_Code="RevisionNotFound"), "no longer has version", "another model"),
        (status(400), "refused", "later"),
        (body(b"<html>"), "could not be understood", "later"),
        (body(b"[" * 1_000_000), "could not be understood", "later"),
        (body(b'{"sha": "main", "siblings": []}'), "could not be understood", "later"),
        (status(302, Location="http://example.com/"), "not secure", "Nothing was fetched"),
        (status(302, Location="ftp://127.0.0.1/"), "not secure", "Nothing was fetched"),
        (status(302, Location="https://"), "not secure", "Nothing was fetched"),
        (status(302, Location="file:///etc/passwd"), "not secure", "Nothing was fetched"),
    ],
)
def test_what_the_hub_refuses_is_told_with_what_to_do(hub, entry, fetch, fault, what, advice):
    hub.faults["api"] = [fault]
    with pytest.raises(UserError, match=what) as caught:
        fetch(entry)
    assert advice in caught.value.advice
    assert not any(hub.served.values())
    assert not places.repo_folder(places.hub_cache(), REPO).exists()


def test_a_token_that_is_not_accepted_is_told_apart_from_none(hub, entry, fetch, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    hub.faults["api"] = [status(401)]
    with pytest.raises(UserError, match="did not accept the access token"):
        fetch(entry)


def test_the_token_goes_to_the_hub_and_to_nobody_else(hub, entry, fetch, monkeypatch, caplog):
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    cdn = hub.with_cdn()
    with caplog.at_level("DEBUG"):
        fetch(entry)
    assert {request.token for request in hub.requests} == {"hf_secret"}
    assert {request.token for request in cdn.requests} == {""}
    assert "hf_secret" not in caplog.text


def test_contents_come_from_where_the_hub_redirects_to_and_go_on_there(hub, repo, entry, fetch):
    cdn = hub.with_cdn()
    hub.faults[WEIGHTS] = [drop(500_000), status(403)]
    events = fetch(entry)
    assert cdn.ranges(WEIGHTS) == ["", "bytes=500000-", "bytes=500000-"]
    assert len(hub.ranges(WEIGHTS)) == 3, "a link that has expired is asked for again"
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])
    assert files_in(events[-1].folder)[WEIGHTS] == repo.files[WEIGHTS]


def test_a_model_that_was_renamed_is_followed(hub, repo, fetch):
    hub.repos["new/name"] = repo
    hub.faults["api"] = [status(307, Location=f"/api/models/new/name/revision/{repo.commit}?blobs=true")]
    hub.repos["org/name"] = repo
    assert isinstance(fetch(from_repo("org/name"))[-1], Downloaded)


def test_being_sent_around_in_circles_ends(hub, entry, fetch):
    hub.faults["api"] = [status(302, Location="/api/models/org/name/revision/main?blobs=true")] * 99
    with pytest.raises(UserError, match="circles"):
        fetch(entry)


def test_a_hub_without_https_is_refused(entry, fetch, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://mirror.example")
    with pytest.raises(UserError, match="not secure"):
        fetch(entry)


def test_a_hub_that_is_not_there_is_told(hub, entry, fetch, monkeypatch):
    address = hub.address
    hub.close()
    with pytest.raises(UserError, match="lost") as caught:
        fetch(entry)
    assert "network" in caught.value.advice
    assert address.removeprefix("http://") in caught.value.what


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


def pinned(repo, **changes):
    weights = WeightFile(WEIGHTS, len(repo.files[WEIGHTS]), hashlib.sha256(repo.files[WEIGHTS]).hexdigest())
    fields = {"revision": repo.commit, "files": (weights,), "repo": REPO} | changes
    return CatalogEntry("test", "Test model", Path(), **fields)


def test_a_pinned_version_is_fetched_and_leaves_the_main_branch_alone(hub, repo, fetch):
    folder = fetch(pinned(repo))[-1].folder
    assert folder.name == repo.commit
    assert not (places.repo_folder(places.hub_cache(), REPO) / "refs").exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"files": (WeightFile(WEIGHTS, 1_500_000, "0" * 64),)},
        {"files": (WeightFile(WEIGHTS, 1_500_001, ""),)},
        {"files": (WeightFile("other.safetensors", 1, "0" * 64),)},
    ],
)
def test_other_files_than_the_catalog_knows_are_refused(hub, repo, fetch, changes):
    with pytest.raises(UserError, match="offers another"):
        fetch(pinned(repo, **changes))
    assert not hub.served


def test_another_version_than_the_one_asked_for_is_refused(hub, repo, fetch):
    hub.faults["api"] = [body(json.dumps(repo.describe()).encode())]
    with pytest.raises(UserError, match="another version"):
        fetch(pinned(repo, revision="d" * 40))
