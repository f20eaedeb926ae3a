"""Who listens to something, and may leave while being told."""

from collections.abc import Callable
from typing import Generic, TypeVar

N = TypeVar("N")


class Listeners(Generic[N]):
    """A list of callables; calling it calls them all."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[N], None]] = []

    def add(self, listener: Callable[[N], None]) -> Callable[[], None]:
        """Take in a listener; returns its way out."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def clear(self) -> None:
        """Tell nobody any more."""
        self._listeners.clear()

    def __call__(self, news: N) -> None:
        """Tell everybody, in the order in which they came."""
        for listener in tuple(self._listeners):
            listener(news)
