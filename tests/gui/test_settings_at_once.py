"""Every setting, changed in the preferences while the window runs, is seen at once; or says what it is read for."""

import socket
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox

from mondrian_desktop.api.shared import shared_folders
from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.batch_sheet import BatchSheet
from mondrian_desktop.jobs import watch
from mondrian_desktop.jobs.run import Analyzed, Thinking
from mondrian_desktop.settings import ALL, SERVICE_PORT, find
from mondrian_desktop.weights.space import GIB
from mondrian_desktop.weights.standing import Machine
from tests.gui.conftest import Endless, answer

CHECKS = {}
"""By the setting's name: what changes it and looks for the effect."""

FOR_THE_NEXT_PHOTO = {
    "language": "German", "analysis_size": 512, "max_tokens": 300, "temperature": 0.5, "schema": False,
    "thinking": "on", "thinking_tokens": 99, "stream": False,
}  # fmt: skip
"""They shape the answer: what is in line, or being written, keeps what it was asked with."""

AT_THE_START = {"resume_batches"}
"""They say what happens at a start of the app."""


def check(function):
    CHECKS[function.__name__.removeprefix("check_")] = function
    return function


class Scene:
    """A window, the preferences in front of it, and what a check needs."""

    def __init__(self, make_stand, make_photo, tmp_path, monkeypatch, *scripts):
        self.stand = make_stand(*(scripts or (script(answer()),)), has_tray=True)
        self.service, self.window, self.qtbot = self.stand.service, self.stand.window, self.stand.qtbot
        self.make_photo, self.tmp_path, self.monkeypatch = make_photo, tmp_path, monkeypatch
        self.preferences = self.window.show_preferences()
        self.arrived = 0

    def set(self, name, value):
        """Change a setting as somebody does, and see that it is in force."""
        page = self.preferences.service_page
        rows = {"service": page.switch, "service_host": page.host, "service_port": page.port}
        row = rows.get(name) or self.preferences.rows[name]
        if isinstance(row.control, QCheckBox):
            assert row.control.isChecked() is not value
            row.control.click()
        elif isinstance(row.control, QComboBox):
            index = [known for known, _ in row._options].index(value)
            row.control.setCurrentIndex(index)
            row.control.activated.emit(index)
        else:
            row.control.setText(str(value))
            row.control.editingFinished.emit()
        assert not (row.problem.isVisibleTo(row) and row.problem.text().startswith("There")), row.problem.text()

    def wait(self, until):
        self.qtbot.waitUntil(until, timeout=30_000)

    def analyze(self, name, **more):
        """Analyze a photo, wait for its end, and return what came of it."""
        heard = []
        leave = self.service.subscribe(lambda update: heard.append(update.event))
        self.stand.open(self.make_photo(name, **more), analyze=True)
        self.wait(lambda: self.service.pump.is_idle)
        leave()
        return next(event for event in heard if isinstance(event, Analyzed))

    def watch(self):
        """Watch a folder in which something is already, at any depth, looking without a rest."""
        self.monkeypatch.setattr(watch, "LOOK_EVERY_S", 0.001)
        self.monkeypatch.setattr(watch, "SETTLE_S", 0.0)
        folder = self.tmp_path / "Card"
        (folder / "deep").mkdir(parents=True)
        self.make_photo("Card/old.jpg", size=(97, 64))
        self.make_photo("Card/deep/old.jpg", size=(98, 64))
        look, looks = watch._look, []
        self.monkeypatch.setattr(watch, "_look", lambda *where: (look(*where), looks.append(where))[0])
        self.window.batches.watch(folder)
        # Until the first look is over all counts as there before.
        self.wait(lambda: len(looks) > 1)
        self.arrive("first.jpg")
        self.wait(lambda: self.analyzed() == ["first.jpg"])

    def arrive(self, name):
        """Put a whole photo into the watched folder at once."""
        self.arrived += 1
        self.make_photo("copied.part.jpg", size=(100 + self.arrived, 64)).rename(self.tmp_path / "Card" / name)

    def analyzed(self):
        return sorted(str(job.path.relative_to(self.tmp_path / "Card")) for job in self.service.jobs if job.is_over)

    def stop(self):
        self.window.batches.control.unwatch()
        self.window.batches.control.stop()
        self.stand.wait_until_idle()
        self.wait(lambda: not self.window.batches.control._timer.isActive())


@pytest.fixture
def scene(make_stand, make_photo, tmp_path, monkeypatch):
    return Scene(make_stand, make_photo, tmp_path, monkeypatch)


@check
def check_appearance(scene):
    theme = scene.stand.desk.theme
    for value, is_dark in (("dark", True), ("light", False)):
        scene.set("appearance", value)
        assert theme.colors.dark is is_dark


@check
def check_advisor(scene):
    scene.set("advisor", "gilpin")
    assert scene.window.asking.advisor == "gilpin"
    assert scene.analyze("a.jpg").analysis.advisor == "gilpin"


