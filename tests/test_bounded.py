import queue
import signal
import threading
from concurrent.futures import Future

import pytest

from mondrian_desktop.pump import Pump, Wait
from tests.bounded import PATIENCE_S, bounded


def busy():
    while True:
        yield None


def parked():
    yield Wait(Future())


@pytest.mark.parametrize("events", [busy, parked])
def test_a_pump_whose_moment_never_comes_fails_the_test(events):
    pump = Pump()
    pump.start(events(), lambda event: None)
    with pytest.raises(pytest.fail.Exception, match="did not come within"), bounded(0.05):
        pump.run(until=lambda: False)
    pump.close()


@pytest.mark.parametrize("wait", [queue.SimpleQueue().get, threading.Event().wait, threading.Barrier(2).wait])
def test_so_does_whatever_else_waits(wait):
    with pytest.raises(pytest.fail.Exception, match=r"within 0\.05 s"), bounded(0.05):
        wait()


def test_what_comes_in_time_is_not_disturbed_and_the_outer_bound_goes_on():
    left_s, _ = signal.getitimer(signal.ITIMER_REAL)
    assert 0 < left_s <= PATIENCE_S, "every test has one"
    handler = signal.getsignal(signal.SIGALRM)
    with bounded(60):
        pass
    assert signal.getsignal(signal.SIGALRM) is handler
    assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= left_s
