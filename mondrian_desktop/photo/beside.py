"""Work that another worker may do meanwhile, and that is done on the spot where none had the time."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Task(Generic[T]):
    """One piece of work.

    Workers of a pool may wait for tasks in their own pool: one that no worker has begun is done by who waits for it.

    Parameters
    ----------
    work
        Called once, in some thread.
    executor
        Who may do it; None leaves it to who asks for the result.
    """

    def __init__(self, work: Callable[[], T], executor: Executor | None = None) -> None:
        self._work = work
        self._future = _submit(executor, work)

    def result(self) -> T:
        """Return what ``work`` returns, or raise what it raises."""
        if self._future is None or self._future.cancel():
            return self._work()
        return self._future.result()

    def drop(self) -> None:
        """Say that nobody will ask; what has not begun will not."""
        if self._future is not None:
            self._future.cancel()


def _submit(executor: Executor | None, work: Callable[[], T]) -> Future[T] | None:
    try:
        return executor.submit(work) if executor is not None else None
    except RuntimeError:  # it shuts down: the photo under way is still finished
        return None


def done(value: T) -> Task[T]:
    """Return a task with this result."""
    return Task(lambda: value)
