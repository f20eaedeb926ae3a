"""What the screenshots show of the sheets and windows beside the main one: preferences, models, About, servers."""

import importlib
import os
import shutil
from pathlib import Path
from typing import Any

from PySide6.QtCore import QUrl

from mondrian_desktop.gui import dialogs, help_verbs
from mondrian_desktop.gui.app import samples
from mondrian_desktop.gui.links import Links
from mondrian_desktop.gui.server_dialog import ServerDialog
from mondrian_desktop.settings import MODEL, SERVICE, SERVICE_HOST, SERVICE_PORT
from mondrian_desktop.weights import line
from mondrian_desktop.weights.servers import make
from mondrian_desktop.weights.space import GIB
from mondrian_desktop.weights.standing import Machine
from tools.studio import SETTLE_MS, SIZE, Scene, Studio

PREFERENCES = tuple(
    f"preferences-{page}{dark}"
    for page in (
        "general", "analysis", "models", "batch", "service", "export", "advisors", "privacy", "service-on", "small",
    )
    for dark in ("", "-dark")
)  # fmt: skip  # fmt: skip
MODELS = tuple(
    f"{name}{dark}"
    for name in (
        "offer",
        "downloads-left",
        "models",
        "models-chooser",
        "models-downloading",
        "models-small",
        "models-repo",
    )
    for dark in ("", "-dark")
)
ABOUT = tuple(
    f"{name}{dark}"
    for name in ("about", "licenses", "licenses-list", "licenses-text", "link")
    for dark in ("", "-dark")
)
NAMES = (*PREFERENCES, *MODELS, *ABOUT)
"""The states that need no photo."""
SERVERS = (
    "server-sheet", "server-bar", "server-bar-narrow", "server-down", "server-down-narrow", "server-down-batch",
)  # fmt: skip


def play(studio: Studio) -> Scene:
    """Visit those of :data:`NAMES` that are wanted."""
    for names, scene in ((PREFERENCES, preferences), (MODELS, models), (ABOUT, about)):
        if studio.wants(*names):
            yield from scene(studio)


def preferences(studio: Studio) -> Scene:
    """Look at every page of the preferences, also in a small window."""
    made = studio.window.show_preferences()
    for row in range(made.titles.count()):
        made.titles.setCurrentRow(row)
        yield 200
        yield from studio.both(_page(made.titles.item(row).text()), made)
    studio.service.settings.set(SERVICE_PORT, 0)
    studio.service.settings.set(SERVICE_HOST, "0.0.0.0")  # noqa: S104 - the state that shows a code
    studio.service.settings.set(SERVICE, True)
    studio.window.show_preferences("Service")
    yield lambda: studio.window.local_service.server is not None
    yield 200
    yield from studio.both("preferences-service-on", made)
    made.resize(made.minimumSize())
    yield 200
    yield from studio.both("preferences-small", made)
    studio.service.settings.set(SERVICE, False)
    made.close()


def _page(title: str) -> str:
    return f"preferences-{title.split()[0].lower()}"


def left(studio: Studio) -> Scene:
    """Look at the offer to go on with downloads that a quit has interrupted."""
    window, shelf = studio.window, studio.service.shelf
    repos = [entry.repo for entry in studio.service.models() if entry.id in ("qwen3-vl-4b", "gemma-4-e4b")]
    for repo in repos:
        line.join(repo)
    shelf.refresh()
    yield lambda: bool(window.models.downloads.text)
    yield 200
    yield from studio.both("downloads-left")
    for repo in repos:
        line.leave(repo)
    shelf.refresh()
    yield lambda: not window.models.downloads.text


