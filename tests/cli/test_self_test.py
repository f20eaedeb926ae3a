"""The self-test: its table, its exit code, and that it sees what is broken."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mondrian_desktop.cli import self_checks, self_test
from mondrian_desktop.cli.main import parse
from mondrian_desktop.cli.self_checks import Broken, Checks
from mondrian_desktop.cli.self_test import Check, own_folders
from mondrian_desktop.display import Painting
from mondrian_desktop.engine import probe

ROOT = Path(__file__).resolve().parents[2]


class Clock:
    """Half a second passes between any two looks."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.5
        return self.now_s


def broken() -> str:
    raise ImportError("no module\n  named heif")


def test_every_check_has_a_line_and_one_failure_keeps_none_from_being_tried() -> None:
    out = io.StringIO()
    checks = [Check("Window", lambda: "painted"), Check("HEIC", broken), Check("PDF", lambda: "1 page")]
    assert self_test.run(checks, out, clock=Clock()) == 1
    lines = out.getvalue().splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["Window", "ok", "0.50", "s", "painted"],
        ["HEIC", "FAILED", "0.50", "s", "ImportError:", "no", "module", "named", "heif"],
        ["PDF", "ok", "0.50", "s", "1", "page"],
    ]
    assert lines[3] == "1 of 3 failed"


def test_all_that_works_is_exit_code_0() -> None:
    out = io.StringIO()
    assert self_test.run([Check("Window", lambda: "painted")], out) == 0
    assert out.getvalue().endswith("All 1 work\n")


def test_as_json_nothing_else_is_written() -> None:
    out = io.StringIO()
    assert self_test.run([Check("Window", lambda: "painted"), Check("HEIC", broken)], out, as_json=True) == 1
    found = json.loads(out.getvalue())
    assert [(each["name"], each["ok"]) for each in found] == [("Window", True), ("HEIC", False)]


@pytest.mark.parametrize("words", [["--self-test"], ["self-test"], ["--self-test", "--json"]])
def test_it_is_asked_for_as_option_and_as_command(words: list[str]) -> None:
    options = parse(words)
    assert (options.command, options.json) == ("self-test", "--json" in words)


def test_it_leaves_the_history_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONDRIAN_DATA_DIR", "/mine")
    monkeypatch.delenv("MONDRIAN_CACHE_DIR")
    with own_folders() as folder:
        assert Path(os.environ["MONDRIAN_DATA_DIR"]).parent == folder
        assert "MONDRIAN_CACHE_DIR" in os.environ
    assert os.environ["MONDRIAN_DATA_DIR"] == "/mine"
    assert "MONDRIAN_CACHE_DIR" not in os.environ
    assert not folder.exists()


def test_a_window_that_was_not_painted_is_told() -> None:
    checks = Checks(pytest.fail, None, [Painting(None, frozenset())] * 2)
    for check in (checks.window, checks.furnished):
        with pytest.raises(Broken, match="not painted"):
            check()


def test_what_was_loaded_before_a_window_is_told() -> None:
    checks = Checks(pytest.fail, None, [Painting(1.0, frozenset({"sqlite3", "json"})), Painting(2.0, frozenset())])
    with pytest.raises(Broken, match="before the window: sqlite3"):
        checks.window()
    assert checks.furnished() == "before the model library"
    checks = Checks(pytest.fail, None, [Painting(1.0, frozenset()), Painting(2.0, frozenset({"mlx_vlm"}))])
    with pytest.raises(Broken, match="before the window: mlx_vlm"):
        checks.furnished()


def test_the_paintings_are_dated_when_they_were_done() -> None:
    checks = Checks(pytest.fail, probe, [Painting(1.0, frozenset()), Painting(2.0, frozenset())])
    out = io.StringIO()
    self_test.run(checks.all()[:2], out, as_json=True)
    assert [each["ended"] for each in json.loads(out.getvalue())] == [1.0, 2.0]


def test_decoders_are_tried_on_a_file_of_each_kind() -> None:
    assert self_checks.decoders() == "avif 64x48, dng 64x48, heic 64x48"


def test_a_file_in_wrong_colors_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "corners.jpg").write_bytes((ROOT / "resources" / "samples" / "lake.jpg").read_bytes())
    monkeypatch.setattr(self_checks.paths, "resource", lambda *parts: tmp_path)
    with pytest.raises(Broken, match=r"corners\.jpg is not red"):
        self_checks.decoders()


def test_a_second_process_is_seen() -> None:
    """Where a lock between processes is made under "spawn", as tqdm does by itself, Python starts one to track it."""
    script = """if True:
        from mondrian_desktop.cli import self_checks
        with self_checks._spawning():
            print(self_checks._tracker_runs())
            import tqdm
            tqdm.tqdm.get_lock()
            print(self_checks._tracker_runs())
    """
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["False", "True"], done.stderr


def test_everything_works_from_source() -> None:
    command = [sys.executable, "-m", "mondrian_desktop", "--self-test", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    found = {each["name"]: each for each in json.loads(done.stdout)}
    assert [each["detail"] for each in found.values() if not each["ok"]] == []
    assert done.returncode == 0
    names = {"Window painted", "Window furnished", "Critique by built-in model", "Report as PDF", "HTTP service"}
    assert names <= found.keys()
    assert "no second process" in found["Critique by built-in model"]["detail"]
