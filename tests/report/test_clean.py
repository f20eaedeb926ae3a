from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.report.clean import breakable, clean, clean_line

ANY = st.text(st.characters(), max_size=300)


@given(ANY, st.integers(1, 50))
def test_cleaned_text_is_bounded_encodable_and_stays_as_it_is(text: str, limit: int) -> None:
    cleaned = clean(text, limit)
    assert len(cleaned) <= limit
    cleaned.encode("utf-8")
    assert clean(cleaned, limit) == cleaned


def test_terminal_escapes_go_with_their_arguments() -> None:
    assert clean("a\x1b[1;31mb\x1b]0;title\x07c\x1b]8;;http://x\x1b\\d\x9b31me\x1bcf") == "abcd31mef"


def test_direction_overrides_go_and_joiners_stay() -> None:
    assert clean("a\u202eb\u2066c\u2069d") == "abcd"
    joined = "\u0645\u06cc\u200c\u062e 👩\u200d🚀 \u200f\u05d0"
    assert clean(joined) == joined


def test_line_ends_are_one_kind() -> None:
    assert clean("a\r\nb\rc\nd\te") == "a\nb\nc\nd\te"
    assert clean_line(" a\r\n\tb  c\u00a0d ") == "a b c\u00a0d"


def test_what_is_cut_is_marked() -> None:
    assert clean("abcdef", 4) == "abc…"


@given(ANY)
def test_breakable_adds_only_places_to_break(text: str) -> None:
    text = text.replace("\u200b", "")
    assert breakable(text).replace("\u200b", "") == text


def test_a_long_run_can_be_broken_everywhere() -> None:
    assert max(map(len, breakable("x" * 100_000).split("\u200b"))) <= 48
