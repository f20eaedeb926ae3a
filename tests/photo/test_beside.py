"""Tasks: done by another worker, or on the spot."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mondrian_desktop.photo.beside import Task, done


def test_without_anybody_it_is_done_on_the_spot() -> None:
    task = Task(threading.get_ident)
    assert task.result() == threading.get_ident()


def test_an_idle_worker_does_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> int:
        begun.set()
        go_on.wait(30)
        return threading.get_ident()

    with ThreadPoolExecutor(1) as pool:
        task = Task(work, pool)
        assert begun.wait(30)
        go_on.set()
        assert task.result() != threading.get_ident()


def test_a_worker_may_wait_for_a_task_in_its_own_pool() -> None:
    with ThreadPoolExecutor(1) as pool:
        outer = pool.submit(lambda: Task(threading.get_ident, pool).result() == threading.get_ident())
        assert outer.result(30)


def test_it_is_done_once() -> None:
    calls: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        for index in range(50):
            Task(lambda index=index: calls.append(index), pool).result()
    assert sorted(calls) == list(range(50))


def test_errors_reach_who_asks() -> None:
    with ThreadPoolExecutor(1) as pool:
        for task in (Task(lambda: 1 // 0, pool), Task(lambda: 1 // 0)):
            with pytest.raises(ZeroDivisionError):
                task.result()


def test_a_pool_that_shuts_down_does_not_matter() -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    assert Task(lambda: 5, pool).result() == 5


def test_what_is_dropped_is_not_done() -> None:
    go_on = threading.Event()
    calls: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go_on.wait, 30)
        task = Task(lambda: calls.append(1), pool)
        task.drop()
        go_on.set()
    assert calls == []
    Task(lambda: 1).drop()


def test_done_is_done() -> None:
    assert done("x").result() == "x"
