from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mondrian_desktop.api.server import Limits
from tests.api.live import Live, answer, writing


@pytest.fixture
def serve() -> Iterator[Callable[..., Live]]:
    """Start services; they are closed at the end of the test."""
    running: list[Live] = []

    def serve(*scripts, host="127.0.0.1", limits=None, settings=None, clock=None) -> Live:
        live = Live(list(scripts) or [writing(answer())], host, limits or Limits(), settings or {}, clock)
        running.append(live)
        return live

    yield serve
    for live in running:
        live.close()


@pytest.fixture
def chat_model(tmp_path: Path) -> dict[str, str]:
    """Return settings with a model that takes questions, which the built-in one does not."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "qwen3_vl"}')
    return {"MONDRIAN_MODEL": str(folder)}
