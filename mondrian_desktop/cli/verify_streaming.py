"""``mondrian-desktop verify-streaming``: a client's check that thinking updates arrive, and arrive on time."""

import argparse
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any, TextIO
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from mondrian_desktop import paths
from mondrian_desktop.api.server import Server
from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import Clock
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.settings import SERVICE_PORT, Settings

PATIENCE_S = 60.0
"""A stream says something every 15 seconds, if only that it is there."""
INTERRUPTED = 130


def run(build: Callable[[], Service], options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Check a running service, or start one where none runs; return 0, or 1 where something is missing.

    Parameters
    ----------
    build
        Makes the service that is started; not called where one runs.
    options
        ``photo`` (None: a sample), ``url`` (None: this machine's), ``interval`` in seconds (None: the service's).

    Raises
    ------
    UserError
        Where the photo cannot be read, or there is no service at ``url``.
    """
    photo = options.photo or paths.resource("samples", "lake.jpg")
    try:
        data = photo.read_bytes()
    except OSError as why:
        raise UserError(f"{photo} could not be read: {why.strerror}.", "Give another photo.") from why
    url = options.url or f"http://127.0.0.1:{Settings().get(SERVICE_PORT)}"
    client = Client(url)
    try:
        health = client.get("/health")
    except (OSError, http.client.HTTPException, ValueError) as why:
        if options.url:
            raise UserError(f"There is no service at {url} ({why}).", "Start one: mondrian-desktop serve.") from why
        health = {}
    if options.url or health.get("service") == "mondrian-desktop":
        return Check(client, out).run(photo.name, data, options.interval)
    out.write("No service is running; one is started for this check.\n")
    return _with_own_service(build(), out, lambda check: check.run(photo.name, data, options.interval))


def _with_own_service(service: Service, out: TextIO, run: Callable[["Check"], int]) -> int:
    """Run a check on a thread, and the pump on this one."""
    codes: list[int] = []
    try:
        server = Server(service, "127.0.0.1", 0)
        try:
            check = Check(Client(server.url), out)

            def work() -> None:
                try:
                    codes.append(run(check))
                finally:
                    service.pump.post(lambda: None)

            thread = threading.Thread(target=work, name="verify-streaming")
            thread.start()
            try:
                service.pump.run(until=lambda: not thread.is_alive() or bool(codes))
            except KeyboardInterrupt:
                codes.append(INTERRUPTED)
        finally:
            server.close()
        thread.join()
    finally:
        service.close()
    return codes[0] if codes else 1


class Client:
    """Talks to a service.

    Parameters
    ----------
    url
        Its address; a token may be in it, as ``serve`` prints it (``#token=…``) or as a query.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme != "http" or not parts.hostname:
            raise UserError(f"{url} is not the address of a service.", "It looks like http://127.0.0.1:5005.")
        token = (parse_qs(parts.fragment) | parse_qs(parts.query)).get("token", [""])[0]
        self.url = f"http://{parts.netloc}"
        self._host, self._port = parts.hostname, parts.port or 80
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str) -> dict[str, Any]:
        """Return the JSON at ``path``; OSError, HTTPException or ValueError where there is none."""
        return self._request("GET", path)

    def upload(self, name: str, data: bytes, fields: dict[str, str]) -> dict[str, Any]:
        """Submit a photo and return the job."""
        boundary = uuid4().hex
        head = "".join(
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        )
        label = name.replace('"', "'").replace("\r", " ").replace("\n", " ")
        head += f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{label}"\r\n\r\n'
        body = head.encode("utf-8", "replace") + data + f"\r\n--{boundary}--\r\n".encode()
        return self._request("POST", "/upload", body, {"Content-Type": f"multipart/form-data; boundary={boundary}"})

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield the data of a stream's events as they arrive."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE_S)
        try:
            connection.request("GET", path, headers=self._headers)
            response = connection.getresponse()
            if response.status != 200:
                raise UserError(f"The stream was refused: {response.read().decode(errors='replace')}")
            while line := response.readline():
                if line.startswith(b"data: "):
                    yield json.loads(line[6:])
        finally:
            connection.close()

    def _request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, {**self._headers, **(headers or {})})
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
            if response.status >= 400:
                raise UserError(f"The service refused: {answer.get('error', response.status)}")
            return answer
        finally:
            connection.close()


