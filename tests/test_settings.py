"""One declaration per option; a value from the environment, the file, or the default; nothing the user set is wiped."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop import settings
from mondrian_desktop.errors import UserError
from mondrian_desktop.settings import ADVISOR, MAX_TOKENS, STREAM, UPDATE_INTERVAL, Setting, Settings

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda inner: st.lists(inner), max_leaves=4
)
COLOR = Setting("color", "red", "Color", "Which.", choices=("red", "yellow", "blue"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "settings.json"


def with_text(file: Path, text: str) -> Settings:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return Settings(file, {})


@pytest.mark.parametrize("setting", settings.ALL, ids=lambda setting: setting.name)
def test_every_declaration_accepts_its_own_default_and_limits(setting: Setting[Any]) -> None:
    for value in {setting.default, setting.minimum, setting.maximum} - {None}:
        assert setting.parse(value) == value
        assert setting.parse(str(value)) == value
    assert setting.label
    assert setting.help.endswith(".")


def test_names_are_unique() -> None:
    assert len({setting.name for setting in settings.ALL}) == len(settings.ALL)


@given(anything)
def test_parse_gives_a_value_of_the_type_and_range_or_a_sentence(value: object) -> None:
    for setting in (*settings.ALL, COLOR):
        try:
            parsed = setting.parse(value)
        except UserError:
            continue
        assert type(parsed) is type(setting.default)
        assert setting.minimum is None or setting.minimum <= float(parsed) <= setting.maximum


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (UPDATE_INTERVAL, 0.09),
        (UPDATE_INTERVAL, 60.1),
        (UPDATE_INTERVAL, "nan"),
        (UPDATE_INTERVAL, "inf"),
        (UPDATE_INTERVAL, True),
        (MAX_TOKENS, 100.5),
        (MAX_TOKENS, 10**400),
        (MAX_TOKENS, []),
        (STREAM, "perhaps"),
        (STREAM, 2),
        (ADVISOR, 3),
        (COLOR, "green"),
    ],
)
def test_parse_refuses(setting: Setting[Any], value: object) -> None:
    with pytest.raises(UserError):
        setting.parse(value)


def test_the_sentence_names_range_and_unit() -> None:
    with pytest.raises(UserError, match=r"Update interval: 99 is not a number from 0\.1 to 60 s\."):
        UPDATE_INTERVAL.parse(99)
    with pytest.raises(UserError, match="one of red, yellow, blue"):
        COLOR.parse("green")


def test_environment_before_file_before_default(file: Path) -> None:
    assert Settings(file, {}).get(UPDATE_INTERVAL) == 5.0
    with_text(file, '{"update_interval": 2}')
    assert Settings(file, {}).get(UPDATE_INTERVAL) == 2.0
    assert Settings(file, {"MONDRIAN_UPDATE_INTERVAL": "0.5"}).get(UPDATE_INTERVAL) == 0.5


def test_a_bad_value_is_told_once_with_its_place_and_the_next_source_counts(file: Path) -> None:
    with_text(file, '{"update_interval": 2}')
    found = Settings(file, {"MONDRIAN_UPDATE_INTERVAL": "soon"})
    assert found.get(UPDATE_INTERVAL) == found.get(UPDATE_INTERVAL) == 2.0
    assert len(found.problems) == 1
    assert "MONDRIAN_UPDATE_INTERVAL" in found.problems[0]


def test_what_is_set_is_there_next_time_beside_what_others_wrote(file: Path) -> None:
    with_text(file, '{"from_a_newer_version": [1]}')
    Settings(file, {}).set(STREAM, False)
    Settings(file, {}).set(MAX_TOKENS, 100)
    assert Settings(file, {}).get(STREAM) is False
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "from_a_newer_version": [1], "format": 1, "stream": False, "max_tokens": 100
    }  # fmt: skip
    assert [path.name for path in file.parent.iterdir()] == ["settings.json"]


def test_what_cannot_be_saved_is_told_and_not_in_force(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = Settings(tmp_path / "file" / "settings.json", {})
    with pytest.raises(UserError, match="could not be saved"):
        found.set(MAX_TOKENS, 100)
    assert found.get(MAX_TOKENS) == MAX_TOKENS.default


def test_an_out_of_range_value_is_not_saved(file: Path) -> None:
    with pytest.raises(UserError):
        Settings(file, {}).set(MAX_TOKENS, 1)
    assert not file.exists()


@pytest.mark.parametrize("text", ["", "{", "[1]", '"text"', "\ud83d", "[" * 100_000], ids=lambda text: repr(text[:5]))
def test_a_damaged_file_is_kept_aside(file: Path, text: str) -> None:
    file.parent.mkdir()
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    found = Settings(file, {})
    assert found.get(UPDATE_INTERVAL) == UPDATE_INTERVAL.default
    assert len(found.problems) == 1
    found.set(STREAM, False)
    assert (file.parent / "settings.json.broken").read_bytes() == text.encode("utf-8", "surrogatepass")


def test_a_second_damaged_file_does_not_take_the_place_of_the_first(file: Path) -> None:
    with_text(file, "first")
    with_text(file, "second")
    assert (file.parent / "settings.json.broken").read_text(encoding="utf-8") == "first"
    assert (file.parent / "settings.json.broken-2").read_text(encoding="utf-8") == "second"


def test_a_file_from_a_newer_version_stays_until_something_is_set_and_is_then_kept_aside(file: Path) -> None:
    text = '{"format": 2, "stream": {"speed": 3}, "max_tokens": 99}'
    found = with_text(file, text)
    assert found.get(STREAM) is True
    assert found.get(MAX_TOKENS) == MAX_TOKENS.default
    assert "newer version" in found.problems[0]
    assert len(found.problems) == 1
    assert file.read_text(encoding="utf-8") == text
    found.set(MAX_TOKENS, 100)
    assert (file.parent / "settings.json.newer").read_text(encoding="utf-8") == text
    assert json.loads(file.read_text(encoding="utf-8")) == {"format": 1, "max_tokens": 100}
    assert Settings(file, {}).problems == []


@pytest.mark.parametrize(("text", "kept"), [("{", "broken"), ('{"format": 2, "max_tokens": 99}', "newer")])
def test_a_file_that_was_spoiled_meanwhile_is_kept_aside_reported_and_costs_nothing(
    file: Path, text: str, kept: str
) -> None:
    window = Settings(file, {})
    window.set(MAX_TOKENS, 100)
    told: list[str] = []
    leave = window.on_change(lambda setting: None, told.append)
    file.write_text(text, encoding="utf-8")
    window.set(STREAM, False)
    assert (window.get(STREAM), window.get(MAX_TOKENS)) == (False, 100)
    assert Settings(file, {}).get(MAX_TOKENS) == 100
    assert (file.parent / f"settings.json.{kept}").read_text(encoding="utf-8") == text
    assert len(told) == 1
    assert "What was in force stays." in told[0]
    leave()
    file.write_text("", encoding="utf-8")
    window.set(STREAM, True)
    assert len(told) == 1


def test_a_file_that_cannot_be_read_is_kept_aside(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Settings(file, {}).set(MAX_TOKENS, 100)

    def refused(*args: object, **more: object) -> str:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "read_text", refused)
        found = Settings(file, {})
        assert "Permission denied" in found.problems[0]
        found.set(STREAM, False)
    assert "100" in (file.parent / "settings.json.unreadable").read_text(encoding="utf-8")
    assert Settings(file, {}).get(STREAM) is False


def test_what_another_process_stored_meanwhile_is_not_lost(file: Path) -> None:
    window = Settings(file, {})
    Settings(file, {}).set(MAX_TOKENS, 100)
    told: list[str] = []
    window.on_change(lambda setting: told.append(setting.name))
    window.set(STREAM, False)
    assert (window.get(STREAM), window.get(MAX_TOKENS)) == (False, 100)
    assert sorted(told) == ["max_tokens", "stream"]


def test_listeners_are_told_what_changes_until_they_leave(file: Path) -> None:
    found = Settings(file, {"MONDRIAN_MAX_TOKENS": "200"})
    told: list[str] = []
    leave = found.on_change(lambda setting: told.append(setting.name))
    found.set(STREAM, True)
    found.set(MAX_TOKENS, 100)
    assert told == [], "the values in force are what they were"
    found.set(STREAM, False)
    leave()
    found.set(STREAM, True)
    assert told == ["stream"]


def test_what_another_process_stored_is_taken_over_when_looked_at_again(file: Path) -> None:
    found = with_text(file, '{"max_tokens": 200, "stream": false}')
    told: list[str] = []
    problems: list[str] = []
    found.on_change(lambda setting: told.append(setting.name), problems.append)
    Settings(file, {}).set(MAX_TOKENS, 300)
    found.look_again()
    assert (told, problems, found.get(MAX_TOKENS)) == (["max_tokens"], [], 300)
    file.write_text("{", encoding="utf-8")
    found.look_again()
    assert told == ["max_tokens"]
    assert "damaged" in problems[0]
    assert (found.get(MAX_TOKENS), found.get(STREAM)) == (300, False), "what was in force stays"


def test_a_change_is_followed_only_where_there_is_one(file: Path) -> None:
    found = with_text(file, '{"max_tokens": 200}')
    told: list[str] = []
    found.on_change(lambda setting: told.append(setting.name))
    assert not found.is_outdated
    found.set(STREAM, False)
    assert not found.is_outdated, "what was set here is no news"
    Settings(file, {}).set(MAX_TOKENS, 300)
    assert found.is_outdated
    found.follow()
    assert (found.get(MAX_TOKENS), told, found.is_outdated) == (300, ["stream", "max_tokens"], False)
    file.unlink()
    found.follow()
    assert found.get(MAX_TOKENS) == MAX_TOKENS.default


def test_a_file_that_an_editor_has_emptied_to_write_it_is_waited_for(file: Path) -> None:
    found = with_text(file, '{"max_tokens": 200}')
    with file.open("w", encoding="utf-8") as editor:
        found.follow()
        assert (found.get(MAX_TOKENS), found.problems) == (200, [])
        editor.write('{"max_tokens": 300}')
    found.follow()
    assert (found.get(MAX_TOKENS), found.problems) == (300, [])


def test_a_file_that_is_spoiled_while_the_app_runs_costs_nothing_later_either(file: Path) -> None:
    found = with_text(file, '{"max_tokens": 200, "update_interval": 2}')
    file.write_text("{", encoding="utf-8")
    found.follow()
    assert not found.is_outdated
    assert (file.parent / "settings.json.broken").read_text(encoding="utf-8") == "{"
    found.follow()
    found.set(STREAM, False)
    for each in (found, Settings(file, {})):
        assert (each.get(MAX_TOKENS), each.get(UPDATE_INTERVAL), each.get(STREAM)) == (200, 2.0, False)


def test_the_source_of_a_value_is_told(file: Path) -> None:
    with_text(file, '{"update_interval": 2, "max_tokens": 0}')
    found = Settings(file, {"MONDRIAN_STREAM": "off", "MONDRIAN_UPDATE_INTERVAL": "soon"})
    assert [found.source(each) for each in (STREAM, UPDATE_INTERVAL, MAX_TOKENS)] == ["environment", "file", "default"]


def test_a_setting_is_found_by_name(file: Path) -> None:
    assert settings.find("max-tokens") is MAX_TOKENS
    with pytest.raises(UserError, match="Did you mean max_tokens"):
        settings.find("max_token")
    with pytest.raises(UserError, match="There are: "):
        settings.find("")


def test_a_folder_in_the_place_of_the_file_is_told(file: Path) -> None:
    file.mkdir(parents=True)
    found = Settings(file, {})
    assert found.get(STREAM) is True
    assert str(file) in found.problems[0]


def test_the_file_lies_in_the_configuration_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MONDRIAN_CONFIG_DIR", str(tmp_path))
    Settings().set(ADVISOR, "mentor")
    assert (tmp_path / "settings.json").exists()
