import json
import sys

import pytest

from mondrian_desktop.engine.protocol import Unreachable
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.gui.server_dialog import ServerDialog
from mondrian_desktop.jobs import server_watch
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights import servers, tokens
from mondrian_desktop.weights.servers import make
from tests.engine import chat_server
from tests.engine.chat_server import ChatServer
from tests.gui.conftest import answer
from tests.weights.test_tokens import KEPT, Keyring


@pytest.fixture
def dialog(stand, qtbot):
    stand.trigger("add_server")
    [dialog] = stand.window.findChildren(ServerDialog)
    yield dialog
    from shiboken6 import isValid

    if isValid(dialog):
        dialog.close()


def fill(dialog, url, name="gpu", model="qwen"):
    for field, text in ((dialog.name, name), (dialog.url, url), (dialog.model, model)):
        field.setText(text)


def test_where_photos_go_is_said_before_anything_is_added(dialog, stand):
    assert not dialog.add.isEnabled()
    fill(dialog, "https://gpu.example.com")
    assert dialog.where.text() == "Photos leave this Mac: they are sent to gpu.example.com."
    assert dialog.add.isEnabled()
    assert servers.book().servers == ()
    assert stand.window.server.isHidden()


def test_an_unencrypted_connection_has_to_be_agreed_to(dialog):
    fill(dialog, "http://192.168.1.20:8000")
    assert "anybody in the same network can see the photos" in dialog.where.text()
    assert not dialog.add.isEnabled()
    dialog.agree.setChecked(True)
    assert dialog.add.isEnabled()
    fill(dialog, "http://8.8.8.8")
    assert not dialog.add.isEnabled()


def test_an_added_server_is_used_only_where_that_was_wanted(dialog, stand, qtbot):
    fill(dialog, "https://gpu.example.com")
    with qtbot.waitSignal(dialog.added):
        dialog.add.click()
    assert servers.find("gpu").model == "qwen"
    assert stand.service.settings.get(MODEL) == "mini"
    assert stand.window.server.isHidden()


def test_the_window_shows_the_server_in_use_until_it_is_left(dialog, stand, qtbot):
    fill(dialog, "https://gpu.example.com")
    dialog.use.setChecked(True)
    with qtbot.waitSignal(dialog.added):
        dialog.add.click()
    bar = stand.window.server
    qtbot.waitUntil(lambda: not bar.isHidden())
    assert bar.label.text() == "Photos leave this Mac: they are sent to gpu.example.com."
    bar.back.click()
    assert stand.service.settings.get(MODEL) == "mini"
    assert bar.isHidden()


def test_a_server_at_work_is_shown_though_another_model_is_chosen(make_stand, make_photo, qtbot):
    servers.add(make("gpu", "https://gpu.example.com", "qwen"))
    stand = make_stand()
    seen = []
    stand.service.subscribe(lambda update: stand.window.server.refresh() or seen.append(stand.window.server.isHidden()))
    stand.service.submit(make_photo(), model="gpu")
    stand.wait_until_idle()
    assert False in seen
    qtbot.waitUntil(stand.window.server.isHidden)


def test_a_key_goes_to_the_keychain(dialog, qtbot, monkeypatch):
    monkeypatch.setitem(tokens.BACKENDS, sys.platform, Keyring.__module__)
    monkeypatch.setattr(Keyring, "locked", False)
    KEPT.clear()
    fill(dialog, "https://gpu.example.com")
    dialog.key.setText("sk-1")
    with qtbot.waitSignal(dialog.added):
        dialog.add.click()
    assert list(KEPT.values()) == ["sk-1"]


@pytest.mark.parametrize(
    ("plays", "said"),
    [
        ([chat_server.raw(json.dumps({"data": [{"id": "qwen"}]}).encode())], "qwen looks at pictures there"),
        ([chat_server.status(401)], "did not accept the key"),
    ],
)
def test_a_check_says_how_the_server_is(dialog, qtbot, plays, said):
    server = ChatServer(*plays)
    try:
        fill(dialog, server.url)
        dialog.check.click()
        assert dialog.status.text() == "Checking…"
        qtbot.waitUntil(lambda: said in dialog.status.text(), timeout=10_000)
        assert dialog.check.isEnabled()
    finally:
        server.close()


def test_a_sheet_that_is_closed_while_it_checks_does_no_harm(dialog, qtbot):
    server = ChatServer(otherwise=chat_server.mute)
    try:
        fill(dialog, server.url)
        dialog.check.click()
        assert server.asked.wait(10)
        dialog.close()
    finally:
        server.close()


def test_a_name_that_is_a_model_s_is_told(dialog, qtbot):
    fill(dialog, "https://gpu.example.com", name="mini")
    dialog.add.click()
    qtbot.waitUntil(lambda: "is the name of a model" in dialog.status.text())
    assert dialog.isVisible()


