import json

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton

from mondrian_desktop.engine.scripted import script
from mondrian_desktop.gui import mac
from mondrian_desktop.settings import MODEL, OFFER_MODEL
from mondrian_desktop.weights import errand, line, places, space, unfinished
from mondrian_desktop.weights.catalog import find
from mondrian_desktop.weights.events import Patience
from mondrian_desktop.weights.space import GIB
from mondrian_desktop.weights.standing import Machine, State
from tests.gui.conftest import answer
from tests.weights.hub_server import HubServer, Repo, corrupt, stall, status
from tests.weights.made import CONFIG, REPO, model_files, safetensors

WEIGHTS = "model.safetensors"
OTHER = "org/other"


@pytest.fixture
def hub(monkeypatch):
    files = model_files(200_000)
    server = HubServer({REPO: Repo(files), OTHER: Repo(files)})
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


def test_says_what_each_model_is_needs_and_whether_it_fits(sheet, qtbot, monkeypatch):
    assert "In use" in texts(sheet.rows["mini"])
    assert buttons(sheet.rows["mini"]) == []
    row = sheet.rows["qwen3-vl-4b"]
    assert "Recommended for this Mac" in texts(row)
    for part in ("3.1 GB on disk", "6.2 GB of memory", "fits this Mac", "Apache-2.0", "not verified here"):
        assert part in texts(row)
    assert "Not fetched or tried by this project" in row._facts.toolTip()
    monkeypatch.setattr(space, "free_bytes", lambda folder: 50_000_000_000)
    sheet.stand.service.shelf.machine = Machine(8 * GIB)
    sheet.stand.service.shelf.refresh()
    qtbot.waitUntil(lambda: "does not fit this Mac" in texts(sheet.rows["qwen3-vl-8b"]), timeout=30_000)
    assert "Needs about 8.5 GB of memory" in texts(sheet.rows["qwen3-vl-8b"])
    assert "50.0 GB of disk are free" in sheet._heading.text()
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
    assert "The built-in model writes from then on." in box.informativeText()
    assert box.defaultButton().text() == "Cancel"
    next(button for button in box.buttons() if button.text() == "Remove").click()
    qtbot.waitUntil(lambda: REPO not in sheet.rows, timeout=30_000)
    assert sheet.stand.service.settings.get(MODEL) == "mini"
    assert sheet.stand.window.models.button.text() == "Mondrian Mini"


def test_the_toolbar_tells_at_once_that_a_model_is_looked_at(sheet, qtbot):
    models = sheet.stand.window.models
    models.use("mini")
    assert models.button.text() == "Checking Mondrian Mini…"
    qtbot.waitUntil(lambda: models.button.text() == "Mondrian Mini", timeout=30_000)
    assert "Mondrian Mini writes from the next photo on." in sheet.stand.window.notice.text


def add(sheet, qtbot, repo):
    sheet.take_repo(repo)
    qtbot.waitUntil(lambda: repo in sheet.rows, timeout=30_000)
    return sheet.rows[repo]


def test_a_second_download_waits_for_the_first_and_then_begins(sheet, hub, qtbot):
    hub.faults[WEIGHTS] = [stall(100_000)]
    first, second = add(sheet, qtbot, REPO), add(sheet, qtbot, OTHER)
    first.fetch.click()
    qtbot.waitUntil(lambda: "100 KB of" in texts(first), timeout=30_000)
    second.fetch.click()
    assert "Waiting for name" in texts(second)
    assert buttons(second) == ["Cancel"]
    second.cancel.click()
    qtbot.waitUntil(lambda: state(sheet, OTHER) is State.ABSENT, timeout=30_000)
    assert buttons(second) == ["Download", "Remove…"]
    second.fetch.click()
    first.pause.click()
    qtbot.waitUntil(lambda: state(sheet, OTHER) is State.INSTALLED, timeout=30_000)
    assert buttons(first) == ["Resume", "Remove…"]


def test_a_stalled_connection_is_told_and_made_anew(sheet, hub, qtbot):
    sheet.stand.service.shelf.patience = Patience(stall_s=0.25, attempts=3, first_delay_s=0.001, longest_delay_s=0.01)
    hub.faults[WEIGHTS] = [stall(50_000)]
    row, told = add(sheet, qtbot, REPO), set()
    sheet.stand.service.shelf.on_change(lambda standings: told.add(texts(row)))
    row.fetch.click()
    qtbot.waitUntil(lambda: state(sheet, REPO) is State.INSTALLED, timeout=30_000)
    assert any("Trying again in" in each for each in told)
    assert hub.ranges(WEIGHTS) == ["", "bytes=50000-"]


def test_a_damaged_download_is_told_and_the_next_try_works(sheet, hub, qtbot):
    hub.faults[WEIGHTS] = [corrupt, corrupt]
    row = add(sheet, qtbot, REPO)
    row.fetch.click()
    qtbot.waitUntil(lambda: "arrived damaged twice" in texts(row), timeout=30_000)
    assert "Use" not in buttons(row)
    row.fetch.click()
    qtbot.waitUntil(lambda: "Use" in buttons(row), timeout=30_000)


def test_too_little_room_is_told_before_anything_is_fetched(sheet, hub, qtbot, monkeypatch):
    row = add(sheet, qtbot, REPO)
    monkeypatch.setattr(errand, "free_bytes", lambda folder: 1_000)
    row.fetch.click()
    qtbot.waitUntil(lambda: "of free disk space" in texts(row), timeout=30_000)
    assert hub.served[WEIGHTS] == 0


