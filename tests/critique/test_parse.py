import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.critique.parse import MAX_CHARS, PartialParser, parse, split_thinking
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.report.model import Critique

CRITIQUE = load_rubric("critique")
TECHNICAL = load_rubric("technical")
NAMES = tuple(each.name for each in CRITIQUE.dimensions)


def answer(**changes: Any) -> dict[str, Any]:
    dimensions = [
        {"name": name, "score": place + 3, "comment": f"Comment {place}.", "recommendation": f"Try {place}."}
        for place, name in enumerate(NAMES)
    ]
    whole = {
        "image_description": "A boat in a harbor.",
        "dimensions": dimensions,
        "key_strengths": ["The light.", "The layers."],
        "priority_improvements": ["The mast."],
        "technical_notes": "Well exposed.",
    }
    return {**whole, **changes}


def parsed(text: str) -> Critique:
    critique = parse(text, CRITIQUE)
    assert critique is not None
    return critique


WHOLE = parsed(json.dumps(answer()))


def test_strict_json() -> None:
    assert WHOLE.image_description == "A boat in a harbor."
    assert [(each.name, each.score) for each in WHOLE.dimensions] == [(n, i + 3) for i, n in enumerate(NAMES)]
    assert WHOLE.dimensions[2].comment == "Comment 2."
    assert WHOLE.dimensions[2].recommendation == "Try 2."
    assert WHOLE.key_strengths == ("The light.", "The layers.")
    assert WHOLE.priority_improvements == ("The mast.",)
    assert WHOLE.technical_notes == "Well exposed."
    assert WHOLE.overall_score == CRITIQUE.overall(WHOLE.dimensions)


@pytest.mark.parametrize(
    "wrapped",
    [
        "```json\n{}\n```",
        "Here is the critique you asked for:\n\n{}",
        "{} I hope this {{helps}}.",
        "<think>The score {{7}} could be {{\"score\": 1}}.</think>\n{}",
        "<thinking>hm</thinking>Sure.<think>{{}}</think>```\n{}```",
        "It is {{tricky}}, but here:\n{}",
        '{{"critique": {}}}',
        "The user wants {{...}} so I start.</think>{}",
        "<|channel>thought\nlook {{closely}}<channel|>{}",
        "\ufeff{}",
    ],
)  # fmt: skip
def test_an_answer_in_wrappings(wrapped: str) -> None:
    assert parsed(wrapped.format(json.dumps(answer(), indent=2))) == WHOLE


def test_what_is_no_strict_json_but_clearly_meant() -> None:
    text = json.dumps(answer(), indent=1)
    assert parsed(text.replace("\n ]", ",\n ]").replace("\n}", ",\n}")) == WHOLE
    assert parsed(text.replace("A boat in", "A\nboat in")).image_description == "A boat in a harbor."


def test_names_are_matched_and_come_in_the_rubrics_order() -> None:
    said = ["Composition", "exposure", "Highlights and shadows", "COLOUR BALANCE"]
    dimensions = [{"name": name, "score": 5, "comment": "c", "recommendation": "r"} for name in said]
    critique = parse(json.dumps({"dimensions": dimensions}), TECHNICAL)
    assert critique is not None
    assert [each.name for each in critique.dimensions] == [
        "Exposure",
        "Highlights & Shadows",
        "Color Balance",
        "Placement",
    ]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (7, 7), (7.5, 8), (6.5, 7), (7.4, 7), ("7/10", 7), ("7.5", 8), ("8 out of 10", 8), ("7,5/10", 8), (" 9 ", 9),
        (10, 10), (1, 1), (0, None), (11, None), (-3, None), ("high", None), (None, None), (True, None), ([7], None),
        ("7/5", None), ("", None), ("70", None), ("7-8", None), (10.4, None), (0.9, None), (1e400, None), ("\u0667", 7),
    ],
)  # fmt: skip
def test_scores(said: object, meant: int | None) -> None:
    dimensions = [{"name": "Lighting", "score": said, "comment": "c", "recommendation": "r"}]
    text = json.dumps(answer(dimensions=dimensions)).replace("Infinity", "1e400")
    assert [each.score for each in parsed(text).dimensions] == ([] if meant is None else [meant])


