"""Streams of server-sent events: one channel a submission, any number of readers, each at its own pace.

A channel keeps what happened; a reader is a place in it. So a slow reader costs nothing but its place, a late one gets
the state so far, and one that comes back gets what it missed. HTTP thread only.
https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from mondrian_desktop.api.progress import Event
from mondrian_desktop.api.refusal import Refusal

MOST_STREAMS = 64
HEARTBEAT_S = 15.0
"""A comment this often keeps proxies from closing a stream on which nothing happens."""
STALL_S = 30.0
"""A reader that takes nothing for this long is dropped."""
RETRY_MS = 2000
MOST_EVENTS = 2000
"""Events that a channel remembers; of a longer story the beginning is forgotten."""
KEPT = 16
"""Finished channels that are remembered for readers who come back; others are begun again from the history."""

_STATE = ("status_update", "thinking_update")

Message = MutableMapping[str, Any]


class Connection(Protocol):
    """What a stream needs of its connection."""

    def prepare_stream(self) -> None:
        """Keep little in the system's buffers, so that a reader who does not read is noticed."""
        ...

    def abort(self) -> None:
        """Close at once, without waiting for the other side."""
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    number: int
    type: str
    replaces: str
    text: bytes


class Channel:
    """What happened to one submission."""

    def __init__(self, job_id: str) -> None:
        self.is_over = False
        self._job_id = job_id
        # Numbers begin anew where a channel is made again: the ids of the old one must not fit the new one.
        self._epoch = secrets.token_hex(4)
        self._entries: list[_Entry] = []
        self._last = 0
        self._waiting: set[asyncio.Event] = set()
        self.readers = 0

    def publish(self, events: Sequence[Event]) -> None:
        """Add events and wake who waits; "done" is the last one."""
        for event in events:
            if self.is_over:
                return
            self._last += 1
            text = self._text(event.type, self._last, {"type": event.type, "job_id": self._job_id, **event.data})
            if event.replaces:
                self._entries = [entry for entry in self._entries if entry.replaces != event.replaces]
            self._entries.append(_Entry(self._last, event.type, event.replaces, text))
            self.is_over = event.type == "done"
        del self._entries[:-MOST_EVENTS]
        self.wake()

    def wake(self) -> None:
        """Have every reader look again."""
        for waiting in self._waiting:
            waiting.set()

    def place(self, last_event_id: str) -> int | None:
        """Return the number in an id that this channel gave; None for any other, and for none."""
        epoch, _, number = last_event_id.partition("-")
        if epoch != self._epoch or not number.isascii() or not number.isdigit() or len(number) > 9:
            return None
        return min(int(number), self._last)

    def opening(self, place: int | None) -> tuple[bytes, int]:
        """Return the first bytes of a stream, and the place from which to read on.

        Without a place it is the state so far: of what tells how far it is, the last; of the rest, all.
        """
        begin = self._text("connected", place or 0, {"type": "connected", "job_id": self._job_id})
        head = f"retry: {RETRY_MS}\n".encode() + begin
        if place is not None:
            return head, place
        latest = {entry.type: entry.number for entry in self._entries if entry.type in _STATE}
        state = [each.text for each in self._entries if latest.get(each.type, each.number) == each.number]
        return head + b"".join(state), self._last

    def read(self, place: int) -> tuple[bytes, int]:
        """Return what came after ``place``, and the place after it."""
        return b"".join(entry.text for entry in self._entries if entry.number > place), self._last

    def has_ended(self, place: int) -> bool:
        """Whether nothing comes after ``place``, now or later."""
        return self.is_over and place >= self._last

    async def news(self, place: int, timeout_s: float) -> bool:
        """Wait until there may be something after ``place``; return whether the time was over first."""
        if self._last > place:
            return False
        waiting = asyncio.Event()
        self._waiting.add(waiting)
        try:
            async with asyncio.timeout(timeout_s):
                await waiting.wait()
        except TimeoutError:
            return True
        finally:
            self._waiting.discard(waiting)
        return False

    def _text(self, kind: str, number: int, data: dict[str, Any]) -> bytes:
        return f"event: {kind}\nid: {self._epoch}-{number}\ndata: {json.dumps(data)}\n\n".encode()


