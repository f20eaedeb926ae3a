from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QHBoxLayout, QWidget

from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.gui.panel_page import PanelPage
from mondrian_desktop.gui.theme import CRITIQUE_MIN
from mondrian_desktop.report.model import Analysis, Critique, Generation, Labels, Score

NAMES = tuple(each.name for each in load_rubric("critique").dimensions)


@pytest.fixture
def window(qtbot, theme):
    """A window with a panel of ten, still hidden and of no certain size."""
    advisors = load_advisors()
    critique = Critique("A harbor.", tuple(Score(name, 10, "Fine.", "Keep it.") for name in NAMES), 10.0)
    now = datetime.now(UTC)
    ten = [
        Analysis(None, each, "critique", "m", "", critique, None, Generation(), "{}", now, "Hm.") for each in advisors
    ]
    page = PanelPage(theme)
    page.show_panel(ten, {each: Labels(advisors[each].name) for each in advisors})
    window = QWidget()
    layout = QHBoxLayout(window)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(page)
    qtbot.addWidget(window)
    return window


@pytest.fixture
def panel(window):
    return window.findChild(PanelPage)


def fits(page):
    return page.text.document().size().width() <= page.text.viewport().width()


def lines(page):
    return page.text.toPlainText().splitlines()


def test_ten_fit_into_the_narrowest_pane_and_have_columns_where_there_is_room(window, panel):
    window.resize(CRITIQUE_MIN, 500)
    window.show()
    assert fits(panel)
    assert "Imogen Cunningham" in lines(panel)
    window.resize(1100, 500)
    assert fits(panel)
    assert "Imogen Cunningham" not in lines(panel)
    assert "Depth & Perspective" in lines(panel)
    window.resize(CRITIQUE_MIN, 500)
    assert fits(panel)
    assert "Imogen Cunningham" in lines(panel)


def test_what_an_advisor_thought_is_in_its_tab(window, panel):
    window.show()
    assert panel.thinking.isHidden()
    panel.tabs.setCurrentIndex(1)
    assert panel.thinking.isVisible()
    panel.thinking.button.click()
    assert panel.thinking.text.toPlainText() == "Hm."
    panel.tabs.setCurrentIndex(0)
    assert panel.thinking.isHidden()
