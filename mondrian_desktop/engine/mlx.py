"""The engine of the app: mlx-vlm, on the main thread, in slices.

One request at a time, all of it on the thread that steps the generator (MLX streams belong to threads); only
imports, tokenizers and image preparation go to a worker. This module and its neighbours loading, reading and
slicing are the only ones that import MLX, and they import it late.
"""

import time
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from mondrian_desktop.engine import folder, loading, reading
from mondrian_desktop.engine.guard import RepetitionGuard
from mondrian_desktop.engine.loading import LoadedModel
from mondrian_desktop.engine.mask import SchemaMask, SchemaTokenizer
from mondrian_desktop.engine.prefix import PrefixStore
from mondrian_desktop.engine.protocol import (
    EngineEvents,
    Finished,
    FinishReason,
    Phase,
    Prefill,
    Request,
    Stage,
    Token,
)
from mondrian_desktop.engine.reading import Prompt
from mondrian_desktop.engine.slicing import Slice
from mondrian_desktop.engine.thinking import ThinkingMask
from mondrian_desktop.engine.worker import Worker
from mondrian_desktop.errors import Cancelled, UserError

PREFILL_TOKENS = 256
"""Prompt tokens that are processed at once. Fixed, not adapted: how a prompt is cut moves logits by some 1e-5, and
equal requests give equal words. The library's 2048 makes slices of a third of a second on a slow machine."""

_MARKS = 4


class MlxEngine:
    """Runs models of mlx-vlm.

    Parameters
    ----------
    clock
        Monotonic seconds.
    """

    concurrency = 1

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._worker = Worker()
        self._loaded: LoadedModel | None = None
        self._prefixes = PrefixStore()
        self._is_running = False

    def generate(self, request: Request) -> EngineEvents:
        """Answer ``request``: see :class:`~mondrian_desktop.engine.protocol.Engine`.

        Raises
        ------
        RuntimeError
            Where another request is under way: models keep state, and two requests would corrupt each other.
        """
        if self._is_running:
            raise RuntimeError("one request at a time")
        self._is_running = True
        answer, is_closed = _Answer(self._clock), False
        try:
            yield from self._answer(request, answer)
        except Cancelled as err:
            _forget_frames(err)
        except GeneratorExit:
            is_closed = True
        except Exception as err:
            _forget_frames(err)
            raise
        finally:
            self._is_running = False
            loading.clear_cache()
        # Once more, now that the exception and the frames that it held are gone.
        loading.clear_cache()
        if not is_closed:
            yield answer.finished()

    def device(self) -> str:
        """Return on what it computes, for people: "Apple M3 Pro (Metal), 36 GB", "CPU"."""
        loading.use_fast_blas()
        import mlx.core as mx

        if not mx.metal.is_available():
            return "CPU"
        info: dict[str, Any] = mx.device_info()
        return f"{info.get('device_name', 'GPU')} (Metal), {info.get('memory_size', 0) / 2**30:.0f} GB"

    def unload(self) -> None:
        """Give the memory back; the next request loads again. Not while one is under way."""
        if self._is_running:
            raise RuntimeError("a model cannot be unloaded while it answers")
        self._release()

    def _release(self) -> None:
        self._prefixes.drop()
        if self._loaded is not None:
            self._loaded = None
            loading.clear_cache()

    def _answer(self, request: Request, answer: "_Answer") -> EngineEvents:
        loaded = yield from self._load(request.weights)
        with _memory_explained(request.weights):
            yield from self._respond(loaded, request, answer)

    def _load(self, weights: Path) -> Generator[Any, None, LoadedModel]:
        if self._loaded is None or self._loaded.folder.path != weights:
            yield Phase(Stage.LOADING)
            checked = folder.check(weights)
            yield from loading.refuse_unfit(checked, self._worker)
            loading.limit_cache()
            # Before the next one is read: there may not be room for both.
            self._release()
            self._loaded = yield from loading.load(checked, self._worker, self._clock)
        return self._loaded

    def _respond(self, loaded: LoadedModel, request: Request, answer: "_Answer") -> EngineEvents:
        import mlx.core as mx
        from mlx_vlm.generate import PromptCacheState

        answer.begin()
        mx.reset_peak_memory()
        yield Phase(Stage.READING)
        loaded.reset_stopping()
        prompt, mask = yield from self._worker.run("read the request", lambda: _read(loaded, request))
        answer.image_size, answer.opened = prompt.image_size, prompt.opened
        # Taken out: what a cancelled or failed request leaves in it is stale.
        state = self._prefixes.take(prompt.key) or PromptCacheState()
        _leave_some(state, prompt)
        options = _options(loaded, request, prompt, mask, state)
        try:
            if request.stream:
                yield from _stream(loaded, prompt, options, answer)
            else:
                yield from _block(loaded, prompt, options, answer)
            # Some kinds of models end without giving a reason.
            answer.reason = answer.reason or FinishReason.STOP
        finally:
            answer.peak_memory_bytes = mx.get_peak_memory()
        if answer.reason in (FinishReason.STOP, FinishReason.LENGTH) and _can_be_cut(state):
            self._prefixes.keep(prompt.key, state)


