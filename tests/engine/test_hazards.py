"""Hazards of the library, each reproduced once and kept out since. The comment says what went wrong without care."""

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import FinishReason, Image, Phase, Prefill, Stage, Token
from mondrian_desktop.errors import Cancelled, UserError

MROPE = ("qwen3_vl", "qwen2_5_vl")


@pytest.fixture
def folder(folder_of: Callable[..., Path]) -> Path:
    return folder_of("qwen3_vl")


# Two interleaved calls corrupt each other on models with mRoPE: they share the position state.
@pytest.mark.parametrize("architecture", MROPE)
def test_a_second_request_is_refused_and_the_first_stays_right(
    architecture: str, folder_of: Any, engine: MlxEngine, drain: Any, plain: Any, about: Any, photo: Any
) -> None:
    request = about(folder_of(architecture), photo())
    events = engine.generate(request)
    texts = []
    for event in events:
        if isinstance(event, Token):
            texts.append(event.text)
            if event.generation_tokens == 3:
                break
    with pytest.raises(RuntimeError, match="one request at a time"):
        next(engine.generate(about(folder_of(architecture), photo(1))))
    with pytest.raises(RuntimeError, match="while it answers"):
        engine.unload()
    texts += [token.text for token in drain(events).tokens]
    assert "".join(texts) == plain(request)[1]


