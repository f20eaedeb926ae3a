from collections import Counter

from PySide6.QtGui import QAction

from mondrian_desktop.gui import actions
from mondrian_desktop.gui.actions import SPECS, State


def test_ids_and_keys_are_given_once():
    assert max(Counter(spec.id for spec in SPECS).values()) == 1
    assert max(Counter(key for spec in SPECS for key in spec.keys).values()) == 1


def test_the_keys_of_the_design_are_there(stand):
    keys = {spec.id: spec.keys[0] for spec in SPECS if spec.keys}
    assert keys["open"] == "Ctrl+O"
    assert keys["analyze"] == "Ctrl+Return"
    assert keys["stop"] == "Esc"
    assert keys["full_look"] == "Space"
    assert keys["copy_critique"] == "Ctrl+Shift+C"
    assert keys["close"] == "Ctrl+W"
    assert keys["quit"] == "Ctrl+Q"
    advisors = [action.shortcut().toString() for action in stand.window.verbs._advisor_actions.values()]
    assert advisors == [f"Ctrl+{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)]


def test_every_action_is_in_a_menu_and_works(stand, make_photo):
    in_menus = {
        action.objectName() for menu in stand.window.menuBar().actions() for action in menu.menu().actions()
    } - {""}
    assert in_menus == {spec.id for spec in SPECS if not spec.mac_only}


def test_what_only_a_mac_has_is_offered_on_a_mac_only(monkeypatch, make_stand, stand):
    assert "share" not in {action.objectName() for action in stand.window.findChildren(QAction)}
    monkeypatch.setattr(actions, "_MAC", True)
    offered = {action.objectName() for action in make_stand().window.findChildren(QAction)}
    assert "share" in offered
    assert "full_screen" not in offered


def test_roles_that_a_mac_moves(stand):
    assert stand.window.verbs["quit"].menuRole() is QAction.MenuRole.QuitRole
    assert stand.window.verbs["about"].menuRole() is QAction.MenuRole.AboutRole


def test_choosing_an_advisor_in_the_menu(stand):
    action = stand.window.verbs._advisor_actions["gilpin"]
    action.trigger()
    assert stand.window.asking.advisor == "gilpin"
    assert action.isChecked()
    assert stand.window.toolbar.advisor.currentText() == "Laura Gilpin"


def test_what_is_not_possible_is_disabled(stand):
    verbs = stand.window.verbs
    verbs.refresh(State())
    assert not verbs["analyze"].isEnabled()
    verbs.refresh(State(has_photos=True, has_photo=True, selected=3, idle=2))
    assert verbs["analyze"].text() == "Analyze 2 Photos"
    assert verbs["remove"].text() == "Remove 3 Photos from Window"
    assert not verbs["stop"].isEnabled()


def test_keys_of_the_list_leave_the_text_alone(stand, make_photo):
    """Space and the arrows belong to the list and the photo: in the text they scroll, on buttons they press."""
    holders = {"full_look", "previous", "next", "remove"}
    assert {action.objectName() for action in stand.window.photos.actions()} == holders
    assert {action.objectName() for action in stand.window.looking.view.actions()} == holders
    assert not stand.window.actions()
