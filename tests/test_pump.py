import gc
import weakref
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.pump import End, Pump, Wait


class FakeClock:
    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def pump(clock):
    return Pump(clock=clock, budget_s=0.010)


def counting(n, clock=None, cost_s=0.0):
    for i in range(n):
        if clock:
            clock.now_s += cost_s
        yield i


def drain(pump, limit=1000):
    for _ in range(limit):
        if not pump.step():
            return
    raise AssertionError("the pump never ran out of work")


def test_delivers_every_event_in_order_and_then_the_end(pump):
    seen, ends = [], []
    pump.start(counting(3), seen.append, lambda task: ends.append(task.end))
    drain(pump)
    assert seen == [0, 1, 2]
    assert ends == [End.DONE]
    assert pump.is_idle


def test_start_steps_nothing_by_itself(pump):
    seen = []
    pump.start(counting(1), seen.append)
    assert seen == []
    assert pump.has_work


def test_step_returns_when_the_budget_is_spent(pump, clock):
    seen = []
    pump.start(counting(100, clock, cost_s=0.004), seen.append)
    assert pump.step()
    assert seen == [0, 1, 2]


def test_an_event_that_overruns_the_budget_is_the_only_one_of_its_step(pump, clock):
    seen = []
    pump.start(counting(5, clock, cost_s=1.0), seen.append)
    pump.step()
    assert seen == [0]


def test_tasks_take_turns(pump):
    seen = []
    pump.start(counting(2), lambda i: seen.append(("a", i)))
    pump.start(counting(2), lambda i: seen.append(("b", i)))
    drain(pump)
    assert seen == [("a", 0), ("b", 0), ("a", 1), ("b", 1)]


def test_stepping_from_inside_a_step_is_refused(pump):
    task = pump.start(counting(1), lambda _: pump.step())
    drain(pump)
    assert task.end is End.FAILED
    assert isinstance(task.error, RuntimeError)


def test_stepping_from_inside_a_generator_is_refused(pump):
    def reentering():
        pump.step()
        yield

    task = pump.start(reentering(), lambda _: None)
    drain(pump)
    assert isinstance(task.error, RuntimeError)


def test_a_failing_generator_ends_alone(pump):
    def failing():
        yield 1
        raise UserError("The photo is gone.")

    seen = []
    bad = pump.start(failing(), seen.append)
    good = pump.start(counting(3), seen.append)
    drain(pump)
    assert bad.end is End.FAILED
    assert str(bad.error) == "The photo is gone."
    assert good.end is End.DONE
    assert seen == [1, 0, 1, 2]


def test_a_failing_listener_ends_its_task_and_closes_its_generator(pump):
    closed = []

    def careful():
        try:
            yield 1
        finally:
            closed.append(True)

    def listener(_):
        raise ValueError("listener")

    task = pump.start(careful(), listener)
    drain(pump)
    assert task.end is End.FAILED
    assert closed == [True]


def test_cancel_throws_and_delivers_what_the_generator_hands_over(pump):
    def handing_over():
        try:
            while True:
                yield "token"
        except Cancelled:
            yield "partial"

    seen = []
    task = pump.start(handing_over(), lambda event: (seen.append(event), len(seen) == 3 and pump.cancel(task)))
    drain(pump)
    assert seen == ["token"] * 3 + ["partial"]
    assert task.end is End.CANCELLED
    assert task.error is None


def test_cancel_before_the_first_step_runs_nothing(pump):
    ran = []

    def never():
        ran.append(True)
        yield

    task = pump.start(never(), ran.append)
    pump.cancel(task)
    drain(pump)
    assert ran == []
    assert task.end is End.CANCELLED


def test_cancel_of_an_ended_task_and_a_second_cancel_do_nothing(pump):
    ends = []
    task = pump.start(counting(1), lambda _: None, lambda task: ends.append(task.end))
    drain(pump)
    pump.cancel(task)
    pump.cancel(task)
    drain(pump)
    assert ends == [End.DONE]


def test_a_waiting_task_is_no_work_until_its_future_is_done(pump):
    future: Future[int] = Future()

    def waiting():
        yield Wait(future)
        yield future.result()

    seen = []
    pump.start(waiting(), seen.append)
    drain(pump)
    assert not pump.has_work
    assert not pump.is_idle
    future.set_result(7)
    pump.run()
    assert seen == [7]


def test_a_wait_on_a_future_already_done_goes_on(pump):
    future: Future[int] = Future()
    future.set_result(1)

    def waiting():
        yield Wait(future)
        yield "on"

    seen = []
    pump.start(waiting(), seen.append)
    pump.run()
    assert seen == ["on"]


