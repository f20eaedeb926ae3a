"""One soak, in a process of its own: a crash is then a figure, too.

``python -m benchmarks.soak_run SEED SECONDS FOLDER`` prints one JSON object at the end; what the monkey does goes to
``FOLDER/actions.log``, line by line and at once.
"""

import faulthandler
import gc
import json
import logging
import os
import sqlite3
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QEvent, Qt, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from benchmarks.monkey import Monkey
from benchmarks.studio import Studio
from benchmarks.zoo import Zoo
from mondrian_desktop import log, paths
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.app import Build, Desk, samples
from mondrian_desktop.gui.file_open import Application
from mondrian_desktop.jobs import handover
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.service import Service
from mondrian_desktop.weights import tokens

BEAT_MS = 5
SESSIONS = 6
"""The app is closed and opened again at least so often; the monkey quits it besides."""
SETTLE_S = 120.0
"""For what runs at the end to end."""
# Said by Qt's own offscreen platform: of windows that come to the front, of menus that take the keys, and of a tray.
HARMLESS = (
    "This plugin does not support",
    "No such signal QPlatformNativeInterface::systemTrayWindowChanged",
)
LASTING_THREADS = ("tqdm_monitor", "serve_forever")
"""Parts of the names of those that libraries keep, and of the studio's."""


@dataclass
class Standing:
    """What the process holds between two sessions."""

    threads: int
    files: int
    widgets: int
    resident: int


@dataclass
class Outcome:
    """What came of it.

    Attributes
    ----------
    findings
        Exceptions, warnings of Qt's, errors in the log, and what is wrong with the history.
    gaps_ms
        How often the heart paused for so many milliseconds.
    longest
        The longest pauses: milliseconds, and what was being done.
    standings
        What the process held after each session.
    jobs
        How many ended how.
    """

    actions: int = 0
    findings: list[str] = field(default_factory=list)
    gaps_ms: dict[int, int] = field(default_factory=dict)
    longest: list[tuple[float, str]] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)
    jobs: dict[str, int] = field(default_factory=dict)


class Heart:
    """Beats in Qt's loop from the first action of a session to the last, and keeps what its pauses say."""

    def __init__(self, doing: Callable[[], str]) -> None:
        self.gaps_ms: Counter[int] = Counter()
        self.longest: list[tuple[float, str]] = []
        self._doing = doing
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._last_s = 0.0

    def start(self) -> None:
        """Begin, in a loop that runs."""
        self._last_s = time.perf_counter()
        self._timer.start()

    def stop(self) -> None:
        """End."""
        self._timer.stop()

    def _beat(self) -> None:
        now_s = time.perf_counter()
        gap_ms, self._last_s = 1000 * (now_s - self._last_s), now_s
        self.gaps_ms[round(gap_ms)] += 1
        if len(self.longest) < 12 or gap_ms > self.longest[-1][0]:
            self.longest = sorted([*self.longest, (round(gap_ms, 1), self._doing())], reverse=True)[:12]


