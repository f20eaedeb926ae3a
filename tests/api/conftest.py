import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.live import Live, answer, writing


@pytest.fixture
def serve() -> Iterator[Callable[..., Live]]:
    """Start services; they are closed at the end of the test."""
    running: list[Live] = []

    def serve(*scripts, **more) -> Live:
        live = Live(list(scripts) or [writing(answer())], **more)
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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """Keep one service running for many requests that change nothing."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for kind in ("data", "config", "cache", "log"):
            patch.setenv(f"MONDRIAN_{kind.upper()}_DIR", str(home / kind))
        # Nor does it wait to unload: a timer that one request starts would outlive its test.
        live = Live([writing(answer())], settings={"MONDRIAN_UNLOAD_AFTER": "0"})
    # Its workers, too, are older than the tests that use it: two tasks that wait for each other need both.
    both = threading.Barrier(2)
    for task in [live.service._reader._pool.submit(both.wait, 20) for _ in range(2)]:
        task.result(timeout=20)
    yield live
    live.close()
