"""Random-weight models, photos, and ways to ask: the real library throughout."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Pictures

from benchmarks import random_weights
from mondrian_desktop.engine import loading
from mondrian_desktop.engine.mlx import PREFILL_TOKENS, MlxEngine
from mondrian_desktop.engine.protocol import Finished, Image, Message, Request, Token
from mondrian_desktop.pump import Wait

# Read when the library is loaded. Matrices are small here, and threads that wait for each other slow everything down.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SYSTEM = "You are a demanding and generous teacher of photography. You look before you judge."


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Said by transformers when Gemma's audio part is set up; as an error it is swallowed, and another one is raised.
    for item in items:
        item.add_marker(pytest.mark.filterwarnings("ignore:At least one mel filter has all zero values"))


@dataclass(frozen=True)
class Reply:
    """All that an engine answered."""

    events: list[Any]

    @property
    def finished(self) -> Finished:
        assert isinstance(self.events[-1], Finished)
        return self.events[-1]

    @property
    def text(self) -> str:
        return self.finished.text

    @property
    def tokens(self) -> list[Token]:
        return self.of(Token)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def drained(events: Generator[Any, None, None]) -> Reply:
    """Step ``events`` to the end, as a pump would."""
    seen = []
    for event in events:
        if isinstance(event, Wait):
            event.future.exception()
        else:
            seen.append(event)
    return Reply(seen)


@pytest.fixture
def drain() -> Callable[[Generator[Any, None, None]], Reply]:
    return drained


@pytest.fixture(scope="session")
def folder_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that builds a model folder, once for each architecture and set of options."""
    loading.use_fast_blas()

    @cache
    def built(architecture: str = "qwen3_vl", **options: Any) -> Path:
        folder: Path = tmp_path_factory.mktemp(architecture)
        random_weights.build(folder, architecture, **{"seed": 3} | options)
        return folder

    return built


@pytest.fixture(scope="session")
def plain() -> Callable[[Request], tuple[list[int], str]]:
    """Return a function that asks the library itself: its own loading, one unsliced call. (ids, text)."""

    @cache
    def loaded(folder: Path) -> tuple[Any, Any]:
        import mlx_vlm

        return mlx_vlm.load(str(folder))  # type: ignore[no-any-return]

    def asked(request: Request) -> tuple[list[int], str]:
        import mlx.core as mx
        import mlx_vlm
        from mlx_vlm.prompt_utils import apply_chat_template

        mx.disable_compile()
        model, processor = loaded(request.weights)
        turns: list[dict[str, Any]] = []
        for message in request.messages:
            parts = [{"type": "image"}, {"type": "text", "text": message.text}]
            turns.append({"role": message.role, "content": parts if message.has_image else message.text})
        prompt = apply_chat_template(processor, model.config, turns, num_images=1 if request.image else 0)
        image = [Pictures.fromarray(request.image.pixels)] if request.image else None
        results = list(
            mlx_vlm.stream_generate(
                model, processor, prompt, image, max_tokens=request.max_tokens, temperature=0.0,
                prefill_step_size=PREFILL_TOKENS,
            )
        )  # fmt: skip
        return [result.token for result in results[:-1]], "".join(result.text for result in results)

    return asked


@pytest.fixture
def engine() -> Iterator[MlxEngine]:
    engine = MlxEngine()
    yield engine
    engine.unload()


@pytest.fixture
def ask(engine: MlxEngine) -> Callable[[Request], Reply]:
    """Return a function that asks the engine and returns all that it answers."""
    return lambda request: drained(engine.generate(request))


def picture(seed: int = 0, width: int = 240, height: int = 160) -> Image:
    """Return a soft random picture; equal seeds and sizes give equal pictures."""
    small = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), dtype=np.uint8)
    pixels = np.asarray(Pictures.fromarray(small).resize((width, height), Pictures.Resampling.BICUBIC))
    return Image(pixels, f"photo-{seed}:{width}x{height}")


@pytest.fixture
def photo() -> Callable[..., Image]:
    return picture


@pytest.fixture
def about() -> Callable[..., Request]:
    """Return a function that makes a request: about a photo, or text only with ``image=None``."""

    def made(folder: Path, image: Image | None, advisor: str = "Be kind.", **options: Any) -> Request:
        messages = (Message("system", SYSTEM), Message("user", advisor, has_image=image is not None))
        return Request(folder, messages, image, **{"max_tokens": 24} | options)

    return made


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Return a function that copies a model folder, to be damaged."""
    return lambda folder: Path(shutil.copytree(folder, tmp_path / "model"))