class Soak:
    """Sessions of one app, one after the other, with a monkey in each.

    Parameters
    ----------
    build
        Makes the service of a session.
    seconds
        For how long; with ``actions`` that many things are done instead.
    """

    def __init__(
        self, app: Application, build: Build, zoo: Zoo, seed: int, say: Callable[[str], None], *,
        seconds: float = 0.0, actions: int = 0, studio: Studio | None = None,
    ) -> None:  # fmt: skip
        self.outcome = Outcome()
        self._app = app
        self._build = build
        self._zoo = zoo
        self._studio = studio
        self._seed = seed
        self._say = say
        self._actions = actions
        self._began_s = time.monotonic()
        self._end_s = self._began_s + seconds
        self._session_s = seconds / SESSIONS
        self._doing = ""
        self._heart = Heart(lambda: self._doing)
        self._settle_by_s = 0.0

    def run(self) -> Outcome:
        """Run until the time is over, or something is found; look over what is left."""
        while not (self.outcome.findings or self._is_over):
            self._session()
            if self._studio is not None:
                # What the app holds is counted, and the server is in the same process.
                self._studio.open()
            self._app.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            gc.collect()
            self.outcome.standings.append(standing(self._app))
            self._say(f"between two sessions: {self.outcome.standings[-1]}, {' '.join(open_files())}")
        self.outcome.gaps_ms = dict(self._heart.gaps_ms)
        self.outcome.longest = self._heart.longest
        history = paths.data_dir() / "history.db"
        if history.exists():
            self.outcome.jobs = count_jobs(history)
            self.find(*look_over(history))
        return self.outcome

    def find(self, *findings: str) -> None:
        """Take in what is wrong; the run ends with it."""
        for each in findings:
            self.outcome.findings.append(each)
            self._say(f"FOUND {each}")

    @property
    def _is_over(self) -> bool:
        return self.outcome.actions >= self._actions if self._actions else time.monotonic() >= self._end_s

    def _session(self) -> None:
        number = len(self.outcome.standings) + 1
        has_tray = number % 3 != 0
        self._say(f"session {number}, {'with' if has_tray else 'without'} an item in the menu bar")
        instance = handover.claim(paths.data_dir())
        assert instance is not None
        desk = Desk(self._app, self._build, samples(), has_tray=has_tray)
        desk.service.subscribe(lambda update: self._check(desk.service, update))
        monkey = Monkey(self._app, desk, self._zoo, self._seed, self.outcome.actions, self._studio)
        ends_s = time.monotonic() + self._session_s
        timer = QTimer()
        timer.setSingleShot(True)
        timer.timeout.connect(lambda: self._act(desk, monkey, timer, ends_s))
        timer.start(400)
        self._settle_by_s = 0.0
        try:
            desk.open([], analyze=False)
            instance.listen(desk.receive)
            QTimer.singleShot(300, self._heart.start)
            self._app.exec()
        finally:
            self._heart.stop()
            timer.stop()
            desk.close()
            instance.close()

    def _act(self, desk: Desk, monkey: Monkey, timer: QTimer, ends_s: float) -> None:
        if self.outcome.findings:
            self._app.exit()
        elif self._is_over:
            self._settle(desk, timer)
        elif not self._actions and time.monotonic() > ends_s:
            self._say("the session ends")
            self._app.exit()
        else:
            self._doing = f"action {monkey.count}"
            try:
                self._doing = monkey.act()
            finally:
                # Also after an exception: the next beat ends the session.
                self.outcome.actions = monkey.count
                self._say(f"{monkey.count - 1:5} {self._doing}")
                timer.start(monkey.pause_ms())

    def _check(self, service: Service, update: Update) -> None:
        """See that what is told to be done is in the history; later on it may have been deleted there."""
        job = update.job
        if update.event is None and job.state is JobState.DONE and service.analysis_id(job.id) is None:
            self.find(f"job {job.id} is done, and the history has no analysis of it")

    def _settle(self, desk: Desk, timer: QTimer) -> None:
        """Stop everything, and wait until all has ended."""
        service = desk.service
        if not self._settle_by_s:
            self._say("the end: everything is stopped")
            self._doing = "the end"
            self._settle_by_s = time.monotonic() + SETTLE_S
            for folder in service.watched:
                service.unwatch(folder)
            service.cancel_all()
            service.resume()
        is_still = all(job.is_over for job in service.jobs)
        if not is_still and time.monotonic() > self._settle_by_s:
            self.find(f"after {SETTLE_S:.0f} s these still run: {[job for job in service.jobs if not job.is_over]}")
        if is_still or self.outcome.findings:
            self._app.exit()
        else:
            timer.start(100)


