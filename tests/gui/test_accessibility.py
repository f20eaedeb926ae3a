from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QProgressBar,
    QTabBar,
    QWidget,
)

from mondrian_desktop.gui import announce
from mondrian_desktop.gui.photo_view import PhotoView

CONTROLS = (QAbstractButton, QComboBox, QAbstractScrollArea, QTabBar, QProgressBar, QLineEdit, PhotoView)


def controls(window):
    return [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, CONTROLS) and not widget.objectName().startswith("qt_") and widget.window() is window
        and not isinstance(widget.parent(), QComboBox | QMenuBar | QTabBar)
    ]  # fmt: skip


def test_every_control_has_a_name(stand, make_photo):
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    found = controls(stand.window)
    assert len(found) > 15
    for widget in found:
        interface = QAccessible.queryAccessibleInterface(widget)
        # A hidden button gets its words when it is shown.
        assert interface.text(QAccessible.Text.Name) or widget.isHidden(), f"{widget} has no name"


def test_every_action_has_words(stand):
    for menu in stand.window.menuBar().actions():
        assert menu.text()
        for action in menu.menu().actions():
            assert action.isSeparator() or action.text()


def test_labels_show_text_and_never_markup(stand, make_photo):
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    labels = [label for label in stand.window.findChildren(QLabel) if label.text()]
    assert len(labels) > 10
    assert [label.text() for label in labels if label.textFormat() is not Qt.TextFormat.PlainText] == []


def tab_chain(window):
    chain, widget = [], window.centralWidget()
    for _ in range(60):
        QApplication.focusWidget() or widget.setFocus()
        window.focusNextPrevChild(True)
        focus = QApplication.focusWidget()
        if focus in chain:
            break
        chain.append(focus)
    return chain


def test_tab_goes_in_the_order_of_reading(stand, make_photo):
    window = stand.window
    window.resize(1280, 800)
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    stand.wait_until_idle()
    window.centralWidget().setFocus()
    pane = window.asking.pane
    expected = [
        window.toolbar.advisor, window.toolbar.analyze, window.area.add, window.photos, window.looking.view, pane.tabs,
        pane.text,
    ]  # fmt: skip
    chain = [widget for widget in tab_chain(window) if widget in expected]
    start = chain.index(window.toolbar.advisor)
    assert chain[start:] + chain[:start] == expected


def test_announcements_come_with_phases_not_with_tokens(make_stand, make_photo, monkeypatch):
    said = []
    monkeypatch.setattr(announce, "politely", lambda widget, text: said.append(text))
    from mondrian_desktop.engine.scripted import script
    from tests.gui.conftest import answer

    stand = make_stand(script(answer(), pieces=500))
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    stand.wait_until_idle()
    assert said[-1] == "harbor.jpg: 7.0 · Solid"
    assert len(said) <= 4
    assert set(said[:-1]) <= {"Reading the photo", "Looking at the photo", "Writing the critique"}


def test_an_announcement_reaches_the_screen_reader(stand, monkeypatch):
    told = []
    monkeypatch.setattr(QAccessible, "isActive", lambda: True)
    monkeypatch.setattr(QAccessible, "updateAccessibility", told.append)
    announce.politely(stand.window, "Reading the photo")
    assert told[0].message() == "Reading the photo"
    assert told[0].politeness() is QAccessible.AnnouncementPoliteness.Polite
