"""GitHub's workflows: what can be known about them without GitHub."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def workflow(file: Path) -> dict[Any, Any]:
    found: dict[Any, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return found


def steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in workflow(file)["jobs"].values() for step in job["steps"]]


def scripts(file: Path) -> list[str]:
    return [step["run"] for step in steps(file) if "run" in step]


def test_they_follow_github_s_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", *FILES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_changes_are_tested_on_both_systems_and_tags_make_a_release() -> None:
    tests, release = workflow(ROOT / ".github/workflows/tests.yml"), workflow(ROOT / ".github/workflows/release.yml")
    systems = {job["runs-on"].split("-")[0] for job in tests["jobs"].values()}
    assert systems == {"ubuntu", "macos"}
    # YAML 1.1 reads "on" as true.
    assert release[True] == {"push": {"tags": ["v*"]}}
    assert release["jobs"]["macos"]["needs"] == "linux"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
class TestEach:
    def test_it_may_only_read_unless_a_job_says_more(self, file: Path) -> None:
        assert workflow(file)["permissions"] == {"contents": "read"}

    def test_every_job_ends_some_day(self, file: Path) -> None:
        assert all(0 < job["timeout-minutes"] <= 90 for job in workflow(file)["jobs"].values())

    def test_it_calls_only_what_is_there(self, file: Path) -> None:
        targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
        text = "\n".join(scripts(file))
        assert set(re.findall(r"\bmake ([a-z-]+)", text)) <= targets
        for module in re.findall(r"-m (tools\.\w+)", text):
            assert (ROOT / (module.replace(".", "/") + ".py")).is_file()
        for path in re.findall(r"python3 (tools/\S+)", text):
            assert (ROOT / path).is_file()

    def test_its_scripts_are_shell(self, file: Path) -> None:
        for script in scripts(file):
            plain = re.sub(r"\$\{\{.*?\}\}", "x", script)
            done = subprocess.run(["bash", "-n"], input=plain, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr

    def test_nothing_from_outside_is_pasted_into_a_script(self, file: Path) -> None:
        """An expression inside a script is run as code; in the environment it is only text."""
        assert [script for script in scripts(file) if "${{" in script] == []

    def test_actions_are_github_s_own_at_a_version(self, file: Path) -> None:
        used = [step["uses"] for step in steps(file) if "uses" in step]
        assert used
        assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", each) for each in used)