@dataclass
class Heard:
    """What came over a stream: the types of events, when thinking updates came (seconds), and the error, if one did."""

    types: set[str] = field(default_factory=set)
    thinking_s: list[float] = field(default_factory=list)
    error: str = ""


class Check:
    """Submits a photo, prints what the stream tells, and judges it."""

    def __init__(self, client: Client, out: TextIO, clock: Clock = time.perf_counter) -> None:
        self._client = client
        self._out = out
        self._clock = clock
        self._step = ""

    def run(self, name: str, data: bytes, interval_s: float | None) -> int:
        """Return 0 for SUCCESS, 1 where something is missing; both are printed."""
        heard = Heard()
        try:
            expected_s = interval_s or float(self._client.get("/health").get("update_interval", 5.0))
            fields = {"update_interval": str(interval_s)} if interval_s else {}
            self._write(f"Checking the service at {self._client.url}")
            job = self._client.upload(name, data, fields)
            self._write(f"Submitted {clean_line(job['filename'])} to {job['advisor']}: job {job['job_id']}")
            began_s = self._clock()
            for event in self._client.events(f"/stream/{job['job_id']}"):
                self._hear(event, heard, self._clock() - began_s)
        except (OSError, http.client.HTTPException, ValueError, KeyError, UserError) as why:
            self._write(f"FAILED: {why}")
            return 1
        missing = judge(heard, expected_s)
        for line in missing:
            self._write(f"MISSING: {line}")
        if not missing:
            self._write(f"SUCCESS: {praise(heard.thinking_s, expected_s)}")
        return 1 if missing else 0

    def _hear(self, event: dict[str, Any], heard: Heard, elapsed_s: float) -> None:
        kind = event["type"]
        heard.types.add(kind)
        if kind == "thinking_update":
            heard.thinking_s.append(elapsed_s)
            self._say(f"THINKING UPDATE #{len(heard.thinking_s)}")
            self._write(f"           {clean_line(event['thinking'])}\n           Elapsed: {elapsed_s:.1f} s")
        elif kind == "status_update":
            self._hear_status(event["job_data"])
        elif kind == "error":
            heard.error = clean_line(event["error"])
            self._say(f"ERROR: {heard.error}")
        elif kind in _SAID:
            self._say(_SAID[kind])

    def _hear_status(self, job: dict[str, Any]) -> None:
        if job["current_step"] != self._step:
            self._step = job["current_step"]
            self._say(f"STATUS UPDATE: {job['status']}, {job['progress_percentage']}% ({clean_line(self._step)})")

    def _say(self, line: str) -> None:
        self._write(f"[{datetime.now():%H:%M:%S}] {line}")

    def _write(self, line: str) -> None:
        self._out.write(line + "\n")
        self._out.flush()


_SAID = {"connected": "Connected to the stream", "analysis_complete": "ANALYSIS COMPLETE", "done": "Done"}


def judge(heard: Heard, interval_s: float) -> list[str]:
    """Return what is missing, a sentence each; nothing where all is well.

    The first update may be one that was waiting, and the last comes when the analysis ends: both may be early. None
    may be late.
    """
    wanted = {
        "connected": "the event “connected”",
        "status_update": "a status update",
        "analysis_complete": "the event “analysis_complete”" + (f": {heard.error}" if heard.error else ""),
        "done": "the event “done”",
    }
    missing = [what for kind, what in wanted.items() if kind not in heard.types]
    if len(heard.thinking_s) < 2:
        missing.append(f"thinking updates: at least the first and the last were expected, {len(heard.thinking_s)} came")
    gaps_s = _gaps(heard.thinking_s)
    slack_s = max(0.5, 0.2 * interval_s)
    late = [gap for gap in gaps_s if gap > interval_s + slack_s]
    early = [gap for gap in gaps_s[1:-1] if gap < interval_s - slack_s]
    if late:
        missing.append(f"updates every {interval_s:g} s: there was none for {max(late):.1f} s")
    if early:
        missing.append(f"updates every {interval_s:g} s: two came within {min(early):.1f} s")
    return missing


def praise(thinking_s: Sequence[float], interval_s: float) -> str:
    """Return what came, for people."""
    regular_s = _gaps(thinking_s)[:-1]
    if not regular_s:
        return f"the analysis took less than the interval of {interval_s:g} s; its first and last update came."
    average_s = sum(regular_s) / len(regular_s)
    return f"{len(thinking_s)} thinking updates, {average_s:.1f} s apart (expected: {interval_s:g} s)."


def _gaps(times_s: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(times_s)]
