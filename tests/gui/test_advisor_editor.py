"""Own advisors are written in the preferences, and can be asked at once."""

import pytest

from mondrian_desktop.critique.advisor import load_advisors, user_folder


@pytest.fixture
def editor(stand):
    return stand.window.show_preferences("Advisors").advisors_page


def choose(editor, advisor_id: str) -> None:
    editor.list.setCurrentRow(list(editor._service.advisors).index(advisor_id))


def test_a_new_advisor_is_written_to_a_file_and_can_be_asked_at_once(stand, editor) -> None:
    editor.new.click()
    editor.fields["name"].setText("Émile, my neighbor")
    editor.fields["focus"].setPlainText("The door\n\n The cat ")
    editor.save.click()
    assert load_advisors()["emile-my-neighbor"].focus == ("The door", "The cat")
    assert stand.window.toolbar.advisor.findData("emile-my-neighbor") >= 0
    stand.window.asking.choose_advisor("emile-my-neighbor")
    assert stand.service.settings.get(stand.window.preferences.rows["advisor"].setting) == "emile-my-neighbor"
    assert "Émile, my neighbor (yours)" in [editor.list.item(row).text() for row in range(editor.list.count())]


def test_the_prompt_shows_what_is_being_written(editor) -> None:
    choose(editor, "ansel")
    editor.fields["seeing"].setPlainText("Look at the clouds, and at nothing else.")
    assert "Way of seeing: Look at the clouds, and at nothing else." in editor.preview.toPlainText()
    assert not user_folder().exists()


def test_what_is_not_saved_is_still_there_after_looking_elsewhere(editor) -> None:
    choose(editor, "ansel")
    editor.fields["voice"].setPlainText("Gruff.")
    choose(editor, "weston")
    choose(editor, "ansel")
    assert editor.fields["voice"].toPlainText() == "Gruff."
    assert editor.save.isEnabled()


def test_a_changed_shipped_advisor_becomes_ones_own_and_comes_back(stand, editor) -> None:
    before = stand.service.advisors["ansel"]
    choose(editor, "ansel")
    editor.fields["voice"].setPlainText("Gruff.")
    editor.save.click()
    assert stand.service.advisors["ansel"].voice == "Gruff."
    assert stand.service.advisors["ansel"].links == before.links
    editor.remove.click()
    assert stand.service.advisors["ansel"] == before
    editor.remove.click()
    assert stand.service.advisors["ansel"].voice == "Gruff."


def test_the_chosen_advisor_that_is_removed_is_replaced_and_its_critiques_stay(stand, editor, make_photo) -> None:
    editor.new.click()
    editor.fields["name"].setText("Neighbor")
    editor.save.click()
    stand.window.asking.choose_advisor("neighbor")
    stand.open(make_photo(), analyze=True)
    stand.wait_for_states("Done")
    choose(editor, "neighbor")
    editor.remove.click()
    assert "neighbor" not in stand.service.advisors
    assert stand.window.asking.advisor == "mentor"
    (entry,) = stand.window.session.album.entries
    assert stand.window.session.shown(entry, "neighbor").analysis is not None


@pytest.mark.parametrize(("key", "text"), [("name", ""), ("voice", "x" * 1501), ("focus", "x\n" * 11)])
def test_what_cannot_be_saved_says_why(editor, key: str, text: str) -> None:
    choose(editor, "ansel")
    field = editor.fields[key]
    field.setText(text) if key == "name" else field.setPlainText(text)
    assert f"“{key}”" in editor.problem.text()
    assert not editor.save.isEnabled()


def test_a_broken_file_is_named_with_its_line(make_stand) -> None:
    user_folder().mkdir(parents=True)
    (user_folder() / "mine.toml").write_text('id = "mine"\nname = "Mine\n')
    editor = make_stand().window.show_preferences("Advisors").advisors_page
    assert "mine.toml, line 2" in editor.broken.text().replace("\u200b", "")
    assert "mine" not in editor._service.advisors