def test_escapes_that_json_does_not_know_are_mended() -> None:
    text = json.dumps(answer()).replace("Comment 2.", "The boat\\'s \\x hull \\\\ \\ud83d\\ude00 \\ud800 end.")
    assert parsed(text).dimensions[2].comment == "The boat's x hull \\ \U0001f600 \ufffd end."
    assert parsed(text).technical_notes == "Well exposed."


def test_dimensions_as_a_mapping() -> None:
    mapping = {name: {"score": 6, "comment": "c", "recommendation": "r"} for name in NAMES}
    assert len(parsed(json.dumps(answer(dimensions=mapping))).dimensions) == 8


def test_the_first_of_two_like_dimensions_counts() -> None:
    twice = [{"name": "Light", "score": 4}, {"name": "Lighting", "score": 9}]
    assert [each.score for each in parsed(json.dumps({"dimensions": twice})).dimensions] == [4]


def test_dimensions_are_found_one_by_one_in_a_damaged_answer() -> None:
    text = json.dumps(answer()).replace('"Comment 1."', '"A "quoted" word"').replace('"Comment 4."', '"bad \\x escape"')
    names = [each.name for each in parsed(text).dimensions]
    assert set(names) >= set(NAMES) - {NAMES[1], NAMES[4]}
    assert parsed(text).image_description == "A boat in a harbor."


def test_a_list_of_dimensions_alone_is_an_answer() -> None:
    assert len(parsed(json.dumps(answer()["dimensions"])).dimensions) == 8


def test_a_cut_off_answer_keeps_what_is_there() -> None:
    text = json.dumps(answer())
    cut = parsed(text[: text.index("Comment 2.") + 4])
    assert [each.score for each in cut.dimensions] == [3, 4, 5]
    assert cut.dimensions[2].comment == "Comm"
    assert cut.overall_score is None
    assert cut.technical_notes == ""


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", "7", '"text"', "A fine picture.", "# Critique\n\n**Composition:** 7/10", "{{{{", "}",
        '{"a": 1}', '{"dimensions": []}', '{"dimensions": "none"}', "[" * 100_000, '{"a":' * 100_000, "{" * 100_000,
        '{"dimensions": [{"name": "Lighting"' * 20_000, "\x00" * 1000, "<think>" * 20_000, "</think>" * 20_000,
        '{"image_description": 5, "dimensions": [1, null, {"name": 4, "score": 4}]}',
    ],
)  # fmt: skip
def test_what_has_no_structure_is_no_critique(text: str) -> None:
    assert parse(text, CRITIQUE) is None


def test_texts_are_cleaned_and_bounded() -> None:
    hostile = "\u202eevil\x1b[31m\x00 text\ud800"
    text = json.dumps(
        answer(image_description=hostile, key_strengths=[hostile, 5, "x" * 9999, ""], technical_notes="x" * 99_999)
    )
    critique = parsed(text)
    assert "\x1b" not in critique.image_description
    assert "\u202e" not in critique.image_description
    assert critique.image_description.startswith("evil")
    critique.image_description.encode("utf-8")
    assert len(critique.key_strengths) == 2
    assert max(map(len, critique.key_strengths)) <= 500
    assert len(critique.technical_notes) <= 2000


def test_more_than_the_limit_is_not_looked_at() -> None:
    assert parse("x" * MAX_CHARS + json.dumps(answer()), CRITIQUE) is None


@pytest.mark.parametrize(
    ("text", "thinking", "rest"),
    [
        ("<think>a</think>b", "a", "b"),
        ("<think>a\n<b>c", "a\n<b>c", ""),
        ("a</think>b", "a", "b"),
        ("<think>a</think><think>c</think>b", "a\n\nc", "b"),
        ("plain", "", "plain"),
        ('{"technical_notes": "a <think> b </think> c"}', "", '{"technical_notes": "a <think> b </think> c"}'),
    ],
)
def test_thinking_is_told_apart(text: str, thinking: str, rest: str) -> None:
    assert split_thinking(text) == (thinking, rest)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
ANSWERS = st.builds(
    lambda description, scores, comments, notes: answer(
        image_description=description,
        dimensions=[
            {"name": name, "score": score, "comment": comment, "recommendation": comment[::-1]}
            for name, score, comment in zip(NAMES, scores, comments, strict=True)
        ],
        technical_notes=notes,
    ),
    TEXTS,
    st.lists(st.integers(1, 10), min_size=8, max_size=8),
    st.lists(TEXTS, min_size=8, max_size=8),
    TEXTS,
)


