import json
from typing import Any

import jsonschema
import llguidance
import pytest
from pydantic import ValidationError

from mondrian_desktop.critique.rubric import ANCHORS, Dimension, Rubric, load_rubric
from mondrian_desktop.critique.schema import COMMENT, LIST_LENGTH, answer_model, answer_schema

CRITIQUE = load_rubric("critique")
SHORT = Rubric(
    "short", "Short", tuple(Dimension(name, 1, "?", dict.fromkeys(ANCHORS, "x")) for name in ("A “b”", "C & d"))
)


def answer(rubric: Rubric) -> dict[str, Any]:
    dimensions = [{"name": each.name, "score": 7, "comment": "c", "recommendation": "r"} for each in rubric.dimensions]
    return {
        "image_description": "d",
        "dimensions": dimensions,
        "key_strengths": ["s"],
        "priority_improvements": ["p"],
        "technical_notes": "n",
    }


@pytest.mark.parametrize("rubric", [CRITIQUE, load_rubric("technical"), SHORT], ids=lambda each: each.id)
def test_the_mask_library_takes_the_schema(rubric: Rubric) -> None:
    grammar = llguidance.LLMatcher.grammar_from_json_schema(
        json.dumps(answer_schema(rubric)), defaults={"whitespace_flexible": False}
    )
    assert not llguidance.LLMatcher.validate_grammar(grammar, None)


def accepted(text: str) -> str:
    """Return how far the mask lets ``text`` be written, byte by byte."""
    tokenizer = llguidance.LLTokenizer("byte")
    grammar = llguidance.LLMatcher.grammar_from_json_schema(
        json.dumps(answer_schema(SHORT)), defaults={"whitespace_flexible": False}
    )
    data = tokenizer.tokenize_str(text)
    return text.encode()[: llguidance.LLMatcher(tokenizer, grammar).validate_tokens(data)].decode()


def test_the_mask_lets_an_answer_be_written_and_nothing_else() -> None:
    text = json.dumps(answer(SHORT), separators=(",", ":"), ensure_ascii=False)
    assert accepted(text) == text
    assert accepted(text.replace('"score":7', '"score":10')).endswith("}")
    for wrong, right_up_to in (
        (text.replace('"score":7', '"score":11'), '"score":1'),
        (text.replace('"score":7', '"score":0'), '"score":'),
        (text.replace("C & d", "Other"), '"name":"'),
        (text.replace('"comment"', '"remark"'), '"'),
        (text.replace('"comment":"c"', f'"comment":"{"x" * 1000}"'), "x" * COMMENT),
        ("Sure: " + text, ""),
    ):
        assert accepted(wrong) == wrong[: len(accepted(wrong))]
        assert accepted(wrong).endswith(right_up_to)
        assert not accepted(wrong).endswith("}")


@pytest.mark.parametrize("rubric", [CRITIQUE, SHORT], ids=lambda each: each.id)
def test_an_answer_fits(rubric: Rubric) -> None:
    jsonschema.validate(answer(rubric), answer_schema(rubric))
    answer_model(rubric).model_validate(answer(rubric))


def broken() -> dict[str, dict[str, Any]]:
    cases = {name: answer(SHORT) for name in ("order", "fewer", "more", "high", "low", "half", "long", "list", "extra")}
    cases["order"]["dimensions"].reverse()
    cases["fewer"]["dimensions"].pop()
    cases["more"]["dimensions"].append(cases["more"]["dimensions"][0])
    cases["high"]["dimensions"][0]["score"] = 11
    cases["low"]["dimensions"][0]["score"] = 0
    cases["half"]["dimensions"][0]["score"] = 7.5
    cases["long"]["dimensions"][0]["comment"] = "x" * (COMMENT + 1)
    cases["list"]["key_strengths"] = ["s"] * (LIST_LENGTH + 1)
    cases["extra"]["overall_score"] = 7
    return cases


@pytest.mark.parametrize(("name", "case"), broken().items())
def test_anything_else_does_not(name: str, case: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(case, answer_schema(SHORT))
    with pytest.raises(ValidationError):
        answer_model(SHORT).model_validate(case)


def test_fields_come_in_the_order_in_which_they_are_shown() -> None:
    schema = answer_schema(CRITIQUE)
    assert list(schema["properties"]) == [
        "image_description", "dimensions", "key_strengths", "priority_improvements", "technical_notes",
    ]  # fmt: skip
    names = [
        schema["$defs"][each["$ref"].rpartition("/")[2]] for each in schema["properties"]["dimensions"]["prefixItems"]
    ]
    assert [each["properties"]["name"]["const"] for each in names] == [each.name for each in CRITIQUE.dimensions]
    assert all(list(each["properties"]) == ["name", "score", "comment", "recommendation"] for each in names)
