"""What the tests of jobs and service have in common: a clock that stands still, answers, photos, and an ear."""

import json
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import numpy as np

from mondrian_desktop.critique.advisor import Advisors, load_advisors
from mondrian_desktop.critique.parse import parse
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Engine, Finished, FinishReason, Token
from mondrian_desktop.engine.scripted import ScriptedEngine, Step
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.report.model import Analysis, Generation, PhotoRef
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "resources" / "samples").glob("*.jpg"))
RUBRIC = load_rubric("technical")


class FakeClock:
    """Monotonic seconds that pass only when told to."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def advance(self, seconds: float) -> None:
        self.now_s += seconds


class Ear:
    """Remembers every update."""

    def __init__(self) -> None:
        self.updates: list[Update] = []

    def __call__(self, update: Update) -> None:
        self.updates.append(update)

    def events(self, kind: type, job_id: str | None = None) -> list:
        """Return the events of one kind, of one job or of all."""
        return [
            update.event
            for update in self.updates
            if isinstance(update.event, kind) and job_id in (None, update.job.id)
        ]

    def states(self, job_id: str) -> list[str]:
        """Return the states of a job in the order in which they were told."""
        return [update.job.state.value for update in self.updates if update.job.id == job_id and update.event is None]


class Disk:
    """A disk under SQLite that can fail: pass :meth:`connect` to a database.

    Attributes
    ----------
    fails_after
        How many statements still work; None: all.
    code
        What it fails with.
    """

    def __init__(self, code: int = sqlite3.SQLITE_FULL) -> None:
        self.fails_after: int | None = None
        self.code = code
        self.statements = 0

    def connect(self, *args: object, **more: object) -> sqlite3.Connection:
        return sqlite3.connect(*args, factory=partial(_Connection, self), **more)

    def touch(self) -> None:
        """Count a statement, or refuse it."""
        self.statements += 1
        if self.fails_after is not None:
            if self.fails_after <= 0:
                error = sqlite3.OperationalError("injected")
                error.sqlite_errorcode = self.code
                raise error
            self.fails_after -= 1


class _Connection(sqlite3.Connection):
    def __init__(self, disk: Disk, *args: object, **more: object) -> None:
        super().__init__(*args, **more)
        self._disk = disk

    def execute(self, *args):
        self._disk.touch()
        return super().execute(*args)

    def executemany(self, *args):
        self._disk.touch()
        return super().executemany(*args)


def make_photo(name: str = "wren.jpg", content: str = "a") -> Photo:
    """Return a small grey photo; equal ``content``, equal content hash."""
    return Photo(Path("/photos") / name, content * 64, 1234, 60, 40, np.full((40, 60, 3), 128, np.uint8))


def make_analysis(photo: Photo | None = None, *, text: str = "", finish_reason: str = "stop", **fields) -> Analysis:
    """Return an analysis as the runner makes it."""
    text = text or answer()
    ref = photo and PhotoRef(photo.path, photo.content_hash, photo.width, photo.height, photo.exif)
    return Analysis(
        **{
            "photo": ref, "advisor": "mentor", "rubric": "technical", "model": "mini", "question": "",
            "critique": parse(text, RUBRIC), "facts": photo and photo.measurements, "raw_text": text,
            "generation": Generation(finish_reason=finish_reason), "created": datetime.now(UTC), **fields,
        }
    )  # fmt: skip


def tokens(text: str, count: int, clock: FakeClock, step_s: float, tps: float = 44.1) -> list[Step]:
    """Return a script of exactly ``count`` tokens, one every ``step_s`` seconds."""
    cuts = [round(len(text) * n / count) for n in range(count + 1)]
    steps: list[Step] = []
    for n in range(count):
        steps += [lambda: clock.advance(step_s), Token(text[cuts[n] : cuts[n + 1]], n + 1, tps)]
    return [*steps, Finished(text, FinishReason.STOP, generation_tokens=count, generation_tps=tps)]


def answer(score: int = 7, description: str = "A quiet harbor at dusk.") -> str:
    """Return what a model writes that keeps to the technical rubric."""
    dimensions = [
        {"name": each.name, "score": score, "comment": f"{each.name} is fine.", "recommendation": "Keep it."}
        for each in RUBRIC.dimensions
    ]
    return json.dumps(
        {
            "image_description": description,
            "dimensions": dimensions,
            "key_strengths": ["Calm water"],
            "priority_improvements": ["Level the horizon"],
            "technical_notes": "Sharp where it matters.",
        }
    )


def make_service(
    engine: Engine | Iterable,
    clock: FakeClock | None = None,
    *,
    advisors: Advisors | None = None,
    settings: Settings | None = None,
    **more: object,
) -> Service:
    """Return a service with the real reader and a pump that takes one event a step; ``engine`` may be one script."""
    if not hasattr(engine, "generate"):
        engine = ScriptedEngine(list(engine))
    pump = Pump(clock=clock or FakeClock(), budget_s=0.0)
    return Service(engine, PhotoReader(), advisors or load_advisors(), settings or Settings(), pump, **more)
