import errno
import json
import re
from pathlib import Path

import pytest

from mondrian_desktop import paths
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.errors import UserError
from mondrian_desktop.settings import MODEL, Settings
from mondrian_desktop.weights import catalog, errand, line, places, space
from mondrian_desktop.weights.added import Added, load
from mondrian_desktop.weights.errand import Errand
from mondrian_desktop.weights.events import Patience
from mondrian_desktop.weights.places import Owner
from mondrian_desktop.weights.space import GIB, Fit
from mondrian_desktop.weights.standing import Machine, State
from tests.jobs.scene import SAMPLES, answer, make_service
from tests.weights.hub_server import Repo, corrupt, drop, stall, status
from tests.weights.made import CONFIG, REPO, safetensors

WEIGHTS = "model.safetensors"
OTHER = "org/other"


@pytest.fixture
def repo():
    """A repository with a model that passes every check."""
    return Repo(
        {
            "config.json": json.dumps(CONFIG).encode(),
            "tokenizer.json": b"{}",
            "preprocessor_config.json": b"{}",
            WEIGHTS: safetensors(200_000),
        }
    )


class Bench:
    """A service and a way to wait for its shelf."""

    def __init__(self, machine=None, engine=None):
        self.service = make_service(
            engine or ScriptedEngine(script(answer())), machine=machine or Machine(16 * GIB, lambda kind: True)
        )
        self.shelf = self.service.shelf
        self.shelf.patience = Patience(connect_s=5, stall_s=0.25, attempts=3, first_delay_s=0.001, longest_delay_s=0.01)
        self.seen = []
        self.shelf.on_change(self.seen.append)

    def wait(self, future):
        self.service.pump.run(until=future.done)
        return future.result()

    def run_until(self, *states, model=REPO):
        self.service.pump.run(until=lambda: self.state(model) in states)
        return self.shelf.standing(model)

    def state(self, model=REPO):
        standing = self.shelf.standing(model)
        return standing.state if standing else None

    def settle(self):
        self.service.pump.run()
        self.wait(self.shelf.refresh())


@pytest.fixture
def make_bench():
    made = []

    def make(**more):
        made.append(Bench(**more))
        return made[-1]

    yield make
    for bench in made:
        bench.service.close()


@pytest.fixture
def bench(make_bench):
    return make_bench()


def test_lists_the_catalogue_with_what_is_here_and_what_fits(make_bench):
    bench = make_bench(machine=Machine(8 * GIB))
    rows = {row.id: row for row in bench.wait(bench.shelf.refresh())}
    assert list(rows) == [entry.id for entry in catalog.entries()]
    assert (rows["mini"].state, rows["mini"].owner, rows["mini"].can_remove) == (State.INSTALLED, Owner.BUILT_IN, False)
    assert rows["mini"].can_use
    assert [row.id for row in rows.values() if row.is_recommended] == ["qwen3-vl-2b"]
    assert rows["qwen3-vl-8b"].fit is Fit.NO
    assert "8.5 GB of memory" in rows["qwen3-vl-8b"].obstacle
    assert not rows["qwen3-vl-8b"].can_download


def test_says_where_the_disk_is_too_small(bench, monkeypatch):
    monkeypatch.setattr(space, "free_bytes", lambda folder: 1_000_000_000)
    bench.wait(bench.shelf.refresh())
    row = bench.shelf.standing("qwen3-vl-4b")
    assert row.obstacle == "Needs 3.6 GB of free disk space; 1.0 GB are free."
    assert not row.can_download


def test_a_repository_is_added_downloaded_used_and_removed(hub, repo, bench):
    assert bench.wait(bench.shelf.add_repo(f" https://huggingface.co/{REPO} ")).good_at == catalog.CAUTION
    bench.settle()
    assert (bench.state(), bench.shelf.standing(REPO).is_added) == (State.ABSENT, True)
    bench.shelf.download(REPO)
    assert bench.state() is State.DOWNLOADING
    row = bench.run_until(State.INSTALLED)
    bench.settle()
    assert bench.shelf.standing(REPO).done_bytes == sum(map(len, repo.files.values()))
    assert bench.wait(bench.service.use_model(REPO)).id == REPO
    job = bench.service.submit(SAMPLES[0])
    assert job.model == REPO
    bench.service.pump.run()
    assert bench.service._engine.requests[0].weights == row.entry.path
    assert bench.wait(bench.shelf.remove(REPO)) > 0
    bench.settle()
    assert not row.entry.path.exists()
    assert bench.shelf.standing(REPO) is None
    assert load() == Added()


