"""The service in the running app, over real HTTP, with the window beside it."""

import socket
import threading
from concurrent.futures import Future

import httpx
import pytest
from PySide6.QtWidgets import QApplication

from mondrian_desktop.settings import SERVICE, SERVICE_HOST, SERVICE_PORT, SHARED_FOLDERS, Settings


@pytest.fixture
def at_any_port(own_folders):
    Settings(environment={}).set(SERVICE_PORT, 0)


@pytest.fixture
def unused_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def visit(stand, method, path, **arguments):
    """Send a request from a thread of its own, as the window's loop goes on; return the response."""
    answered = Future()
    url = stand.window.local_service.server.url + path

    def send():
        try:
            answered.set_result(httpx.request(method, url, timeout=20, trust_env=False, **arguments))
        except Exception as err:  # noqa: BLE001 - raised again by the test
            answered.set_exception(err)

    thread = threading.Thread(target=send)
    thread.start()
    stand.qtbot.waitUntil(answered.done, timeout=20_000)
    thread.join()
    return answered.result()


def switch(stand):
    """Click the switch, as somebody does."""
    preferences = stand.window.show_preferences("Service")
    preferences.service_page.switch.control.click()
    return preferences.service_page


def wait_until_on(stand):
    stand.qtbot.waitUntil(lambda: stand.window.local_service.server is not None, timeout=60_000)


def test_is_off_at_first_and_imports_nothing_for_it(stand):
    assert not stand.window.local_service.is_on
    page = stand.window.show_preferences("Service").service_page
    assert not page.switch.control.isChecked()
    assert "Off" in page.state.text()
    assert not page.address.isVisible()


def test_the_switch_starts_a_service_that_shares_queue_and_history_with_the_window(at_any_port, stand, make_photo):
    page = switch(stand)
    wait_until_on(stand)
    assert page.state.text() == "On."
    assert page.address.line.text() == stand.window.local_service.server.url
    assert stand.service.settings.get(SERVICE) is True
    assert visit(stand, "GET", "/health").status_code == 200
    photo = make_photo()
    answer = visit(stand, "POST", "/upload", files={"image": ("harbor.jpg", photo.read_bytes())})
    assert answer.status_code in (200, 201, 202), answer.text
    stand.qtbot.waitUntil(lambda: bool(stand.service.jobs) and stand.service.jobs[0].is_over, timeout=20_000)
    stand.wait_until_idle()
    assert len(stand.service.history.page(query())) == 1


def query():
    from mondrian_desktop.jobs.history import Query

    return Query()


def test_switched_off_nobody_listens_any_more(at_any_port, stand):
    page = switch(stand)
    wait_until_on(stand)
    port = stand.window.local_service.server.port
    page.switch.control.click()
    assert stand.window.local_service.server is None
    assert not page.address.isVisible()
    assert "Off" in page.state.text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_a_taken_port_is_told_and_the_switch_goes_back(stand):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        stand.service.settings.set(SERVICE_PORT, taken.getsockname()[1])
        page = switch(stand)
        stand.qtbot.waitUntil(lambda: not stand.window.local_service.is_starting, timeout=60_000)
    assert not page.switch.control.isChecked()
    assert stand.service.settings.get(SERVICE) is False
    assert "cannot listen" in page.state.text()
    assert "cannot listen" in stand.window.notice.text


def enter_port(page, port):
    page.port.control.setText(str(port))
    page.port.control.editingFinished.emit()


def test_where_another_port_is_taken_it_goes_on_where_it_was_and_says_so(at_any_port, stand):
    page = switch(stand)
    wait_until_on(stand)
    port = stand.window.local_service.server.port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        enter_port(page, taken.getsockname()[1])
    assert stand.window.local_service.server.port == port
    assert visit(stand, "GET", "/health").status_code == 200
    assert stand.service.settings.get(SERVICE_PORT) == 0
    assert page.port.control.text() == "0"
    assert page.switch.control.isChecked()
    for told in (page.state.text(), stand.window.notice.text):
        assert "cannot listen" in told
        assert f"It goes on where it was, at http://127.0.0.1:{port}" in told
    enter_port(page, port)
    assert page.state.text() == "On."


def test_an_address_that_is_not_this_machine_s_is_given_up_too(at_any_port, stand):
    page = switch(stand)
    wait_until_on(stand)
    stand.service.settings.set(SERVICE_HOST, "192.0.2.77")
    assert stand.window.local_service.server.address == "127.0.0.1"
    assert stand.service.settings.get(SERVICE_HOST) == "127.0.0.1"
    assert "192.0.2.77" in page.state.text()


