"""batch, watch and history: real photos and store, a scripted engine, one process after the other."""

import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mondrian_desktop import paths
from mondrian_desktop.cli.main import parse, run_command
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.history import History
from mondrian_desktop.jobs.session import Session
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings
from tests.jobs.scene import SAMPLES, Disk, FakeClock, answer, make_service


@pytest.fixture
def run(capsys, tmp_path):
    """Run a command line as a process would; return (exit code, stdout, stderr)."""

    def run(*arguments, scripts=(), disk=None, before_token=None):
        clock = FakeClock()

        def build():
            nonlocal run
            engine = run.engine = ScriptedEngine(*(scripts or [script(answer(), before_token=before_token)]))
            history = tmp_path / "data" / "history.db"
            store = Store(Database(history, connect=disk.connect), Session(None)) if disk else Store.open(history)
            settings = Settings(tmp_path / "settings.json", {})
            return Service(engine, PhotoReader(), load_advisors(), settings, Pump(clock=clock, budget_s=0), store)

        code = run_command(parse([str(word) for word in arguments]), build)
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "Iceland"
    for n, sample in enumerate(SAMPLES[:3]):
        file = folder / ("deep" if n == 2 else "") / sample.name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample, file)
    return folder


NAMES = [sample.name for sample in SAMPLES[:3]]


def scores(*values):
    return [script(answer(value, f"Photo with a {value}.")) for value in values]


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """Return a history of three photos: 4, 9 and 6."""
    file = tmp_path_factory.mktemp("filled") / "history.db"
    service = make_service(ScriptedEngine(*scores(4, 9, 6)), store=Store.open(file))
    for sample in SAMPLES[:3]:
        service.submit(sample)
    service.pump.run()
    service.close()
    return file


