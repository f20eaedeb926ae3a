"""What every request passes first: the gate, limits on its body, safe headers on the answer, JSON for every error."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mondrian_desktop.api.auth import Gate
from mondrian_desktop.api.refusal import Refusal

PHOTO_BYTES = 200 * 1024 * 1024
"""Most bytes of a photo."""
UPLOAD_BYTES = PHOTO_BYTES + 1024 * 1024
"""Most bytes of a form: the photo, and room for the rest."""
BODY_BYTES = 1024 * 1024
"""Most bytes of any other request."""
BODY_PAUSE_S = 60.0
"""A client that sends nothing for this long in the middle of a request is given up."""

MISTAKE = "Mondrian made a mistake with this request. The log has the details."

_SAFE = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_log = logging.getLogger(__name__)


class Front:
    """An ASGI application around the routes.

    Parameters
    ----------
    app
        The routes.
    gate
        Who may ask.
    upload_bytes, body_bytes, pause_s
        As :data:`UPLOAD_BYTES`, :data:`BODY_BYTES` and :data:`BODY_PAUSE_S`.
    """

    def __init__(
        self,
        app: ASGIApp,
        gate: Gate,
        upload_bytes: int = UPLOAD_BYTES,
        body_bytes: int = BODY_BYTES,
        pause_s: float = BODY_PAUSE_S,
    ) -> None:
        self._app = app
        self._gate = gate
        self._upload_bytes = upload_bytes
        self._body_bytes = body_bytes
        self._pause_s = pause_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        answer = _Answer(send)
        try:
            self._gate.check(scope["method"], scope["path"], scope["query_string"], scope["headers"])
            limit = self._upload_bytes if scope["path"] == "/upload" else self._body_bytes
            _check_length(Headers(scope=scope).get("content-length", ""), limit)
            await self._app(scope, _Body(receive, limit, self._pause_s), answer.send)
        except Refusal as refusal:
            await answer.refuse(refusal)
        except ClientDisconnect:
            _log.debug("%s %s: the client went away", scope["method"], scope["path"])
        except Exception:  # noqa: BLE001 - the top of a request: our mistake, which ends no more than this request
            _log.exception("%s %s failed", scope["method"], scope["path"])
            await answer.refuse(Refusal(500, MISTAKE))


class _Answer:
    """Passes messages on with safe headers; an error becomes an answer where none has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._has_begun = True
            headers = [(name.lower(), value) for name, value in message.get("headers", [])]
            there = {name for name, _ in headers}
            safe = _SAFE | ({} if b"cache-control" in there else {"cache-control": "no-store"})
            message = {**message, "headers": headers + _raw(safe)}
        await self._send(message)

    async def refuse(self, refusal: Refusal) -> None:
        if self._has_begun:
            return
        body = error_body(refusal.what)
        headers = {"content-type": "application/json", "content-length": str(len(body)), **(refusal.headers or {})}
        await self.send({"type": "http.response.start", "status": refusal.status, "headers": _raw(headers)})
        await self._send({"type": "http.response.body", "body": body})


class _Body:
    """Counts what arrives, and does not wait for ever."""

    def __init__(self, receive: Callable[[], Awaitable[Message]], limit: int, pause_s: float) -> None:
        self._receive = receive
        self._left = limit
        self._pause_s = pause_s
        self._is_complete = False

    async def __call__(self) -> Message:
        if self._is_complete:
            return await self._receive()
        try:
            async with asyncio.timeout(self._pause_s):
                message = await self._receive()
        except TimeoutError as err:
            raise Refusal(408, "The request was not sent to its end.") from err
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise too_large()
        self._is_complete = not message.get("more_body", False)
        return message


def too_large() -> Refusal:
    """Return the answer to a request with too long a body."""
    return Refusal(413, f"The request is too long. A photo may have {PHOTO_BYTES // 1024**2} MB.")


def error_body(what: str) -> bytes:
    """Return the JSON of every error."""
    return json.dumps({"error": what}).encode()


def _check_length(header: str, limit: int) -> None:
    # What is no number has been refused before, with the rest of what is not HTTP.
    if header.isdigit() and int(header[:20]) > limit:
        raise too_large()


def _raw(headers: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), str(value).encode("latin-1")) for name, value in headers.items()]
