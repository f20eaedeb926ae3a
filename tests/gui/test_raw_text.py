import pytest

from mondrian_desktop.gui.raw_text import RawText
from mondrian_desktop.report.clean import TEXT_LIMIT


@pytest.fixture
def raw(qtbot):
    made = RawText()
    qtbot.addWidget(made)
    made.resize(400, 200)
    return made


def test_writes_only_while_it_is_seen_and_then_catches_up(raw):
    pieces = ["one ", "two "]
    raw.show_live("job", pieces)
    assert raw.toPlainText() == ""
    raw.show()
    pieces.append("three")
    raw.show_live("job", pieces)
    assert raw.toPlainText() == "one two three"
    pieces.append(" four")
    raw.show_live("job", pieces)
    assert raw.toPlainText() == "one two three four"


def test_another_job_begins_anew(raw):
    raw.show()
    raw.show_live("one", ["first"])
    raw.show_live("two", ["second"])
    assert raw.toPlainText() == "second"


def test_is_never_markup(raw):
    raw.show_final("<b>bold</b>\x1b[31m red")
    assert raw.toPlainText() == "<b>bold</b> red"


def test_a_huge_run_is_bounded(raw):
    raw.show()
    pieces = []
    for _ in range(300):
        pieces.append("x" * 1000)
        raw.show_live("job", pieces)
    assert len(raw.toPlainText()) <= TEXT_LIMIT * 1.1
    assert max(map(len, raw.toPlainText().split("\n"))) <= 4000
    raw.show_final("".join(pieces))
    assert len(raw.toPlainText()) <= TEXT_LIMIT


def test_newlines_of_the_text_stay(raw):
    raw.show()
    raw.show_live("job", ["a\nb", "\n\nc"])
    assert raw.toPlainText() == "a\nb\n\nc"


def test_stays_where_the_reader_went(raw):
    raw.show()
    pieces = ["line\n" * 100]
    raw.show_live("job", pieces)
    bar = raw.verticalScrollBar()
    assert bar.value() == bar.maximum()
    bar.setValue(3)
    pieces.append("line\n" * 10)
    raw.show_live("job", pieces)
    assert bar.value() == 3