def test_a_server_that_goes_away_in_a_batch_is_told_and_tried_when_one_wants(
    make_stand, make_photo, qtbot, monkeypatch
):
    # In this test nobody asks it by himself.
    monkeypatch.setattr(server_watch, "FIRST_S", 3600.0)
    down = ChatServer()
    down.close()
    servers.add(make("gpu", down.url, "qwen", concurrency=1))
    stand = make_stand(script(answer()), [Unreachable("Nothing answers there.")], script(answer()), has_tray=True)
    photos = [make_photo(f"{n}.jpg", seed=n) for n in range(3)]
    batch = stand.service.submit_all(photos, model="gpu")
    window, notice, bottom = stand.window.batches.window, stand.window.notice, stand.window.asking.bottom
    menu_bar = stand.desk.presence.menu_bar
    window.show_batch(batch)
    window.show()
    qtbot.waitUntil(lambda: "Nothing answers" in notice.text)
    assert "goes on when it answers" in notice.text
    assert [str(job.state) for job in stand.service.jobs] == ["done", "queued", "queued"]
    qtbot.waitUntil(lambda: "Nothing answers" in window.notice.text)
    host = f"127.0.0.1:{down.port}"
    assert window.status.text() == f"1 of 3, waiting for {host}"
    assert window.pace.text().startswith("next try at ")
    qtbot.waitUntil(lambda: bottom.label.text() == f"Waiting for {host}")
    assert (bottom.times.text(), bottom.waiting.text()) == (window.pace.text(), "2 waiting")
    assert menu_bar.status.text() == f"1 of 3, waiting for {host}, {window.pace.text()}"
    assert (menu_bar.try_now.isVisible(), menu_bar.try_now.text()) == (True, f"Try {host} Now")

    window.notice.dismiss.click()
    [before] = stand.service.awaited
    bottom.try_now.click()
    qtbot.waitUntil(lambda: stand.service.awaited[0].next_try not in (None, before.next_try), timeout=10_000)
    assert [str(job.state) for job in stand.service.jobs] == ["done", "queued", "queued"], "it is still not there"
    assert window.notice.text == "", "what was dismissed does not come back"

    up = ChatServer(port=down.port)
    try:
        notice.act.click()
        qtbot.waitUntil(lambda: [str(job.state) for job in stand.service.jobs] == ["done"] * 3, timeout=10_000)
    finally:
        up.close()
    assert notice.text == ""
    qtbot.waitUntil(lambda: "waiting" not in bottom.label.text())
    assert not bottom.try_now.isVisible()
    qtbot.waitUntil(lambda: not menu_bar.try_now.isVisible())


def test_a_photo_that_waits_for_a_server_is_shown_as_waiting(make_stand, make_photo, qtbot):
    servers.add(make("gpu", "http://127.0.0.1:9", "qwen", concurrency=1))
    stand = make_stand([Unreachable("Nothing answers.")], script(answer()))
    stand.service.settings.set(MODEL, "gpu")
    stand.open(make_photo("a.jpg"), make_photo("b.jpg", seed=2))
    stand.window.photos.selectAll()
    stand.trigger("analyze")
    stand.wait_for_states("Waiting", "Waiting")
    stand.wait_until_idle()
    assert not stand.window.verbs["stop"].isEnabled()
    assert "Nothing answers" in stand.window.notice.text
    stand.service.resume()
    stand.wait_for_states("Done", "Done")


def test_a_server_is_in_the_model_menu_as_long_as_there_is_one(dialog, stand, qtbot):
    stand.window.models.look()
    menu = stand.window.models.button.menu()
    fill(dialog, "https://gpu.example.com")
    with qtbot.waitSignal(dialog.added):
        dialog.add.click()
    offered = {action.data(): action for action in menu.actions()}
    assert offered["gpu"].text() == "qwen on gpu.example.com"
    offered["gpu"].trigger()
    qtbot.waitUntil(lambda: stand.service.settings.get(MODEL) == "gpu")
    qtbot.waitUntil(lambda: not stand.window.server.isHidden())
    servers.remove("gpu")
    stand.window.models.refresh()
    assert "gpu" not in {action.data() for action in menu.actions()}


def test_the_sheet_follows_the_theme_while_it_is_open(dialog, stand):
    stand.desk.theme.hold(True)
    assert all(stand.desk.theme.colors.soft in label.styleSheet() for label in dialog._soft)
    stand.desk.theme.hold(False)
    assert all(stand.desk.theme.colors.soft in label.styleSheet() for label in dialog._soft)


def reopened(stand):
    stand.trigger("add_server")
    return stand.window.findChildren(ServerDialog)[-1]


def test_a_server_is_changed_in_the_sheet_and_keeps_what_the_sheet_does_not_show(stand, qtbot):
    servers.add(make("gpu", "https://gpu.example.com", "qwen", concurrency=8, picture_size=768, schema=False))
    sheet = reopened(stand)
    assert sheet.name.text() == ""
    sheet.known.setCurrentIndex(1)
    sheet.known.activated.emit(1)
    assert (sheet.name.text(), sheet.concurrency.value, sheet.picture_size.value) == ("gpu", 8, 768)
    sheet.model.setText("qwen-2")
    with qtbot.waitSignal(sheet.added):
        sheet.add.click()
    assert servers.find("gpu") == make(
        "gpu", "https://gpu.example.com", "qwen-2", concurrency=8, picture_size=768, schema=False
    )


def test_a_removed_server_is_left_and_add_brings_it_back(stand, qtbot):
    servers.add(make("gpu", "https://gpu.example.com", "qwen"))
    stand.service.settings.set(MODEL, "gpu")
    assert not stand.window.server.isHidden()
    sheet = reopened(stand)
    sheet.known.setCurrentIndex(1)
    sheet.known.activated.emit(1)
    with qtbot.waitSignal(sheet.removed):
        sheet.remove.click()
    assert servers.book().servers == ()
    assert stand.service.settings.get(MODEL) == MODEL.default
    assert stand.window.server.isHidden()
    assert "Nothing is sent to gpu.example.com any more" in sheet.status.text()
    assert not sheet.remove.isVisible()
    with qtbot.waitSignal(sheet.added):
        sheet.add.click()
    assert servers.find("gpu").url == "https://gpu.example.com/v1"


def test_a_number_out_of_range_is_told(dialog):
    fill(dialog, "https://gpu.example.com")
    dialog.concurrency.setText("100")
    dialog.add.click()
    assert "Give a number from 1 to 64" in dialog.status.text()
    assert servers.book().servers == ()
