from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from mondrian_desktop.engine.protocol import Token
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.thinking_box import ThinkingBox
from mondrian_desktop.jobs.model import Job, JobState
from tests.gui.conftest import answer

THOUGHT = "The light comes from the left. "


@pytest.fixture
def live():
    return Live(Job(Path("/a.jpg"), "mentor", "mini").to(JobState.RUNNING), 0.0)


@pytest.fixture
def box(qtbot):
    made = ThinkingBox()
    qtbot.addWidget(made)
    made.show()
    return made


def test_is_closed_at_first_and_catches_up_when_it_is_opened(qtbot, box, live):
    for number, piece in enumerate(["<thi", "nk>", *[THOUGHT] * 3], start=1):
        live.take(Token(piece, number, 9.0), number)
        box.show_live(live)
    assert box.needed
    assert box.button.text() == "Thinking, 18 words so far"
    assert box.text.isHidden()
    qtbot.mouseClick(box.button, Qt.MouseButton.LeftButton)
    assert box.text.isVisible()
    assert box.text.toPlainText() == THOUGHT * 3
    live.take(Token("Done.</think>{", 6, 9.0), 6.0)
    box.show_live(live)
    assert box.button.text().startswith("What the model thought first")
    assert box.text.toPlainText() == THOUGHT * 3 + "Done."
    box.show_final(THOUGHT.strip())
    assert box.button.text() == "What the model thought first, 6 words"


def test_thinking_is_neither_answer_nor_progress(live):
    live.take(Token(f"<think>{THOUGHT * 100}", 90, 9.0), 1.0)
    assert live.shares(1.0, 100)[2] == 0.0
    assert live.answer == []
    assert "".join(live.pieces).startswith("<think>")
    live.take(Token("</think>\n\nGood.", 100, 9.0), 2.0)
    assert "".join(live.answer) == "Good."


def test_a_thinking_model_in_the_window(make_stand, make_photo):
    stand = make_stand(script(f"<think>{THOUGHT * 30}</think>\n{answer()}", pieces=60))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    pane = stand.window.asking.pane
    assert pane.thinking.isVisible()
    assert pane.thinking.text.isHidden()
    assert "A quiet harbor" in pane.text.toPlainText()
    assert "The light comes from" not in pane.text.toPlainText()
    pane.thinking.button.click()
    assert pane.thinking.text.toPlainText() == (THOUGHT * 30).strip()
    stand.trigger("tab_raw")
    assert pane.thinking.isHidden()
    assert pane.raw.toPlainText().startswith("<think>")


def test_an_answer_without_structure_is_shown_without_the_thinking(make_stand, make_photo):
    stand = make_stand(script(f"<think>{THOUGHT}</think>I like it very much."))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    pane = stand.window.asking.pane
    assert pane.text.toPlainText().startswith("I like it very much.")
    assert THOUGHT.strip() not in pane.text.toPlainText()


def test_stopped_while_it_thinks(make_stand, make_photo):
    endless = [*script(f"<think>{THOUGHT * 9}", pieces=12)[:-1], *[Token("", 9, 20.0)] * 1_000_000]
    stand = make_stand(endless)
    stand.open(make_photo(), analyze=True)
    pane = stand.window.asking.pane
    stand.qtbot.waitUntil(lambda: pane.thinking.isVisible() and "54 words" in pane.thinking.button.text())
    assert pane.text.toPlainText() == ""
    stand.trigger("stop")
    stand.wait_for_states("Stopped")
    assert "only thought about it" in pane.message.text
    assert pane.thinking.isVisible()