class TestBatch:
    def test_prints_a_line_for_each_photo_and_a_summary(self, run, folder):
        code, out, err = run("batch", folder, "--recursive", scripts=scores(4, 9, 6))
        assert code == 0
        assert f"[1/3] {NAMES[0]} · mentor · 4.0" in err
        assert f"[3/3] {NAMES[2]} · mentor · 6.0" in err
        ranked = [line for line in out.splitlines() if ".jpg" in line]
        assert [line.split()[:2] for line in ranked] == [["9.0", NAMES[1]], ["6.0", NAMES[2]], ["4.0", NAMES[0]]]
        assert "3 scored, 6.3 on average" in out
        assert "Exposure" in out

    def test_subfolders_only_where_asked(self, run, folder):
        _, out, _ = run("batch", folder, "--json")
        assert [Path(photo["path"]).name for photo in json.loads(out)["photos"]] == NAMES[:2]

    def test_several_advisors_and_options_reach_the_engine(self, run, folder):
        _, out, _ = run("batch", folder, "--advisor", "ansel,weston", "--max-tokens", "77", "--json")
        document = json.loads(out)
        assert [photo["advisor"] for photo in document["photos"]] == ["ansel", "weston"] * 2
        assert {request.max_tokens for request in run.engine.requests} == {77}
        assert document["distribution"]["Exposure"] == {"7": 4}

    def test_results_are_written_as_files(self, run, folder, tmp_path):
        target = tmp_path / "out"
        (folder / NAMES[1]).write_bytes(b"no picture")
        code, _, err = run("batch", folder, "--recursive", "--output", target, "--advisor", "all")
        assert code == 1
        count = 2 * len(load_advisors())
        critiques = sorted(target.glob("*.*.*.json"))
        assert len(critiques) == count
        assert json.loads(critiques[0].read_text())["schema"] == "mondrian.analysis/1"
        document = json.loads((target / "batch.json").read_text())
        assert len(document["analyses"]) == count
        assert {photo["state"] for photo in document["photos"]} == {"done", "failed"}
        rows = list(csv.DictReader(io.StringIO((target / "batch.csv").read_text())))
        assert len(rows) == count
        assert rows[0]["Exposure"] == "7"
        sheet = (target / "contact-sheet.html").read_text()
        assert sheet.count("data:image/jpeg;base64,") == 2
        assert "Ansel Adams" in sheet
        assert str(target / "batch.csv") in err

    def test_nothing_is_overwritten_and_nothing_written_twice(self, run, folder, tmp_path):
        target = tmp_path / "out"
        target.mkdir()
        (target / "batch.csv").write_text("mine")
        shutil.copy(SAMPLES[3], folder / "deep" / NAMES[0])
        for _ in range(2):
            run("batch", folder, "--recursive", "--output", target)
        assert (target / "batch.csv").read_text() == "mine"
        assert (target / "batch-2.csv").exists()
        assert not (target / "batch-3.csv").exists()
        # Two photos of one name, each with its own critique.
        assert sorted(file.name for file in target.glob(f"{NAMES[0]}*")) == [
            f"{NAMES[0]}.mentor-2.json",
            f"{NAMES[0]}.mentor.json",
        ]

    def test_a_failed_photo_is_told_and_the_others_go_on(self, run, folder):
        (folder / NAMES[0]).write_bytes(b"no picture")
        code, out, err = run("batch", folder)
        assert code == 1
        assert "1 failed:" in out
        assert NAMES[0] in out.split("1 failed:")[1]
        assert "[2/2]" in err

    def test_a_second_run_analyzes_nothing_again_unless_told_to(self, run, folder):
        run("batch", folder)
        code, out, _ = run("batch", folder)
        assert (code, run.engine.requests) == (0, [])
        assert "2 scored" in out
        run("batch", folder, "--again")
        assert len(run.engine.requests) == 2

    def test_ctrl_c_keeps_what_is_done_and_resume_goes_on(self, run, folder):
        pressed = []

        def press():
            # While the second photo is written about.
            if len(run.engine.requests) == 2 and not pressed:
                pressed.append(True)
                os.kill(os.getpid(), signal.SIGINT)

        code, out, err = run("batch", folder, "--recursive", "--advisor", "ansel", before_token=press)
        assert code == 130
        assert out == ""
        assert "--resume" in err
        code, out, err = run("batch", folder, "--recursive", "--resume")
        assert code == 0
        assert len(run.engine.requests) == 2
        assert "3 scored" in out
        assert {line.split()[-1] for line in out.splitlines() if ".jpg" in line and "Ansel" in line} == {"Adams"}
        code, _, err = run("batch", folder, "--recursive", "--resume", "--advisor", "ansel")
        assert (code, run.engine.requests) == (0, [])
        assert "Nothing in these folders was interrupted" in err

    def test_another_folder_is_not_resumed(self, run, folder, tmp_path):
        other = shutil.copytree(folder, tmp_path / "Norway")
        stop = iter([True])
        run("batch", folder, before_token=lambda: next(stop, False) and os.kill(os.getpid(), signal.SIGINT))
        _, out, err = run("batch", other, "--resume", "--json")
        assert "Nothing in these folders" in err
        assert all("Norway" in photo["path"] for photo in json.loads(out)["photos"])

    def test_a_full_disk_ends_it_with_a_sentence(self, run, folder):
        disk = Disk()

        def fill():
            disk.fails_after = 0

        code, _, err = run("batch", folder, disk=disk, before_token=fill)
        assert code == 1
        assert "the disk is full" in err
        assert "--resume" in err
        disk.fails_after = None

    def test_a_killed_batch_goes_on(self, run, folder, tmp_path):
        program = f"""
import os, signal
from tests.jobs.scene import *
from mondrian_desktop.jobs.store import Store
engine = ScriptedEngine(script(answer(), before_token=lambda: (
    len(engine.requests) == 2 and os.kill(os.getpid(), signal.SIGKILL))))
from mondrian_desktop.cli.main import *
def build():
    store = Store.open(Path({str(tmp_path / "data" / "history.db")!r}))
    return Service(engine, PhotoReader(), load_advisors(), Settings(), Pump(), store)
run_command(parse(["batch", {str(folder)!r}, "--recursive"]), build)
"""
        program = "from mondrian_desktop.engine.scripted import script\n" + program
        done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True)
        assert done.returncode == -signal.SIGKILL, done.stderr
        code, out, _ = run("batch", folder, "--recursive", "--resume")
        assert code == 0
        assert len(run.engine.requests) == 2
        assert "3 scored" in out

    @pytest.mark.parametrize("arguments", [["gone"], [".", "--advisor", "nobody"], [".", "--model", "huge"]])
    def test_what_makes_no_sense_is_bad_usage(self, run, folder, arguments, monkeypatch):
        monkeypatch.chdir(folder)
        code, _, err = run("batch", *arguments)
        assert code == 2
        assert err.startswith("mondrian-desktop: ")

    def test_an_empty_folder_is_told(self, run, tmp_path):
        (tmp_path / "empty").mkdir()
        code, out, _ = run("batch", tmp_path / "empty")
        assert (code, out) == (0, "There are no photos in these folders.\n")

    def test_hostile_names_stay_on_their_line(self, run, tmp_path):
        folder = tmp_path / "odd"
        folder.mkdir()
        shutil.copy(SAMPLES[0], folder / "a\x1b[31m\nb\u202e.jpg")
        _, out, err = run("batch", folder, "--output", tmp_path / "out")
        for text in (out, err):
            assert "\x1b" not in text
            assert "\u202e" not in text
        assert len([line for line in out.splitlines() if ".jpg" in line]) == 1