def test_where_neither_the_new_nor_the_old_place_can_be_had_it_is_off_and_says_both(at_any_port, stand, monkeypatch):
    page = switch(stand)
    wait_until_on(stand)
    monkeypatch.setattr(stand.window.local_service, "_open", lambda place, port: f"Nothing at {place.host}.")
    stand.service.settings.set(SERVICE_HOST, "0.0.0.0")
    assert stand.window.local_service.server is None
    assert stand.service.settings.get(SERVICE) is False
    assert page.state.text() == "Off. Nothing at 0.0.0.0.\nNothing at 127.0.0.1."


def test_host_and_port_changed_at_once_move_it_once(at_any_port, stand, unused_port):
    switch(stand)
    wait_until_on(stand)
    elsewhere = Settings(environment={})
    elsewhere.set(SERVICE_HOST, "localhost")
    elsewhere.set(SERVICE_PORT, unused_port)
    places = []
    stand.window.local_service.changed.connect(lambda: places.append(stand.window.local_service.server))
    stand.service.settings.set(SHARED_FOLDERS, "/somewhere")
    assert stand.window.local_service.server.port == unused_port
    assert len({each for each in places if each}) == 1


def test_a_new_token_locks_out_old_clients_and_is_shown_with_its_code(at_any_port, stand):
    Settings(environment={}).set(SERVICE_HOST, "0.0.0.0")
    page = switch(stand)
    wait_until_on(stand)
    old = page.token.line.text()
    assert page.renew.isVisible()
    page.renew.click()
    new = page.token.line.text()
    assert new not in ("", old)
    assert page.code.text.endswith(f"#token={new}")
    assert page.state.text() == "On. The token is new. Whoever had the old one is locked out."
    assert visit(stand, "GET", "/jobs", headers={"Authorization": f"Bearer {old}"}).status_code == 401
    assert visit(stand, "GET", "/jobs", headers={"Authorization": f"Bearer {new}"}).status_code == 200


def test_a_token_that_cannot_be_renewed_is_told_and_stays(at_any_port, stand, monkeypatch):
    Settings(environment={}).set(SERVICE_HOST, "0.0.0.0")
    page = switch(stand)
    wait_until_on(stand)
    old = page.token.line.text()
    from mondrian_desktop.api import auth

    def full(file):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(auth, "_write", full)
    page.renew.click()
    assert "No space left on device" in page.state.text()
    assert page.token.line.text() == old
    assert visit(stand, "GET", "/jobs", headers={"Authorization": f"Bearer {old}"}).status_code == 200


def test_another_address_is_in_force_at_once_and_shows_token_and_code(at_any_port, stand, monkeypatch):
    page = switch(stand)
    wait_until_on(stand)
    assert not page.token.isVisible()
    page.host.control.setCurrentIndex(1)
    page.host.control.activated.emit(1)
    wait_until_on(stand)
    server = stand.window.local_service.server
    assert server.address == "0.0.0.0"
    assert page.token.isVisible()
    assert page.token.line.text() == server.token
    assert page.code.text == server.phone_url
    assert page.code.isVisible()
    page.token.copy.click()
    assert QApplication.clipboard().text() == server.token
    assert visit(stand, "GET", "/jobs").status_code == 401
    assert visit(stand, "GET", "/jobs", headers={"Authorization": f"Bearer {server.token}"}).status_code == 200


def test_what_was_on_is_on_at_the_next_start_and_ends_with_the_app(at_any_port, make_stand):
    Settings(environment={}).set(SERVICE, True)
    stand = make_stand()
    wait_until_on(stand)
    port = stand.window.local_service.server.port
    stand.desk.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_closing_while_it_starts_leaves_nothing_behind(at_any_port, make_stand):
    stand = make_stand()
    switch(stand)
    stand.desk.close()
    assert stand.window.local_service.server is None


def test_held_by_the_environment(at_any_port, make_stand, monkeypatch):
    stand = make_stand()
    monkeypatch.setattr(stand.service.settings, "_environment", {SERVICE_HOST.variable: "127.0.0.1"})
    page = stand.window.show_preferences("Service").service_page
    assert not page.host.control.isEnabled()
    assert SERVICE_HOST.variable in page.host.problem.text()
    assert page.switch.control.isEnabled()


def test_shared_folders_are_added_and_removed(stand, tmp_path):
    folders = stand.window.show_preferences("Service").service_page.folders
    folders.share(str(tmp_path))
    folders.share(str(tmp_path))
    folders.share("/other")
    assert folders.folders == [str(tmp_path), "/other"]
    folders.share("/a:b")
    assert folders.folders == [str(tmp_path), "/other"]
    assert "cannot be shared" in folders.problem.text()
    folders.list.setCurrentRow(0)
    folders.remove.click()
    assert folders.folders == ["/other"]
    dialog = folders.ask()
    assert dialog.isVisible()
    dialog.close()
