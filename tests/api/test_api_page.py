import re
from pathlib import Path

import pytest

from mondrian_desktop import paths
from mondrian_desktop.api.page import page
from mondrian_desktop.engine.protocol import Unreachable
from mondrian_desktop.jobs import server_watch
from mondrian_desktop.weights import servers
from tests.api.browser import PROGRAM, Page
from tests.api.live import PHOTO, Gate, answer, gated, writing
from tests.engine.chat_server import ChatServer

needs_browser = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (Debian package: chromium)")
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"


def test_the_page_is_one_file_that_loads_nothing():
    text = paths.resource("web", "index.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!data:|#)""", text)
    assert not re.search(r"@import|url\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    assert text.count("<script") == 1 == text.count("<style")


def test_the_policy_allows_what_is_in_the_page_and_nothing_else():
    _, policy = page()
    assert policy.startswith("default-src 'none'")
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert "unsafe" not in policy


@needs_browser
def test_a_dropped_photo_is_watched_to_its_end(serve, browser):
    gate = Gate()
    live = serve(gated(gate, answer()))
    browser.open(live.url)
    browser.wait("document.querySelectorAll('#advisor option').length > 9")
    browser.evaluate("document.querySelector('#advisor').value = 'weston'")
    browser.drop_file("#drop", PHOTO)
    browser.wait("!document.querySelector('#preview').hidden")
    browser.click("#start")
    browser.wait("document.querySelectorAll('.dimension').length > 0")
    assert "Generating analysis... (1 tokens, 44.1 tps)" in browser.text("#progress")
    assert browser.text("#critiques h2") == "In the manner of Edward Weston"
    assert browser.evaluate("document.querySelector('#start').hidden && !document.querySelector('#stop').hidden")
    before = browser.evaluate("document.querySelectorAll('.dimension').length")
    gate.open()
    browser.wait("!document.querySelector('#after').hidden")
    assert browser.evaluate("document.querySelectorAll('.dimension').length") > before
    assert "7.0" in browser.text(".overall")
    assert browser.evaluate("document.querySelector('#bar').getAttribute('aria-valuenow')") == "100"
    assert live.client.get(browser.evaluate("document.querySelector('#report').href")).status_code == 200
    assert browser.console == []
    assert {url.split("/")[2] for url in browser.requested if url.startswith("http")} == {live.url.split("/")[2]}


@needs_browser
def test_it_works_on_a_phone_and_in_the_dark(serve, browser):
    live = serve()
    browser.size(390, 844, phone=True, dark=True)
    analyze(browser, live.url)
    browser.wait("!document.querySelector('#after').hidden")
    assert browser.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = (
        "[...document.querySelectorAll('button, .button, select')].filter(n => n.offsetHeight && n.offsetHeight < 44)"
    )
    assert browser.evaluate(f"{small}.length") == 0


@needs_browser
def test_what_the_model_writes_stays_text(serve, browser):
    live = serve(writing(answer(comment=HOSTILE)))
    analyze(browser, live.url)
    browser.wait("!document.querySelector('#after').hidden")
    assert HOSTILE in browser.text("#critiques")
    assert browser.evaluate("document.title") == "Mondrian"
    assert browser.evaluate("document.querySelectorAll('#critiques img, #critiques script').length") == 0
    browser.open(browser.evaluate("document.querySelector('#report').href"))
    assert "owned" not in browser.evaluate("document.title")


@needs_browser
def test_stop_keeps_what_was_written(serve, browser):
    gate = Gate()
    live = serve(gated(gate, answer(), at=8))
    analyze(browser, live.url)
    browser.wait("document.querySelectorAll('.dimension').length > 0")
    browser.click("#stop")
    browser.wait("document.querySelector('#stop').hidden")
    assert browser.text("#error") == "Stopped."
    assert browser.evaluate("document.querySelectorAll('.dimension').length") > 0
    assert "Stopped" in live.client.get(browser.evaluate("document.querySelector('#report').href")).text


@needs_browser
def test_a_lost_connection_is_taken_up_where_it_was(serve, browser):
    gate = Gate()
    live = serve(gated(gate, answer()))
    analyze(browser, live.url)
    browser.wait("document.querySelectorAll('.dimension').length > 0")
    live.drop_connections()
    browser.wait("document.querySelector('#error').innerText.includes('trying again')")
    browser.wait("document.querySelector('#error').hidden")
    gate.open()
    browser.wait("!document.querySelector('#after').hidden")
    assert "7.0" in browser.text(".overall")


@needs_browser
def test_a_reloaded_page_goes_on_watching(serve, browser):
    gate = Gate()
    live = serve(gated(gate, answer()))
    analyze(browser, live.url)
    browser.wait("document.querySelectorAll('.dimension').length > 0")
    browser.reload()
    browser.wait("document.querySelectorAll('.dimension').length > 0")
    gate.open()
    browser.wait("!document.querySelector('#after').hidden")
    assert "7.0" in browser.text(".overall")


@needs_browser
def test_all_advisors_stand_below_each_other(serve, browser):
    live = serve()
    analyze(browser, live.url, advisor="all")
    browser.wait("!document.querySelector('#after').hidden")
    assert browser.evaluate("document.querySelectorAll('#critiques > section').length") == 10
    assert "The three lowest" in browser.text("#after")


@needs_browser
def test_a_question_is_answered_in_words(serve, browser, chat_model):
    live = serve(writing("A long answer,\nin two lines."), settings=chat_model)
    analyze(browser, live.url, question="Is it sharp?")
    browser.wait("!document.querySelector('#after').hidden")
    assert browser.text("#critiques .text") == "A long answer,\nin two lines."


@needs_browser
def test_the_token_comes_behind_the_hash_and_does_not_stay_in_the_address(serve, browser):
    live = serve(host="0.0.0.0")
    browser.open(f"{live.url}/")
    browser.wait("!document.querySelector('#token-form').hidden && document.querySelector('#form').hidden")
    assert browser.evaluate("document.querySelector('#error').hidden")
    browser.evaluate("document.querySelector('#token').value = 'wrong'")
    browser.click("#token-form button")
    browser.wait("document.querySelector('#token-text').innerText.includes('not any more')")
    browser.open("about:blank")
    analyze(browser, f"{live.url}/#token={live.token}")
    browser.wait("!document.querySelector('#after').hidden")
    assert live.token not in browser.evaluate("location.href")
    assert not [url for url in browser.requested if live.token in url and "/stream/" not in url]


@needs_browser
def test_a_photo_that_waits_for_a_server_says_so_and_can_have_it_asked_now(serve, browser, monkeypatch):
    monkeypatch.setattr(server_watch, "FIRST_S", 3600.0)
    down = ChatServer()
    down.close()
    servers.add(servers.make("gpu", down.url, "qwen", concurrency=1))
    live = serve([Unreachable("Nothing answers there.")], writing(answer()), settings={"MONDRIAN_MODEL": "gpu"})
    browser.size(390, 844, phone=True)
    browser.open(live.url)
    browser.wait("document.querySelectorAll('#advisor option').length > 9")
    browser.evaluate("document.querySelector('#advisor').value = 'all'")
    browser.drop_file("#drop", PHOTO)
    browser.wait("!document.querySelector('#preview').hidden")
    browser.click("#start")
    browser.wait("!document.querySelector('#try').hidden")
    assert f"Waiting for 127.0.0.1:{down.port}, next try at " in browser.text("#step")
    up = ChatServer(port=down.port)
    try:
        browser.click("#try")
        browser.wait("!document.querySelector('#after').hidden")
    finally:
        up.close()
    assert browser.evaluate("document.querySelector('#try').hidden")
    assert browser.evaluate("document.querySelectorAll('#critiques .card').length") == 10
    assert browser.console == []


@needs_browser
def test_a_renewed_token_is_asked_for_and_watching_goes_on(serve, browser):
    gate = Gate()
    live = serve(gated(gate, answer()), host="0.0.0.0")
    analyze(browser, f"{live.url}/#token={live.token}")
    browser.wait("document.querySelectorAll('.dimension').length > 0")
    live.call(live.server.renew_token)
    browser.wait("!document.querySelector('#token-form').hidden")
    browser.wait("document.querySelector('#error').hidden")
    browser.evaluate(f"document.querySelector('#token').value = '{live.server.token}'")
    browser.click("#token-form button")
    gate.open()
    browser.wait("document.querySelector('#bar').getAttribute('aria-valuenow') === '100'")
    browser.wait("!document.querySelector('#after').hidden")
    assert live.client.get(browser.evaluate("document.querySelector('#report').href")).status_code == 200


@needs_browser
def test_a_photo_that_cannot_be_read_is_told_as_such(serve, browser, tmp_path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no photo")
    live = serve()
    analyze(browser, live.url, photo=broken)
    browser.wait("!document.querySelector('#error').hidden")
    assert "broken.jpg" in browser.text("#error")


def analyze(browser: Page, url: str, *, photo: Path = PHOTO, advisor: str = "ansel", question: str = "") -> None:
    browser.open(url)
    browser.wait("document.querySelectorAll('#advisor option').length > 9")
    browser.evaluate(f"document.querySelector('#advisor').value = '{advisor}'")
    browser.evaluate(f"document.querySelector('#prompt').value = '{question}'")
    browser.choose_file("#file", photo)
    browser.wait("!document.querySelector('#start').disabled")
    browser.click("#start")