class _Answer:
    """What has come of a request so far."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.reason: FinishReason | None = None
        self.image_size: tuple[int, int] | None = None
        self.opened = ""
        self.peak_memory_bytes = 0
        self._clock = clock
        self._guard = RepetitionGuard()
        self._pieces: list[str] = []
        self._counts = Finished("", FinishReason.STOP)
        self._began_s = self._first_s = 0.0

    def begin(self) -> None:
        self._began_s = self._clock()

    def add(self, result: Any, step_s: float) -> Token:
        """Take a result of ``stream_generate``, which took ``step_s`` seconds to come, and return its event."""
        now_s = self._clock()
        count = result.generation_tokens
        if not self._first_s:
            self._first_s = now_s
        # The library counts from the first token on: n tokens in the time of n - 1.
        tps = (count - 1) / max(now_s - self._first_s, 1e-6) if count > 1 else 1 / max(step_s, 1e-6)
        self._count(result, tps, self._first_s - self._began_s)
        return Token(self._guarded(result), count, tps)

    def add_all(self, result: Any, began_s: float) -> Token:
        """Take the one result of ``generate``, which was called at ``began_s``, and return its event."""
        count = result.generation_tokens
        tps = result.generation_tps * (count - 1) / count if count > 1 else result.generation_tps
        prefill_s = result.prompt_tokens / result.prompt_tps if result.prompt_tps else 0.0
        self._count(result, tps, began_s - self._began_s + prefill_s)
        return Token(self._guarded(result), count, tps)

    def finished(self) -> Finished:
        return replace(
            self._counts,
            text="".join(self._pieces),
            finish_reason=self.reason or FinishReason.CANCELLED,
            peak_memory_bytes=self.peak_memory_bytes,
            image_size=self.image_size,
        )

    def _guarded(self, result: Any) -> str:
        """Return the result's text, cut where the answer has begun to repeat itself; sets the reason to end."""
        # Whoever reads it need not know that the prompt ended with the mark.
        text, self.opened = self.opened + result.text, ""
        kept = self._guard.cut(text)
        if kept is not None:
            self.reason = FinishReason.REPETITION
        elif result.finish_reason is not None:
            self.reason = FinishReason(result.finish_reason)
        self._pieces.append(text[:kept])
        return self._pieces[-1]

    def _count(self, result: Any, tps: float, first_s: float) -> None:
        self._counts = Finished(
            "",
            FinishReason.CANCELLED,
            prompt_tokens=result.prompt_tokens,
            cached_tokens=result.cached_tokens,
            generation_tokens=result.generation_tokens,
            prompt_tps=result.prompt_tps,
            generation_tps=tps,
            time_to_first_token_s=first_s,
        )


Mask: TypeAlias = SchemaMask | ThinkingMask


def _read(loaded: LoadedModel, request: Request) -> tuple[Prompt, Mask | None]:
    prompt = reading.read(loaded, request)
    if request.schema is None:
        return prompt, None
    if loaded.schema_tokenizer is None:
        loaded.schema_tokenizer = SchemaTokenizer(loaded.tokenizer, loaded.stop_ids())
    mask = SchemaMask(loaded.schema_tokenizer, request.schema)
    return prompt, ThinkingMask(mask, prompt.marks, loaded.stop_ids()) if prompt.marks else mask


def _leave_some(state: Any, prompt: Prompt) -> None:
    """Have at least one token left to compute: the library reuses nothing where the whole prompt is there already.

    And the mark with which the prompt opens the thinking: the library looks for it in what is left.
    """
    ids, marks = prompt.ids, prompt.marks
    last = len(ids) - 1
    if marks and marks.is_open and marks.start_id in ids:
        last -= ids[::-1].index(marks.start_id)
    if state.token_ids is not None and state.token_ids[: last + 1] == ids[: last + 1]:
        state.token_ids = ids[:last]


def _can_be_cut(state: Any) -> bool:
    """Return whether a later prompt can use the beginning of ``state``; linear attention keeps no positions."""
    return all(hasattr(cache, "is_trimmable") and cache.is_trimmable() for cache in state.cache)


def _options(loaded: LoadedModel, request: Request, prompt: Prompt, mask: Mask | None, state: Any) -> dict[str, Any]:
    thinks: dict[str, Any] = {}
    if marks := prompt.marks:
        thinks = {
            "enable_thinking": True,
            "thinking_budget": request.thinking_tokens,
            "thinking_start_token": marks.start,
            "thinking_end_token": marks.end,
        }
    return {
        **prompt.inputs,
        **thinks,
        # With the marks, and the line break that the library writes before the closing one.
        "max_tokens": request.max_tokens + (request.thinking_tokens + _MARKS if prompt.marks else 0),
        "temperature": request.temperature,
        "seed": request.seed,
        "prefill_step_size": _prefill_tokens(loaded, state),
        "prompt_cache_state": state,
        "logits_processors": [_masking(mask)] if mask else None,
    }