class Hub:
    """All channels.

    Parameters
    ----------
    most_streams
        How many may be open at once.
    heartbeat_s, stall_s
        As :data:`HEARTBEAT_S` and :data:`STALL_S`.
    """

    def __init__(
        self, most_streams: int = MOST_STREAMS, heartbeat_s: float = HEARTBEAT_S, stall_s: float = STALL_S
    ) -> None:
        self.heartbeat_s = heartbeat_s
        self.stall_s = stall_s
        self.is_closing = False
        self.ended = 0
        self.streams = 0
        self._most_streams = most_streams
        self._channels: OrderedDict[str, Channel] = OrderedDict()

    def publish(self, job_id: str, events: Sequence[Event]) -> None:
        """Add events to a submission's channel."""
        channel = self._channels.setdefault(job_id, Channel(job_id))
        channel.publish(events)
        if channel.is_over:
            self._channels.move_to_end(job_id)
            self._forget()

    def restart(self, job_id: str, events: Sequence[Event]) -> None:
        """Begin a new story where the old one is over, as that of a job that is tried again."""
        channel = self._channels.get(job_id)
        if channel and channel.is_over:
            del self._channels[job_id]
        self.publish(job_id, events)

    def ensure(self, job_id: str, events: Sequence[Event]) -> None:
        """Begin a channel with the state so far, unless there is one."""
        if job_id not in self._channels:
            self.publish(job_id, events)

    def channel(self, job_id: str) -> Channel | None:
        """Return the channel of a submission, if there is one."""
        return self._channels.get(job_id)

    def admit(self) -> None:
        """Let one more stream in.

        Raises
        ------
        Refusal
            503 where there are as many as may be.
        """
        if self.is_closing or self.streams >= self._most_streams:
            raise Refusal(503, f"There are {self._most_streams} open streams, as many as may be.", {"Retry-After": "5"})

    def end_streams(self) -> None:
        """End every stream that is open now; readers may come back, and get what they missed."""
        self.ended += 1
        for channel in self._channels.values():
            channel.wake()

    def close(self) -> None:
        """End every stream, and let none in any more."""
        self.is_closing = True
        self.end_streams()

    def _forget(self) -> None:
        over = [job_id for job_id, channel in self._channels.items() if channel.is_over and not channel.readers]
        for job_id in over[:-KEPT]:
            del self._channels[job_id]


class EventStream:
    """The answer to a request for a stream: an ASGI application.

    Parameters
    ----------
    ended
        :attr:`Hub.ended` when the request was let in: what ended all streams since then ends this one, too.
    """

    def __init__(
        self, hub: Hub, channel: Channel, last_event_id: str, connection: Connection | None, ended: int = 0
    ) -> None:
        self._hub = hub
        self._channel = channel
        self._place = channel.place(last_event_id)
        self._connection = connection
        self._is_gone = False
        self._ended = ended

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Send the story as it unfolds; return when it is over, the client is gone, or the service closes."""
        if self._place is not None and self._channel.has_ended(self._place):
            # The one answer after which a browser does not come back.
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})
            return
        self._hub.admit()
        self._hub.streams += 1
        self._channel.readers += 1
        watcher = asyncio.create_task(self._watch(receive))
        try:
            async with asyncio.timeout(None) as patience:
                await self._send_all(send, patience)
        except TimeoutError:
            if self._connection:
                self._connection.abort()
        finally:
            watcher.cancel()
            self._hub.streams -= 1
            self._channel.readers -= 1

    async def _send_all(self, send: Callable[[Message], Awaitable[None]], patience: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()

        async def write(message: Message) -> None:
            patience.reschedule(loop.time() + self._hub.stall_s)
            await send(message)
            patience.reschedule(None)

        if self._connection:
            self._connection.prepare_stream()
        await write({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        text, place = self._channel.opening(self._place)
        while True:
            if text:
                await write({"type": "http.response.body", "body": text, "more_body": True})
            if self._is_gone or self._hub.ended > self._ended or self._channel.has_ended(place):
                await write({"type": "http.response.body"})
                return
            is_quiet = await self._channel.news(place, self._hub.heartbeat_s)
            text, place = self._channel.read(place)
            if is_quiet and not text:
                text = b": still here\n\n"

    async def _watch(self, receive: Callable[[], Awaitable[Message]]) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        self._channel.wake()


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]
