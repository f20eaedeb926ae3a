"""mlx-vlm gives the ids that the training code gave when the weights were exported."""

import json
from collections.abc import Callable

import pytest

from mondrian_desktop import paths
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.critique.schema import answer_schema
from mondrian_desktop.engine.mask import SchemaMask, SchemaTokenizer
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Finished, Image, Message, Request
from training.answers import advisors, answer
from training.measure import Facts
from training.photos import ROOT

FILE = ROOT / "tests" / "training" / "reference.json"
MINI = paths.resource("models", "mini")

if not FILE.exists():
    pytest.skip("the shipped weights were not made by this training", allow_module_level=True)

CASES = json.loads(FILE.read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[f"{case['picture']} {case['text']}" for case in CASES])
def test_the_same_ids(case: dict) -> None:
    from tokenizers import Tokenizer

    from training.pictures import reference_picture

    image = Image(reference_picture(case["picture"]), case["picture"]) if case["picture"] else None
    message = Message("user", case["text"], has_image=image is not None)
    *_, done = MlxEngine().generate(Request(MINI, (message,), image, max_tokens=400))
    assert isinstance(done, Finished)
    known = Tokenizer.from_file(str(MINI / "tokenizer.json"))
    assert done.text == known.decode(case["ids"])
    # The end of the answer counts too.
    assert done.generation_tokens - 1 <= len(case["ids"]) <= done.generation_tokens
    assert done.finish_reason == "stop"


def test_true_answers_fit_the_schema_mask(many_facts: Callable[[int], list[Facts]]) -> None:
    from transformers import AutoTokenizer

    known = AutoTokenizer.from_pretrained(str(MINI))
    ends = [known.convert_tokens_to_ids(each) for each in ("<|im_end|>", "<|endoftext|>")]
    masking = SchemaTokenizer(known, ends)
    schema = answer_schema(load_rubric("technical"))
    for facts, advisor in zip(many_facts(20), advisors() * 2, strict=True):
        mask, last = SchemaMask(masking, schema), None
        for following in [*known.encode(answer(facts, advisor).as_json(), add_special_tokens=False), ends[0]]:
            assert mask.allowed(last, len(known))[following]
            last = following
