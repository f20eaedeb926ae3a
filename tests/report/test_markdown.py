import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.markdown import defuse, escape, render, render_many, to_html
from mondrian_desktop.report.model import Analysis, Labels

LENIENT = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
LENIENT.validateLink = lambda url: True  # type: ignore[method-assign]


def tokens(text: str) -> list[Token]:
    return [each for token in LENIENT.parse(text) for each in (token, *(token.children or ()))]


def assert_inert(text: str) -> None:
    """Whatever the reader, even one that allows HTML and any address: nothing runs, nothing loads."""
    for token in tokens(text):
        assert token.type not in {"html_inline", "html_block", "image"}, token
        if token.type == "link_open":
            assert re.match(r"https?://", str(token.attrGet("href"))), token
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_hostile_text_is_inert(hostile: Analysis, hostile_labels: Labels) -> None:
    assert_inert(render(hostile, hostile_labels))


def test_hostile_text_without_structure_is_inert(hostile_text: Analysis, hostile_labels: Labels) -> None:
    assert_inert(render(hostile_text, hostile_labels))


PIECES = st.sampled_from(
    ["[", "]", "(", ")", "!", "<", ">", "javascript:", "file:///x", "http://x", "\n", " ", "a", "`", "\\", ":", "&lt;",
     "&#x6a;", "|", "[a]:", "](", "]:", '"', "*", "#", "\t", "<b>", "<!--", "&", ";", "/", "    ", "-", "1.", "=", "~~"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_markdown_of_a_model_is_defused(text: str) -> None:
    assert_inert(defuse(text))
    html = to_html(text)
    assert "<img" not in html
    assert all(re.match(r"https?://", each) for each in re.findall(r'href="([^"]*)"', html))


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["", "- ", "> ", "# ", "**Try:** "]))
def test_an_escaped_line_is_that_text_and_nothing_else(text: str, before: str) -> None:
    line = escape(text)
    plain, shown = tokens(f"{before}x"), tokens(f"{before}{line}") if line else tokens(f"{before}x")
    kinds = {"inline", "text", "text_special"}
    assert [each.type for each in shown if each.type not in kinds] == [
        each.type for each in plain if each.type not in kinds
    ]
    said = "".join(each.content for each in shown if each.type in {"text", "text_special"})
    assert said.removeprefix("Try: ") == clean_line(text) or not line


def test_the_whole_analysis(analysis: Analysis, labels: Labels) -> None:
    text = render(analysis, labels)
    html = MarkdownIt().render(text)
    for said in (
        "<h1>harbor.jpg · Ansel Adams</h1>",
        "Overall 7.1 of 10 · Solid",
        "Composition: 9 of 10 · Strong",
        "Focus &amp; Sharpness: 4 of 10 · Work on this",
        "Try Lighting.",
        "<li>The mast.</li>",
        "Well exposed.",
    ):
        assert said in html, said


def test_an_answer_without_structure_stays_markdown(analysis: Analysis) -> None:
    text = render(
        dataclasses.replace(analysis, critique=None, raw_text="**Fine** light.\n\n- one\n- [two](https://x.example)")
    )
    assert "**Fine** light." in text
    assert "- [two](https://x.example)" in text


def test_several_of_one_photo_begin_with_a_table(analysis: Analysis, labels: Labels) -> None:
    text = render_many([analysis, dataclasses.replace(analysis, advisor="weston")], {"ansel": labels})
    html = MarkdownIt().enable("table").render(text)
    assert html.startswith("<table>")
    assert '<th style="text-align:right">Ansel Adams</th>' in html
    assert html.count("<h1>") == 2
    assert render_many([]) == ""


@pytest.mark.parametrize(
    "text", ["[", "*a ", "`", "> ", "- ", "![", "_*", "a**b", "[a](", "[a]: x\n", "|a|\n", "&", "\\"]
)
def test_long_repetitions_are_rendered_to_the_end(text: str) -> None:
    html = to_html(text * (50_000 // len(text)) + "\n\nThe end.")
    assert html.count("The end.") == 1
    assert "<img" not in html
