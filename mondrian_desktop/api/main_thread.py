"""The way from the HTTP thread to the pump's thread and back. Nothing of the service is touched anywhere else."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.pump import Post

T = TypeVar("T")


class MainThread:
    """Runs callables on the pump's thread for coroutines on the HTTP thread.

    Parameters
    ----------
    post
        Runs a callable on the pump's thread.
    """

    def __init__(self, post: Post) -> None:
        self._post = post
        self._waiting: set[asyncio.Future[Any]] = set()
        self._is_closing = False

    async def call(self, function: Callable[[], T]) -> T:
        """Return what ``function`` returns on the pump's thread, or raise what it raises.

        Where nobody waits any more when its turn comes, it is not called.

        Raises
        ------
        Refusal
            503 where the service is closing.
        """
        if self._is_closing:
            raise _closing()
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[T] = loop.create_future()
        self._waiting.add(waiting)
        self._post(lambda: _run(function, waiting, loop))
        try:
            return await waiting
        finally:
            self._waiting.discard(waiting)

    def close(self) -> None:
        """Refuse what waits, and whatever else comes. On the HTTP thread."""
        self._is_closing = True
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(_closing())


def _run(function: Callable[[], T], waiting: "asyncio.Future[T]", loop: asyncio.AbstractEventLoop) -> None:
    if waiting.done():
        return
    try:
        result = function()
    except Exception as err:  # noqa: BLE001 - raised again where it is waited for, on the other thread
        loop.call_soon_threadsafe(_settle, waiting, waiting.set_exception, err)
    else:
        loop.call_soon_threadsafe(_settle, waiting, waiting.set_result, result)


def _settle(waiting: "asyncio.Future[T]", settle: Callable[[Any], None], outcome: object) -> None:
    if not waiting.done():
        settle(outcome)


def _closing() -> Refusal:
    return Refusal(503, "Mondrian is closing.")