def test_a_paused_download_goes_on_after_a_quit_without_fetching_again(hub, repo, make_bench, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hub.faults[WEIGHTS] = [stall(100_000)]
    first = make_bench()
    first.shelf.patience = Patience(stall_s=30)
    first.shelf.download(REPO)
    first.service.pump.run(until=lambda: (row := first.shelf.standing(REPO)) and row.done_bytes > 100_000)
    first.shelf.pause(REPO)
    first.run_until(State.PARTIAL)
    first.service.close()
    second = make_bench()
    second.wait(second.shelf.refresh())
    row = second.shelf.standing(REPO)
    assert (row.state, row.done_bytes > 100_000) == (State.PARTIAL, True)
    assert row.total_bytes == sum(map(len, repo.files.values()))
    second.shelf.download(REPO)
    second.run_until(State.INSTALLED)
    assert hub.ranges(WEIGHTS) == ["", "bytes=100000-"]
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])


def test_a_lost_connection_is_told_and_made_anew(hub, repo, bench):
    hub.faults[WEIGHTS] = [drop(50_000), drop(70_000)]
    bench.shelf.download(REPO)
    bench.run_until(State.INSTALLED)
    told = {row.activity for rows in bench.seen for row in rows if row.id == REPO}
    assert any("Trying again in" in each for each in told), told
    assert hub.served[WEIGHTS] == len(repo.files[WEIGHTS])


@pytest.mark.parametrize(
    ("faults", "what"),
    [
        ({"api": [status(401, X_Error_Code="GatedRepo")]}, "accept their terms"),
        ({"api": [status(401)]}, "or does not show it to everybody"),
        ({"api": [status(404)]}, f"no model {REPO}"),
        ({"api": [status(429)] * 3}, r"busy \(status 429\)"),
        ({WEIGHTS: [corrupt] * 2}, "arrived damaged twice"),
        ({WEIGHTS: [stall(0)] * 3}, "Nothing came from"),
        ({WEIGHTS: [status(404)]}, f"no model {REPO}"),
    ],
)
def test_what_ends_a_download_stands_in_its_row_and_the_next_try_works(hub, bench, faults, what):
    hub.faults.update(faults)
    bench.shelf.download(REPO)
    bench.service.pump.run()
    bench.settle()
    assert re.search(what, bench.shelf.standing(REPO).problem), bench.shelf.standing(REPO).problem
    bench.shelf.download(REPO)
    bench.run_until(State.INSTALLED)
    assert bench.shelf.standing(REPO).problem == ""


def test_a_full_disk_ends_the_download_and_keeps_what_is_there(hub, bench, monkeypatch):
    def full(*args, **more):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(Errand, "_attempt", full)
        bench.shelf.download(REPO)
        bench.service.pump.run()
        assert bench.shelf.standing(REPO).problem.startswith("The disk is full.")
    bench.shelf.download(REPO)
    bench.run_until(State.INSTALLED)


