from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mondrian_desktop.jobs.store import Store
from tests.jobs.queue_scene import QueueScene


@pytest.fixture
def make_scene() -> Iterator[Callable[..., QueueScene]]:
    """Return a function that makes a queue for so many jobs at once, on one lane."""
    made = []

    def make(concurrency: int = 1) -> QueueScene:
        made.append(QueueScene(concurrency))
        return made[-1]

    yield make
    for scene in made:
        scene.close()


@pytest.fixture
def scene(make_scene: Callable[..., QueueScene]) -> QueueScene:
    """A queue for one job at a time."""
    return make_scene()


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Return a function that opens the history of the test, each time as another session."""
    opened = []

    def open_store() -> Store:
        opened.append(Store.open(tmp_path / "history.db"))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    """The history of the test, opened once."""
    return open_store()