def models(studio: Studio) -> Scene:
    """Look at the offer, the models sheet and its prompts, with a hub that stands still in the middle of a file."""
    window, shelf = studio.window, studio.service.shelf
    shelf.machine = Machine(16 * GIB)
    shelf.refresh()
    yield lambda: bool(window.models.offer.text)
    yield 200
    yield from studio.both("offer")
    yield from left(studio)
    menu = window.models.button.menu()
    menu.ensurePolished()
    menu.resize(menu.sizeHint())
    yield from studio.both("models-chooser", menu)
    window.verbs["models"].trigger()
    sheet: Any = window.models.sheet
    yield lambda: "qwen3-vl-8b" in sheet.rows
    yield 200
    yield from studio.both("models", sheet)
    # What the tests use: a hub on this machine, with a model in it that is large enough to be looked at.
    hubs = importlib.import_module("tests.weights.hub_server")
    made = importlib.import_module("tests.weights.made")
    content = made.model_files(40_000_000)
    repos = ("studio/Photo-Critic-VLM-4bit", "studio/" + "Very-Long-Name-" * 5 + "VLM", "studio/Gone-VLM")
    hub = hubs.HubServer({repo: hubs.Repo(content) for repo in repos[:2]})
    os.environ["HF_ENDPOINT"] = hub.address
    errand: Any = importlib.import_module("mondrian_desktop.weights.errand")
    errand.PROGRESS_S = 0.0
    hub.faults["model.safetensors"] = [hubs.stall(17_300_000)]
    for repo in repos:
        sheet.take_repo(repo)
    yield lambda: set(repos) <= sheet.rows.keys()
    for repo in (repos[2], *repos[:2]):
        sheet.rows[repo].fetch.click()
    yield lambda: sheet.rows[repos[0]].bar.value() > 0
    yield SETTLE_MS * 3
    sheet.area.verticalScrollBar().setValue(sheet.area.verticalScrollBar().maximum())
    yield 200
    yield from studio.both("models-downloading", sheet)
    sheet.resize(sheet.minimumSize())
    yield 200
    yield from studio.both("models-small", sheet)
    sheet.add_repo.click()
    yield 200
    yield from studio.both("models-repo", sheet.prompt)
    sheet.prompt.close()
    for repo in repos:
        sheet.rows[repo].cancel.click()
        sheet.rows[repo].pause.click()
    hub.ending.set()
    yield lambda: studio.service.pump.is_idle
    hub.close()
    sheet.close()


def about(studio: Studio) -> Scene:
    """Look at About, at the licenses that it leads to, and at the question about a link."""
    window = studio.window
    box = dialogs.about(window, lambda: None)
    yield SETTLE_MS
    yield from studio.both("about", box)
    box.reject()
    sheet = help_verbs.show_licenses(window, studio.service)
    yield lambda: sheet.names.count() > 0
    yield SETTLE_MS
    yield from studio.both("licenses", sheet)
    sheet.names.setCurrentRow(1)
    yield SETTLE_MS
    yield from studio.both("licenses-list", sheet)
    (numpy,) = [row for row in range(sheet.names.count()) if sheet.names.item(row).text().startswith("numpy ")]
    sheet.names.setCurrentRow(numpy)
    yield SETTLE_MS
    yield from studio.both("licenses-text", sheet)
    sheet.reject()
    links = Links(window, window.tell, lambda paths: None)
    links.follow(QUrl("mondrian://analyze?path=/Users/me/Pictures/Harz, October/lake.jpg"))
    yield SETTLE_MS
    if links.question is not None:
        yield from studio.both("link", links.question)
        links.question.reject()


def server(studio: Studio, scratch: Path) -> Scene:
    """Look at the sheet of servers, choose one, and find it gone in the middle of a batch."""
    window, service = studio.window, studio.service
    window.verbs["add_server"].trigger()
    sheet = window.findChildren(ServerDialog)[0]
    sheet.name.setText("gpu-room")
    sheet.url.setText("http://192.168.178.20:8000/v1")
    sheet.model.setText("Qwen/Qwen3-VL-8B-Instruct")
    yield SETTLE_MS
    yield from studio.both("server-sheet", sheet)
    sheet.reject()
    # Nothing listens there: it is the server that went away.
    service.servers.add(make("gpu-room", "http://127.0.0.1:9/v1", "Qwen/Qwen3-VL-8B-Instruct"))
    service.settings.set(MODEL, "gpu-room")
    yield SETTLE_MS
    yield from studio.both("server-bar")
    window.resize(960, 640)
    yield SETTLE_MS
    yield from studio.both("server-bar-narrow")
    window.resize(*SIZE)
    shoot = scratch / "Harz, October"
    shoot.mkdir()
    for source in samples():
        shutil.copy(source, shoot / source.name)
    service.submit_all([shoot])
    yield lambda: service.problem is not None and service.stands
    yield SETTLE_MS
    yield from studio.both("server-down")
    window.resize(960, 640)
    yield SETTLE_MS
    yield from studio.both("server-down-narrow")
    window.resize(*SIZE)
    window.batches.show_window()
    yield SETTLE_MS
    yield from studio.both("server-down-batch", window.batches.window)
    window.batches.close_window()
    service.cancel_all()
    service.settings.set(MODEL, MODEL.default)
