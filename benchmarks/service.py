"""What watching costs, how late it is, and what coming and going leaves behind.

``python -m benchmarks.service [--quick] [--json]``

The embedded model writes in this process, driven by the pump; the clients are a process of their own
(:mod:`benchmarks.service_clients`), so that their work is not taken for ours. Tokens per second with fifty streams open
on the job and without one, in turn; the delay of every event from its making to its arrival; threads, open files,
uploads and memory after two thousand uploads, each cancelled.
"""

import ctypes
import gc
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import report
from benchmarks.report import Figure, figure, middle, note, quantile
from mondrian_desktop import paths
from mondrian_desktop.api.server import Server
from mondrian_desktop.bootstrap import build
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Thinking
from mondrian_desktop.service import Service

STREAMS = 50
SETTLED = 0.2
"""Share of the comings and goings after which memory should not grow any more."""
ENDING_S = 10.0
"""Within which what was under way at the last cancellation has to have ended."""
PHOTO = paths.resource("samples", "wren.jpg")


def measure(quick: bool) -> list[Figure]:
    """Return all figures; ``quick``: fewer rounds, and a tenth of the comings and goings."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("data", "config", "cache", "log"):
            os.environ[f"MONDRIAN_{kind.upper()}_DIR"] = str(Path(folder) / kind)
        service = build()
        server = Server(service, "127.0.0.1", 0)
        try:
            note("loading the model …")
            service.submit(PHOTO)
            service.pump.run()
            watching = _watching(service, server.url, 3 if quick else 11)
            return [*watching, *_coming_and_going(service, server.url, 200 if quick else 2000)]
        finally:
            server.close()
            service.close()


def _watching(service: Service, url: str, rounds: int) -> list[Figure]:
    rates: dict[int, list[float]] = {0: [], STREAMS: []}
    delays_s: list[float] = []
    for number in range(rounds):
        note(f"watching, round {number + 1} of {rounds} …")
        # In turn, and in changing order: what else the machine does falls on both.
        for streams in (0, STREAMS) if number % 2 else (STREAMS, 0):
            job, delays = _watched(service, url, streams)
            delays_s += delays
            analysis = service.analysis(job.id)
            assert analysis is not None
            rates[streams].append(analysis.generation.generation_tps)
    ratios = [watched / alone for watched, alone in zip(rates[STREAMS], rates[0], strict=True)]
    return [
        figure(f"tokens/s with {STREAMS} streams / without", middle(ratios), at_least=0.95),
        figure("tokens/s without a stream", middle(rates[0]), "1/s"),
        figure(f"tokens/s with {STREAMS} streams", middle(rates[STREAMS]), "1/s"),
        figure("event delay, p99", quantile(delays_s, 0.99) * 1000, "ms", at_most=100),
        figure("event delay, median", quantile(delays_s, 0.5) * 1000, "ms"),
        figure("events received", len(delays_s)),
    ]


def _watched(service: Service, url: str, streams: int) -> tuple[Job, list[float]]:
    """Return a finished job that so many streams watched from its first to its last event, and their delays."""
    made_s: list[float] = []

    def hear(update: Update) -> None:
        if isinstance(update.event, Thinking):
            made_s.append(time.time())

    service.pause()
    job = service.submit(PHOTO)
    stop_listening = service.subscribe(hear)
    with _clients(service, "watch", url, job.id, str(streams)) as clients:
        clients.next_line()  # everybody is there before the first event
        service.resume()
        arrivals = json.loads(clients.next_line())
    stop_listening()
    service.pump.run()
    # A status update says itself when it was made; of thinking updates it was noted here, in their order.
    delays = [arrived - made for stream in arrivals["status_s"] for made, arrived in stream]
    for stream in arrivals["thinking_s"]:
        delays += [arrived - made for made, arrived in zip(made_s, stream, strict=True)]
    return job, delays


@dataclass(frozen=True)
class _Residue:
    """What a process holds."""

    threads: int
    files: int
    megabytes: float

    @classmethod
    def now(cls) -> "_Residue":
        _give_back()
        size_kb = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(os.getpid())], stdout=subprocess.PIPE, text=True, check=True
        ).stdout
        return cls(threading.active_count(), len(list(Path("/dev/fd").iterdir())), int(size_kb) / 1000)

    @classmethod
    def left(cls, before: "_Residue") -> "_Residue":
        """Return what is held once what was under way has ended; what has not by then never will.

        A photo whose job was cancelled while a worker read it is read to its end, its file open so long.
        """
        deadline_s = time.monotonic() + ENDING_S
        while (now := cls.now()).files > before.files or now.threads > before.threads:
            if time.monotonic() > deadline_s:
                break
            time.sleep(0.1)
        return now


def _give_back() -> None:
    """Return to the system what is free: the pictures of the last seconds would count, more of them or fewer."""
    gc.collect()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def _coming_and_going(service: Service, url: str, count: int) -> list[Figure]:
    note(f"{count} uploads, each cancelled …")
    before = _Residue.now()
    with _clients(service, "cancel", url, str(count), str(int(count * SETTLED))) as clients:
        clients.next_line()
        settled = _Residue.left(before)
        clients.go_on()
        clients.next_line()
    service.pump.run()
    after = _Residue.left(before)
    # Of those that were cancelled in the middle of an answer, photo and answer are kept.
    kept = {job.path.stem for job in service.jobs if job.path and service.analysis(job.id)}
    left = [file for file in (paths.data_dir() / "uploads").iterdir() if file.stem not in kept]
    return [
        figure("uploads and cancellations", count),
        figure("threads left", after.threads - before.threads, at_most=0),
        figure("open files left", after.files - before.files, at_most=0),
        figure("uploaded files left", len(left), at_most=0),
        figure("memory growth after the first fifth", after.megabytes - settled.megabytes, "MB", at_most=20),
    ]


class _Clients:
    """A process of clients, and the lines that it prints; the pump runs while one is waited for."""

    def __init__(self, service: Service, arguments: tuple[str, ...]) -> None:
        self._service = service
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.service_clients", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def next_line(self) -> str:
        """Drive the pump until the next line has come, and return it."""
        self._service.pump.run(until=lambda: bool(self._lines))
        line = self._lines.pop(0)
        if not line:
            raise RuntimeError("the clients ended without a result")
        return line

    def go_on(self) -> None:
        """Let the clients go on after a line."""
        assert self._process.stdin is not None
        self._process.stdin.write("go on\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Wait for the end of the process."""
        self._reader.join()
        self._process.communicate()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._post(line)
        self._post("")

    def _post(self, line: str) -> None:
        self._service.pump.post(lambda: self._lines.append(line))


@contextmanager
def _clients(service: Service, *arguments: str) -> Iterator[_Clients]:
    clients = _Clients(service, arguments)
    try:
        yield clients
    finally:
        clients.close()


if __name__ == "__main__":
    sys.exit(report.run("service", measure))