def test_cancelling_drops_what_has_arrived(hub, bench, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hub.faults[WEIGHTS] = [stall(100_000)]
    bench.shelf.patience = Patience(stall_s=30)
    bench.shelf.download(REPO)
    bench.service.pump.run(until=lambda: (row := bench.shelf.standing(REPO)) and row.done_bytes > 100_000)
    bench.shelf.cancel(REPO)
    bench.settle()
    bench.settle()
    assert bench.shelf.standing(REPO) is None
    assert not places.repo_folder(places.hub_cache(), REPO).exists()


def hold_the_first(hub, bench, repo):
    """Begin a download that stands still, and put another one in line."""
    hub.repos[OTHER] = repo
    hub.faults[WEIGHTS] = [stall(100_000)]
    bench.shelf.patience = Patience(stall_s=30)
    bench.shelf.download(REPO)
    bench.shelf.download(OTHER)
    bench.shelf.download(OTHER)
    bench.service.pump.run(until=lambda: (row := bench.shelf.standing(REPO)) and row.done_bytes > 100_000)


def test_downloads_run_one_after_the_other(hub, repo, bench, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hold_the_first(hub, bench, repo)
    assert (bench.state(REPO), bench.state(OTHER)) == (State.DOWNLOADING, State.WAITING)
    assert bench.shelf.standing(OTHER).activity == "Waiting for name"
    assert not bench.shelf.standing(OTHER).can_download
    assert not [request for request in hub.requests if OTHER in request.path]
    with pytest.raises(UserError, match="is being downloaded"):
        bench.wait(bench.shelf.remove(OTHER))
    bench.shelf.pause(REPO)
    bench.run_until(State.INSTALLED, model=OTHER)
    assert bench.state(REPO) is State.PARTIAL


@pytest.mark.parametrize("leave", ["pause", "cancel"])
def test_what_waits_can_be_taken_out_of_the_line(hub, repo, bench, monkeypatch, leave):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hold_the_first(hub, bench, repo)
    getattr(bench.shelf, leave)(OTHER)
    assert bench.state(OTHER) is State.ABSENT
    bench.shelf.pause(REPO)
    bench.run_until(State.PARTIAL)
    bench.settle()
    assert not [request for request in hub.requests if OTHER in request.path]


def test_the_next_begins_also_where_the_one_before_failed(hub, repo, bench):
    hub.repos[OTHER] = repo
    hub.faults["api"] = [status(404)]
    bench.shelf.download(REPO)
    bench.shelf.download(OTHER)
    bench.run_until(State.INSTALLED, model=OTHER)
    assert "no model" in bench.shelf.standing(REPO).problem


def test_nothing_in_line_begins_once_the_app_ends(hub, repo, bench, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hold_the_first(hub, bench, repo)
    bench.service.close()
    assert not [request for request in hub.requests if OTHER in request.path]


def test_what_was_running_and_waiting_at_a_quit_stands_there_and_goes_on_when_told(
    hub, repo, bench, make_bench, monkeypatch
):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hold_the_first(hub, bench, repo)
    bench.service.close()
    hub.requests.clear()
    second = make_bench()
    second.wait(second.shelf.refresh())
    assert [(row.id, row.state, row.is_left) for row in second.shelf.left] == [
        (REPO, State.PARTIAL, True), (OTHER, State.PARTIAL, True),
    ]  # fmt: skip
    assert (second.shelf.left[0].done_bytes > 100_000, second.shelf.left[1].done_bytes) == (True, 0)
    assert all(row.can_download for row in second.shelf.left)
    second.service.pump.run()
    assert not hub.requests, "something was fetched that nobody asked for since the start"
    second.shelf.take_up()
    assert (second.state(REPO), second.state(OTHER), second.shelf.left) == (State.DOWNLOADING, State.WAITING, ())
    second.run_until(State.INSTALLED, model=OTHER)
    assert second.state(REPO) is State.INSTALLED
    assert hub.ranges(WEIGHTS) == ["bytes=100000-", ""]
    second.service.close()
    third = make_bench()
    third.wait(third.shelf.refresh())
    assert third.shelf.left == ()


@pytest.mark.parametrize("leave", ["pause", "cancel", "fail"])
def test_what_was_held_dropped_or_failed_is_not_offered_after_a_quit(hub, bench, make_bench, monkeypatch, leave):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hub.faults[WEIGHTS] = [stall(100_000)] if leave != "fail" else [status(404)]
    bench.shelf.patience = Patience(stall_s=30)
    bench.shelf.download(REPO)
    if leave != "fail":
        bench.service.pump.run(until=lambda: (row := bench.shelf.standing(REPO)) and row.done_bytes > 100_000)
        getattr(bench.shelf, leave)(REPO)
    bench.settle()
    bench.service.close()
    second = make_bench()
    second.wait(second.shelf.refresh())
    assert second.shelf.left == ()


def test_what_was_in_line_can_be_dropped_after_a_quit(hub, repo, bench, make_bench, monkeypatch):
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    hold_the_first(hub, bench, repo)
    bench.service.close()
    second = make_bench()
    second.wait(second.shelf.refresh())
    second.shelf.cancel(OTHER)
    assert [row.id for row in second.shelf.left] == [REPO]
    assert second.wait(second.shelf.remove(REPO)) == 0
    second.settle()
    assert (second.shelf.left, line.everything()) == ((), ())
    assert second.state(OTHER) is None


def test_a_model_that_came_by_another_way_is_not_offered(bench, make_model):
    entry = catalog.known("qwen3-vl-4b")
    line.join(entry.repo)
    bench.settle()
    assert [row.id for row in bench.shelf.left] == ["qwen3-vl-4b"]
    make_model(Path("~/.lmstudio/models").expanduser() / entry.repo)
    bench.settle()
    assert bench.shelf.left == ()
    assert bench.state("qwen3-vl-4b") is State.INSTALLED


def test_a_model_that_cannot_be_loaded_is_refused_and_the_chosen_one_stays(bench, make_model, tmp_path):
    broken = make_model(tmp_path / "broken", {WEIGHTS: safetensors()[:-1]})
    with pytest.raises(UserError, match="cut off"):
        bench.wait(bench.service.use_model(str(broken)))
    with pytest.raises(UserError, match="is not installed"):
        bench.wait(bench.service.use_model("qwen3-vl-4b"))
    assert bench.service.settings.get(MODEL) == "mini"
    assert Settings().get(MODEL) == "mini"
    job = bench.service.submit(SAMPLES[0])
    bench.service.pump.run()
    assert bench.service.analysis(job.id).model == "mini"


@pytest.mark.parametrize(
    ("machine", "what"),
    [
        (Machine(16 * GIB, lambda kind: False), "of the type “qwen3_vl”, which cannot be loaded"),
        (Machine(3 * GIB, lambda kind: True), "of memory, and a model can use"),
    ],
)
def test_what_this_machine_cannot_take_is_refused_with_the_reason(make_bench, make_model, tmp_path, machine, what):
    bench = make_bench(machine=machine)
    with pytest.raises(UserError, match=what):
        bench.wait(bench.service.use_model(str(make_model(tmp_path / "model"))))


def test_a_switch_comes_between_two_jobs(bench, make_model, tmp_path):
    folder = make_model(tmp_path / "model")
    waiting = bench.service.submit(SAMPLES[0])
    bench.wait(bench.service.use_model(str(folder)))
    later = bench.service.submit(SAMPLES[1])
    assert (bench.service.job(waiting.id).model, later.model) == ("mini", str(folder))


def test_a_folder_is_added_and_taken_out_of_the_list_but_stays_on_disk(bench, make_model, tmp_path):
    folder = make_model(tmp_path / "My model")
    bench.wait(bench.shelf.add_folder(folder))
    bench.settle()
    row = bench.shelf.standing(str(folder))
    assert (row.state, row.owner, row.can_use, row.can_remove) == (State.INSTALLED, Owner.USER, True, True)
    bench.wait(bench.shelf.remove(str(folder)))
    bench.settle()
    assert bench.shelf.standing(str(folder)) is None
    assert (folder / WEIGHTS).exists()


def test_a_folder_that_vanished_says_so(bench, make_model, tmp_path):
    folder = make_model(tmp_path / "My model")
    bench.wait(bench.shelf.add_folder(folder))
    folder.rename(tmp_path / "elsewhere")
    bench.settle()
    row = bench.shelf.standing(str(folder))
    assert (row.state, row.can_use) == (State.BROKEN, False)
    assert "there is no model in" in row.problem


def test_a_folder_without_a_model_is_not_added(bench, tmp_path):
    with pytest.raises(UserError, match=r"config\.json is missing"):
        bench.wait(bench.shelf.add_folder(tmp_path))
    assert load() == Added()


def test_models_of_lm_studio_are_found_and_left_alone(bench, make_model):
    folder = make_model(Path("~/.lmstudio/models/lmstudio-community/Qwen3-VL-4B-Instruct-MLX-4bit").expanduser())
    bench.settle()
    row = bench.shelf.standing("qwen3-vl-4b")
    assert (row.state, row.owner, row.can_remove) == (State.INSTALLED, Owner.LM_STUDIO, False)
    assert row.entry.path == folder
    assert bench.wait(bench.service.use_model("qwen3-vl-4b")).path == folder
    with pytest.raises(UserError, match="belongs to LM Studio"):
        bench.wait(bench.shelf.remove("qwen3-vl-4b"))


def test_a_damaged_list_is_kept_aside(bench):
    file = paths.data_dir() / "models.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('{"folders": 5}')
    assert load() == Added()
    assert file.with_name("models.json.broken").read_text() == '{"folders": 5}'


def test_closing_in_the_middle_of_a_look_leaves_nothing_behind(bench):
    future = bench.shelf.refresh()
    bench.service.close()
    assert not future.done() or future.cancelled()
