import json
import re
import subprocess
from pathlib import Path

import pytest

import benchmarks.all
from benchmarks.all import MODULES, exit_code, main, markdown


def told(**met):
    figures = [
        {"name": name, "value": 1234.5, "unit": "ms", "goal": "at most 9", "met": each} for name, each in met.items()
    ]
    return {"benchmark": "x", "machine": "Linux", "figures": figures}


def test_a_missed_goal_and_what_could_not_be_measured_end_otherwise() -> None:
    assert exit_code({"pump": told(gap=True, beat=None)}) == 0
    assert exit_code({"pump": told(gap=True), "photo": told(size=False)}) == 1
    assert exit_code({"pump": None, "photo": told(size=False)}) == 2


def test_the_table_has_every_figure_and_what_is_missing() -> None:
    lines = markdown({"pump": told(gap=False), "photo": None}).splitlines()
    assert "| gap | 1,234.5 ms | at most 9 | **no** |" in lines
    assert "| **photo** | could not be measured | | **no** |" in lines


def test_one_run_writes_both_tables_and_ends_by_the_goals(tmp_path, monkeypatch, capsys) -> None:
    asked = []

    def measured(command, **_):
        asked.append((command[2].removeprefix("benchmarks."), command[3:]))
        return subprocess.CompletedProcess(command, 0, json.dumps(told(gap=command[2] != "benchmarks.photo")))

    monkeypatch.setattr(benchmarks.all.subprocess, "run", measured)
    assert main(["--quick", "--only", "pump", "photo", "--output", str(tmp_path / "out")]) == 1
    assert asked == [("pump", ["--json", "--quick"]), ("photo", ["--json", "--quick"])]
    assert set(json.loads((tmp_path / "out" / "benchmarks.json").read_text())) == {"pump", "photo"}
    assert (tmp_path / "out" / "benchmarks.md").read_text() in capsys.readouterr().out
    assert main(["--only", "pump", "soak", "--output", str(tmp_path / "out")]) == 0
    assert asked[2:] == [("pump", ["--json"]), ("soak", ["--json", "--quick"])]


@pytest.mark.parametrize(("code", "output"), [(1, ""), (0, "killed by the system"), (-9, "{}")])
def test_what_tells_no_figures_does_not_cost_the_others_theirs(tmp_path, monkeypatch, code, output) -> None:
    def measured(command, **_):
        if command[2] == "benchmarks.pump":
            return subprocess.CompletedProcess(command, code, output)
        return subprocess.CompletedProcess(command, 0, json.dumps(told(gap=True)))

    monkeypatch.setattr(benchmarks.all.subprocess, "run", measured)
    assert main(["--only", "pump", "photo", "--output", str(tmp_path)]) == 2
    found = json.loads((tmp_path / "benchmarks.json").read_text())
    assert found["pump"] is None
    assert found["photo"]["figures"][0]["name"] == "gap"


def test_every_promise_is_in_the_table() -> None:
    sources = [file.read_text() for file in Path(benchmarks.all.__file__).parent.glob("*.py")]
    measuring = re.findall(r'report\.(?:run|tell)\("(\w+)"', "\n".join(sources))
    assert sorted(MODULES) == sorted(measuring)
