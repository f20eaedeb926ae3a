"""A queue whose jobs are generators made for the purpose, on a store whose disk can be full."""

from datetime import UTC, datetime
from pathlib import Path

from mondrian_desktop.engine.protocol import Phase, Stage, Token
from mondrian_desktop.errors import Cancelled
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.lanes import Lane
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.queue import Queue
from mondrian_desktop.jobs.run import Analyzed, Thinking
from mondrian_desktop.jobs.session import Session
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.pump import Pump
from mondrian_desktop.report.model import Analysis, Generation
from tests.jobs.scene import Disk, Ear, FakeClock

WRITING = Phase(Stage.GENERATING)


def analysis(finish_reason="stop"):
    return Analysis(
        photo=None, advisor="mentor", rubric="technical", model="mini", question="", critique=None, facts=None,
        generation=Generation(finish_reason=finish_reason), raw_text="Light.", created=datetime.now(UTC),
    )  # fmt: skip


def ordinary():
    """Write in three steps; stopped on the way, hand over what is there."""
    try:
        for _ in range(3):
            yield WRITING
    except Cancelled:
        yield Analyzed(analysis("cancelled"), stopped=True)
    else:
        yield Analyzed(analysis())


def talking():
    """Write two words, thinking aloud after each."""
    for n, word in enumerate(("Light ", "and shadow"), start=1):
        yield Token(word, n, 1.0)
        yield Thinking("Generating…", n, 1.0, float(n))
    yield Analyzed(analysis())


def raising(error):
    yield WRITING
    raise error


class QueueScene:
    def __init__(self, concurrency=1):
        self.rooms = {"mini": concurrency}
        self.pump = Pump(clock=FakeClock(), budget_s=0.0)
        self.disk = Disk()
        self.ear = Ear()
        self.works = {}
        self.started = []
        self.store = Store(Database(None, connect=self.disk.connect), Session(None))
        self.pauses = 0
        self.queue = Queue(self.pump, self._start, self._lane, self._listen, self.store, self._paused)
        self.on_update = lambda update: None

    def _start(self, job):
        self.started.append(job.path.name)
        return self.works.get(job.path.name, ordinary)()

    def _lane(self, job):
        return Lane(job.model, self.rooms[job.model])

    def _paused(self):
        self.pauses += 1

    def _listen(self, update):
        self.ear(update)
        self.on_update(update)

    def add(self, name, work=None, model="mini"):
        if work:
            self.works[name] = work
        job = Job(Path("/photos", name), "mentor", model)
        self.queue.add(job)
        return job.id

    def state(self, job_id):
        return self.queue.job(job_id).state.value

    def stored(self, job_id):
        return self.store.job(job_id).state.value

    def close(self):
        self.disk.fails_after = None
        self.pump.close()
        self.queue.close()
        self.store.close()
