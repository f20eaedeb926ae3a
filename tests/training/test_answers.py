import json
import re
from collections.abc import Callable
from dataclasses import replace

import jsonschema

from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.critique.schema import answer_schema
from training.answers import advisors, answer, percent, table
from training.measure import Facts
from training.rubric import DIMENSIONS, LEVELS, readings

Many = Callable[[int], list[Facts]]


def test_dimensions_are_those_of_the_rubric() -> None:
    assert tuple(each.name for each in load_rubric("technical").dimensions) == DIMENSIONS


def test_the_tables_cover_every_class() -> None:
    for name in ("facts", "advice", "points"):
        assert {key: set(value) for key, value in table(name).items()} == {
            key: set(value) for key, value in LEVELS.items()
        }


def test_answers_fulfil_the_applications_schema(many_facts: Many) -> None:
    schema = jsonschema.Draft202012Validator(answer_schema(load_rubric("technical")))
    for number, facts in enumerate(many_facts(300)):
        schema.validate(json.loads(answer(facts, advisors()[number % 10]).as_json()))


def test_advisors_differ_in_words_and_never_in_scores(many_facts: Many) -> None:
    for facts in many_facts(40):
        said = [answer(facts, advisor) for advisor in advisors()]
        assert len({tuple(each["score"] for each in one.dimensions) for one in said}) == 1
        assert len({one.as_json() for one in said}) == len(said) == 10


def test_there_are_several_hundred_sentences(many_facts: Many) -> None:
    sentences: set[str] = set()
    for number, facts in enumerate(many_facts(600)):
        for each in answer(facts, advisors()[number % 10]).dimensions:
            # Numbers do not make a sentence another one.
            text = re.sub(r"\d+", "#", f"{each['comment']} {each['recommendation']}")
            sentences.update(re.split(r"(?<=\.) ", text))
    assert len(sentences) > 500


def test_a_mirrored_picture_swaps_left_and_right(many_facts: Many) -> None:
    def swapped(text: str) -> str:
        return re.sub(r"\b(left|right)\b", lambda word: {"left": "right", "right": "left"}[word.group()], text)

    for facts in many_facts(100):
        said, mirrored = answer(facts, "mentor"), answer(replace(facts, weight_x=-facts.weight_x), "mentor")
        assert mirrored.image_description == swapped(said.image_description)
        # All but the words on placement stays as it was.
        assert mirrored.dimensions[:-1] == said.dimensions[:-1]
        fact, _, remark = str(said.dimensions[-1]["comment"]).partition(". ")
        assert mirrored.dimensions[-1]["comment"] == f"{swapped(fact)}. {remark}"


def test_numbers_and_order_come_from_the_facts(many_facts: Many) -> None:
    for facts in many_facts(50):
        read = readings(facts)
        said = answer(facts, "ansel")
        assert [each["score"] for each in said.dimensions] == [each.score for each in read.values()]
        assert str(round(facts.lightness / 5) * 5) in said.technical_notes
    assert [percent(share) for share in (0.001, 0.034, 0.094, 0.12, 0.5)] == ["1", "3", "9", "10", "50"]
