"""Work beside the main thread: importing, tokenizers, image preparation. Never model weights, never graphs."""

# Registers itself for the end of the process when it is imported, and must have done so before that end begins: the
# library's import may still be under way in a worker when the app is quit.
import concurrent.futures.thread  # noqa: F401
import sys
import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, wait
from typing import Any, TypeVar

from mondrian_desktop.pump import Wait

T = TypeVar("T")


class Worker:
    """Runs one call at a time, each in a thread that ends with it."""

    def __init__(self) -> None:
        self._last: Future[Any] | None = None

    def run(self, name: str, call: Callable[[], T]) -> Generator[Wait, None, T]:
        """Run ``call`` in a thread, wait for it without blocking, and return its result or raise its error.

        A generator that is closed meanwhile leaves the thread to end by itself; the next call waits for it:
        tokenizers are not made for two threads. One that is not parked by a pump but stepped on blocks.
        """
        if self._last is not None and not self._last.done():
            yield Wait(self._last)
            wait([self._last])
        future: Future[T] = Future()
        self._last = future
        threading.Thread(target=_work, args=(future, call), name=name).start()
        yield Wait(future)
        try:
            return future.result()
        finally:
            # Its result, or its error with all frames, would stay alive until the next call.
            self._last = None


def _work(future: Future[T], call: Callable[[], T]) -> None:
    try:
        result = call()
    except BaseException as err:  # noqa: BLE001 - handed over to whoever waits
        _leave_mlx()
        future.set_exception(err)
    else:
        _leave_mlx()
        future.set_result(result)


def _leave_mlx() -> None:
    # A thread that used MLX and ends with its streams alive makes the process abort at exit.
    if "mlx.core" in sys.modules:
        sys.modules["mlx.core"].clear_streams()
