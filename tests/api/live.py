"""A running service for tests: the pump on a thread of its own, a scripted engine, a client on the test's."""

import json
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mondrian_desktop.api.server import Limits, Server
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.protocol import Finished, FinishReason, Phase, Prefill, Stage, Token
from mondrian_desktop.engine.scripted import ScriptedEngine, Step
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump, Wait
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings

SAMPLES = Path(__file__).resolve().parents[2] / "resources" / "samples"
PHOTO = SAMPLES / "wren.jpg"
DIMENSIONS = [each.name for each in load_rubric("technical").dimensions]


def answer(scores: list[int] | None = None, comment: str = "is fine.") -> str:
    """Return what a model writes that keeps to the technical rubric."""
    return json.dumps(
        {
            "image_description": "A wren on a branch.",
            "dimensions": [
                {"name": name, "score": score, "comment": f"{name} {comment}", "recommendation": "Keep it."}
                for name, score in zip(DIMENSIONS, scores or [7] * len(DIMENSIONS), strict=True)
            ],
            "key_strengths": ["Near"],
            "priority_improvements": ["Wait for better light"],
            "technical_notes": "Sharp where it matters.",
        }
    )


class Gate:
    """A place in a script where the engine waits, without holding up the pump, until the test opens it."""

    def __init__(self) -> None:
        self._future: Future[None] = Future()
        self.wait = Wait(self._future)

    def open(self) -> None:
        if not self._future.done():
            self._future.set_result(None)


class Clock:
    """Seconds that pass only when a script says so."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def passes(self, seconds: float) -> Callable[[], None]:
        def step() -> None:
            self.now_s += seconds

        return step


def writing(text: str, *, pieces: int = 10, between: Callable[[int], list[Step]] = lambda n: []) -> list[Step]:
    """Return a script that writes ``text`` in pieces; ``between(n)`` goes before the n-th (from 0)."""
    cuts = [round(len(text) * n / pieces) for n in range(pieces + 1)]
    steps: list[Step] = [Phase(Stage.LOADING), Phase(Stage.ENCODING), Prefill(0, 4), Prefill(4, 4)]
    steps.append(Phase(Stage.GENERATING))
    for n in range(pieces):
        steps += between(n)
        steps.append(Token(text[cuts[n] : cuts[n + 1]], n + 1, 44.1))
    return [*steps, Finished(text, FinishReason.STOP, generation_tokens=pieces, generation_tps=44.1)]


def gated(gate: Gate, text: str = "", at: int = 6, **more: Any) -> list[Step]:
    """Return a script that waits for the gate in the middle of the answer."""
    return writing(text or answer(), between=lambda n: [gate.wait] if n == at else [], **more)


class Live:
    """The running service.

    ``client`` asks it; ``service`` and ``server`` may be touched by :meth:`call` only.
    """

    def __init__(
        self, scripts: list[list[Step]], host="127.0.0.1", limits=None, settings=None, clock=None, history=None
    ) -> None:
        self._scripts, self._host, self._limits, self._settings = scripts, host, limits or Limits(), settings or {}
        self._history = history
        self._clock = clock
        self._stop = False
        self._ready: queue.SimpleQueue = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="pump of the test")
        self._thread.start()
        ready = self._ready.get()
        if isinstance(ready, BaseException):
            self._thread.join()
            raise ready
        self.url = f"http://127.0.0.1:{self.server.port}"
        self.token = self.server.token
        self.client = httpx.Client(base_url=self.url, timeout=20)

    def call(self, function: Callable):
        """Run ``function`` on the pump's thread and return what it returns."""
        done: Future = Future()

        def run() -> None:
            try:
                done.set_result(function())
            except BaseException as err:  # noqa: BLE001 - raised again where it is waited for
                done.set_exception(err)

        self.service.pump.post(run)
        return done.result(timeout=20)

    def files(self) -> list[str]:
        """Return the names of all uploaded files."""
        folder = self.server._uploads._folder
        return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []

    def upload(self, photo: Path | bytes = PHOTO, name: str = "wren.jpg", **fields: str) -> httpx.Response:
        data = photo if isinstance(photo, bytes) else photo.read_bytes()
        return self.client.post("/upload", files={"image": (name, data, "image/jpeg")}, data=fields)

    def events(self, job_id: str, last_event_id: str = "") -> list["SentEvent"]:
        """Return all events of a stream, to its end."""
        with self.stream(job_id, last_event_id) as events:
            return list(events)

    @contextmanager
    def stream(self, job_id: str, last_event_id: str = "") -> Iterator[Iterator["SentEvent"]]:
        """Open a stream; its events come as they arrive."""
        headers = {"last-event-id": last_event_id} if last_event_id else {}
        with self.client.stream("GET", f"/stream/{job_id}", headers=headers) as response:
            assert response.status_code == 200, response.read()
            yield parse(response.iter_lines())

    def on_http_thread(self, function: Callable):
        """Run ``function`` on the HTTP thread and return what it returns."""
        done: Future = Future()
        self.server._loop.call_soon_threadsafe(lambda: done.set_result(function()))
        return done.result(timeout=20)

    def drop_connections(self) -> None:
        """Cut every connection, as a network does that goes away."""

        def drop() -> None:
            for connection in list(self.server._uvicorn.server_state.connections):
                connection.abort()

        self.on_http_thread(drop)

    def close(self) -> None:
        if not self._thread.is_alive():
            return
        self.client.close()
        self._stop = True
        self.service.pump.post(lambda: None)
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.engine = ScriptedEngine(*self._scripts)
            pump = Pump(clock=self._clock) if self._clock else Pump()
            settings = Settings(environment=self._settings)
            store = Store.open(self._history)
            self.service = Service(self.engine, PhotoReader(), load_advisors(), settings, pump, store)
            try:
                self.server = Server(self.service, self._host, 0, self._limits)
            except BaseException:
                self.service.close()
                raise
        except BaseException as err:  # noqa: BLE001 - raised again where it is waited for
            self._ready.put(err)
            return
        self._ready.put(None)
        self.service.pump.run(lambda: self._stop)
        self.server.close()
        self.service.close()


class SentEvent:
    """One server-sent event, as a client sees it."""

    def __init__(self, fields: dict[str, str]) -> None:
        self.type = fields.get("event", "")
        self.id = fields.get("id", "")
        self.comment = fields.get("", "")
        self.data = json.loads(fields["data"]) if "data" in fields else {}

    def __repr__(self) -> str:
        return f"<{self.type} {self.id} {self.data}>"


def parse(lines: Iterator[str]) -> Iterator[SentEvent]:
    """Yield the events in the lines of a stream; comments are events with nothing but ``comment``."""
    fields: dict[str, str] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
        elif fields:
            yield SentEvent(fields)
            fields = {}


def until(events: Iterator[SentEvent], kind: str) -> SentEvent:
    """Read events up to one of a kind, and return it."""
    return next(event for event in events if event.type == kind)


def percentages(events: Iterable[SentEvent]) -> list[int]:
    """Return how far the status updates say that it is."""
    return [event.data["job_data"]["progress_percentage"] for event in events if event.type == "status_update"]