def _prefill_tokens(loaded: LoadedModel, state: Any) -> int | None:
    # WORKAROUND mlx-vlm 0.7.10, models/gemma4/language.py: after a reused prefix, per-layer inputs are cut by the
    # position in the whole prompt though they cover the rest only, so every chunk but the last gets wrong ones.
    # tests/engine/test_contract.py tells when this can go.
    text = getattr(loaded.model.config, "text_config", None)
    is_cut_wrong = state.cache is not None and bool(getattr(text, "hidden_size_per_layer_input", 0))
    return None if is_cut_wrong else PREFILL_TOKENS


def _masking(mask: Mask) -> Callable[[Any, Any], Any]:
    """Return the library's hook that leaves only what ``mask`` allows."""
    import mlx.core as mx

    is_first = True

    def masked(ids: Any, logits: Any) -> Any:
        nonlocal is_first
        # The first call comes with the end of the prompt, which is not part of the answer.
        allowed = mask.allowed(None if is_first else ids[-1].item(), logits.shape[-1])
        is_first = False
        return mx.where(mx.array(allowed), logits, mx.array(-mx.inf, dtype=logits.dtype))

    return masked


def _stream(loaded: LoadedModel, prompt: Prompt, options: dict[str, Any], answer: _Answer) -> EngineEvents:
    from mlx_vlm import stream_generate

    progress = _Progress(loaded, prompt, options["prompt_cache_state"])
    yield Phase(progress.stage)
    run = loaded.slicer.run(lambda: stream_generate(loaded.model, loaded.processor, prompt.text, **options))
    try:
        while True:
            began_s = answer._clock()
            item = next(run, None)
            if item is None:
                return
            if isinstance(item, Slice):
                yield from progress.passed(item)
                continue
            yield from progress.generating()
            token = answer.add(item, answer._clock() - began_s)
            if token.text or item.finish_reason is None:
                yield token
            if answer.reason is FinishReason.REPETITION:
                return
    finally:
        run.close()


def _block(loaded: LoadedModel, prompt: Prompt, options: dict[str, Any], answer: _Answer) -> EngineEvents:
    """Generate in one piece: nothing else moves meanwhile, and nothing can be cancelled."""
    from mlx_vlm import generate

    progress = _Progress(loaded, prompt, options["prompt_cache_state"])
    yield Phase(progress.stage)
    began_s = answer._clock()
    result = generate(loaded.model, loaded.processor, prompt.text, **options)
    yield from progress.generating()
    yield answer.add_all(result, began_s)


class _Progress:
    """Phases and prefill progress of one call."""

    def __init__(self, loaded: LoadedModel, prompt: Prompt, state: Any) -> None:
        layers = loaded.slicer.layers
        reused = state.find_prefix_length(prompt.ids) if state.cache is not None else 0
        encodes = "pixel_values" in prompt.inputs and not reused
        self.stage = Stage.ENCODING if encodes else Stage.PREFILLING
        # The last token goes alone, without slices.
        chunks = -(-max(len(prompt.ids) - reused - 1, 1) // PREFILL_TOKENS)
        self._total = max(1, encodes * layers[Stage.ENCODING] + chunks * layers[Stage.PREFILLING])

    def passed(self, piece: Slice) -> Iterator[Phase | Prefill]:
        if piece.stage is Stage.PREFILLING and self.stage is Stage.ENCODING:
            self.stage = Stage.PREFILLING
            yield Phase(self.stage)
        yield Prefill(min(piece.done, self._total), self._total)

    def generating(self) -> Iterator[Phase | Prefill]:
        if self.stage is Stage.GENERATING:
            return
        if self.stage is Stage.ENCODING:
            yield Phase(Stage.PREFILLING)
        self.stage = Stage.GENERATING
        yield Prefill(self._total, self._total)
        yield Phase(Stage.GENERATING)


@contextmanager
def _memory_explained(weights: Path) -> Iterator[None]:
    try:
        yield
    except (MemoryError, RuntimeError) as err:
        if not loading.is_out_of_memory(err):
            raise
        raise UserError(
            f"There is not enough memory for this photo with the model in {weights}.",
            "Choose a smaller model or a smaller analysis size, or close other programs.",
        ) from err


def _forget_frames(err: BaseException | None) -> None:
    """Free what the frames behind ``err`` hold, prompts and caches: whoever keeps the error would keep them too."""
    while err is not None:
        traceback.clear_frames(err.__traceback__)
        err = err.__cause__ or err.__context__
