from concurrent.futures import Future

import pytest
from PySide6.QtCore import QTimer

from mondrian_desktop.pump import Pump, Wait
from mondrian_desktop.qt.main_thread import MainThread
from mondrian_desktop.qt.pump_driver import PumpDriver


@pytest.fixture
def pump(qtbot):
    """A pump whose budget is one event a step."""
    thread = MainThread()
    yield Pump(thread.post, budget_s=0.0)
    thread.close()


@pytest.fixture
def driver(pump):
    driver = PumpDriver(pump)
    yield driver
    driver.close()


def test_runs_only_while_there_is_work(qtbot, pump, driver):
    assert not driver.is_running
    seen = []
    pump.start(iter_events(3), seen.append)
    assert driver.is_running
    qtbot.waitUntil(lambda: pump.is_idle)
    assert seen == [0, 1, 2]
    assert not driver.is_running


def test_takes_up_work_that_was_there_before(qtbot, pump):
    seen = []
    pump.start(iter_events(2), seen.append)
    driver = PumpDriver(pump)
    qtbot.waitUntil(lambda: seen == [0, 1])
    driver.close()


def test_rests_while_a_worker_is_awaited(qtbot, pump, driver):
    future: Future[str] = Future()
    seen = []

    def events():
        yield Wait(future)
        yield future.result()

    pump.start(events(), seen.append)
    qtbot.waitUntil(lambda: not driver.is_running)
    assert seen == []
    future.set_result("read")
    qtbot.waitUntil(lambda: seen == ["read"])


def test_other_timers_get_their_turn_between_events(qtbot, pump, driver):
    seen = []

    def endless():
        while True:
            yield len(seen)

    task = pump.start(endless(), seen.append)
    fired_at = []
    QTimer.singleShot(0, lambda: fired_at.append(len(seen)))
    qtbot.waitUntil(lambda: bool(fired_at))
    pump.cancel(task)
    qtbot.waitUntil(lambda: pump.is_idle)
    assert not driver.is_running


def test_a_failing_task_leaves_the_others_running(qtbot, pump, driver):
    seen, ends = [], []

    def failing():
        yield "one"
        raise ValueError("broken")

    pump.start(failing(), seen.append, lambda task: ends.append(task.error))
    pump.start(iter_events(3), seen.append)
    qtbot.waitUntil(lambda: pump.is_idle)
    assert seen == ["one", 0, 1, 2]
    assert isinstance(ends[0], ValueError)


def test_goes_on_after_a_listener_of_the_end_raised(qtbot, pump, driver):
    seen = []
    with qtbot.captureExceptions() as exceptions:
        pump.start(iter_events(1), seen.append, lambda task: 1 / 0)
        pump.start(iter_events(3), seen.append)
        qtbot.waitUntil(lambda: pump.is_idle)
    assert [kind for kind, _, _ in exceptions] == [ZeroDivisionError]
    assert seen.count(2) == 1
    assert not driver.is_running


def test_work_that_appears_during_a_step_is_taken_up(qtbot, pump, driver):
    seen = []

    def start_another(event):
        seen.append(event)
        if event == 0:
            pump.start(iter_events(2, "second"), seen.append)

    pump.start(iter_events(1), start_another)
    qtbot.waitUntil(lambda: pump.is_idle)
    assert seen == [0, "second0", "second1"]


def test_does_not_step_inside_a_step(qtbot, pump, driver):
    """A native dialog opened by a listener spins a loop of its own, in which the timer fires again."""
    seen = []

    def nest(event):
        seen.append(event)
        driver._timer.start()
        driver._timer.timeout.emit()

    pump.start(iter_events(3), nest)
    qtbot.waitUntil(lambda: pump.is_idle)
    assert seen == [0, 1, 2]


def test_closed_it_steps_no_more(qtbot, pump, driver):
    pump.start(iter_events(3), lambda event: pytest.fail("stepped after close"))
    driver.close()
    assert not driver.is_running
    pump.start(iter_events(3), lambda event: pytest.fail("stepped after close"))
    assert not driver.is_running
    pump.close()


def test_closed_from_inside_a_step_it_stays_closed(qtbot, pump, driver):
    seen = []

    def close(event):
        seen.append(event)
        driver.close()

    pump.start(iter_events(3), close)
    qtbot.waitUntil(lambda: bool(seen))
    assert not driver.is_running
    assert seen == [0]
    pump.close()


def iter_events(count, prefix=None):
    for number in range(count):
        yield number if prefix is None else f"{prefix}{number}"
