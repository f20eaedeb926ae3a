import pytest

from mondrian_desktop.gui.phase_bar import PhaseBar
from mondrian_desktop.gui.theme import BLUE, RED, YELLOW


@pytest.fixture
def bar(qtbot, theme):
    made = PhaseBar(theme)
    qtbot.addWidget(made)
    made.resize(200, 12)
    made.start()
    return made


def test_moves_smoothly_to_where_it_is_aimed(bar):
    bar.aim((1.0, 0.0, 0.0))
    seen = []
    for _ in range(40):
        bar.advance()
        seen.append(bar.drawn[0])
    assert seen == sorted(seen)
    assert 0 < seen[0] < 1
    assert seen[-1] == 1.0
    assert bar.value() == 18


def test_less_motion_goes_straight_there(bar, theme, monkeypatch):
    monkeypatch.setattr(type(theme), "reduces_motion", property(lambda self: True))
    bar.aim((1.0, 0.5, 0.0))
    bar.advance()
    assert bar.drawn == (1.0, 0.5, 0.0)


def test_never_goes_back_within_a_job(bar):
    bar.aim((1.0, 0.8, 0.0))
    bar.aim((0.2, 0.3, 0.0))
    for _ in range(60):
        bar.advance()
    assert bar.drawn == (1.0, 0.8, 0.0)
    bar.start()
    assert bar.drawn == (0.0, 0.0, 0.0)


def test_each_phase_has_its_color(bar):
    bar.aim((1.0, 1.0, 1.0))
    for _ in range(60):
        bar.advance()
    image = bar.grab().toImage()
    shown = [image.pixelColor(x, 6).name() for x in (10, 60, 150)]
    assert shown == [RED, YELLOW, BLUE]
    assert image.pixelColor(199, 6).name() == theme_soft(bar)


def theme_soft(bar):
    return bar._theme.colors.soft
