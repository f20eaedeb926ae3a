import itertools
import json
from collections.abc import Callable, Iterator

import pytest

from training import answers, topics
from training.answers import PLACES, SLIDERS, Answer, advisors, answer
from training.grammar import british, problems
from training.measure import Facts
from training.rubric import DIMENSIONS


@pytest.mark.parametrize(
    "text",
    [
        "A evenly lit picture.", "An sharp edge.", "The the picture.", "It is dark", "it is dark.", "It is  dark.",
        "The colour is pale.", "The picture is {tone}.", "What a picture!", "A picture. it is dark.", "",
        "An ND filter. a thing.",
    ],
)  # fmt: skip
def test_finds_slips(text: str) -> None:
    assert problems(text)


@pytest.mark.parametrize(
    "text",
    [
        "Add an S-curve and an ND filter.",
        "Raise it by about 20.",
        "A horizon, an hour, a unit, an f-number.",
        "It is otherwise precise.",
    ],
)
def test_lets_correct_english_pass(text: str) -> None:
    assert problems(text) == []


def prose(each: Answer) -> Iterator[str]:
    whole = json.loads(each.as_json())
    yield whole["image_description"]
    yield whole["technical_notes"]
    yield from (part[key] for part in whole["dimensions"] for key in ("comment", "recommendation"))
    yield from whole["key_strengths"] + whole["priority_improvements"]


def test_every_sentence_of_the_tables_is_correct_in_every_filling() -> None:
    fillings = [{"hue": hue, "slider": slider} for hue, slider in SLIDERS.items()]
    fillings += [{"place": place, "opposite": opposite} for place, opposite in PLACES.values()]
    fillings += [{"percent": str(value)} for value in (1, 8, 11, 100)]
    fixed = {"hue": "red", "slider": SLIDERS["red"], "place": "to the left", "opposite": "on the right", "percent": "5"}
    found = []
    for name, table in itertools.product(DIMENSIONS, ("facts", "advice")):
        for texts in answers.table(table)[name].values():
            for text, filling in itertools.product(texts, fillings):
                if any(f"{{{slot}}}" in text for slot in filling) or filling is fillings[0]:
                    sentence = text.format(**{**fixed, **filling})
                    found += [(sentence, each) for each in problems(sentence)]
    for voice in answers.table("voices").values():
        found += [(text, each) for texts in voice["remarks"].values() for text in texts for each in problems(text)]
    assert found == []


def test_whole_answers_are_correct(many_facts: Callable[[int], list[Facts]]) -> None:
    voices = itertools.cycle(advisors())
    found = [
        (text, each)
        for facts in many_facts(600)
        for text in prose(answer(facts, next(voices)))
        for each in problems(text)
    ]
    assert found == []


@pytest.mark.nightly
def test_tens_of_thousands_of_answers_are_correct(many_facts: Callable[[int], list[Facts]]) -> None:
    voices = itertools.cycle(advisors())
    found = [
        (text, each)
        for facts in many_facts(40_000)
        for text in prose(answer(facts, next(voices)))
        for each in problems(text)
    ]
    assert found == []


def test_replies_are_american_and_end_properly() -> None:
    for topic in topics.names():
        reply = topics.reply(topic)
        assert british(reply) == []
        assert not any("  " in line or line != line.rstrip() for line in reply.splitlines())
        assert reply[0].isupper() or reply[0] in "-1*"
        assert reply[-1] == ".", topic
        assert len(reply) <= 700