@given(ANSWERS, st.booleans(), st.lists(st.integers(1, 60), min_size=200, max_size=200))
def test_a_growing_answer_only_grows(whole: dict[str, Any], ascii_only: bool, sizes: list[int]) -> None:
    text = json.dumps(whole, ensure_ascii=ascii_only)
    parser = PartialParser(CRITIQUE)
    previous, progress, place = Critique(), 0.0, 0
    for size in [*sizes, len(text)]:
        critique = parser.feed(text[place : place + size])
        place += size
        assert progress <= parser.progress <= 1.0
        assert [each.name for each in previous.dimensions] == [each.name for each in critique.dimensions][
            : len(previous.dimensions)
        ]
        for before, now in zip(previous.dimensions, critique.dimensions, strict=False):
            assert before.score == now.score
            assert len(now.comment) >= len(before.comment)
        assert len(critique.image_description) >= len(previous.image_description)
        previous, progress = critique, parser.progress
    assert parser.progress == 1.0
    assert previous == parse(text, CRITIQUE)


@given(st.text(max_size=400), st.integers(0, 400))
def test_any_text_is_taken_without_a_word(text: str, cut: int) -> None:
    parser = PartialParser(CRITIQUE)
    parser.feed(text[:cut])
    parser.feed(text[cut:])
    parse(text, CRITIQUE)
    assert 0.0 <= parser.progress <= 1.0


@given(st.data())
def test_any_damage_to_an_answer_is_survived(data: st.DataObject) -> None:
    text = json.dumps(answer())
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(st.text(max_size=3)) + text[place + data.draw(st.integers(0, 3)) :]
    critique = parse(text, CRITIQUE)
    for each in critique.dimensions if critique else ():
        assert 1 <= each.score <= 10
        assert each.name in NAMES


def test_a_score_appears_when_it_can_no_longer_change() -> None:
    parser = PartialParser(CRITIQUE)
    assert parser.feed('{"dimensions": [{"name": "Lighting", "score": 1').dimensions == ()
    assert parser.feed("0").dimensions == ()
    assert [each.score for each in parser.feed(",").dimensions] == [10]
    parser.feed('"comment": "c"}, {"name": "Composition", "score": "1')
    assert [each.score for each in parser.critique.dimensions] == [10]


def test_progress_goes_by_the_length_of_the_fields() -> None:
    parser = PartialParser(CRITIQUE)
    text = json.dumps(answer())
    begun, ended = text.index("[{"), text.index('"key_strengths"')
    parser.feed(text[:begun])
    parser.feed("[")
    description = parser.progress
    parser.feed(text[begun + 1 : ended + 20])
    assert 0.05 < description < 0.15
    assert 0.7 < parser.progress < 0.95


def test_progress_is_whole_only_where_the_answer_is() -> None:
    parser = PartialParser(CRITIQUE)
    parser.feed(json.dumps(answer())[:-1] + ', "more": "and more')
    assert 0.9 < parser.progress < 1.0
    parser.feed('"}')
    assert parser.progress == 1.0


def test_progress_does_not_fall_where_the_model_begins_a_field_anew() -> None:
    parser = PartialParser(CRITIQUE)
    parser.feed(json.dumps(answer())[:-1])
    before = parser.progress
    parser.feed(', "dimensions": [')
    assert parser.progress == before > 0.9


def test_thinking_is_no_progress() -> None:
    parser = PartialParser(CRITIQUE)
    parser.feed('<think>Perhaps {"dimensions": [{"name": "Lighting", "score": 3,')
    assert (parser.progress, parser.critique) == (0.0, Critique())
    assert parser.thinking.startswith("Perhaps")
    parser.feed("]}</think>" + json.dumps(answer()))
    assert parser.critique == WHOLE


def test_the_overall_score_waits_for_all_dimensions() -> None:
    parser = PartialParser(CRITIQUE)
    text = json.dumps(answer())
    assert parser.feed(text[: text.index("Comment 7")]).overall_score is not None
    parser = PartialParser(CRITIQUE)
    assert parser.feed(text[: text.index("Comment 6")]).overall_score is None
