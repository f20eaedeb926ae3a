import re
import sys

import pytest
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QLabel

from mondrian_desktop.gui import theme as themes
from mondrian_desktop.gui.theme import BLUE, DARK, LIGHT, RED, YELLOW, contrast, luminance, tabular

BOTH = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])


def test_contrast_is_that_of_the_guidelines():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@BOTH
@pytest.mark.parametrize("text", ["ink", "soft", "strong", "solid", "weak"])
@pytest.mark.parametrize("ground", ["window", "paper", "hover", "control"])
def test_text_can_be_read(colors, text, ground):
    assert contrast(getattr(colors, text), getattr(colors, ground)) >= 4.5


@BOTH
def test_text_on_special_grounds_can_be_read(colors):
    assert contrast(colors.ink, colors.selection) >= 4.5
    assert contrast(colors.on_surround, colors.surround) >= 4.5
    assert contrast(colors.on_accent, colors.accent) >= 4.5


@BOTH
def test_the_outline_of_the_progress_bar_can_be_seen(colors):
    assert contrast(colors.soft, colors.window) >= 3


def test_the_surround_is_neutral_and_as_bright_as_said():
    for colors, reflectance in ((LIGHT, 0.75), (DARK, 0.18)):
        red, green, blue = (int(colors.surround[at : at + 2], 16) for at in (1, 3, 5))
        assert red == green == blue
        assert luminance(colors.surround) == pytest.approx(reflectance, abs=0.02)


def test_primaries_are_nowhere_in_the_ordinary_colors():
    for colors in (LIGHT, DARK):
        used = {getattr(colors, name) for name in colors.__slots__}
        assert not used & {RED, YELLOW, BLUE}
    assert not re.search("|".join((RED, YELLOW, BLUE)), themes.style_sheet(LIGHT) + themes.style_sheet(DARK))


def test_holding_an_appearance_tells_everybody(qtbot, theme):
    with qtbot.waitSignal(theme.changed):
        theme.hold(True)
    assert theme.colors is DARK
    assert QApplication.palette().window().color().name() == DARK.window
    theme.hold(None)
    assert theme.colors is LIGHT


@pytest.mark.skipif(sys.platform == "darwin", reason="a Mac has its own controls")
def test_the_style_sheet_can_wait(qapp):
    qapp.setStyleSheet("")
    waiting = themes.Theme(qapp, dark=True, waits=True)
    assert (waiting.held, qapp.styleSheet()) == (True, "")
    assert QApplication.palette().window().color().name() == DARK.window
    waiting.hold(None)
    assert qapp.styleSheet() == ""
    waiting.dress()
    assert LIGHT.control_edge in qapp.styleSheet()
    waiting.deleteLater()


def test_a_label_keeps_its_color_in_whatever_it_is_put(qtbot, theme):
    label = QLabel("text")
    qtbot.addWidget(label)
    themes.set_text_color(label, "#ff0000")
    box = themes.QWidget()
    qtbot.addWidget(box)
    label.setParent(box)
    box.show()
    assert label.palette().windowText().color().name() == "#ff0000"


def test_figures_have_one_width(qapp):
    assert tabular(QFont()).featureValue(QFont.Tag("tnum")) == 1
