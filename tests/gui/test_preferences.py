"""The pages generated from the settings: in force at once, wrong values explained, the environment respected."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QLineEdit

from mondrian_desktop.gui.option_row import OptionRow
from mondrian_desktop.settings import (
    ALL,
    APPEARANCE,
    MAX_TOKENS,
    MODEL,
    STREAM,
    UPDATE_INTERVAL,
    Group,
)
from mondrian_desktop.weights import servers
from mondrian_desktop.weights.space import GIB
from mondrian_desktop.weights.standing import Machine


@pytest.fixture
def preferences(stand):
    stand.trigger("preferences")
    return stand.window.preferences


def enter(row, text):
    row.control.setText(text)
    row.control.editingFinished.emit()


def test_every_setting_is_on_the_page_of_its_group(preferences):
    titles = [preferences.titles.item(row).text() for row in range(preferences.titles.count())]
    assert titles == [
        "General", "Analysis", "Models", "Batch and watch", "Service", "Export and sidecars", "Advisors", "Privacy",
    ]  # fmt: skip
    assert [str(group) for group in Group] == titles[: len(Group)]
    for group in Group:
        shown = {each for each, row in preferences.rows.items() if row.setting.group is group}
        assert shown == {each.name for each in ALL if each.group is group} or group is Group.SERVICE
    assert set(preferences.rows) == {each.name for each in ALL if each.group is not Group.SERVICE}
    assert isinstance(preferences.rows["stream"].control, QCheckBox)
    assert isinstance(preferences.rows["advisor"].control, QComboBox)
    assert isinstance(preferences.rows["max_tokens"].control, QLineEdit)
    for row in preferences.rows.values():
        assert row.help.text() == row.setting.help
        assert QAccessible.queryAccessibleInterface(row.control).text(QAccessible.Text.Name)


def test_nothing_of_a_page_is_a_window_of_its_own_while_it_is_made(stand, monkeypatch):
    shown = []
    set_visible = QLabel.setVisible
    monkeypatch.setattr(
        QLabel, "setVisible", lambda label, on: (shown.append(label.text()) if on and label.isWindow() else None,
                                                 set_visible(label, on)),
    )  # fmt: skip
    stand.trigger("preferences")
    assert shown == []


def test_pages_that_nobody_looks_at_yet_are_made_one_by_one(stand):
    stand.trigger("preferences")
    preferences = stand.window.preferences
    made = len(preferences.findChildren(OptionRow))
    assert 0 < made < len(ALL) / 2, "all at once would hold the window up"
    stand.qtbot.waitUntil(lambda: len(preferences.findChildren(OptionRow)) >= len(ALL) - 4)
    stand.qtbot.waitUntil(lambda: not preferences._others.isActive())
    assert not preferences._makers


def test_a_page_is_there_as_soon_as_it_is_looked_at(stand):
    preferences = stand.window.show_preferences("Advisors")
    assert preferences.advisors_page.isVisible()
    preferences.titles.setCurrentRow(1)
    assert preferences.findChild(QLineEdit, "max_tokens").isVisible()


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


def test_another_model_shows_in_the_toolbar(preferences, stand):
    before = stand.window.models.button.text()
    stand.service.settings.set(MODEL, "/no/such/folder")
    assert stand.window.models.button.text() != before
    stand.service.settings.set(MODEL, "mini")
    assert stand.window.models.button.text() == before


def choose(row, words):
    index = row.control.findText(words)
    assert index >= 0, [row.control.itemText(each) for each in range(row.control.count())]
    row.control.setCurrentIndex(index)
    row.control.activated.emit(index)


def test_a_model_that_cannot_be_loaded_is_refused_and_the_chosen_one_stays(preferences, stand, tmp_path):
    (tmp_path / "config.json").write_text("{}")
    row = preferences.rows["model"]
    # It is there, and no more than that is known before it is chosen.
    row.offer([("mini", "Mondrian Mini"), (str(tmp_path), "Broken")])
    choose(row, "Broken")
    stand.qtbot.waitUntil(lambda: "damaged" in row.problem.text(), timeout=30_000)
    assert stand.service.settings.get(MODEL) == "mini"
    assert row.control.currentText() == "Mondrian Mini"
    assert row.control.isEnabled()


def test_a_model_is_in_force_once_it_was_looked_at(preferences, stand):
    stand.service.settings.set(MODEL, "/no/such/folder")
    row = preferences.rows["model"]
    choose(row, "Mondrian Mini")
    stand.qtbot.waitUntil(lambda: stand.service.settings.get(MODEL) == "mini", timeout=30_000)
    assert not row.problem.isVisibleTo(row)


def test_models_lead_to_their_sheet(preferences, stand):
    preferences.models.click()
    assert stand.window.models.sheet.isVisible()


def test_a_larger_model_is_offered_again_where_that_is_switched_on(preferences, stand):
    offer, switch = stand.window.models.offer, preferences.rows["offer_model"].control
    stand.service.shelf.machine = Machine(16 * GIB)
    stand.service.shelf.refresh()
    stand.qtbot.waitUntil(lambda: "this Mac can run" in offer.text, timeout=30_000)
    switch.click()
    assert offer.isHidden()
    switch.click()
    assert not offer.isHidden()
    offer.later.click()
    switch.click()
    switch.click()
    assert not offer.isHidden()


def test_a_file_that_was_spoiled_meanwhile_is_told_in_the_window(preferences, stand):
    preferences.rows["stream"].control.click()
    stand.service.settings.file.write_text("{", encoding="utf-8")
    preferences.rows["schema"].control.click()
    assert "damaged" in stand.window.notice.text
    assert stand.service.settings.get(STREAM) is False


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
    # Keys go to the active window, which it is once the loop has run.
    stand.qtbot.waitUntil(preferences.isActiveWindow)
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
