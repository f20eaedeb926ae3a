import dataclasses
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import (
    Advisor,
    load_advisors,
    parse_advisor,
    read_advisor,
    save_advisor,
    to_toml,
    user_folder,
)
from mondrian_desktop.errors import UserError

SHIPPED = ("mentor", "ansel", "watkins", "weston", "cunningham", "gilpin", "okeefe", "mondrian", "vangogh", "gehry")
MINIMAL = 'id = "{}"\nname = "Name"\nseeing = "Look."\nvoice = "Speak."\n'


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def test_ships_ten_advisors_with_the_neutral_one_first() -> None:
    advisors = load_advisors()
    assert tuple(advisors) == SHIPPED
    assert advisors.problems == ()


@pytest.mark.parametrize("advisor_id", SHIPPED)
def test_every_shipped_advisor_is_complete_and_short_enough_for_a_prompt(advisor_id: str) -> None:
    advisor = load_advisors()[advisor_id]
    assert all((advisor.name, advisor.kind, advisor.biography, advisor.seeing, advisor.voice, advisor.outside))
    assert 3 <= len(advisor.focus) <= 6
    assert len(advisor.seeing) + len(advisor.voice) + len(advisor.outside) + len("".join(advisor.focus)) < 1600


@pytest.mark.parametrize(
    ("advisor_id", "years"),
    [
        ("ansel", "1902–1984"),
        ("watkins", "1829–1916"),
        ("weston", "1886–1958"),
        ("cunningham", "1883–1976"),
        ("gilpin", "1891–1979"),
        ("okeefe", "1887–1986"),
        ("mondrian", "1872–1944"),
        ("vangogh", "1853–1890"),
        ("gehry", "1929–2025"),
        ("mentor", ""),
    ],
)
def test_life_dates(advisor_id: str, years: str) -> None:
    assert load_advisors()[advisor_id].years == years


def test_voices_are_told_apart() -> None:
    advisors = load_advisors().values()
    assert len({each.voice for each in advisors}) == len({each.seeing for each in advisors}) == len(SHIPPED)


def test_byline_says_that_a_model_wrote_and_not_the_person() -> None:
    assert "model in the manner of Ansel Adams" in load_advisors()["ansel"].byline
    assert "not Ansel Adams’s own words" in load_advisors()["ansel"].byline
    assert "model" in load_advisors()["mentor"].byline


def test_a_later_folder_replaces_and_adds(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", MINIMAL.format("ansel"))
    write(tmp_path, "b.toml", MINIMAL.format("mine"))
    advisors = load_advisors(paths.resource("advisors"), tmp_path)
    assert advisors["ansel"].seeing == "Look."
    assert advisors.files["ansel"] == tmp_path / "a.toml"
    assert advisors.files["weston"] == paths.resource("advisors", "weston.toml")
    assert list(advisors)[-2:] == ["ansel", "mine"]  # both without an order of their own, so at the end


def test_the_users_own_folder_is_read_without_being_named() -> None:
    save_advisor(Advisor("mine", "My own", seeing="Look.", voice="Speak."))
    assert user_folder().is_dir()
    assert load_advisors()["mine"].name == "My own"


def test_broken_files_are_named_with_their_line_and_the_others_load(tmp_path: Path) -> None:
    write(tmp_path, "good.toml", MINIMAL.format("good"))
    write(tmp_path, "syntax.toml", 'id = "x"\nname = "X"\nseeing = unquoted\n')
    write(tmp_path, "missing.toml", 'id = "x"\nname = "X"\nseeing = "S"\n')
    write(tmp_path, "type.toml", MINIMAL.format("typed") + "\nfocus = 7\n")
    (tmp_path / "binary.toml").write_bytes(b'id = "x"\nname = "\xff\xfe"\n')
    (tmp_path / "folder.toml").mkdir()
    advisors = load_advisors(tmp_path)
    assert tuple(advisors) == ("good",)
    names = ("syntax", "missing", "type", "binary", "folder")
    told = {name: next(each for each in advisors.problems if f"{name}.toml" in each) for name in names}
    assert len(advisors.problems) == len(names)
    assert "line 3" in told["syntax"]
    assert "“voice” is missing" in told["missing"]
    assert "line 6" in told["type"]
    assert "line 2" in told["binary"]


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('id = "All"', "lower-case"),
        ('id = "all"', "not “all”"),
        ('id = "../x"', "lower-case"),
        ("order = 1.5", "whole number"),
        ('links = ["javascript:alert(1)"]', "http"),
        ('links = ["file:///etc/passwd"]', "http"),
        ("focus = [1]", "list of texts"),
        ('biography = """' + "x" * 1501 + '"""', "more than 1500"),
        ("adapter = 3", "must be a text"),
    ],
)
def test_wrong_values_are_told_with_their_line(tmp_path: Path, line: str, complaint: str) -> None:
    text = MINIMAL.format("mine")
    key = line.split(" ")[0]
    text = "\n".join(each for each in text.splitlines() if not each.startswith(f"{key} ="))
    file = write(tmp_path, "a.toml", f"{text}\n{line}\n")
    number = file.read_text(encoding="utf-8").splitlines().index(line) + 1
    with pytest.raises(UserError, match=complaint) as raised:
        read_advisor(file)
    assert f"{file}, line {number}:" in str(raised.value)


def test_a_huge_file_is_refused_unread(tmp_path: Path) -> None:
    file = write(tmp_path, "a.toml", "#" * 70_000)
    with pytest.raises(UserError, match="longer than 64 KB"):
        read_advisor(file)


def test_an_adapter_lies_beside_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, "a.toml", MINIMAL.format("a") + 'adapter = "lora"\n')
    assert read_advisor(file).adapter == tmp_path / "lora"


def test_select() -> None:
    advisors = load_advisors()
    assert [each.id for each in advisors.select(" Weston, ansel,weston ")] == ["weston", "ansel"]
    assert len(advisors.select("all")) == len(SHIPPED)
    with pytest.raises(UserError, match="no advisor “nobody”"):
        advisors.select("ansel,nobody")
    with pytest.raises(UserError, match="No advisor is named"):
        advisors.select(" , ")


def test_saving_refuses_what_could_not_be_read_again(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="lower-case"):
        save_advisor(Advisor("Not An Id", "N", seeing="s", voice="v"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_saving_where_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    blocked = write(tmp_path, "file", "")
    with pytest.raises(UserError, match="could not be saved"):
        save_advisor(Advisor("mine", "N", seeing="s", voice="v"), blocked)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(name=texts, seeing=texts, voice=texts, focus=st.lists(texts, max_size=5), order=st.integers(-5, 500))
def test_what_is_written_is_read_back(name: str, seeing: str, voice: str, focus: list[str], order: int) -> None:
    advisor = Advisor("mine", name.strip(), seeing.strip(), voice.strip(), order=order)
    advisor = dataclasses.replace(advisor, focus=tuple(each.strip() for each in focus if each.strip()))
    text = to_toml(advisor)
    assert tomllib.loads(text)["id"] == "mine"
    if advisor.name and advisor.seeing and advisor.voice:
        assert parse_advisor(text, Path("mine.toml")) == advisor


@given(st.text(max_size=300))
def test_any_text_is_an_advisor_or_a_sentence(text: str) -> None:
    try:
        parse_advisor(text, Path("x.toml"))
    except UserError as err:
        told = str(err)
    else:
        told = "x.toml, line"
    assert told.startswith("x.toml, line")
