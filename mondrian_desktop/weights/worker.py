"""Slow work on files and connections, in a thread of its own, as a generator of events for the pump."""

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any, Generic, TypeAlias, TypeVar

from mondrian_desktop.errors import Cancelled
from mondrian_desktop.pump import Wait

T = TypeVar("T")
Event = TypeVar("Event")

CLOSE_S = 3.0
"""How long ``close()`` waits for the thread; after an abort it ends within milliseconds, unless it is connecting."""


class Progress:
    """Events of which only the newest counts: while nobody has fetched one, the next of its kind replaces it."""

    __slots__ = ()


class Desk(Generic[Event]):
    """Where the thread puts its events, and finds out whether it is to stop. Its methods are for the thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._news: Future[None] = Future()
        self._stop = threading.Event()
        self._over = False

    def tell(self, event: Event) -> None:
        """Hand ``event`` over.

        Raises
        ------
        Cancelled
            Where the work is to stop.
        """
        self.check()
        with self._lock:
            if isinstance(event, Progress) and self._events and type(self._events[-1]) is type(event):
                self._events.pop()
            self._events.append(event)
            self._wake()

    def check(self) -> None:
        """Raise Cancelled where the work is to stop."""
        if self._stop.is_set():
            raise Cancelled

    def pause(self, seconds: float) -> None:
        """Wait, but no longer than until the work is to stop; then raise Cancelled."""
        self._stop.wait(seconds)
        self.check()

    def _wake(self) -> None:
        if not self._news.done():
            self._news.set_result(None)

    def _ended(self, work: Future[Any]) -> None:
        with self._lock:
            self._over = True
            self._wake()

    def _fetch(self) -> tuple[list[Event], Future[None] | None]:
        """Return the events so far, and a future that is done when there is more, or None: nothing more comes."""
        with self._lock:
            events, self._events = self._events, []
            if self._news.done():
                self._news = Future()
            return events, None if self._over else self._news


Work: TypeAlias = Callable[[Desk[Event]], T]


def in_thread(
    work: Work[Event, T], abort: Callable[[], None] = lambda: None, *, close_s: float = CLOSE_S
) -> Generator[Event | Wait, None, T]:
    """Run ``work`` in a thread; yield what it tells and return what it returns, or raise what it raises.

    ``throw(Cancelled())`` and ``close()`` make it stop at its next look at the desk, and call ``abort``, which is to
    end whatever it may be waiting for. After Cancelled the generator ends when the thread has: with Cancelled, or
    as usual where the work was done first. ``close()`` waits for the thread, ``close_s`` at most.
    """
    desk: Desk[Event] = Desk()
    pool = ThreadPoolExecutor(1, thread_name_prefix="weights")
    done = pool.submit(work, desk)
    pool.shutdown(wait=False)
    done.add_done_callback(desk._ended)
    try:
        yield from _events(desk)
    except Cancelled:
        _stop(desk, abort)
        yield Wait(done)
        if done.exception():
            raise
        yield from _events(desk)
    finally:
        _stop(desk, abort)
        wait([done], timeout=close_s)
    return done.result()


def _events(desk: Desk[Event]) -> Generator[Event | Wait, None, None]:
    while True:
        events, news = desk._fetch()
        yield from events
        if news is None:
            return
        yield Wait(news)


def _stop(desk: Desk[Any], abort: Callable[[], None]) -> None:
    desk._stop.set()
    abort()
