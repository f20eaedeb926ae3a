"""What is done to many analyses, some at a time, so that nothing waits for it; it can be stopped in between."""

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import End, Pump, Task

AT_ONCE = 10
"""Analyses that are changed in one step and one transaction."""

OnStep: TypeAlias = Callable[[int], None]
"""Told how many are done."""
OnEnd: TypeAlias = Callable[[UserError | None], None]
"""Told that it has ended by itself, or why it could not go on; not where it was stopped."""
Stop: TypeAlias = Callable[[], None]
"""Ends it early: what is done is done."""


def chore(pump: Pump, steps: Generator[Any, None, None], on_step: OnStep, on_end: OnEnd) -> Stop:
    """Have the pump do something that yields how far it is; everybody is told on the pump's thread."""

    def ended(task: Task) -> None:
        if task.error is not None and not isinstance(task.error, UserError):
            raise task.error
        if task.end is not End.CANCELLED:
            on_end(task.error)

    task = pump.start(steps, on_step, ended)
    return lambda: pump.cancel(task)


def in_pieces(change: Callable[[Sequence[int]], None], ids: Sequence[int]) -> Generator[int, None, None]:
    """Change the analyses of these ids, some at a time, and yield how many are changed."""
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        change(some)
        yield start + len(some)