# The library compares token ids only: another photo of the same size got the OLD photo's answer.
@pytest.mark.parametrize("architecture", ["qwen3_vl", "gemma4", "smolvlm"])
def test_two_photos_of_one_size_share_nothing(
    architecture: str, folder_of: Any, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    folder = folder_of(architecture)
    first, second = about(folder, photo(0), "Be kind."), about(folder, photo(1), "Be strict.")
    ask(first)
    reply = ask(second)
    assert reply.finished.cached_tokens == 0
    assert reply.text == plain(second)[1] != plain(about(folder, photo(0), "Be strict."))[1]


def test_pixels_decide_even_under_one_key(folder: Path, ask: Any, plain: Any, about: Any, photo: Any) -> None:
    first, second = photo(0), Image(photo(1).pixels, photo(0).key)
    ask(about(folder, first))
    reply = ask(about(folder, second))
    assert reply.finished.cached_tokens == 0
    assert reply.text == plain(about(folder, second))[1]


# What a closed call leaves in the prefix's cache is stale.
def test_a_cancelled_request_leaves_no_prefix(
    folder: Path, engine: MlxEngine, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    ask(about(folder, photo(), "Be kind."))
    events = engine.generate(about(folder, photo(), "Be strict."))
    while not isinstance(next(events), Token):
        pass
    events.throw(Cancelled())
    events.close()
    request = about(folder, photo(), "Be brief.")
    reply = ask(request)
    assert reply.finished.cached_tokens == 0
    assert reply.text == plain(request)[1]


# Deepstack rows were misaligned where an image prompt was prefilled in chunks (in the library's BatchGenerator).
def test_a_picture_across_chunks_gives_the_answer_of_one_piece(
    folder_of: Any, ask: Any, about: Any, photo: Any
) -> None:
    import mlx_vlm
    from mlx_vlm.prompt_utils import apply_chat_template
    from PIL import Image as Pictures

    folder = folder_of("qwen3_vl", max_pixels=512 * 512)
    request = about(folder, photo(width=512, height=512), max_tokens=16)
    reply = ask(request)
    assert reply.finished.image_size == (512, 512)
    assert reply.finished.prompt_tokens > 256
    model, processor = mlx_vlm.load(str(folder))
    turns = [
        {"role": "system", "content": request.messages[0].text},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": request.messages[1].text}]},
    ]
    prompt = apply_chat_template(processor, model.config, turns, num_images=1)
    image = [Pictures.fromarray(request.image.pixels)]
    whole = mlx_vlm.stream_generate(
        model, processor, prompt, image, max_tokens=16, temperature=0.0, prefill_step_size=None
    )
    assert reply.text == "".join(result.text for result in whole)


# stream_generate() does not reset the stop tokens, and those that one call adds leak into later ones.
def test_stop_tokens_of_one_request_do_not_leak_into_the_next(
    folder: Path, engine: MlxEngine, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    request = about(folder, photo())
    ids, text = plain(request)
    assert ask(request).text == text
    assert engine._loaded is not None
    engine._loaded.tokenizer.stopping_criteria.add_eos_token_ids([ids[4]])
    reply = ask(request)
    assert reply.text == text
    assert reply.finished.finish_reason is FinishReason.LENGTH


# clear_cache() is skipped where the library's generator is closed early.
@pytest.mark.parametrize("ends", ["done", "cancelled", "closed"])
def test_memory_is_back_after_any_end(
    folder: Path, engine: MlxEngine, ask: Any, about: Any, photo: Any, ends: str
) -> None:
    import mlx.core as mx

    ask(about(folder, photo(9)))
    engine._prefixes.drop()
    mx.clear_cache()
    before = mx.get_active_memory()
    events = engine.generate(about(folder, photo(), max_tokens=30))
    for event in events:
        if isinstance(event, Token) and event.generation_tokens == 5 and ends != "done":
            break
    if ends == "cancelled":
        assert events.throw(Cancelled()).finish_reason is FinishReason.CANCELLED
    events.close()
    assert mx.get_cache_memory() == 0
    engine._prefixes.drop()
    assert mx.get_active_memory() <= before + 50_000


def test_memory_stays_flat_over_many_photos(folder: Path, ask: Any, about: Any, photo: Any) -> None:
    import mlx.core as mx

    sizes = []
    for seed in range(8):
        ask(about(folder, photo(seed), max_tokens=8))
        sizes.append(mx.get_active_memory())
    assert max(sizes[2:]) <= sizes[1] + 50_000


# A thread that used MLX made the process abort at exit, unless clear_streams() was the last thing it did.
def test_the_process_ends_cleanly_after_work_in_threads(folder: Path) -> None:
    script = f"""
from pathlib import Path
import numpy as np
from mondrian_desktop.engine.mlx import MlxEngine
from mondrian_desktop.engine.protocol import Finished, Image, Message, Request
engine = MlxEngine()
for seed in range(3):
    pixels = np.random.default_rng(seed).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    image = Image(pixels, str(seed))
    request = Request(Path({str(folder)!r}), (Message("user", "Look.", has_image=True),), image, max_tokens=4)
    *_, last = engine.generate(request)
    assert isinstance(last, Finished)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


SCHEMA = {
    "type": "object",
    "properties": {
        "image_description": {"type": "string", "maxLength": 24},
        "score": {"type": "integer", "minimum": 1, "maximum": 10},
        "notes": {"type": "array", "items": {"type": "string", "maxLength": 12}, "minItems": 1, "maxItems": 2},
    },
    "required": ["image_description", "score", "notes"],
    "additionalProperties": False,
}


# mlx_vlm.structured needs a Metal kernel: the mask is our own, and works everywhere.
@pytest.mark.parametrize("architecture", ["qwen3_vl", "gemma4", "smolvlm"])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "blocking"])
def test_an_answer_fulfils_its_schema(
    architecture: str, stream: bool, folder_of: Any, ask: Any, about: Any, photo: Any
) -> None:
    folder = folder_of(architecture)
    for seed in range(3):
        request = about(folder, photo(seed), max_tokens=300, schema=SCHEMA, stream=stream)
        reply = ask(request)
        assert reply.finished.finish_reason is FinishReason.STOP
        jsonschema.validate(json.loads(reply.text), SCHEMA)
    text = ask(about(folder, photo(0), max_tokens=20))
    assert text.finished.finish_reason is FinishReason.LENGTH, "the mask stayed on"


# The AutoProcessor patch swallows what a processor raises, and another error comes out.
@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "tokenizer.json").write_text("{", encoding="utf-8"),
        lambda folder: (folder / "tokenizer.json").unlink(),
        lambda folder: (folder / "tokenizer_config.json").write_text("[]", encoding="utf-8"),
        lambda folder: (folder / "preprocessor_config.json").write_text('{"patch_size": "x"}', encoding="utf-8"),
    ],
    ids=["truncated tokenizer", "no tokenizer", "wrong tokenizer config", "wrong preprocessor config"],
)
def test_a_broken_tokenizer_is_told_with_its_folder(
    damage: Any, folder: Path, copied: Any, ask: Any, about: Any, photo: Any
) -> None:
    broken = copied(folder)
    damage(broken)
    with pytest.raises(UserError, match=str(broken)):
        ask(about(broken, photo()))
    assert ask(about(folder, photo())).text


# The library trusts remote code by default, and imports a file that config.json names.
@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json", "preprocessor_config.json"])
@pytest.mark.parametrize(
    "entry",
    [
        {"model_file": "evil.py"},
        {"auto_map": {"AutoProcessor": "evil.Evil", "AutoTokenizer": ["evil.Evil", "evil.Evil"]}},
        {"processor_class": "Evil", "tokenizer_class": "Evil", "auto_map": {"AutoTokenizer": "evil.Evil"}},
    ],
    ids=["model file", "auto map", "class"],
)
def test_no_code_of_a_model_folder_is_ever_run(
    file: str, entry: dict[str, Any], folder: Path, copied: Any, ask: Any, about: Any, photo: Any
) -> None:
    hostile = copied(folder)
    trace = hostile / "ran"
    (hostile / "evil.py").write_text(
        f"open({str(trace)!r}, 'w')\nclass Evil:\n    from_pretrained = classmethod(lambda *a, **k: None)\n",
        encoding="utf-8",
    )
    config = json.loads((hostile / file).read_text(encoding="utf-8"))
    (hostile / file).write_text(json.dumps(config | entry), encoding="utf-8")
    # It may be refused, or work without.
    with suppress(UserError):
        ask(about(hostile, photo(), max_tokens=2))
    assert not trace.exists()


# A sampled id beyond the tokenizer's vocabulary raised IndexError in the detokenizer.
@pytest.mark.parametrize("architecture", ["qwen3_vl", "gemma4"])
def test_ids_beyond_the_vocabulary_are_passed_over(
    architecture: str, folder_of: Any, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    folder = folder_of(architecture, extra_rows=4000)
    request = about(folder, photo(), max_tokens=40)
    with pytest.raises(IndexError):
        plain(request)
    reply = ask(request)
    assert reply.finished.generation_tokens == 40
    assert reply.text
    assert ask(replace(request, stream=False)).text == reply.text


# The last result repeats the last token; appended, its text would stand twice.
@pytest.mark.parametrize("max_tokens", [1, 2, 7])
def test_the_last_token_counts_once(
    folder: Path, ask: Any, plain: Any, about: Any, photo: Any, max_tokens: int
) -> None:
    request = about(folder, photo(), max_tokens=max_tokens)
    reply = ask(request)
    assert "".join(token.text for token in reply.tokens) == reply.text == plain(request)[1]
    assert reply.finished.generation_tokens == max_tokens
    assert reply.finished.finish_reason is FinishReason.LENGTH


# The library's rate at the first token is one token in no time: millions a second.
def test_rates_mean_something_from_the_first_token_on(folder: Path, drain: Any, about: Any, photo: Any) -> None:
    now_s = 0.0

    def clock() -> float:
        nonlocal now_s
        now_s += 0.25
        return now_s

    engine = MlxEngine(clock)
    reply = drain(engine.generate(about(folder, photo())))
    assert all(0 < token.generation_tps <= 4 for token in reply.tokens)
    assert 0 < reply.finished.generation_tps <= 4
    assert reply.finished.time_to_first_token_s >= 0.5
    engine.unload()


# Half precision runs at about one token a second on a CPU.
@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_is_computed_in_single_on_a_cpu(
    dtype: str, folder_of: Any, engine: MlxEngine, ask: Any, about: Any, photo: Any
) -> None:
    import mlx.core as mx
    from mlx.utils import tree_flatten

    if mx.default_device().type != mx.cpu:
        pytest.skip("keeps its type on Metal")
    assert ask(about(folder_of("qwen3_vl", dtype=dtype), photo())).text
    assert engine._loaded is not None
    types = {leaf.dtype for _, leaf in tree_flatten(engine._loaded.model.parameters())}
    assert types == {mx.float32}


# An error in the middle of a call: the next request works, and whoever keeps the error keeps no memory.
@pytest.mark.parametrize("stage", [Stage.ENCODING, Stage.PREFILLING, Stage.GENERATING])
def test_after_an_error_anywhere_the_next_answer_is_right(
    stage: Stage, folder: Path, engine: MlxEngine, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    import mlx.core as mx

    request = about(folder, photo())
    ask(about(folder, photo(5)))
    engine._prefixes.drop()
    before = mx.get_active_memory()
    events = engine.generate(request)
    for event in events:
        if (isinstance(event, Phase) and event.stage is stage) or (
            stage is Stage.ENCODING and isinstance(event, Prefill)
        ):
            break
    with pytest.raises(LookupError, match="broken") as raised:
        events.throw(LookupError("broken"))
    assert raised.value.__traceback__ is not None
    assert mx.get_active_memory() <= before + 50_000
    assert ask(request).text == plain(request)[1]


# Default initialization makes every answer repeat one token: tests of equality would pass whatever happens.
@pytest.mark.parametrize("architecture", ["qwen3_vl", "qwen2_5_vl", "qwen3_5", "gemma4", "smolvlm"])
def test_answers_of_random_models_vary(architecture: str, folder_of: Any, plain: Any, about: Any, photo: Any) -> None:
    folder = folder_of(architecture)
    answers = [plain(about(folder, image, max_tokens=24)) for image in (photo(0), photo(1), None)]
    assert len({text for _, text in answers}) == 3
    assert all(len(set(ids)) > 6 for ids, _ in answers)


def test_a_model_that_repeats_itself_is_stopped(folder_of: Any, ask: Any, about: Any, photo: Any) -> None:
    folder = folder_of("qwen3_vl", deviation=0.02)
    request = about(folder, photo(), max_tokens=200)
    reply = ask(request)
    assert reply.finished.finish_reason is FinishReason.REPETITION
    assert 32 <= len(reply.text) < 500
    assert "".join(token.text for token in reply.tokens) == reply.text
    assert ask(replace(request, stream=False)).text == reply.text


def test_a_temperature_draws_by_its_seed(folder: Path, ask: Any, about: Any, photo: Any) -> None:
    texts = [ask(about(folder, photo(), temperature=1.5, seed=seed)).text for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
