import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mondrian_desktop.qt.main_thread import MainThread


@pytest.fixture
def main_thread(qtbot):
    thread = MainThread()
    yield thread
    thread.close()


def test_runs_on_the_main_thread_in_order(qtbot, main_thread):
    ran = []
    with ThreadPoolExecutor(1) as worker:
        worker.submit(lambda: [main_thread.post(lambda n=n: ran.append((n, threading.get_ident()))) for n in range(50)])
    qtbot.waitUntil(lambda: len(ran) == 50)
    assert ran == [(n, threading.get_ident()) for n in range(50)]


def test_never_runs_inside_the_call(qtbot, main_thread):
    ran = []
    main_thread.post(lambda: ran.append(1))
    assert ran == []
    qtbot.waitUntil(lambda: ran == [1])


def test_an_exception_ends_only_its_own_work(qtbot, main_thread):
    ran = []
    with qtbot.captureExceptions() as exceptions:
        main_thread.post(lambda: 1 / 0)
        main_thread.post(lambda: ran.append(1))
        qtbot.waitUntil(lambda: ran == [1])
    assert [kind for kind, _, _ in exceptions] == [ZeroDivisionError]


def test_drops_everything_once_closed(qtbot, main_thread):
    ran = []
    main_thread.post(lambda: ran.append("before"))
    main_thread.close()
    main_thread.post(lambda: ran.append("after"))
    other = MainThread()
    other.post(lambda: ran.append("other"))
    qtbot.waitUntil(lambda: bool(ran))
    assert ran == ["other"]


def test_posting_after_the_object_is_gone_is_no_error(qtbot):
    import shiboken6

    thread = MainThread()
    shiboken6.delete(thread)
    thread.post(lambda: pytest.fail("ran after its end"))
    thread.post(lambda: pytest.fail("ran after its end"))
