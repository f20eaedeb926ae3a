import json
import random
from typing import Any

import jsonschema
import pytest

from mondrian_desktop.engine.mask import SchemaMask, SchemaTokenizer

SCHEMA = {
    "type": "object",
    "properties": {"name": {"const": "Light"}, "score": {"type": "integer", "minimum": 1, "maximum": 10}},
    "required": ["name", "score"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module", params=["qwen3_vl", "gemma4"], ids=["byte-level", "byte fallback"])
def tokenizer(request: pytest.FixtureRequest, folder_of: Any) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(str(folder_of(request.param)))


@pytest.mark.parametrize("seed", range(5))
def test_any_walk_along_the_mask_writes_what_the_schema_wants(tokenizer: Any, seed: int) -> None:
    stop = tokenizer.eos_token_id
    mask = SchemaMask(SchemaTokenizer(tokenizer, [stop]), SCHEMA)
    draw, ids, last = random.Random(seed), [], None
    for _ in range(200):
        allowed = mask.allowed(last, len(tokenizer) + 7)
        choices = [int(at) for at in allowed.nonzero()[0]]
        assert choices
        assert max(choices) < len(tokenizer)
        last = draw.choice(choices)
        if last == stop:
            break
        ids.append(last)
    else:
        pytest.fail("never came to an end")
    text = tokenizer.decode(ids)
    jsonschema.validate(json.loads(text), SCHEMA)
    assert len(text) < 40, "blanks are fixed"
    assert mask.allowed(stop, len(tokenizer)).any(), "the library asks once more after the end"


@pytest.mark.parametrize("seed", range(3))
def test_allows_what_the_library_s_own_tokenizer_allows(tokenizer: Any, seed: int) -> None:
    import llguidance.hf

    stop = tokenizer.eos_token_id
    usual = SchemaTokenizer.__new__(SchemaTokenizer)
    usual.native = llguidance.hf.from_tokenizer(tokenizer, eos_token=[stop])
    schema = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    mask, other = SchemaMask(SchemaTokenizer(tokenizer, [stop]), schema), SchemaMask(usual, schema)
    draw, last = random.Random(seed), None
    for _ in range(40):
        allowed, expected = mask.allowed(last, len(tokenizer)), other.allowed(last, len(tokenizer))
        assert allowed.tolist() == expected.tolist()
        last = draw.choice([int(at) for at in allowed.nonzero()[0]])
        if last == stop:
            break


def test_every_stop_token_ends_the_answer(tokenizer: Any) -> None:
    stops = [tokenizer.eos_token_id, tokenizer.pad_token_id]
    mask = SchemaMask(SchemaTokenizer(tokenizer, stops), {"const": 7})
    seven = tokenizer.get_vocab()["7"]
    assert list(mask.allowed(None, len(tokenizer)).nonzero()[0]) == [seven]
    assert sorted(mask.allowed(seven, len(tokenizer)).nonzero()[0]) == sorted(stops)


def test_a_schema_that_is_none_is_a_mistake_of_ours(tokenizer: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        SchemaMask(SchemaTokenizer(tokenizer, [tokenizer.eos_token_id]), {"type": "clairvoyance"})