class Watch(logging.Handler):
    """Hears of everything that must not happen: exceptions, warnings of Qt's, errors in the log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.find: Callable[..., None] = print
        sys.excepthook = self._raised
        sys.unraisablehook = lambda told: self._raised(
            told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback
        )
        threading.excepthook = lambda told: self._raised(
            told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback
        )
        qInstallMessageHandler(self._said)
        logging.getLogger("mondrian_desktop").addHandler(self)

    def close(self) -> None:
        """Hear of nothing any more; the hooks stay as they are, for the end of the process."""
        qInstallMessageHandler(None)
        logging.getLogger("mondrian_desktop").removeHandler(self)
        super().close()

    def emit(self, record: logging.LogRecord) -> None:
        """Take in an error that the app has logged: a mistake of ours that cost a job only."""
        told = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.find(f"logged: {record.getMessage()}\n{told}".rstrip())

    def _raised(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        self.find("".join(traceback.format_exception(kind, error, trace)).rstrip())

    def _said(self, kind: QtMsgType, context: Any, text: str) -> None:
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and not any(each in text for each in HARMLESS):
            where = "".join(traceback.format_stack(limit=8))
            self.find(f"Qt says ({kind.name}): {text}\n{where}".rstrip())


def standing(app: QApplication) -> Standing:
    """Return what this process holds."""
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text(encoding="ascii").split()[1]) if statm.exists() else 0
    return Standing(
        threads=sum(not any(name in each.name for name in LASTING_THREADS) for each in threading.enumerate()),
        files=len(open_files()),
        widgets=len(app.allWidgets()),
        resident=pages * os.sysconf("SC_PAGE_SIZE"),
    )


def open_files() -> list[str]:
    """Return the names of what is open, as far as the system tells them; without the log, opened by its first line."""
    found = []
    for each in Path("/dev/fd").iterdir():
        # The listing's own is closed by now.
        with suppress(OSError):
            found.append(os.readlink(each) if each.is_symlink() else str(os.fstat(int(each.name)).st_mode))  # noqa: PTH115
    return sorted(name for name in found if name != str(log.file()))


def count_jobs(history: Path) -> dict[str, int]:
    """Return how many jobs ended how."""
    with closing(sqlite3.connect(history)) as connection:
        return dict(connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall())


def look_over(history: Path) -> list[str]:
    """Return what is wrong with a history that nobody has open; nothing, where all is well."""
    rules = {
        "jobs still run": "SELECT id FROM jobs WHERE state = 'running'",
        "jobs are in the hands of a session that is over": "SELECT id FROM jobs WHERE session IS NOT NULL",
        "analyses have no document": "SELECT id FROM analyses WHERE id NOT IN (SELECT analysis_id FROM documents)",
        "partial texts belong to jobs that are done": "SELECT job_id FROM partials JOIN jobs ON id = job_id"
        " WHERE state = 'done'",
        "jobs failed by a mistake of ours": "SELECT reason FROM jobs WHERE reason LIKE '%made a mistake%'",
    }
    with closing(sqlite3.connect(history)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
        found += [f"a reference leads nowhere: {row}" for row in connection.execute("PRAGMA foreign_key_check")]
        for rule, query in rules.items():
            if rows := connection.execute(query).fetchall():
                found.append(f"{len(rows)} {rule}: {rows[:5]}")
    return found


def main(seed: int, seconds: float, folder: Path) -> int:
    """Run a soak and print its outcome as JSON; return the exit code."""
    faulthandler.enable()
    warnings.simplefilter("error", ResourceWarning)
    for kind in ("data", "config", "cache", "log"):
        os.environ[f"MONDRIAN_{kind.upper()}_DIR"] = str(folder / kind)
    # Nothing leaves the app: no file manager, no hub, no keychain, no dialog that is not Qt's.
    os.environ |= {"HOME": str(folder / "home"), "HF_ENDPOINT": "http://127.0.0.1:9", "HF_HUB_OFFLINE": "1"}
    tokens.BACKENDS[sys.platform] = "keyring.backends.null"
    mac.reveal = lambda path: None
    for each in ("home", "tmp"):
        (folder / each).mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder / "tmp")
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeDialogs)
    from mondrian_desktop.bootstrap import build

    began_s = time.monotonic()
    with (folder / "actions.log").open("a", encoding="utf-8", buffering=1) as actions:

        def say(text: str) -> None:
            actions.write(f"{time.monotonic() - began_s:8.1f} {text}\n")

        watch = Watch()
        log.start()
        mac.prepare_menus()
        app = Application(sys.argv[:1])
        studio = Studio()
        soak = Soak(app, build, Zoo(folder / "photos"), seed, say, seconds=seconds, studio=studio)
        watch.find = soak.find
        outcome = soak.run()
        studio.close()
        log.stop()
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])))
