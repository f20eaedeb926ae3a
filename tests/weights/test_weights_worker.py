import threading
from dataclasses import dataclass

import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import End, Pump, Wait
from mondrian_desktop.weights.worker import Progress, in_thread


@dataclass(frozen=True)
class Step(Progress):
    number: int


@dataclass(frozen=True)
class Other:
    number: int


def test_work_is_done_in_another_thread_and_its_events_come_in_order(drive):
    def work(desk):
        threads.append(threading.current_thread())
        for number in range(3):
            desk.tell(Step(number))
            desk.tell(Other(number))

    threads = []
    events = drive(in_thread(work))
    assert threads != [threading.current_thread()]
    assert [event.number for event in events if isinstance(event, Other)] == [0, 1, 2]
    assert [event.number for event in events] == sorted(event.number for event in events)


def test_progress_that_nobody_fetched_yet_gives_way_to_newer_progress(drive):
    def work(desk):
        for number in range(100):
            desk.tell(Step(number))
        desk.tell(Other(0))
        desk.tell(Other(1))
        told.set()

    told = threading.Event()
    events = in_thread(work)
    first = next(events)
    assert told.wait(10)
    rest = [event for event in [first, *drive(events)] if not isinstance(event, Wait)]
    assert rest[-3:] == [Step(99), Other(0), Other(1)]
    assert len(rest) <= 4


def test_returns_what_the_work_returns(drive):
    def outer():
        results.append((yield from in_thread(lambda desk: 42)))

    results = []
    drive(outer())
    assert results == [42]


def test_raises_what_the_work_raises_after_its_events(drive):
    def work(desk):
        desk.tell(Step(1))
        raise UserError("No.")

    seen = []
    with pytest.raises(UserError, match="No"):
        drive(in_thread(work), until=seen.append)
    assert seen == [Step(1)]


def test_a_cancelled_work_stops_at_its_next_look_and_is_waited_for():
    def work(desk):
        desk.tell(Step(1))
        blocked.wait(10)
        ended.append(True)
        desk.tell(Step(2))

    blocked, ended, seen = threading.Event(), [], []
    pump = Pump()

    def listen(event):
        seen.append(event)
        pump.cancel(task)

    task = pump.start(in_thread(work, abort=blocked.set), listen)
    pump.run()
    assert task.end is End.CANCELLED
    assert seen == [Step(1)]
    assert ended == [True]


def test_a_work_that_is_done_when_it_is_cancelled_ends_as_usual():
    def work(desk):
        desk.tell(Step(1))
        last_look_is_over.wait(10)
        return "done"

    def outer():
        results.append((yield from in_thread(work, abort=last_look_is_over.set)))

    results, last_look_is_over = [], threading.Event()
    pump = Pump()
    task = pump.start(outer(), lambda event: pump.cancel(task))
    pump.run()
    assert results == ["done"]


def test_pauses_end_when_the_work_is_to_stop():
    def work(desk):
        desk.tell(Step(1))
        desk.pause(600)

    events = in_thread(work)
    next(events)
    events.close()


def test_closing_before_the_start_starts_nothing():
    events = in_thread(lambda desk: pytest.fail("was started"))
    events.close()
