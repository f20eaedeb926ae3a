from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.report.thinking import Splitter, split

MARKS = ["<think>", "</think>", "<|channel>thought", "<channel|>"]
PIECES = st.lists(st.sampled_from([*MARKS, "{", "}", "a", " b\n", "<", "<th", "k>"]), max_size=12)


def follow(text: str, sizes: list[int]) -> tuple[str, str]:
    splitter, thinking, answer, place = Splitter(), "", "", 0
    for size in [*sizes, len(text)]:
        more = splitter.feed(text[place : place + size])
        thinking, answer, place = thinking + more[0], answer + more[1], place + size
    return thinking, answer


@given(PIECES, st.lists(st.integers(1, 4), max_size=40))
def test_the_cut_of_the_pieces_makes_no_difference(parts: list[str], sizes: list[int]) -> None:
    text = "".join(parts)
    assert follow(text, sizes) == follow(text, [])


@given(st.text("ab \n<>t", max_size=60), st.lists(st.integers(1, 5), max_size=30))
def test_while_it_grows_as_when_it_is_finished(thought: str, sizes: list[int]) -> None:
    text = f"<think>\n{thought}</think>\n\n" + '{"score": 1}'
    thinking, answer = follow(text, sizes)
    assert (thinking.strip(), answer) == (split(text)[0], split(text)[1].lstrip())


def test_other_marks() -> None:
    assert follow("<|channel>thought\nlook<channel|>Good.", [3] * 20) == ("look", "Good.")
    assert follow("<|channel|>analysis<|message|>look<|end|>Good.", [3] * 20) == ("look", "Good.")


def test_marks_in_an_answer_are_part_of_it() -> None:
    text = '{"notes": "a <think> b </think>"}'
    assert follow(text, [5] * 10) == ("", text)


def test_what_may_become_a_mark_is_held_back_and_no_longer() -> None:
    splitter = Splitter()
    assert splitter.feed("1 <") == ("", "1 ")
    assert splitter.feed("th") == ("", "")
    assert splitter.feed("e") == ("", "<the")
    assert not splitter.is_thinking
    splitter.feed("<think>x")
    assert splitter.is_thinking
