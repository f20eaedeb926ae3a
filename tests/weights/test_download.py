import itertools
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import Pump
from mondrian_desktop.weights import errand, places, unfinished
from mondrian_desktop.weights.catalog import find
from mondrian_desktop.weights.download import download
from mondrian_desktop.weights.events import Asking, Downloaded, Downloading, Patience, Paused, Retrying, Verifying
from tests.weights.hub_server import corrupt, drop, ignore_range, overlong, stall, stall_before_answering, status
from tests.weights.made import FETCHED, REPO, WEIGHTS, files_in, partial

ROOT = Path(__file__).resolve().parents[2]


def kinds(events):
    return [kind for kind, _ in itertools.groupby(type(event) for event in events)]


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
