from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QUrl
from PySide6.QtGui import QDesktopServices, QTextDocument

from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.report_text import ReportText
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.run import Partial
from mondrian_desktop.report.model import Analysis, Critique, Generation, Labels, Score


@pytest.fixture
def text(qtbot, theme):
    made = ReportText(theme)
    qtbot.addWidget(made)
    made.resize(420, 300)
    made.show()
    return made


@pytest.fixture
def live():
    return Live(Job(Path("/a.jpg"), "mentor", "mini").to(JobState.RUNNING), 0.0)


def critique(count):
    scores = tuple(Score(f"Dimension {n}", 7, "A comment of some length about it.", "Try this.") for n in range(count))
    return Critique("A quiet harbor.", scores)


def write(text, live, count):
    live.partial = Partial(critique(count), count / 20)
    text.show_live(live)


def at_end(text):
    bar = text.verticalScrollBar()
    return bar.value() == bar.maximum()


def test_follows_while_the_reader_is_at_the_end(text, live):
    for count in range(1, 15):
        write(text, live, count)
        assert at_end(text)
    assert text.verticalScrollBar().maximum() > 0


def test_stays_where_the_reader_went(text, live):
    write(text, live, 10)
    text.verticalScrollBar().setValue(40)
    for count in range(11, 18):
        write(text, live, count)
        assert text.verticalScrollBar().value() == 40
    text.verticalScrollBar().setValue(text.verticalScrollBar().maximum())
    write(text, live, 20)
    assert at_end(text)


def test_the_scroll_bar_takes_no_room_from_the_text_when_it_comes(text, live):
    write(text, live, 1)
    width = text.viewport().width()
    write(text, live, 20)
    assert text.viewport().width() == width


def analysis_of(job, critique):
    return Analysis(None, "mentor", "technical", "mini", "", critique, None, Generation(), "{}", datetime.now(UTC))


def first_line(text):
    cursor = text.cursorForPosition(QPoint(30, 4))
    return cursor.block().text(), text.cursorRect(cursor).top()


@pytest.mark.parametrize("place", [0, 60, 200])
def test_finishing_moves_nothing_that_is_being_read(text, live, place):
    write(text, live, 12)
    text.verticalScrollBar().setValue(place)
    before = first_line(text)
    text.show_analysis(live.job.id, analysis_of(live.job, critique(12)), Labels())
    line, top = first_line(text)
    assert line == before[0]
    assert abs(top - before[1]) <= 2


def test_an_analysis_that_was_not_watched_begins_at_its_beginning(text, live):
    write(text, live, 12)
    text.show_analysis("another job", analysis_of(live.job, critique(12)), Labels())
    assert text.verticalScrollBar().value() == 0


def test_another_appearance_recolors_what_is_there(text, live, theme):
    write(text, live, 5)
    before = text.toPlainText()
    light = text.toHtml()
    theme.hold(True)
    assert text.toPlainText() == before
    assert text.toHtml() != light


def test_loads_nothing(text, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: asked.append(url.toString()))
    for address in (f"file://{tmp_path}/a.png", "https://example.org/a.png", "qrc:/a", "data:image/png;base64,AAAA"):
        assert text.loadResource(QTextDocument.ResourceType.ImageResource.value, QUrl(address)) is None
    for address in ("file:///etc/passwd", "javascript:alert(1)", "ftp://example.org", "mailto:a@example.org"):
        text.anchorClicked.emit(QUrl(address))
    assert asked == []
    text.anchorClicked.emit(QUrl("https://example.org/read"))
    assert asked == ["https://example.org/read"]


def test_an_answer_without_structure_is_shown_after_some_patience(text, live):
    live.take(Token("I like ", 1, 9.0), 1.0)
    live.take(Token("it. ", 2, 9.0), 1.0)
    text.show_live(live)
    assert text.toPlainText() == ""
    live.take(Token("Very much.", 45, 9.0), 1.0)
    text.show_live(live)
    assert text.toPlainText() == "I like it. Very much."


def test_another_job_begins_anew(text, live):
    write(text, live, 5)
    other = Live(Job(Path("/b.jpg"), "mentor", "mini").to(JobState.RUNNING), 0.0)
    other.partial = Partial(Critique("Another picture."), 0.1)
    text.show_live(other)
    assert text.toPlainText() == "Another picture."