@check
def check_model(scene):
    before = scene.window.models.button.text()
    scene.service.settings.set(find("model"), "/no/such/folder")
    assert scene.window.models.button.text() != before
    scene.set("model", "mini")
    scene.wait(lambda: scene.window.models.button.text() == before)
    assert scene.analyze("a.jpg").analysis.model == "mini"


@check
def check_offer_model(scene):
    offer = scene.window.models.offer
    scene.service.shelf.machine = Machine(16 * GIB)
    scene.service.shelf.refresh()
    scene.wait(lambda: bool(offer.text))
    scene.set("offer_model", False)
    assert offer.isHidden()
    scene.set("offer_model", True)
    assert not offer.isHidden()


@check
def check_unload_after(scene):
    unloaded = []
    scene.monkeypatch.setattr(scene.service._idle, "_unload", lambda: unloaded.append(True))
    scene.set("unload_after", 0)
    scene.analyze("a.jpg")
    assert scene.service._idle._timer is None
    scene.set("unload_after", 0.0001)
    scene.wait(lambda: unloaded == [True])


@check
def check_batch_subfolders(scene):
    for value in (False, True):
        scene.set("batch_subfolders", value)
        scene.window.batches.prepare([scene.tmp_path])
        sheet = scene.window.findChildren(BatchSheet)[-1]
        assert sheet.recursive.isChecked() is value
        scene.wait(sheet.isVisible)
        sheet.reject()


@check
def check_watch_subfolders(scene):
    scene.watch()
    scene.set("watch_subfolders", True)
    # A look may have been under way when the setting was changed; the one that finds the second photo began later.
    for number, name in enumerate(("one.jpg", "two.jpg"), start=2):
        scene.arrive(name)
        scene.wait(lambda number=number: len(scene.analyzed()) == number)
    scene.arrive("deep/new.jpg")
    scene.wait(lambda: scene.analyzed() == ["deep/new.jpg", "first.jpg", "one.jpg", "two.jpg"])
    scene.stop()


@check
def check_watch_existing(scene):
    scene.watch()
    scene.set("watch_existing", True)
    scene.wait(lambda: scene.analyzed() == ["first.jpg", "old.jpg"])
    scene.stop()


@check
def check_notify(scene):
    told = []
    scene.monkeypatch.setattr(scene.stand.desk.presence.menu_bar, "notify", lambda *words: told.append(words))
    scene.monkeypatch.setattr(QApplication, "alert", lambda *window: told.append(window))
    for value in (False, True):
        scene.set("notify", value)
        scene.analyze(f"{value}.jpg", size=(96 + value, 64))
        scene.window.batches.control.ended.emit(scene.service.progress())
        assert len(told) == value


@check
def check_shared_folders(scene):
    folders = scene.preferences.service_page.folders
    folders.share(str(scene.tmp_path))
    assert shared_folders(scene.service.settings) == (scene.tmp_path,)
    folders.list.setCurrentRow(0)
    folders.remove.click()
    assert shared_folders(scene.service.settings) == ()


def served(scene):
    """Wait for the service; return where it listens."""
    local = scene.window.local_service
    scene.wait(lambda: local.server is not None)
    return local.server.url


@check
def check_service(scene):
    scene.service.settings.set(SERVICE_PORT, 0)
    scene.set("service", True)
    served(scene)
    scene.set("service", False)
    assert scene.window.local_service.server is None


@check
def check_service_host(scene):
    scene.service.settings.set(SERVICE_PORT, 0)
    scene.set("service", True)
    assert "127.0.0.1" in served(scene)
    scene.set("service_host", "0.0.0.0")
    scene.wait(lambda: scene.window.local_service.server is not None)
    assert scene.window.local_service._place.host == "0.0.0.0"


@check
def check_service_port(scene):
    scene.service.settings.set(SERVICE_PORT, 0)
    scene.set("service", True)
    served(scene)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    scene.set("service_port", free)
    assert served(scene).endswith(f":{free}")


@check
def check_export_format(scene):
    scene.analyze("a.jpg")
    for value, first in (("md", "Markdown (*.md)"), ("html", "Web page (*.html)")):
        scene.set("export_format", value)
        dialog = scene.window.exporting.ask(scene.window.asking.report)
        assert (dialog.defaultSuffix(), dialog.nameFilters()[0]) == (value, first)
        dialog.close()


@check
def check_export_photo(scene):
    scene.analyze("a.jpg")
    scene.stand.wait_until_idle()
    for value in (False, True):
        scene.set("export_photo", value)
        file = scene.tmp_path / f"{value}.html"
        scene.window.exporting.save(scene.window.asking.report, file)
        scene.wait(file.exists)
        assert ("data:image" in file.read_text(encoding="utf-8")) is value


