"""Rules for every test: its own folders, no network, no display, an end, and nothing left running behind it."""

import os
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

from mondrian_desktop import log
from tests.bounded import PATIENCE_AT_NIGHT_S, PATIENCE_S, bounded

if TYPE_CHECKING:
    from mondrian_desktop.gui.file_open import Application
    from tests.api.browser import Browser, Page

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

REAL_HOME = Path.home()
LASTING_THREADS = {"tqdm_monitor"}
"""Threads that a library starts once and keeps."""

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Read by huggingface_hub when it is imported.
os.environ["HF_HUB_OFFLINE"] = "1"
# A shell starts background jobs with Ctrl-C ignored, and children inherit that: the tests of Ctrl-C would hang.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def real_home() -> Path:
    """Return the developer's home, for tests that run the package manager, whose cache lies there."""
    return REAL_HOME


@pytest.fixture(autouse=True)
def no_endless_wait(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that waits for what never comes."""
    with bounded(PATIENCE_AT_NIGHT_S if request.node.get_closest_marker("nightly") else PATIENCE_S):
        yield


@pytest.fixture(autouse=True)
def own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the test an empty home, and none of the developer's settings; a log that it started there is closed."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if name.startswith(("MONDRIAN_", "XDG_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for kind in ("data", "config", "cache", "log"):
        monkeypatch.setenv(f"MONDRIAN_{kind.upper()}_DIR", str(home / kind))
    yield home
    log.stop()


@pytest.fixture(scope="session")
def qapp_cls() -> type["Application"]:
    """The application of the app, for all tests: there can be one in a process."""
    from mondrian_desktop.gui.file_open import Application

    return Application


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Browser"]:
    """A real browser, for the tests of one module: starting it takes long."""
    from tests.api.browser import Browser

    browser = Browser(tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium: "Browser") -> Iterator["Page"]:
    """A page of the browser that knows nothing of the one before, on a screen of usual size."""
    page = chromium.page()
    page.size(1200, 900)
    yield page
    page.close()


@pytest.fixture(autouse=True)
def threads_started() -> Callable[[], list[threading.Thread]]:
    """Return the threads that the test has started and that still run, when called."""
    before = set(threading.enumerate())
    return lambda: [
        thread for thread in threading.enumerate() if thread not in before and thread.name not in LASTING_THREADS
    ]


@pytest.fixture(autouse=True)
def no_thread_left(threads_started: Callable[[], list[threading.Thread]]) -> Iterator[None]:
    """Fail where a thread that the test started still runs after it, with time to end for those that are ending."""
    yield
    started = threads_started()
    for thread in started:
        thread.join(timeout=5)
    left = [thread.name for thread in started if thread.is_alive()]
    assert not left, f"left running: {', '.join(left)}"


@pytest.fixture(autouse=True)
def no_window_or_timer_left(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail where a visible window or a running timer outlives a test that uses Qt."""
    if not {"qapp", "qtbot", "qtmodeltester"} & set(request.fixturenames):
        yield
        return
    from PySide6.QtCore import QEvent, QTimer
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    timers: weakref.WeakSet[QTimer] = weakref.WeakSet()
    start = QTimer.start

    def remember(timer: QTimer, *args: object) -> None:
        timers.add(timer)
        start(timer, *args)

    monkeypatch.setattr(QTimer, "start", remember)
    yield
    # What was told to delete itself does so now: there is no event loop any more.
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    windows = [window for window in QApplication.topLevelWidgets() if window.isVisible()]
    running = [timer for timer in timers if isValid(timer) and timer.isActive()]
    assert not windows, f"left open: {windows}"
    assert not running, f"left running: {running}, of {[timer.parent() for timer in running]}"
