"""settings: what the preferences show, told and changed from the command line."""

import json
import subprocess
import sys

import pytest

from mondrian_desktop import paths
from mondrian_desktop.cli.main import parse, run_command
from mondrian_desktop.settings import ALL, STREAM, Group, Settings


@pytest.fixture
def run(capsys):
    """Run the command; return (exit code, stdout, stderr). It builds no service."""

    def run(*arguments):
        code = run_command(parse(["settings", *arguments]), lambda: pytest.fail("a service was built"))
        return code, *capsys.readouterr()

    return run


def test_list_has_every_setting_under_its_group_with_value_unit_and_source(run, monkeypatch):
    monkeypatch.setenv("MONDRIAN_MAX_TOKENS", "200")
    run("set", "stream", "off")
    code, out, err = run("list")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [str(group) for group in Group]
    assert [line.split()[0] for line in lines if line[:3] != "   " and line.startswith(" ")] == [
        each.name for group in Group for each in ALL if each.group is group
    ]
    assert any(line.split() == ["max_tokens", "200", "tokens", "(MONDRIAN_MAX_TOKENS)"] for line in lines)
    assert any(line.split() == ["stream", "off", "(changed)"] for line in lines)
    assert any(line.split() == ["shared_folders", "(empty)"] for line in lines)
    assert any(line.strip().startswith("Keep the Mac awake. While a batch runs") for line in lines)


def test_a_reader_that_has_enough_is_no_error():
    command = [sys.executable, "-m", "mondrian_desktop", "settings", "list", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as told:
        told.stdout.close()
        assert told.stderr.read() == b""
    assert told.returncode == 1


def test_what_is_set_is_got_and_lies_in_the_file(run):
    assert run("set", "update-interval", "0.5") == (0, "", "")
    assert run("get", "update_interval") == (0, "0.5\n", "")
    assert json.loads((paths.config_dir() / "settings.json").read_text())["update_interval"] == 0.5


def test_json_tells_value_range_and_meaning(run):
    code, out, _ = run("list", "--json")
    records = {record["name"]: record for record in json.loads(out)}
    assert code == 0
    assert set(records) == {each.name for each in ALL}
    assert records["analysis_size"] == {
        "name": "analysis_size", "value": 1024, "default": 1024, "source": "default", "group": "Analysis",
        "label": "Analysis size", "help": "Long side of the picture that is handed to the model.", "unit": "pixels",
        "minimum": 512, "maximum": 2048, "choices": [], "variable": "MONDRIAN_ANALYSIS_SIZE",
    }  # fmt: skip
    assert json.loads(run("set", "appearance", "dark", "--json")[1])["value"] == "dark"
    assert json.loads(run("get", "appearance", "--json")[1])["source"] == "file"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("set", "update_interval", "99"), "from 0.1 to 60 s"),
        (("set", "appearance", "pink"), "one of system, light, dark"),
        (("set", "advisor", "nobody"), "There is no advisor “nobody”"),
        (("set", "model", "nothing"), "There is no model “nothing”"),
        (("set", "model", "qwen3-vl-4b"), "is not installed"),
        (("set", "max_token", "99"), "Did you mean max_tokens?"),
        (("get", "color"), "There is no setting 'color'"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_saved(run, arguments, sentence):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert not (paths.config_dir() / "settings.json").exists()


def test_a_value_that_the_environment_overrides_is_saved_and_that_is_said(run, monkeypatch):
    monkeypatch.setenv("MONDRIAN_STREAM", "on")
    code, _, err = run("set", "stream", "off")
    assert code == 0
    assert "MONDRIAN_STREAM" in err
    assert run("get", "stream")[1] == "on\n"
    assert Settings(environment={}).get(STREAM) is False


def test_a_damaged_file_is_reported(run):
    paths.config_dir().mkdir(parents=True)
    (paths.config_dir() / "settings.json").write_text("{")
    code, out, err = run("get", "stream")
    assert (code, out) == (0, "on\n")
    assert "damaged" in err
