import json

import pytest

from mondrian_desktop import paths
from mondrian_desktop.cli.main import parse, run_command
from mondrian_desktop.settings import MODEL, Settings
from tests.jobs.scene import answer, make_service
from tests.weights.hub_server import HubServer, Repo, drop, status
from tests.weights.made import REPO, model_files


@pytest.fixture
def hub(monkeypatch):
    server = HubServer({REPO: Repo(model_files(50_000))})
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    yield server
    server.close()


@pytest.fixture
def command(capsys):
    def run(*words):
        code = run_command(parse(["models", *words]), lambda: make_service([answer()]))
        return code, *capsys.readouterr()

    return run


def test_lists_what_there_is(command):
    code, out, _ = command("list", "--json")
    rows = {row["id"]: row for row in json.loads(out)}
    assert (code, rows["mini"]["state"], rows["mini"]["in_use"]) == (0, "installed", True)
    assert (rows["qwen3-vl-4b"]["state"], rows["qwen3-vl-4b"]["verified"]) == ("absent", False)
    assert "Qwen3-VL 4B, not verified here." in command("list")[1]


def test_downloads_uses_and_removes(command, hub):
    hub.faults["model.safetensors"] = [drop(20_000)]
    code, _, err = command("download", REPO)
    assert code == 0, err
    assert "nobody here has tried it" in err
    assert command("use", REPO)[0] == 0
    assert Settings().get(MODEL) == REPO
    assert command("remove", REPO)[:2][0] == 0
    assert Settings().get(MODEL) == "mini"


def test_says_why_not(command, hub):
    hub.faults["api"] = [status(404)]
    code, _, err = command("download", REPO)
    assert (code, f"has no model {REPO}" in err) == (2, True)
    assert command("use", "qwen3-vl-4b")[0] == 2
    assert Settings().get(MODEL) == "mini"


def test_a_damaged_settings_file_is_reported_by_whatever_comes_first(command):
    paths.config_dir().mkdir(parents=True)
    (paths.config_dir() / "settings.json").write_text("{", encoding="utf-8")
    code, _, err = command("list")
    assert code == 0
    assert "The settings file was damaged. It is kept as" in err
