"""The pages generated from the settings: in force at once, wrong values explained, the environment respected."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit

from mondrian_desktop.settings import (
    ADVISOR,
    ALL,
    APPEARANCE,
    MAX_TOKENS,
    MODEL,
    STREAM,
    UPDATE_INTERVAL,
    Group,
)
from mondrian_desktop.weights import servers


@pytest.fixture
def preferences(stand):
    stand.trigger("preferences")
    return stand.window.preferences


def enter(row, text):
    row.control.setText(text)
    row.control.editingFinished.emit()


def test_every_setting_is_on_the_page_of_its_group(preferences):
    titles = [preferences.tabs.tabText(index) for index in range(preferences.tabs.count())]
    assert titles[: len(Group)] == [str(group) for group in Group]
    assert set(preferences.rows) == {each.name for each in ALL if each.group is not Group.SERVICE}
    assert isinstance(preferences.rows["stream"].control, QCheckBox)
    assert isinstance(preferences.rows["advisor"].control, QComboBox)
    assert isinstance(preferences.rows["max_tokens"].control, QLineEdit)
    for row in preferences.rows.values():
        assert row.help.text() == row.setting.help
        assert QAccessible.queryAccessibleInterface(row.control).text(QAccessible.Text.Name)


def test_labels_are_never_markup(preferences):
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in preferences.findChildren(QLabel))


def test_a_value_is_in_force_at_once_and_kept(preferences, stand):
    enter(preferences.rows["max_tokens"], "300")
    preferences.rows["stream"].control.click()
    assert stand.service.settings.get(MAX_TOKENS) == 300
    assert stand.service.options().max_tokens == 300
    assert stand.service.options().stream is False


def test_a_wrong_value_says_why_and_changes_nothing(preferences, stand):
    row = preferences.rows["update_interval"]
    enter(row, "99")
    assert "0.1 to 60 s" in row.problem.text()
    assert row.problem.isVisibleTo(row)
    assert stand.service.settings.get(UPDATE_INTERVAL) == UPDATE_INTERVAL.default
    enter(row, "2")
    assert not row.problem.isVisibleTo(row)
    assert stand.service.settings.get(UPDATE_INTERVAL) == 2.0
    enter(row, "soon")
    preferences.close()
    stand.trigger("preferences")
    assert row.control.text() == "2"
    assert not row.problem.isVisibleTo(row)


def test_what_cannot_be_saved_is_said(preferences, stand, tmp_path):
    (tmp_path / "file").touch()
    stand.service.settings.file = tmp_path / "file" / "settings.json"
    row = preferences.rows["stream"]
    row.control.click()
    assert "could not be saved" in row.problem.text()
    assert row.control.isChecked()


def test_a_value_from_the_environment_is_shown_so_and_cannot_be_changed(stand, monkeypatch):
    monkeypatch.setattr(stand.service.settings, "_environment", {MAX_TOKENS.variable: "77"})
    row = stand.window.show_preferences("Analysis").rows["max_tokens"]
    assert row.control.text() == "77"
    assert not row.control.isEnabled()
    assert MAX_TOKENS.variable in row.problem.text()


def test_what_is_changed_elsewhere_shows(preferences, stand):
    stand.window.asking.choose_advisor("gilpin")
    assert preferences.rows["advisor"].control.currentText() == "Laura Gilpin"
    stand.service.settings.set(MODEL, "/a/folder")
    assert preferences.rows["model"].control.currentText() == "/a/folder"
    stand.service.settings.set(STREAM, False)
    assert not preferences.rows["stream"].control.isChecked()


def test_another_advisor_is_asked_from_now_on(preferences, stand):
    control = preferences.rows["advisor"].control
    index = control.findText("Laura Gilpin")
    control.setCurrentIndex(index)
    control.activated.emit(index)
    assert stand.service.settings.get(ADVISOR) == "gilpin"
    assert stand.window.asking.advisor == "gilpin"


def test_another_model_shows_in_the_toolbar(preferences, stand):
    before = stand.window.models.button.text()
    stand.service.settings.set(MODEL, "/no/such/folder")
    assert stand.window.models.button.text() != before
    stand.service.settings.set(MODEL, "mini")
    assert stand.window.models.button.text() == before


def test_choices_that_are_names_of_files_stay_as_they_are(preferences):
    control = preferences.rows["sidecar_naming"].control
    assert [control.itemText(index) for index in range(control.count())] == ["photo.xmp", "photo.ext.xmp"]
    assert preferences.rows["appearance"].control.currentText() == "System"


def test_appearance_follows_at_once(preferences, stand):
    before = stand.desk.theme.colors.dark
    stand.service.settings.set(APPEARANCE, "dark")
    assert stand.desk.theme.colors.dark
    stand.service.settings.set(APPEARANCE, "light")
    assert not stand.desk.theme.colors.dark
    stand.service.settings.set(APPEARANCE, "system")
    assert stand.desk.theme.colors.dark == before


def test_closes_by_key_and_with_the_window(preferences, stand):
    stand.qtbot.keyClick(preferences, Qt.Key.Key_Escape)
    assert not preferences.isVisible()
    stand.trigger("preferences")
    assert preferences.isVisible()
    stand.desk.close()
    assert not preferences.isVisible()


def test_servers_can_be_chosen_in_the_place_of_a_model(stand):
    servers.add(servers.make("gpu", "https://gpu.example.com", "org/qwen"))
    stand.trigger("preferences")
    control = stand.window.preferences.rows["model"].control
    assert control.findText("qwen on gpu.example.com") >= 0
    assert control.findText("Mondrian Mini") >= 0