class TestWatch:
    def test_what_arrives_is_analyzed_until_ctrl_c(self, run, folder, tmp_path, monkeypatch):
        monkeypatch.setattr("mondrian_desktop.jobs.watch.LOOK_EVERY_S", 0.001)
        monkeypatch.setattr("mondrian_desktop.jobs.watch.SETTLE_S", 0.0)
        asked = []

        def press():
            asked.append(True)
            if len(asked) == 11:
                os.kill(os.getpid(), signal.SIGINT)

        code, out, err = run("watch", folder, "--existing", "--output", tmp_path / "out", before_token=press)
        assert code == 0
        assert out.startswith("Watching")
        assert NAMES[0] in err
        assert [file.name for file in (tmp_path / "out").iterdir()] == [f"{NAMES[0]}.mentor.json"]

    def test_a_missing_folder_is_bad_usage(self, run, tmp_path):
        code, _, err = run("watch", tmp_path / "gone")
        assert code == 2
        assert "gone" in err


class TestHistory:
    @pytest.fixture
    def history(self, run, filled, tmp_path):
        (tmp_path / "data").mkdir()
        shutil.copy(filled, tmp_path / "data")
        return run

    def ids(self, run, *arguments):
        _, out, _ = run("history", *arguments, "--json")
        return [entry["id"] for entry in json.loads(out)]

    def test_lists_the_latest_first(self, history):
        code, out, _ = history("history", "list")
        assert code == 0
        assert [line.split()[0] for line in out.splitlines()] == ["3", "2", "1"]
        assert NAMES[2] in out.splitlines()[0]

    def test_each_entry_has_what_scripts_need(self, history):
        _, out, _ = history("history", "list", "--json")
        first = json.loads(out)[-1]
        assert first["id"] == 1
        assert first["path"] == str(SAMPLES[0])
        assert (first["advisor"], first["overall_score"]) == ("mentor", 4.0)
        assert "T" in first["created"]

    @pytest.mark.parametrize(
        ("arguments", "ids"),
        [
            (["list", "--sort", "best"], [2, 3, 1]),
            (["list", "--min-score", "5"], [3, 2]),
            (["list", "--max-score", "5"], [1]),
            (["list", "--limit", "1"], [3]),
            (["list", "--limit", "1", "--offset", "1"], [2]),
            (["list", "--limit", "0"], [3, 2, 1]),
            (["list", "--advisor", "ansel"], []),
            (["list", "--since", "2020-01-01"], [3, 2, 1]),
            (["list", "--until", "2020-01-01"], []),
            (["search", "photo", "9"], [2]),
            (["search", Path(NAMES[0]).stem], [1]),
            (["search", "zeppelin"], []),
        ],
    )
    def test_filters_and_searches(self, history, arguments, ids):
        assert self.ids(history, *arguments) == ids

    def test_more_than_is_shown_is_told(self, history):
        _, out, _ = history("history", "list", "--limit", "1")
        assert out.splitlines()[-1].startswith("1 of 3")

    def test_shows_whole_analyses(self, history):
        code, out, _ = history("history", "show", "2")
        assert code == 0
        assert "Photo with a 9." in out
        assert json.loads(history("history", "show", "2", "--json")[1])["critique"]["overall_score"] == 9.0
        assert [
            each["critique"]["overall_score"] for each in json.loads(history("history", "show", "2", "1", "--json")[1])
        ] == [9.0, 4.0]

    def test_an_unknown_id_is_told_and_the_others_are_shown(self, history):
        code, out, err = history("history", "show", "1", "99")
        assert code == 1
        assert "99" in err
        assert "Photo with a 4." in out

    @pytest.mark.parametrize(("fmt", "suffix"), [("json", "json"), ("md", "md"), ("html", "html"), ("text", "txt")])
    def test_exports_files(self, history, tmp_path, fmt, suffix):
        code, _, err = history("history", "export", "--all", "--format", fmt, "--output", tmp_path / "out")
        assert code == 0
        files = sorted(file.name for file in (tmp_path / "out").iterdir())
        assert files == sorted(f"{name}.mentor.{suffix}" for name in NAMES)
        assert "3 files" in err
        if fmt == "html":
            assert "data:image/jpeg;base64," in (tmp_path / "out" / files[0]).read_text()

    @pytest.mark.usefixtures("qapp")
    def test_exports_sheets_of_paper(self, history, tmp_path):
        code, _, err = history("history", "export", "--all", "--format", "pdf", "--output", tmp_path / "out")
        assert code == 0
        assert "3 files" in err
        files = sorted((tmp_path / "out").iterdir())
        assert [file.name for file in files] == sorted(f"{name}.mentor.pdf" for name in NAMES)
        for file in files:
            data = file.read_bytes()
            assert data.startswith(b"%PDF-")
            assert b"/Image" in data
        code, out, err = history("history", "export", "1", "--format", "pdf")
        assert (code != 0, out) == (True, "")
        assert "--output" in err

    def test_exports_a_table(self, history, tmp_path):
        _, out, _ = history("history", "export", "--all", "--format", "csv")
        assert [row["overall"] for row in csv.DictReader(io.StringIO(out))] == ["4.0", "9.0", "6.0"]
        history("history", "export", "1", "--format", "csv", "--output", tmp_path / "out")
        assert len((tmp_path / "out" / "history.csv").read_text().splitlines()) == 2

    @pytest.mark.parametrize("fmt", ["json", "text", "csv"])
    def test_what_the_window_deletes_meanwhile_is_left_out(self, history, tmp_path, monkeypatch, fmt):
        document, analysis = History.document, History.analysis
        monkeypatch.setattr(History, "document", lambda self, each: None if each == 2 else document(self, each))
        monkeypatch.setattr(History, "analysis", lambda self, each: None if each == 2 else analysis(self, each))
        code, out, err = history("history", "export", "--all", "--format", fmt)
        assert (code, err) == (0, "")
        assert "Photo with a 9." not in out
        if fmt == "json":
            assert [each["critique"]["overall_score"] for each in json.loads(out)] == [4.0, 6.0]
        assert history("history", "export", "--all", "--format", fmt, "--output", tmp_path / "out")[0] == 0

    def test_an_empty_history_exports_nothing(self, run):
        assert run("history", "export", "--all")[:2] == (0, "[]\n")
        assert run("history", "list", "--json")[1] == "[]\n"

    def test_deletes_and_restores(self, history):
        code, _, err = history("history", "delete", "1", "3", "99")
        assert code == 1
        assert "Deleted: 2" in err
        assert "restore 1 3" in err
        assert self.ids(history, "list") == [2]
        assert self.ids(history, "search", "photo") == [2]
        assert history("history", "restore", "1", "3")[0] == 0
        assert self.ids(history, "list") == [3, 2, 1]
        assert history("history", "restore", "77")[0] == 1

    def test_survives_the_originals(self, run, folder):
        run("batch", folder)
        shutil.rmtree(folder)
        assert run("history", "show", "1")[0] == 0
        assert "data:image/jpeg" in run("history", "show", "1", "--format", "html")[1]

    def test_analyze_leaves_its_results_there(self, run):
        run("analyze", SAMPLES[0], "--format", "json")
        assert self.ids(run, "list") == [1]

    @pytest.mark.parametrize("arguments", [["list", "--since", "soon"], ["export", "1", "--output", "/proc/none"]])
    def test_what_makes_no_sense_is_bad_usage(self, history, arguments):
        assert history("history", *arguments)[0] == 2

    def test_samples_are_there(self):
        assert paths.resource("samples").is_dir()


def test_sidecars_are_written_on_request_beside_the_photos(run, folder):
    run("batch", folder, "--advisor", "mentor", "--recursive")
    code, out, _ = run("history", "list", "--json")
    ids = [entry["id"] for entry in json.loads(out)]
    code, _, err = run("history", "sidecar", *ids)
    assert code == 0
    assert err.count("Written: ") == len(ids)
    assert sorted(file.stem for file in folder.rglob("*.xmp")) == sorted(Path(name).stem for name in NAMES)
    assert run("history", "sidecar", 999)[0] == 1
