from pathlib import Path

import pytest

from mondrian_desktop.engine.protocol import Phase, Stage, Token
from mondrian_desktop.gui.bottom_bar import BottomBar, time_left
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.run import Partial
from mondrian_desktop.report.model import Critique


@pytest.fixture
def live():
    made = Live(Job(Path("/a.jpg"), "mentor", "mini").to(JobState.RUNNING), 0.0)
    made.take(Phase(Stage.ENCODING), 1.0)
    return made


def write(live, seconds, share):
    for second in seconds:
        live.take(Token("a", second, 1.0), float(second))
    live.take(Partial(Critique("A harbor."), share), float(seconds[-1]))


@pytest.mark.parametrize(
    ("left_s", "words"),
    [
        (None, ""), (0.0, "about 1 s left"), (3.2, "about 4 s left"), (9.9, "about 10 s left"),
        (11.0, "about 15 s left"), (61.0, "about 65 s left"), (100.0, "about 2 min left"), (400.0, "about 7 min left"),
    ],
)  # fmt: skip
def test_time_left_comes_in_steps_that_can_be_read(left_s, words):
    assert time_left(left_s) == words


def test_the_time_left_follows_from_the_share_of_the_fields_that_are_there(qtbot, theme, live):
    bar = BottomBar(theme)
    qtbot.addWidget(bar)
    write(live, range(10, 12), 0.02)
    bar.show_live(live, 11.0, 1500, 0)
    assert "left" not in bar.times.text(), "too early to say"
    write(live, range(12, 31), 0.5)
    bar.show_live(live, 30.0, 1500, 0)
    assert bar.times.text() == "first token 9.0 s  ·  0:30  ·  about 20 s left"
    write(live, range(31, 51), 0.99)
    bar.show_live(live, 50.0, 1500, 0)
    assert bar.times.text().endswith("about 1 s left")
    bar.rest("Done")
    assert bar.times.text() == ""


def test_thinking_and_pauses_are_left_out_of_it(live):
    live.take(Token("<think>well", 10, 1.0), 100.0)
    live.take(Token("</think>{", 20, 1.0), 200.0)
    write(live, range(201, 211), 0.5)
    assert live.seconds_left() == pytest.approx(15.0, abs=6.0)
    before = live.seconds_left()
    live.take(Token("a", 40, 1.0), 5000.0)
    assert live.seconds_left() == pytest.approx(before + 5.0)
