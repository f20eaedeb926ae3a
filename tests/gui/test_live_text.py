from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtGui import QTextDocument

from mondrian_desktop.gui.live_text import LiveText, space_lines
from mondrian_desktop.report.model import Critique, Score
from mondrian_desktop.report.pane import dimension

WHOLE = Critique(
    image_description="A quiet harbor at dusk.",
    dimensions=(
        Score("Exposure", 7, "A comment here.", "Wait for the light."),
        Score("Contrast", 10, "Another comment.", ""),
        Score("Noise & Grain", 4, "", "Use a tripod."),
    ),
    key_strengths=("The light", "The calm 📷"),
    priority_improvements=("Straighten the horizon",),
    technical_notes="Sharp where it counts.",
)


@pytest.fixture
def document(qapp):
    made = QTextDocument()
    made.setTextWidth(388)
    return made


@pytest.fixture
def live(document):
    made = LiveText(document)
    made.start(dark=False)
    return made


def written_at_once(critique):
    document = QTextDocument()
    document.setTextWidth(388)
    LiveText(document).show(critique)
    return document


def growing(critique):
    """Yield the critique letter by letter."""
    empty = Critique()
    for end in range(1, len(critique.image_description) + 1):
        yield replace(empty, image_description=critique.image_description[:end])
    so_far = replace(empty, image_description=critique.image_description)
    for count, score in enumerate(critique.dimensions):
        done = critique.dimensions[:count]
        for end in range(len(score.comment) + 1):
            part = Score(score.name, score.score, score.comment[:end], "")
            yield replace(so_far, dimensions=(*done, part))
        for end in range(len(score.recommendation) + 1):
            yield replace(so_far, dimensions=(*done, replace(score, recommendation=score.recommendation[:end])))
    so_far = replace(so_far, dimensions=critique.dimensions)
    for count, text in enumerate(critique.key_strengths):
        for end in range(len(text) + 1):
            yield replace(so_far, key_strengths=(*critique.key_strengths[:count], text[:end]))
    so_far = replace(so_far, key_strengths=critique.key_strengths)
    yield replace(so_far, priority_improvements=critique.priority_improvements)
    yield critique


def test_letter_by_letter_is_the_same_as_at_once(document, live):
    for critique in growing(WHOLE):
        live.show(critique)
    at_once = written_at_once(WHOLE)
    assert document.toPlainText() == at_once.toPlainText()
    assert document.size().height() == pytest.approx(at_once.size().height())


def test_what_is_there_stays_where_it_is(document, live):
    places: dict[str, float] = {}
    for critique in growing(WHOLE):
        live.show(critique)
        block = document.begin()
        while block.isValid():
            top = document.documentLayout().blockBoundingRect(block).top()
            if block.text() in {
                "A quiet harbor at dusk.",
                "Exposure",
                "A comment here.",
                "Contrast",
                "Another comment.",
            }:
                assert places.setdefault(block.text(), top) == top
            block = block.next()
    assert len(places) == 5


def test_reads_like_the_finished_report(document, live):
    live.show(WHOLE)
    finished = QTextDocument()
    finished.setTextWidth(388)
    finished.setHtml(
        f'<p dir="auto" style="margin:2px 0 0 0">{WHOLE.image_description}</p>'
        + "".join(dimension(score, dark=False) for score in WHOLE.dimensions)
    )
    space_lines(finished)

    def words(text):
        return [line for line in text.split("\n") if line.strip()]

    assert words(document.toPlainText())[: len(words(finished.toPlainText()))] == words(finished.toPlainText())


def test_a_dimension_that_comes_out_of_order_takes_its_place(document, live):
    live.show(replace(WHOLE, dimensions=WHOLE.dimensions[1:]))
    live.show(WHOLE)
    assert document.toPlainText() == written_at_once(WHOLE).toPlainText()


def test_a_text_that_is_taken_back_is_taken_back(document, live):
    live.show(WHOLE)
    live.show(Critique(image_description="Another picture."))
    assert document.toPlainText() == "Another picture."


def test_long_runs_are_broken_also_while_they_grow(document, live):
    for end in range(1, 200):
        live.show(Critique(image_description="📷" + "x" * end))
    assert document.toPlainText() == written_at_once(Critique(image_description="📷" + "x" * 199)).toPlainText()
    assert "\u200b" in document.toPlainText()


@given(st.lists(st.text(max_size=60), min_size=1, max_size=6), st.booleans())
def test_whatever_comes_it_ends_as_if_written_at_once(qapp, texts, with_scores):
    document = QTextDocument()
    live = LiveText(document)
    critique = Critique()
    for text in texts:
        scores = (Score("Exposure", 5, text, text[::-1]),) if with_scores else ()
        critique = Critique(text, scores, None, (text,) if text else ())
        live.show(critique)
    at_once = QTextDocument()
    LiveText(at_once).show(critique)
    assert document.toPlainText() == at_once.toPlainText()


def test_markup_is_text(document, live):
    live.show(Critique(image_description="<b>bold</b> & <img src='file:///x'>"))
    assert document.toPlainText() == "<b>bold</b> & <img src='file:///x'>"


def test_an_answer_without_structure_is_appended(document, live):
    for piece in ("I like ", "the <i>light</i>.\n\nMuch", " more."):
        live.add_plain(piece)
    assert document.toPlainText() == "I like the <i>light</i>.\n\nMuch more."
    live.show(Critique(image_description="After all."))
    assert document.toPlainText() == "After all."


def test_no_paragraph_of_a_huge_answer_grows_without_end(document, live):
    for _ in range(100):
        live.add_plain("x" * 1000)
    assert document.toPlainText().replace("\n", "") == "x" * 100_000
    block, longest = document.begin(), 0
    while block.isValid():
        longest = max(longest, block.length())
        block = block.next()
    assert longest <= 3001
