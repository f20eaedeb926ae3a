"""The pages, opened in a real browser: nothing is fetched, nothing runs, nothing is wider than the screen."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mondrian_desktop.report import contact, html
from mondrian_desktop.report.contact import Frame, Mark
from mondrian_desktop.report.model import Analysis, Labels
from tests.api.browser import PROGRAM, Page
from tests.report.conftest import HOSTILE, LONG, spoiled

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (Debian package: chromium)")
# A single red pixel.
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
WORLD = "\U0001f469\u200d\U0001f467 caf\u00e9 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202egpj.exe "
TEXTS = {"markup": HOSTILE, "long": LONG[:3000], "world": WORLD * 20}


@pytest.fixture
def look(browser: Page, tmp_path: Path) -> Callable[[str], None]:
    """Return a function that opens a page, on a phone and on a desk, and fails where it is not inert or too wide."""

    def looked(text: str) -> None:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8", errors="replace")
        for width, height, phone in ((390, 844, True), (1200, 900, False)):
            browser.size(width, height, phone=phone)
            browser.open(file.as_uri())
            browser.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert browser.evaluate("document.documentElement.scrollWidth") <= width
        assert {address for address in browser.requested if not address.startswith("data:")} == {file.as_uri()}
        assert browser.console == []
        active = "script, iframe, object, embed, form, link, base"
        assert browser.evaluate(f"document.querySelectorAll('{active}').length") == 0
        sources = browser.evaluate("[...document.images].map(each => each.src.slice(0, 11))")
        assert set(sources) <= {"data:image/"}
        assert browser.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
        assert browser.evaluate("[...document.links].every(each => /^https?:$/.test(each.protocol))")

    return looked


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("has_critique", [True, False])
def test_a_report_is_inert(
    look: Callable[[str], None], browser: Page, analysis: Analysis, text: str, has_critique: bool
) -> None:
    shown = spoiled(analysis, text)
    if not has_critique:
        shown = replace(shown, critique=None)
    labels = Labels(text, text, text, text, 4)
    look(html.render(shown, image_data_uri=PICTURE, labels=labels))
    assert browser.evaluate("document.title").strip()
    look(html.render_many([shown] * 10, image_data_uris=[PICTURE], labels={text: labels}))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_contact_sheet_is_inert(look: Callable[[str], None], text: str) -> None:
    frames = [Frame(text, (Mark(text, 5.0, text), Mark(text, None, text)))] * 12
    look(contact.render(text, frames, {text: {1: 3, 10: 2}}, text))


def test_thinking_is_folded_until_it_is_opened(browser: Page, analysis: Analysis, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html.render(replace(analysis, thinking="The light.")), encoding="utf-8")
    browser.size(1200, 900)
    browser.open(file.as_uri())
    assert "The light." not in browser.text("body").partition("What the model thought first")[2]
    browser.click("summary")
    assert "The light." in browser.text("details")
