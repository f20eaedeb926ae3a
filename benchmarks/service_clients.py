"""The clients of :mod:`benchmarks.service`, as a process of their own.

``watch URL JOB STREAMS`` opens streams, prints "ready" once all have their first event, and at the end when what
arrived. ``cancel URL COUNT STOP`` uploads and cancels, prints "settled" after STOP times, waits for a line, goes on.
"""

import asyncio
import http.client
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit

from mondrian_desktop import paths


async def _watch(url: str, job_id: str, streams: int) -> None:
    address = urlsplit(url)
    # A writer that nobody holds closes its connection.
    connections = []
    for _ in range(streams):
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(f"GET /stream/{job_id} HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
        while not (await reader.readline()).startswith(b"event: status_update"):
            pass
        connections.append((reader, writer))
    _say("ready")
    chunks = await asyncio.gather(*(_record(reader) for reader, _ in connections))
    events = [_parse(each) for each in chunks]
    status = [
        [(data["timestamp"], arrived) for arrived, data in each if data["type"] == "status_update"] for each in events
    ]
    thinking = [[arrived for arrived, data in each if data["type"] == "thinking_update"] for each in events]
    _say(json.dumps({"status_s": [each[1:] for each in status], "thinking_s": thinking}))


async def _record(reader: asyncio.StreamReader) -> list[tuple[float, bytes]]:
    """Return what came and when; it is looked at afterwards, so that looking costs no time now."""
    chunks = []
    while data := await reader.read(1 << 18):
        chunks.append((time.time(), data))
        if b"event: done" in data:
            break
    return chunks


def _parse(chunks: list[tuple[float, bytes]]) -> list[tuple[float, dict[str, Any]]]:
    """Return the data of the events, each with the arrival of its last byte."""
    events = []
    rest = b""
    for arrived, data in chunks:
        *whole, rest = (rest + data).split(b"\n\n")
        for event in whole:
            line = next((line for line in event.split(b"\n") if line.startswith(b"data: ")), None)
            if line:
                events.append((arrived, json.loads(line[6:])))
    return events


def _cancel(url: str, count: int, stop: int) -> None:
    photo = paths.resource("samples", "wren.jpg").read_bytes()
    head = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'
    body = head + photo + b"\r\n--b--\r\n"
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    for number in range(count):
        if number == stop:
            _say("settled")
            sys.stdin.readline()
        job = _ask(connection, "POST", "/upload", body, {"Content-Type": "multipart/form-data; boundary=b"})
        _ask(connection, "DELETE", f"/jobs/{job['job_id']}")
    connection.close()
    _say("done")


def _ask(connection: http.client.HTTPConnection, method: str, path: str, *more: Any) -> dict[str, Any]:
    connection.request(method, path, *more)
    response = connection.getresponse()
    answer: dict[str, Any] = json.loads(response.read())
    if response.status >= 300:
        raise RuntimeError(f"{method} {path}: {response.status} {answer}")
    return answer


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    kind, url, *rest = sys.argv[1:]
    if kind == "watch":
        asyncio.run(_watch(url, rest[0], int(rest[1])))
    else:
        _cancel(url, int(rest[0]), int(rest[1]))
