"""What every architecture has to fulfil: the library's own answer, cancelled anywhere, and right again afterwards."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.random_weights import ARCHITECTURES
from mondrian_desktop.engine.mlx import PREFILL_TOKENS, MlxEngine
from mondrian_desktop.engine.protocol import FinishReason, Load, Message, Phase, Prefill, Request, Stage, Token
from mondrian_desktop.engine.slicing import Slice, Slicer
from mondrian_desktop.errors import Cancelled
from mondrian_desktop.pump import Wait

pytestmark = pytest.mark.parametrize("architecture", ARCHITECTURES)
LONG = "Look at the light, the edges and the background, and say what each does to the picture. " * 14


@pytest.fixture
def folder(architecture: str, folder_of: Callable[..., Path]) -> Path:
    return folder_of(architecture)


def test_same_ids_as_the_plain_call(folder: Path, plain: Any, about: Any, photo: Any) -> None:
    import mlx_vlm
    from mlx_vlm.prompt_utils import apply_chat_template
    from PIL import Image as Pictures

    request = about(folder, photo(), LONG, max_tokens=40)
    ids, _ = plain(request)
    assert len(set(ids)) > 8, "an answer that hardly varies proves nothing"
    model, processor = mlx_vlm.load(str(folder))
    turns = [
        {"role": "system", "content": request.messages[0].text},
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": LONG}]},
    ]
    prompt = apply_chat_template(processor, model.config, turns, num_images=1)
    image = [Pictures.fromarray(request.image.pixels)]
    options = {"max_tokens": 40, "temperature": 0.0, "prefill_step_size": PREFILL_TOKENS}
    slicer = Slicer(model)
    items = list(slicer.run(lambda: mlx_vlm.stream_generate(model, processor, prompt, image, **options)))
    assert {item.stage for item in items if isinstance(item, Slice)} == {Stage.ENCODING, Stage.PREFILLING}
    assert [item.token for item in items if not isinstance(item, Slice)][:-1] == ids


@pytest.mark.parametrize("advisor", ["Be kind.", LONG], ids=["short", "longer than one chunk"])
def test_the_engine_says_what_the_library_says(
    folder: Path, plain: Any, ask: Any, about: Any, photo: Any, advisor: str
) -> None:
    with_photo, text_only = about(folder, photo(), advisor), about(folder, None, advisor)
    for request in (with_photo, text_only, with_photo):
        reply = ask(request)
        assert reply.text == plain(request)[1]
        assert "".join(token.text for token in reply.tokens) == reply.text
        assert reply.finished.generation_tokens == reply.tokens[-1].generation_tokens


def test_blocking_says_the_same(folder: Path, ask: Any, about: Any, photo: Any) -> None:
    for image in (photo(), None):
        streamed = ask(about(folder, image)).finished
        whole = ask(about(folder, image, stream=False)).finished
        assert whole.text == streamed.text
        assert whole.finish_reason is streamed.finish_reason
        assert whole.generation_tokens == streamed.generation_tokens
        assert whole.image_size == streamed.image_size


def test_events_come_in_order(folder: Path, ask: Any, about: Any, photo: Any) -> None:
    reply = ask(about(folder, photo()))
    assert [phase.stage for phase in reply.of(Phase)] == list(Stage)
    loads, prefills = reply.of(Load), reply.of(Prefill)
    assert loads[0].done_bytes == 0
    assert loads[-1].done_bytes == loads[-1].total_bytes > 0
    for progress in ([load.done_bytes for load in loads], [prefill.done for prefill in prefills]):
        assert progress == sorted(progress)
    assert len({prefill.total for prefill in prefills}) == 1
    assert prefills[-1].done == prefills[-1].total
    assert [token.generation_tokens for token in reply.tokens] == sorted(t.generation_tokens for t in reply.tokens)
    finished = reply.finished
    assert finished.prompt_tokens > 40
    assert finished.time_to_first_token_s > 0
    assert finished.peak_memory_bytes > 0


def test_quantized_weights_answer_as_the_library_does(
    architecture: str, folder_of: Any, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    request = about(folder_of(architecture, bits=4), photo())
    assert ask(request).text == plain(request)[1]


def stage_of(event: Any, stage: Stage) -> bool:
    return isinstance(event, Phase) and event.stage is stage


CANCELS = {
    "loading": lambda event: isinstance(event, Load) and event.done_bytes > 0,
    "importing": lambda event: isinstance(event, Wait),
    "reading": lambda event: stage_of(event, Stage.READING),
    "encoding": lambda event: isinstance(event, Prefill),
    "prefilling": lambda event: stage_of(event, Stage.PREFILLING),
    "decoding": lambda event: isinstance(event, Token) and event.generation_tokens == 3,
}


@pytest.mark.parametrize("closes", [False, True], ids=["cancelled", "closed"])
def test_ends_wherever_it_is_told_to_and_the_next_answer_is_right(
    folder: Path, engine: MlxEngine, ask: Any, plain: Any, about: Any, photo: Any, closes: bool
) -> None:
    import mlx.core as mx

    stream = mx.default_stream(mx.default_device())
    request = about(folder, photo(), LONG)
    expected = plain(request)[1]
    mx.clear_cache()
    before = mx.get_active_memory()
    for place, is_there in CANCELS.items():
        events, texts = engine.generate(request), []
        for event in events:
            texts += [event.text] if isinstance(event, Token) else []
            if is_there(event):
                break
        else:
            pytest.fail(f"never got to {place}")
        if closes:
            events.close()
        else:
            finished = events.throw(Cancelled())
            assert finished.finish_reason is FinishReason.CANCELLED
            assert finished.text == "".join(texts)
            assert list(events) == []
        assert mx.default_stream(mx.default_device()) == stream
        assert mx.get_cache_memory() == 0, place
        if place == "loading":
            assert mx.get_active_memory() <= before + 50_000
    assert ask(request).text == expected


def test_a_second_advisor_on_the_same_photo_keeps_the_prefix(
    folder: Path, architecture: str, ask: Any, plain: Any, about: Any, photo: Any
) -> None:
    first, second = about(folder, photo(), "Be kind."), about(folder, photo(), "Be strict, and look at the edges.")
    assert ask(first).finished.cached_tokens == 0
    again = ask(second)
    assert again.text == plain(second)[1]
    repeated = ask(second)
    assert repeated.text == again.text
    if architecture == "qwen3_5":
        # Its linear attention keeps no positions: nothing to cut a prefix from.
        assert again.finished.cached_tokens == 0
        return
    assert 0.5 * again.finished.prompt_tokens < again.finished.cached_tokens < again.finished.prompt_tokens
    assert repeated.finished.cached_tokens == repeated.finished.prompt_tokens - 1
    assert [phase.stage for phase in again.of(Phase)] == [Stage.READING, Stage.PREFILLING, Stage.GENERATING]


def test_turns_keep_their_order(folder: Path, ask: Any, plain: Any, photo: Any) -> None:
    image = photo()
    messages = (
        Message("system", "You look before you judge."),
        Message("user", "This is the photograph.", has_image=True),
        Message("assistant", "I see it."),
        Message("user", "What is in the background?"),
    )
    request = Request(folder, messages, image, max_tokens=16)
    assert ask(request).text == plain(request)[1]
    neighbours = (Message("user", "This is the photograph.", has_image=True), Message("user", "What is it?"))
    joined = (Message("user", "This is the photograph.What is it?", has_image=True),)
    if folder.name.startswith("qwen"):
        first, second = (Request(folder, each, image, max_tokens=16) for each in (neighbours, joined))
        assert ask(first).text == ask(second).text == plain(second)[1]