def test_a_model_of_lm_studio_is_used_and_shown_but_not_removed(sheet, qtbot, own_folders, monkeypatch):
    folder = own_folders / ".lmstudio" / "models" / "mlx-community" / "Qwen3-VL-4B-Instruct-4bit"
    write_model(folder)
    sheet.stand.service.shelf.refresh()
    row = sheet.rows["qwen3-vl-4b"]
    qtbot.waitUntil(lambda: "on this Mac, in the LM Studio folder" in texts(row), timeout=30_000)
    assert buttons(row) == ["Use", "Reveal"]
    shown = []
    monkeypatch.setattr(mac, "reveal", shown.append)
    row.reveal.click()
    assert shown == [folder]
    row.use.click()
    qtbot.waitUntil(lambda: sheet.stand.service.settings.get(MODEL) == "qwen3-vl-4b", timeout=30_000)


def test_a_model_that_another_program_fetched_from_the_hub_is_reused(sheet, qtbot):
    entry = find("qwen3-vl-2b")
    write_model(places.snapshot(places.hub_cache(), entry.repo, entry.revision))
    sheet.stand.service.shelf.refresh()
    row = sheet.rows["qwen3-vl-2b"]
    qtbot.waitUntil(lambda: "on this Mac, in the Hugging Face folder" in texts(row), timeout=30_000)
    assert buttons(row) == ["Use", "Reveal", "Remove…"]


def write_model(folder):
    folder.mkdir(parents=True)
    for name, content in {"config.json": json.dumps(CONFIG).encode(), "tokenizer.json": b"{}",
                          "preprocessor_config.json": b"{}", WEIGHTS: safetensors()}.items():  # fmt: skip
        (folder / name).write_bytes(content)


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


def test_what_a_quit_interrupted_is_offered_at_the_next_start_and_goes_on_with_one_click(sheet, hub, qtbot, make_stand):
    hub.faults[WEIGHTS] = [stall(100_000)]
    first, second = add(sheet, qtbot, REPO), add(sheet, qtbot, OTHER)
    first.fetch.click()
    qtbot.waitUntil(lambda: "100 KB of" in texts(first), timeout=30_000)
    second.fetch.click()
    sheet.stand.close()
    hub.requests.clear()
    stand = make_stand(script(answer()))
    stand.service.shelf.machine = Machine(16 * GIB)
    left, offer = stand.window.models.downloads, stand.window.models.offer
    qtbot.waitUntil(lambda: bool(left.text), timeout=30_000)
    assert left.text == "2 downloads were not finished: name and other."
    assert offer.isHidden(), "one thing at a time"
    left.details.click()
    rows = stand.window.models.sheet.rows
    assert "Interrupted when the app ended, at 100 KB of" in texts(rows[REPO])
    assert buttons(rows[REPO]) == ["Resume", "Remove…"]
    assert "It was in line when the app ended." in texts(rows[OTHER])
    assert buttons(rows[OTHER]) == ["Resume", "Cancel"]
    assert not hub.requests
    left.act.click()
    assert left.text.startswith("Downloading name: ")
    assert left.text.endswith("1 more to come")
    assert (left.act.isHidden(), offer.isHidden()) == (True, True)
    qtbot.waitUntil(lambda: buttons(rows[OTHER]) == ["Use", "Reveal", "Remove…"], timeout=30_000)
    assert hub.ranges(WEIGHTS) == ["bytes=100000-", ""]
    qtbot.waitUntil(lambda: not offer.isHidden(), timeout=30_000)
    assert left.isHidden()


@pytest.mark.parametrize(
    ("faults", "told"),
    [({}, "name is on this Mac now, and can be chosen."), ({"api": [status(404)]}, "name: ")],
)
def test_what_becomes_of_a_download_is_told_in_the_window_once_the_sheet_is_closed(sheet, hub, qtbot, faults, told):
    hub.faults.update(faults)
    window = sheet.stand.window
    sheet.take_repo(REPO)
    qtbot.waitUntil(lambda: REPO in sheet.rows, timeout=30_000)
    sheet.rows[REPO].fetch.click()
    assert window.models.downloads.text.startswith("Downloading name: ")
    sheet.close()
    qtbot.waitUntil(lambda: window.models.downloads.isHidden(), timeout=30_000)
    assert window.notice.text.startswith(told)


def test_what_was_interrupted_can_be_put_off(qtbot, make_stand):
    line.join(REPO)
    stand = make_stand(script(answer()))
    left = stand.window.models.downloads
    qtbot.waitUntil(lambda: left.text == "The download of name was not finished.", timeout=30_000)
    left.later.click()
    stand.service.shelf.refresh()
    stand.wait_until_idle()
    assert left.isHidden()
    assert line.everything() == (REPO,)


def test_closing_the_window_in_the_middle_of_a_download_keeps_what_arrived(sheet, hub, qtbot):
    hub.faults[WEIGHTS] = [stall(100_000)]
    sheet.take_repo(REPO)
    qtbot.waitUntil(lambda: REPO in sheet.rows, timeout=30_000)
    sheet.rows[REPO].fetch.click()
    qtbot.waitUntil(lambda: "100 KB of" in texts(sheet.rows[REPO]), timeout=30_000)
    sheet.stand.desk.close()
    assert unfinished.load(REPO).done_bytes > 100_000
