import json
import random
from typing import Any

import jsonschema
import pytest

from mondrian_desktop.engine.mask import SchemaMask, SchemaTokenizer
from mondrian_desktop.engine.protocol import FinishReason, Token
from mondrian_desktop.engine.thinking import ThinkingMask, arrange
from mondrian_desktop.errors import Cancelled
from mondrian_desktop.report.thinking import split

SCHEMA = {
    "type": "object",
    "properties": {"name": {"const": "Light"}, "score": {"type": "integer", "minimum": 1, "maximum": 10}},
    "required": ["name", "score"],
    "additionalProperties": False,
}
BUDGET = 12


@pytest.mark.parametrize("seed", [0, 1])
def test_a_model_that_always_thinks_has_its_budget_and_then_answers_by_the_schema(
    folder_of: Any, ask: Any, about: Any, photo: Any, seed: int
) -> None:
    request = about(folder_of(thinks="always"), photo(seed), max_tokens=300, schema=SCHEMA, thinking_tokens=BUDGET)
    reply = ask(request)
    assert reply.text.startswith("<think>")
    assert "".join(token.text for token in reply.tokens) == reply.text
    thinking, answer = split(reply.text)
    assert thinking
    jsonschema.validate(json.loads(answer), SCHEMA)
    assert reply.finished.finish_reason is FinishReason.STOP
    # One over the budget is noticed, a line break goes before the mark, and one token ends it all.
    assert reply.finished.generation_tokens <= BUDGET + 3 + len(answer) + 1
    again = ask(request)
    assert again.finished.cached_tokens > 0
    assert again.text == reply.text


def test_in_one_piece_it_thinks_the_same(folder_of: Any, ask: Any, about: Any, photo: Any) -> None:
    folder = folder_of(thinks="always")
    streamed, whole = (
        ask(about(folder, photo(), schema=SCHEMA, thinking_tokens=BUDGET, stream=stream)).text
        for stream in (True, False)
    )
    assert whole == streamed


def test_the_answer_has_the_room_that_it_has_without_thinking(folder_of: Any, ask: Any, about: Any, photo: Any) -> None:
    reply = ask(about(folder_of(thinks="always"), photo(), max_tokens=40, thinking_tokens=30))
    thinking, answer = split(reply.text)
    assert thinking
    assert answer
    assert reply.finished.finish_reason is FinishReason.LENGTH, "a model that ends by itself proves nothing here"
    assert reply.finished.generation_tokens >= 30 + 40


def test_where_it_is_switched_off_it_answers_at_once(folder_of: Any, ask: Any, about: Any, photo: Any) -> None:
    for thinks, wanted in (("always", "off"), ("told", "off"), ("told", "auto")):
        reply = ask(about(folder_of(thinks=thinks), photo(), schema=SCHEMA, thinking=wanted))
        jsonschema.validate(json.loads(reply.text), SCHEMA)


def test_stopped_while_it_thinks_it_leaves_what_is_thought(folder_of: Any, engine: Any, about: Any, photo: Any) -> None:
    events = engine.generate(about(folder_of(thinks="always"), photo(), schema=SCHEMA, thinking_tokens=400))
    for event in events:
        if isinstance(event, Token) and event.text and event.generation_tokens > 5:
            break
    finished = events.throw(Cancelled())
    assert finished.finish_reason is FinishReason.CANCELLED
    assert finished.text.startswith("<think>")
    assert len(finished.text) > len("<think>")
    assert not split(finished.text)[1]


@pytest.fixture(scope="module")
def tokenizer(folder_of: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder_of(thinks="told")))


def walk(tokenizer: Any, *, is_open: bool, seed: int, budget: int = 20) -> str:
    """Write at random what the mask allows; after ``budget`` tokens of thinking, its end."""
    stop = tokenizer.eos_token_id
    prompt = "<think>\n" if is_open else "…"
    _, marks = arrange(tokenizer, prompt, "on", is_told=True)
    assert marks is not None
    mask = ThinkingMask(SchemaMask(SchemaTokenizer(tokenizer, [stop]), SCHEMA), marks, [stop])
    draw, ids, last = random.Random(seed), [], None
    for count in range(200):
        choices = [int(at) for at in mask.allowed(last, len(tokenizer) + 7).nonzero()[0]]
        free = len(choices) > len(tokenizer) // 2
        last = marks.end_id if free and count > budget else draw.choice([at for at in choices if at < len(tokenizer)])
        if seed % 2 and not ids and marks.start_id in choices:
            last = marks.start_id
        if last == stop:
            return str(tokenizer.decode(ids))
        ids.append(last)
    pytest.fail("never came to an end")


@pytest.mark.parametrize("is_open", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_thought_the_answer_keeps_to_the_schema(tokenizer: Any, is_open: bool, seed: int) -> None:
    text = walk(tokenizer, is_open=is_open, seed=seed)
    thinking, brace, answer = text.rpartition("</think>")
    jsonschema.validate(json.loads(answer if brace else text), SCHEMA)
    if is_open or seed % 2:
        assert thinking


def test_what_cannot_be_ended_is_not_begun(tokenizer: Any, folder_of: Any) -> None:
    from transformers import AutoTokenizer

    plain = AutoTokenizer.from_pretrained(str(folder_of()))
    opened = "<|im_start|>assistant\n<think>\n"
    for each, wanted in ((tokenizer, "off"), (plain, "auto"), (plain, "on")):
        text, marks = arrange(each, opened, wanted, is_told=False)
        assert text == "<|im_start|>assistant\n<think>\n\n</think>\n\n"
        assert marks is None
    text, marks = arrange(tokenizer, opened, "auto", is_told=False)
    assert text == opened
    assert marks is not None
    assert marks.is_open


def test_a_model_that_knows_the_marks_but_is_not_told_does_not_think(tokenizer: Any) -> None:
    for wanted in ("auto", "on", "off"):
        assert arrange(tokenizer, "Look.", wanted, is_told=False) == ("Look.", None)
