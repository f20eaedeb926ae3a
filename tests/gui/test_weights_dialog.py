import json

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from mondrian_desktop.engine.scripted import script
from mondrian_desktop.settings import MODEL, OFFER_MODEL
from mondrian_desktop.weights import errand, unfinished
from mondrian_desktop.weights.events import Patience
from mondrian_desktop.weights.space import GIB
from mondrian_desktop.weights.standing import Machine, State
from tests.gui.conftest import answer
from tests.weights.hub_server import HubServer, Repo, stall, status
from tests.weights.made import CONFIG, REPO, safetensors

WEIGHTS = "model.safetensors"


@pytest.fixture
def hub(monkeypatch):
    files = {
        "config.json": json.dumps(CONFIG).encode(),
        "tokenizer.json": b"{}",
        "preprocessor_config.json": b"{}",
        WEIGHTS: safetensors(200_000),
    }
    server = HubServer({REPO: Repo(files)})
    monkeypatch.setenv("HF_ENDPOINT", server.address)
    monkeypatch.setattr(errand, "PROGRESS_S", 0.0)
    yield server
    server.close()


@pytest.fixture
def sheet(make_stand, qtbot):
    """The models sheet of a window on a Mac with 16 GB."""
    stand = make_stand(script(answer()))
    stand.service.shelf.machine = Machine(16 * GIB)
    stand.service.shelf.patience = Patience(stall_s=30, attempts=2, first_delay_s=0.001)
    stand.trigger("models")
    sheet = stand.window.models.sheet
    sheet.stand = stand
    qtbot.waitUntil(lambda: "mini" in sheet.rows, timeout=30_000)
    qtbot.waitUntil(lambda: any(each.is_recommended for each in stand.service.shelf.standings), timeout=30_000)
    return sheet


def texts(row):
    return " ".join(label.text().replace("\u200b", "") for label in (row._name, row._badge, row._facts, row._news))


def buttons(row):
    return [button.text() for button in row.findChildren(QPushButton) if not button.isHidden()]


def state(sheet, model):
    standing = sheet.stand.service.shelf.standing(model)
    return standing.state if standing else None


def test_says_what_each_model_is_needs_and_whether_it_fits(sheet, qtbot):
    assert "In use" in texts(sheet.rows["mini"])
    assert buttons(sheet.rows["mini"]) == []
    row = sheet.rows["qwen3-vl-4b"]
    assert "Recommended for this Mac" in texts(row)
    for part in ("3.1 GB on disk", "6.2 GB of memory", "fits this Mac", "Apache-2.0", "not verified here"):
        assert part in texts(row)
    assert "Not fetched or tried by this project" in row._facts.toolTip()
    sheet.stand.service.shelf.machine = Machine(8 * GIB)
    sheet.stand.service.shelf.refresh()
    qtbot.waitUntil(lambda: "does not fit this Mac" in texts(sheet.rows["qwen3-vl-8b"]), timeout=30_000)
    assert "Needs about 8.5 GB of memory" in texts(sheet.rows["qwen3-vl-8b"])
    assert not sheet.rows["qwen3-vl-8b"].fetch.isEnabled()


def test_a_repository_is_added_fetched_paused_resumed_used_and_removed(sheet, hub, qtbot):
    hub.faults[WEIGHTS] = [stall(100_000)]
    sheet.take_repo(REPO)
    qtbot.waitUntil(lambda: REPO in sheet.rows, timeout=30_000)
    row = sheet.rows[REPO]
    assert "nobody here has tried it" in row._good_at.text()
    row.fetch.click()
    qtbot.waitUntil(lambda: "100 KB of" in texts(row), timeout=30_000)
    assert buttons(row) == ["Pause", "Cancel"]
    row.pause.click()
    qtbot.waitUntil(lambda: "Paused at 100 KB of" in texts(row), timeout=30_000)
    assert buttons(row) == ["Resume", "Remove…"]
    row.fetch.click()
    qtbot.waitUntil(lambda: state(sheet, REPO) is State.INSTALLED, timeout=30_000)
    assert hub.ranges(WEIGHTS) == ["", "bytes=100000-"]
    assert buttons(row) == ["Use", "Reveal", "Remove…"]
    row.use.click()
    qtbot.waitUntil(lambda: "writes from the next photo on" in sheet.message, timeout=30_000)
    assert sheet.stand.service.settings.get(MODEL) == REPO
    assert sheet.stand.window.models.button.text() == "name"
    row.remove.click()
    box = sheet.findChild(QMessageBox)
    next(button for button in box.buttons() if button.text() == "Remove").click()
    qtbot.waitUntil(lambda: REPO not in sheet.rows, timeout=30_000)
    assert sheet.stand.service.settings.get(MODEL) == "mini"
    assert sheet.stand.window.models.button.text() == "Mondrian Mini"


def test_what_ended_a_download_is_told_in_its_row(sheet, hub, qtbot):
    hub.faults["api"] = [status(404)]
    sheet.take_repo(REPO)
    qtbot.waitUntil(lambda: REPO in sheet.rows, timeout=30_000)
    sheet.rows[REPO].fetch.click()
    qtbot.waitUntil(lambda: f"has no model {REPO}" in texts(sheet.rows[REPO]), timeout=30_000)
    assert buttons(sheet.rows[REPO]) == ["Download", "Remove…"]


def test_a_model_that_is_refused_leaves_the_chosen_one(sheet, qtbot, tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in {"config.json": json.dumps(CONFIG), "tokenizer.json": "{}"}.items():
        (folder / name).write_text(content)
    sheet.take_folder(folder)
    qtbot.waitUntil(lambda: "are missing" in sheet.message.replace("\u200b", ""), timeout=30_000)
    sheet.do("use", str(folder))
    qtbot.waitUntil(lambda: "incomplete" in sheet.message.replace("\u200b", ""), timeout=30_000)
    assert sheet.stand.service.settings.get(MODEL) == "mini"


def test_a_repository_is_asked_for_with_a_word_of_caution(sheet, qtbot):
    sheet.add_repo.click()
    sheet.prompt.line.setText("no such form")
    sheet.prompt.accept_button.click()
    qtbot.waitUntil(lambda: "is not the name of a model at the hub" in sheet.message, timeout=30_000)


def test_a_large_model_is_offered_quietly_and_can_be_dismissed_for_good(sheet, qtbot):
    offer = sheet.stand.window.models.offer
    sheet.stand.service.shelf.refresh()
    qtbot.waitUntil(lambda: "this Mac can run Qwen3-VL 4B: one download of 3.1 GB" in offer.text, timeout=30_000)
    offer.never.click()
    assert offer.isHidden()
    assert sheet.stand.service.settings.get(OFFER_MODEL) is False
    sheet.stand.service.shelf.refresh()
    sheet.stand.wait_until_idle()
    assert offer.isHidden()


def test_closing_the_window_in_the_middle_of_a_download_keeps_what_arrived(sheet, hub, qtbot):
    hub.faults[WEIGHTS] = [stall(100_000)]
    sheet.take_repo(REPO)
    qtbot.waitUntil(lambda: REPO in sheet.rows, timeout=30_000)
    sheet.rows[REPO].fetch.click()
    qtbot.waitUntil(lambda: "100 KB of" in texts(sheet.rows[REPO]), timeout=30_000)
    sheet.stand.desk.close()
    assert unfinished.load(REPO).done_bytes > 100_000