def test_a_worker_wakes_the_pump_and_its_error_reaches_the_generator(pump):
    def failing():
        raise UserError("unreadable")

    with ThreadPoolExecutor(1) as workers:

        def waiting():
            future = workers.submit(failing)
            yield Wait(future)
            future.result()

        task = pump.start(waiting(), lambda _: None)
        pump.run()
    assert task.end is End.FAILED
    assert isinstance(task.error, UserError)


def test_cancel_reaches_a_waiting_task_and_its_late_future_harms_nothing(pump):
    future: Future[int] = Future()

    def waiting():
        yield Wait(future)

    task = pump.start(waiting(), lambda _: None)
    drain(pump)
    pump.cancel(task)
    pump.run()
    assert task.end is End.CANCELLED
    future.set_result(1)
    pump.run()
    assert pump.is_idle


def test_a_late_future_does_not_wake_a_task_that_waits_for_another_one(pump):
    first, second = Future(), Future()

    def waiting():
        try:
            yield Wait(first)
        except Cancelled:
            yield Wait(second)
            yield "handed over"

    seen = []
    task = pump.start(waiting(), seen.append)
    drain(pump)
    pump.cancel(task)
    drain(pump)
    first.set_result(None)
    pump.run(until=pump._posted.empty)
    assert seen == []
    second.set_result(None)
    pump.run()
    assert seen == ["handed over"]


def test_pause_holds_between_two_events_and_resume_goes_on(pump, clock):
    seen = []
    task = pump.start(counting(100, clock, cost_s=1.0), seen.append)
    pump.step()
    pump.pause(task)
    assert not pump.step()
    assert seen == [0]
    pump.resume(task)
    pump.step()
    assert seen == [0, 1]


def test_pause_from_a_listener_holds_after_that_event(pump):
    seen = []
    task = pump.start(counting(5), lambda event: (seen.append(event), pump.pause(task)))
    drain(pump)
    assert seen == [0]


def test_a_task_paused_while_waiting_stays_paused_when_its_future_is_done(pump):
    future: Future[int] = Future()

    def waiting():
        yield Wait(future)
        yield "on"

    seen = []
    task = pump.start(waiting(), seen.append)
    drain(pump)
    pump.pause(task)
    future.set_result(0)
    news = []
    pump.post(lambda: news.append("after the future's own news"))
    pump.run(until=lambda: bool(news))
    assert not pump.has_work
    pump.resume(task)
    drain(pump)
    assert seen == ["on"]


def test_a_paused_task_can_be_cancelled(pump):
    task = pump.start(counting(5), lambda _: None)
    pump.pause(task)
    pump.cancel(task)
    drain(pump)
    assert task.end is End.CANCELLED


def test_on_work_is_called_when_work_appears(pump):
    calls = []
    pump.on_work(lambda: calls.append("work"))
    future: Future[int] = Future()

    def waiting():
        yield Wait(future)

    pump.start(waiting(), lambda _: None)
    assert calls == ["work"]
    drain(pump)
    future.set_result(0)
    pump.run()
    assert calls == ["work", "work"]


def test_a_listener_may_start_another_task(pump):
    seen = []
    pump.start(counting(1), lambda _: pump.start(counting(1), lambda _: seen.append("second")))
    drain(pump)
    assert seen == ["second"]


def test_run_stops_when_told_with_tasks_left(pump):
    seen = []
    pump.start(counting(10), seen.append)
    pump.post(lambda: seen.append("posted"))
    pump.run(until=lambda: len(seen) >= 1)
    assert seen
    assert seen[0] == "posted"


def test_close_closes_every_generator_without_events(pump, clock):
    closed, seen = [], []

    def careful(name):
        try:
            while True:
                clock.now_s += 1.0
                yield name
        finally:
            closed.append(name)

    pump.start(careful("a"), lambda _: None, seen.append)
    parked: Future[int] = Future()

    def waiting():
        try:
            yield Wait(parked)
        finally:
            closed.append("b")

    pump.start(waiting(), lambda _: None, seen.append)
    pump.step()
    pump.step()
    pump.close()
    assert sorted(closed) == ["a", "b"]
    assert seen == []
    assert pump.is_idle


def test_an_ended_task_is_not_kept_alive(pump):
    class Payload:
        pass

    payload = Payload()
    reference = weakref.ref(payload)

    def holding(payload):
        yield
        del payload

    pump.start(holding(payload), lambda _: None)
    del payload
    drain(pump)
    gc.collect()
    assert reference() is None