@check
def check_sidecars(scene):
    scene.set("sidecars", True)
    scene.analyze("a.jpg")
    scene.wait((scene.tmp_path / "a.xmp").exists)
    scene.set("sidecars", False)
    scene.analyze("b.jpg", size=(97, 64))
    assert not (scene.tmp_path / "b.xmp").exists()


def sidecar(scene, name):
    """Write the sidecar of the only analysis; return its text."""
    (entry,) = scene.service.history.page(query())
    future = scene.service.write_sidecar(entry.id)
    scene.wait(future.done)
    assert future.result() == scene.tmp_path / name
    return future.result().read_text(encoding="utf-8")


MINE = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>
<rdf:li xml:lang="x-default">My own words.</rdf:li></rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>
"""


def query():
    from mondrian_desktop.jobs.history import Query

    return Query()


@check
def check_sidecar_naming(scene):
    scene.analyze("a.jpg")
    sidecar(scene, "a.xmp")
    scene.set("sidecar_naming", "photo.ext.xmp")
    sidecar(scene, "a.jpg.xmp")


@check
def check_sidecar_merge(scene):
    scene.analyze("a.jpg")
    for value, is_kept in (("skip", True), ("overwrite", False)):
        (scene.tmp_path / "a.xmp").write_text(MINE, encoding="utf-8")
        scene.set("sidecar_merge", value)
        assert ("My own words" in sidecar(scene, "a.xmp")) is is_kept


@check
def check_sidecar_rating(scene):
    scene.analyze("a.jpg")
    assert "xmp:Rating" not in sidecar(scene, "a.xmp")
    scene.set("sidecar_rating", True)
    assert "xmp:Rating" in sidecar(scene, "a.xmp")


@pytest.mark.parametrize("name", CHECKS)
def test_a_change_is_seen_at_once(scene, name):
    CHECKS[name](scene)


@pytest.mark.parametrize("name", FOR_THE_NEXT_PHOTO)
def test_what_shapes_the_answer_is_in_force_from_the_next_photo_on(scene, name):
    value = FOR_THE_NEXT_PHOTO[name]
    scene.stand.open(scene.make_photo("a.jpg"), analyze=True)
    scene.set(name, value)
    scene.stand.open(scene.make_photo("b.jpg", size=(97, 64)), analyze=True)
    scene.stand.wait_until_idle()
    before, after = (getattr(job.options, name) for job in scene.service.jobs)
    assert (before, after) == (find(name).default, value)


def test_another_language_shows_in_the_preview_of_a_prompt(scene):
    page = scene.preferences.advisors_page
    assert "English" in page.preview.toPlainText()
    scene.set("language", "German")
    assert "German" in page.preview.toPlainText()


def test_another_update_interval_is_kept_by_the_critique_that_is_being_written(
    make_stand, make_photo, tmp_path, monkeypatch
):
    scene = Scene(make_stand, make_photo, tmp_path, monkeypatch, Endless(-1))
    scene.set("update_interval", 60)
    told, tokens = [], []
    scene.service.subscribe(lambda update: told.append(update) if isinstance(update.event, Thinking) else None)
    scene.service.subscribe(lambda update: tokens.append(update) if isinstance(update.event, Token) else None)
    scene.stand.open(make_photo(), analyze=True)
    scene.wait(lambda: len(tokens) > 20)
    assert len(told) == 1
    scene.set("update_interval", 0.1)
    scene.wait(lambda: len(told) >= 3)
    scene.stop()


def test_staying_awake_follows_at_once(make_stand, make_photo, tmp_path, monkeypatch):
    scene = Scene(make_stand, make_photo, tmp_path, monkeypatch, Endless(-1))
    begun = []
    monkeypatch.setattr(mac.Activity, "begin", lambda activity, why: begun.append(why))
    monkeypatch.setattr(mac.Activity, "end", lambda activity: begun.clear())
    (tmp_path / "Card").mkdir()
    make_photo("Card/a.jpg")
    scene.window.batches.control.start([tmp_path / "Card"], ["mentor"], recursive=True, again=False)
    scene.wait(lambda: bool(begun))
    scene.set("keep_awake", False)
    assert begun == []
    scene.set("keep_awake", True)
    assert begun
    scene.stop()


def test_no_setting_is_forgotten_here():
    apart = {"update_interval", "keep_awake"}
    seen = (set(CHECKS), set(FOR_THE_NEXT_PHOTO), AT_THE_START, apart)
    assert set().union(*seen) == {each.name for each in ALL}
    assert sum(map(len, seen)) == len(ALL)
    for name in AT_THE_START:
        assert "at the start" in find(name).label


def test_what_another_process_sets_is_in_force_too(scene):
    from mondrian_desktop.settings import Settings

    row = scene.preferences.rows["max_tokens"]
    Settings(Path(scene.service.settings.file), {}).set(find("max_tokens"), 321)
    scene.wait(lambda: row.control.text() == "321")
    assert scene.service.options().max_tokens == 321
