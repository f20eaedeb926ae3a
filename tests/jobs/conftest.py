from collections.abc import Callable, Iterator

import pytest

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
