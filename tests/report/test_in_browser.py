"""The pages, opened in a real browser: nothing is fetched, nothing runs, nothing is wider than the screen."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mondrian_desktop.report import contact, html
from mondrian_desktop.report.contact import Frame, Mark
from mondrian_desktop.report.model import Analysis, Labels
from tests.api.browser import PROGRAM, Browser, Page
from tests.report.conftest import HOSTILE, LONG, spoiled

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="Chromium is not installed (Debian package: chromium)")
# A single red pixel.
PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
WORLD = "\U0001f469\u200d\U0001f467 caf\u00e9 \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u202egpj.exe "
TEXTS = {"markup": HOSTILE, "long": LONG[:3000], "world": WORLD * 20}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def page(program: Browser) -> Iterator[Page]:
    made = program.page()
    yield made
    made.close()


@pytest.fixture
def look(page: Page, tmp_path: Path) -> Callable[[str], None]:
    """Return a function that opens a page, on a phone and on a desk, and fails where it is not inert or too wide."""

    def looked(text: str) -> None:
        file = tmp_path / "report.html"
        file.write_text(text, encoding="utf-8", errors="replace")
        for width, height, phone in ((390, 844, True), (1200, 900, False)):
            page.size(width, height, phone=phone)
            page.open(file.as_uri())
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert {address for address in page.requested if not address.startswith("data:")} == {file.as_uri()}
        assert page.console == []
        assert page.evaluate("document.querySelectorAll('script, iframe, object, embed, form, link, base').length") == 0
        sources = page.evaluate("[...document.images].map(each => each.src.slice(0, 11))")
        assert set(sources) <= {"data:image/"}
        assert page.evaluate("[...document.images].every(each => each.naturalWidth > 0)")
        assert page.evaluate("[...document.links].every(each => /^https?:$/.test(each.protocol))")

    return looked


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("has_critique", [True, False])
def test_a_report_is_inert(
    look: Callable[[str], None], page: Page, analysis: Analysis, text: str, has_critique: bool
) -> None:
    shown = spoiled(analysis, text)
    if not has_critique:
        shown = replace(shown, critique=None)
    labels = Labels(text, text, text, text, 4)
    look(html.render(shown, image_data_uri=PICTURE, labels=labels))
    assert page.evaluate("document.title").strip()
    look(html.render_many([shown] * 10, image_data_uris=[PICTURE], labels={text: labels}))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_contact_sheet_is_inert(look: Callable[[str], None], text: str) -> None:
    frames = [Frame(text, (Mark(text, 5.0, text), Mark(text, None, text)))] * 12
    look(contact.render(text, frames, {text: {1: 3, 10: 2}}, text))


def test_thinking_is_folded_until_it_is_opened(page: Page, analysis: Analysis, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html.render(replace(analysis, thinking="The light.")), encoding="utf-8")
    page.size(1200, 900)
    page.open(file.as_uri())
    assert "The light." not in page.text("body").partition("What the model thought first")[2]
    page.click("summary")
    assert "The light." in page.text("details")
