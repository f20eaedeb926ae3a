import dataclasses
import re
from html.parser import HTMLParser

import pytest

from mondrian_desktop.report import html, markdown
from mondrian_desktop.report.model import Analysis, Exchange, Labels
from mondrian_desktop.report.pane import panel
from mondrian_desktop.report.text import render as as_text

PICTURE = "data:image/png;base64,iVBORw0KGgo="
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "article", "section", "header", "main", "footer", "div", "p",
    "span", "b", "i", "em", "strong", "h1", "h2", "h3", "h4", "ul", "ol", "li", "table", "thead", "tbody", "tr", "td",
    "th", "img", "br", "hr", "small", "a", "code", "pre", "blockquote", "s", "svg", "polygon", "circle", "line", "text",
    "details", "summary",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "class", "dir", "style", "src", "alt", "width", "height",
    "align", "valign", "bgcolor", "cellspacing", "cellpadding", "scope", "href", "xmlns", "viewbox", "role",
    "aria-label", "font-family", "font-size", "points", "fill", "fill-opacity", "stroke", "stroke-width",
    "stroke-linejoin", "cx", "cy", "r", "x1", "x2", "y1", "y2", "x", "y", "text-anchor", "start",
}  # fmt: skip


class Inspector(HTMLParser):
    """Collects what a browser would do with a page."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in {"meta", "img", "br", "hr", "polygon", "circle", "line"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def assert_inert(self) -> None:
        assert self.open == []
        assert set(self.tags) <= ALLOWED
        assert {name for name, _ in self.attributes} <= ATTRIBUTES
        for name, value in self.attributes:
            if name == "href":
                assert re.match(r"https?://", value), value
            if name == "src":
                assert value in {PICTURE, "chart:radar", "photo:image"}
            if name == "style":
                assert "url" not in value
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffc]", self.words)
        runs = max(map(len, re.split(r"[\s\u200b]", self.words.partition("</style>")[2] or self.words)))
        assert runs < 400


def page(analysis: Analysis, labels: Labels) -> str:
    return html.render(analysis, image_data_uri=PICTURE, labels=labels)


def test_hostile_text_is_inert_on_the_page(hostile: Analysis, hostile_labels: Labels) -> None:
    Inspector(page(hostile, hostile_labels)).assert_inert()


def test_hostile_text_without_structure_is_inert_on_the_page(hostile_text: Analysis, hostile_labels: Labels) -> None:
    Inspector(page(hostile_text, hostile_labels)).assert_inert()


def test_hostile_text_is_inert_in_a_panel(hostile: Analysis, hostile_labels: Labels) -> None:
    labels = {hostile.advisor: hostile_labels}
    Inspector(html.render_many([hostile, hostile], image_data_uris=[PICTURE], labels=labels)).assert_inert()
    for is_narrow in (False, True):
        Inspector(panel([hostile, hostile], labels, False, is_narrow=is_narrow)).assert_inert()


@pytest.mark.parametrize("dark", [False, True])
def test_hostile_text_is_inert_in_the_pane(hostile: Analysis, hostile_labels: Labels, dark: bool) -> None:
    Inspector(html.pane(hostile, dark, hostile_labels)).assert_inert()


def test_hostile_text_without_structure_is_inert_in_the_pane(hostile_text: Analysis, hostile_labels: Labels) -> None:
    Inspector(html.pane(hostile_text, False, hostile_labels)).assert_inert()
    Inspector(html.paper(hostile_text, hostile_labels)).assert_inert()


def test_hostile_text_is_inert_on_paper(hostile: Analysis, hostile_labels: Labels) -> None:
    Inspector(html.paper(hostile, hostile_labels)).assert_inert()


@pytest.mark.parametrize(
    "address",
    ["file:///etc/passwd", "http://x/y.png", "data:text/html;base64,PHNjcmlwdD4=", "data:image/svg+xml;base64,PHN2Zz4=",
     'data:image/png;base64,AA" onerror="x', ""],
)  # fmt: skip
def test_any_other_picture_is_refused(analysis: Analysis, address: str) -> None:
    with pytest.raises(ValueError, match="not a base64 data address"):
        html.render(analysis, image_data_uri=address)


def test_the_page_is_complete_and_loads_nothing(analysis: Analysis, labels: Labels) -> None:
    text = page(analysis, labels)
    found = Inspector(text)
    found.assert_inert()
    assert "default-src 'none'" in text
    assert "url(" not in text
    assert "@import" not in text
    assert analysis.critique is not None
    for said in (
        "harbor.jpg · Ansel Adams", "in the manner of Ansel Adams", "7.1", "Solid", "A boat in a harbor.",
        *(each.comment for each in analysis.critique.dimensions),
        *(each.recommendation for each in analysis.critique.dimensions),
        "The light.", "The mast.", "Well exposed.", "Mondrian Mini", "1024 × 683 pixels", "44.1 tokens/s",
        f"{analysis.created.astimezone():%Y, %H:%M}", "Reads exposure.", "Focus & Sharpness\u00a04 · Lighting\u00a07",
    ):  # fmt: skip
        assert said in found.words, said


@pytest.mark.parametrize(
    ("score", "word"),
    [(10, "Strong"), (8, "Strong"), (7, "Solid"), (6, "Solid"), (5, "Work on this"), (1, "Work on this")],
)
def test_a_score_is_number_bar_and_word(analysis: Analysis, score: int, word: str) -> None:
    assert analysis.critique is not None
    only = dataclasses.replace(analysis.critique.dimensions[0], score=score)
    changed = dataclasses.replace(analysis, critique=dataclasses.replace(analysis.critique, dimensions=(only,)))
    for text in (html.render(changed), html.pane(changed, False)):
        assert f">{score}<" in text
        assert f"{score * 10}%" in text
        assert f">{word}<" in text


def contrast(first: str, second: str) -> float:
    def luminance(color: str) -> float:
        parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


def test_words_can_be_read_in_both_appearances(analysis: Analysis) -> None:
    style = re.findall(r"--(\w+): (#[0-9a-f]{3,6})", html.render(analysis))
    light, dark = dict(style[: len(style) // 2]), dict(style[len(style) // 2 :])
    light["paper"] = "#ffffff"
    for colors in (light, dark):
        for name in ("ink", "soft", "strong", "solid", "weak"):
            assert contrast(colors[name], colors["paper"]) >= 4.5, name


def test_an_incomplete_answer_is_marked(analysis: Analysis, labels: Labels) -> None:
    made = dataclasses.replace(analysis.generation, finish_reason="length")
    labels = dataclasses.replace(labels, dimensions=8)
    cut = dataclasses.replace(analysis, generation=made)
    for text in (html.render(cut, labels=labels), html.pane(cut, False, labels), html.paper(cut, labels)):
        assert "Incomplete: the longest answer allowed was reached after 4 of 8 dimensions." in text


def test_an_answer_without_structure_is_shown_as_markdown(analysis: Analysis) -> None:
    plain = dataclasses.replace(
        analysis, critique=None, raw_text="**Fine** light.\n\n- one\n- two\n\n[more](https://x.example/)"
    )
    for text in (html.render(plain), html.pane(plain, True)):
        assert "<strong>Fine</strong>" in text
        assert "<li>one</li>" in text
        assert 'href="https://x.example/"' in text


def test_thinking_is_folded_away(analysis: Analysis) -> None:
    text = html.render(dataclasses.replace(analysis, thinking="First\nthe <b>light</b>."))
    assert "<details><summary>" in text
    assert "First<br>the &lt;b&gt;light&lt;/b&gt;." in text
    assert "<details" not in html.render(analysis)
    talked = dataclasses.replace(analysis, conversation=(Exchange("Why?", "Because.", "cancelled", "Hm."),))
    text = html.render(talked)
    assert "<summary>What the model thought first</summary><p>Hm.</p></details>" in text
    assert '<p class="notice">Stopped.</p>' in text


def test_thinking_is_no_part_of_an_answer_without_structure(analysis: Analysis) -> None:
    raw = "<think>A boat?</think>\n\nA fine **boat**."
    plain = dataclasses.replace(analysis, critique=None, raw_text=raw, thinking="A boat?")
    for shown in (html.pane(plain, False), html.paper(plain), markdown.render(plain), as_text(plain)):
        assert "A boat?" not in shown
        assert "boat" in shown
    assert html.render(plain).count("A boat?") == 1


def test_several_of_one_photo_show_it_once_after_a_table(analysis: Analysis, labels: Labels) -> None:
    other = dataclasses.replace(analysis, advisor="weston")
    text = html.render_many([analysis, other], image_data_uris=[PICTURE, PICTURE], labels={"ansel": labels})
    assert text.count(PICTURE) == 1
    assert text.index("Spread") < text.index(PICTURE)
    elsewhere = dataclasses.replace(analysis, photo=dataclasses.replace(analysis.photo, content_hash="cd" * 32))  # type: ignore[type-var]
    text = html.render_many([analysis, elsewhere], image_data_uris=[PICTURE, PICTURE])
    assert text.count(PICTURE) == 2
    assert "Spread" not in text


def test_the_pane_names_only_its_own_pictures(analysis: Analysis, labels: Labels) -> None:
    assert 'src="chart:radar"' in html.pane(analysis, False, labels)
    assert "<img" not in html.pane(analysis, False, labels, chart=None)
    assert 'src="photo:image"' in html.paper(analysis, labels)
