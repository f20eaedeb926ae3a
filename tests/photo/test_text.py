"""Text from files: nothing that moves the cursor, turns the line around, or goes on for ever."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.photo.text import clean, iso_date, left_to_right, shown_name, unique_words


@given(st.text(max_size=300), st.integers(1, 50))
def test_cleaned_text_is_short_and_harmless(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    assert all(unicodedata.category(char) not in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp") for char in cleaned)
    assert cleaned == cleaned.strip()
    assert "  " not in cleaned
    cleaned.encode()


@given(st.text(max_size=100))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text, 40), 40) == clean(text, 40)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Nikon\0\0\0", "Nikon"),
        ("a\x1b[31mred", "a[31mred"),
        ("one\n\ttwo  three", "one two three"),
        ("gpj.\u202etxt", "gpj.txt"),
        ("zero\u200bwidth", "zerowidth"),
        ("Zürich 東京 👩\u200d🔬", "Zürich 東京 👩\u200d🔬"),
        ("\ud800", ""),
    ],
)
def test_examples(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_long_text_ends_in_an_ellipsis() -> None:
    assert clean("x" * 1_000_000, 10) == "x" * 9 + "…"


@given(st.text(max_size=40), st.text(max_size=10))
def test_dates_are_iso_or_nothing(date: str, zone: str) -> None:
    taken = iso_date(date, zone)
    assert taken is None or taken[4] == "-"


@pytest.mark.parametrize(
    ("date", "zone", "taken"),
    [
        ("2024:05:01 12:30:00", "", "2024-05-01T12:30:00"),
        ("2024:05:01 12:30:00", "+02:00", "2024-05-01T12:30:00+02:00"),
        ("2024:05:01 12:30:00", "   :  ", "2024-05-01T12:30:00"),
        ("2024-05-01T12:30:00.25+05:30", "", "2024-05-01T12:30:00+05:30"),
        ("2024-05-01", "", "2024-05-01T00:00:00"),
        ("0000:00:00 00:00:00", "", None),
        ("    :  :     :  :  ", "", None),
        ("0001:01:01 00:00:00", "", None),
        ("9999:12:31 23:59:59", "", None),
        ("2024:13:45 99:99:99", "", None),
    ],
)
def test_dates(date: str, zone: str, taken: str | None) -> None:
    assert iso_date(date, zone) == taken


def test_words_are_unique_and_bounded() -> None:
    assert unique_words(["lake", " lake ", "", "dusk"]) == ("lake", "dusk")
    assert len(unique_words([f"word {index}" for index in range(1000)])) == 100


def test_names_are_shown_whole_but_harmless() -> None:
    assert shown_name(Path("/photos/IMG_1.jpg")) == "“IMG_1.jpg”"
    assert shown_name(Path("/photos/a\nb\u202egpj.exe")) == "“a bgpj.exe”"
    assert len(shown_name(Path("/photos") / ("x" * 250))) == 82
    assert shown_name(Path("/")) == "“/”"


@pytest.mark.parametrize("name", ["תמונה 17.jpg", "غروب.jpg", "12 תמונה.jpg"])
def test_names_in_scripts_from_right_to_left_leave_the_sentence_as_it_is(name: str) -> None:
    marked = left_to_right(name)
    assert marked == f"\u200e{name}\u200e"
    shown = shown_name(Path(name))
    assert shown == f"\u200e“{name}”\u200e"
    # The first letter that has a direction decides on that of the whole line.
    assert unicodedata.bidirectional(f"{shown} is not a photo."[0]) == "L"


@pytest.mark.parametrize("name", ["IMG_1.jpg", "photo תמונה.jpg", "故宫.jpg", "2024.", "🌅", ""])
def test_other_names_need_no_marks(name: str) -> None:
    assert left_to_right(name) == name
