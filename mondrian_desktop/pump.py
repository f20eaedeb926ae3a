"""The cooperative scheduler: steps generators of events inside a time budget, on one thread.

Everything slow is a generator. The pump asks each for its next event in turn, hands the event to the task's
listener, and returns when the budget is spent; whoever drives it (a zero-interval timer of Qt's own loop, or
:meth:`Pump.run` without Qt) calls again while there is work. Nothing is ever stepped from inside a step.

A generator that waits for a worker thread yields :class:`Wait` and is parked until the future is done, so that
waiting costs nothing.
"""

import queue
import time
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, TypeAlias

from mondrian_desktop.errors import Cancelled

Clock: TypeAlias = Callable[[], float]
Post: TypeAlias = Callable[[Callable[[], None]], None]

BUDGET_S = 0.015
"""Time after which :meth:`Pump.step` returns: short against the 100 ms in which something has to move."""


@dataclass(frozen=True, slots=True, eq=False)
class Wait:
    """Yielded by a generator that cannot go on before ``future`` is done; never handed to listeners."""

    future: Future[Any]


Events: TypeAlias = Generator[Any, None, None]
"""A generator of frozen events, and of :class:`Wait` where it waits for a worker."""


class End(Enum):
    """How a task ended."""

    DONE = auto()
    CANCELLED = auto()
    FAILED = auto()


class Task:
    """One generator in the pump's hands.

    Attributes
    ----------
    end
        How it ended, or None while it runs.
    error
        What it raised, where it ended as FAILED.
    """

    def __init__(
        self, events: Events, on_event: Callable[[Any], None], on_end: Callable[["Task"], None] | None
    ) -> None:
        self.events = events
        self.end: End | None = None
        self.error: Exception | None = None
        self._on_event = on_event
        self._on_end = on_end
        self._cancelling = False
        self._thrown = False
        self._paused = False
        self._waiting: Future[Any] | None = None

    @property
    def _runnable(self) -> bool:
        return not (self._paused or self._waiting)


class Pump:
    """Steps tasks, in turn, on the thread that calls it.

    Parameters
    ----------
    post
        Runs a callable on the pump's thread; may be called from any thread. None: the pump keeps its own queue,
        which :meth:`run` empties.
    clock
        Monotonic seconds.
    budget_s
        Length of one :meth:`step`, in seconds; a single event may overrun it.
    """

    def __init__(self, post: Post | None = None, clock: Clock = time.perf_counter, budget_s: float = BUDGET_S) -> None:
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._post = post or self._posted.put
        self.clock = clock
        self._budget_s = budget_s
        self._ready: deque[Task] = deque()
        self._tasks: list[Task] = []
        self._stepping: Task | None = None
        self._on_work: Callable[[], None] | None = None

    @property
    def has_work(self) -> bool:
        """Whether a step would do something now; parked and paused tasks are no work."""
        return bool(self._ready)

    @property
    def is_idle(self) -> bool:
        """Whether no task is left, not even a parked or paused one."""
        return not self._tasks

    def on_work(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called, on the pump's thread, whenever work appears: the driver starts its timer."""
        self._on_work = callback

    def start(
        self, events: Events, on_event: Callable[[Any], None], on_end: Callable[[Task], None] | None = None
    ) -> Task:
        """Take ``events`` into the rotation; its first step comes with a later :meth:`step`, never from here.

        ``on_event`` gets each event; ``on_end`` is called once when the task has ended, however it ended. What the
        generator or ``on_event`` raises ends this task as FAILED and touches no other.
        """
        task = Task(events, on_event, on_end)
        self._tasks.append(task)
        self._enqueue(task)
        return task

    def cancel(self, task: Task) -> None:
        """End ``task`` early: :class:`~mondrian_desktop.errors.Cancelled` is thrown into it before its next step.

        What the generator still yields is delivered. May be called from a listener. Does nothing to an ended task.
        """
        if task.end is None and not task._cancelling:
            task._cancelling = True
            task._paused, task._waiting = False, None
            self._enqueue(task)

    def pause(self, task: Task) -> None:
        """Hold ``task`` back between two events until :meth:`resume`."""
        if task.end is None and not task._cancelling:
            task._paused = True
            if task in self._ready:
                self._ready.remove(task)

    def resume(self, task: Task) -> None:
        """Let a paused task go on."""
        if task.end is None and task._paused:
            task._paused = False
            self._enqueue(task)

    def step(self) -> bool:
        """Advance the ready tasks in turn until the budget is spent; return whether there is more to do now.

        Raises
        ------
        RuntimeError
            When called from inside a step: stepping never re-enters.
        """
        if self._stepping is not None:
            raise RuntimeError("the pump was stepped from inside a step")
        deadline = self.clock() + self._budget_s
        while self._ready:
            self._advance(self._ready.popleft())
            if self.clock() >= deadline:
                break
        return bool(self._ready)

    def run(self, until: Callable[[], bool] | None = None) -> None:
        """Drive the pump without Qt until no task is left, or until ``until()`` holds.

        For the command line and the headless service; needs the pump's own queue (no ``post`` given). Between
        tasks that all wait it blocks. KeyboardInterrupt passes through; the tasks stay as they are.
        """
        while not (until() if until else self.is_idle):
            while not self._posted.empty():
                self._posted.get()()
            if not self.step() and not (until() if until else self.is_idle):
                self._posted.get()()

    def post(self, callback: Callable[[], None]) -> None:
        """Run ``callback`` on the pump's thread; may be called from any thread."""
        self._post(callback)

    def close(self) -> None:
        """Close every generator at once, without events or ``on_end``: the end of the app. Not from a listener."""
        tasks, self._tasks = self._tasks, []
        self._ready.clear()
        for task in tasks:
            task.end = End.CANCELLED
            task.events.close()

    def _enqueue(self, task: Task) -> None:
        """Put ``task`` into the rotation, unless it is there, held back, or just being stepped."""
        if task._runnable and task is not self._stepping and task not in self._ready:
            self._ready.append(task)
            if self._on_work:
                self._on_work()

    def _advance(self, task: Task) -> None:
        self._stepping = task
        try:
            event = self._next_event(task)
            if isinstance(event, Wait):
                self._park(task, event.future)
            else:
                task._on_event(event)
        except StopIteration:
            task.end = End.CANCELLED if task._cancelling else End.DONE
        except Cancelled:
            task.end = End.CANCELLED
        except Exception as err:  # noqa: BLE001 - the end of a job: what one task raises stays its own
            task.end, task.error = End.FAILED, err
            task.events.close()
        finally:
            self._stepping = None
        if task.end is None:
            if task._runnable:
                self._ready.append(task)
            return
        self._tasks.remove(task)
        if task._on_end:
            task._on_end(task)

    def _next_event(self, task: Task) -> Any:
        if task._cancelling and not task._thrown:
            task._thrown = True
            return task.events.throw(Cancelled())
        return next(task.events)

    def _park(self, task: Task, future: Future[Any]) -> None:
        task._waiting = future
        future.add_done_callback(lambda done: self.post(lambda: self._wake(task, done)))

    def _wake(self, task: Task, future: Future[Any]) -> None:
        if task.end is None and task._waiting is future:
            task._waiting = None
            self._enqueue(task)
