import os
import signal

from mondrian_desktop.qt.interrupt import Interrupt


def test_an_interrupt_reaches_qts_loop_while_it_waits(qtbot):
    heard = []
    interrupt = Interrupt(lambda: heard.append(1))
    try:
        os.kill(os.getpid(), signal.SIGINT)
        qtbot.waitUntil(lambda: heard == [1])
    finally:
        interrupt.close()


def test_afterwards_everything_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    Interrupt(lambda: None).close()
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.set_wakeup_fd(-1) == -1
