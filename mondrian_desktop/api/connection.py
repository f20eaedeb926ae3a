"""One client's connection: uvicorn's HTTP/1.1 protocol with limits and JSON errors, and a way to drop a client."""

import asyncio
import json
import socket
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

MOST_CONNECTIONS = 256
IDLE_S = 30.0
"""Time that a client has to send the head of a request, and to take the rest of an answer: more than keep-alive."""
STREAM_BUFFER_BYTES = 64 * 1024


class Connection(H11Protocol):
    """Adds to uvicorn's protocol what keeps a careless or hostile client from holding anything up.

    Routes find it as ``request.state.connection``.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "connection": self}, _loop)
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take in a new client, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let go of everything."""
        if self._deadline:
            self._deadline.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Give the client a while to take the rest of the answer, and to send its next request."""
        self._set_deadline()
        super().on_response_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP; a second answer is not possible where one has begun."""
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.close()
            return
        body = json.dumps({"error": msg}).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        for event in (h11.Response(status_code=400, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def prepare_stream(self) -> None:
        """Keep little in the system's buffers, so that a reader who does not read is noticed."""
        self.transport.set_write_buffer_limits(high=STREAM_BUFFER_BYTES)
        connected: socket.socket | None = self.transport.get_extra_info("socket")
        if connected is not None:
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, STREAM_BUFFER_BYTES)

    def abort(self) -> None:
        """Close at once, without waiting for the other side."""
        self.transport.abort()

    def _set_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(IDLE_S, self._drop_if_still_at, self.cycle)

    def _drop_if_still_at(self, request: object) -> None:
        # A quiet client that keeps its connection is let go by uvicorn before: this one is in the middle of something.
        if self.cycle is request:
            self.transport.abort()
