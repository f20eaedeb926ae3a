import threading

import pytest

from mondrian_desktop.engine.worker import Worker


def test_runs_in_another_thread_and_returns() -> None:
    steps = Worker().run("elsewhere", threading.get_ident)
    assert next(steps).future.result(timeout=10) != threading.get_ident()
    with pytest.raises(StopIteration) as end:
        next(steps)
    assert end.value.value != threading.get_ident()


def test_raises_here_what_was_raised_there() -> None:
    def fail() -> None:
        raise LookupError("gone")

    steps = Worker().run("failing", fail)
    next(steps)
    with pytest.raises(LookupError, match="gone"):
        next(steps)


def test_the_next_call_waits_for_one_that_was_given_up() -> None:
    worker, go, seen = Worker(), threading.Event(), []
    given_up = worker.run("slow", lambda: (go.wait(10), seen.append("first")))
    next(given_up)
    given_up.close()
    later = worker.run("next", lambda: seen.append("second"))
    first = next(later).future
    assert not first.done()
    go.set()
    next(later).future.result(timeout=10)
    assert seen == ["first", "second"]
