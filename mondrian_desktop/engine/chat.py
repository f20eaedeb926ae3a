"""Talking to a server in the manner of OpenAI's chat completions: one question, its answer bit by bit, and its faults.

For one thread, which it blocks; :meth:`Chat.abort` alone may be called from another. Sources: the API reference of
OpenAI, and what vLLM, mlx-vlm, LM Studio, Ollama and llama.cpp send.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx2

from mondrian_desktop import __version__
from mondrian_desktop.errors import UserError
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.weights.servers import Reach, Server, reach
from mondrian_desktop.weights.wire import (
    Fault,
    Interrupted,
    Lost,
    Refused,
    Sockets,
    is_about_certificates,
    retry_after_s,
)

MAX_ANSWER_BYTES = 16_000_000
"""An answer of 8192 tokens, each in an event of its own with all that servers put around it, has less."""
MAX_CHARACTERS = 300_000
MAX_ERROR_BYTES = 64_000
MAX_REDIRECTS = 3
_FIX_ADDRESS = "Check the server's address, and that it is the one of an OpenAI-compatible service (it ends in /v1)."


@dataclass(frozen=True, slots=True)
class Timeouts:
    """In seconds: to connect, and until more comes. A busy server lets everybody wait before its first word."""

    connect_s: float = 6.0
    stall_s: float = 180.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A bit of an answer.

    Attributes
    ----------
    text, thinking
        To be appended; may be empty.
    finish_reason
        As the server names it, with the last bit; else empty.
    prompt_tokens, cached_tokens, generation_tokens
        Counts of the whole answer so far, where the server told; else 0.
    prompt_tps
        Tokens per second of prefill, where the server told; else 0.0.
    """

    text: str = ""
    thinking: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generation_tokens: int = 0
    prompt_tps: float = 0.0


class Chat:
    """One connection to a server, for one question.

    Parameters
    ----------
    key
        Sent to the server itself and nobody else; empty: none.
    """

    def __init__(self, server: Server, key: str, timeouts: Timeouts) -> None:
        self._server = server
        self._sockets = Sockets(self._check_peer)
        headers = {"User-Agent": f"mondrian-desktop/{__version__}", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(timeouts.stall_s, connect=timeouts.connect_s),
            headers=headers,
            follow_redirects=False,
            # A proxy is for what lies beyond the local network.
            trust_env=server.is_encrypted,
        )

    def abort(self) -> None:
        """Make the request that is under way, and every later one, fail at once."""
        self._sockets.abort()

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def models(self) -> list[str]:
        """Return the names of the models that the server has.

        Raises
        ------
        UserError, Refused, Interrupted
            As :meth:`ask` does.
        """
        with self._send("GET", "/models", None) as response:
            listed = self._json(self._body(response))
        data = listed.get("data")
        if not isinstance(data, list):
            raise self._nonsense()
        return [str(each["id"]) for each in data if isinstance(each, dict) and "id" in each]

    def ask(self, body: Mapping[str, Any]) -> Iterator[Piece]:
        """Ask, and yield the answer bit by bit.

        Raises
        ------
        UserError
            Where the server is not to be used so: the key, the address, the model, what it says.
        Refused
            Where asking differently may help.
        Interrupted
            Where asking again may help; also where the answer breaks off in the middle.
        """
        with self._send("POST", "/chat/completions", body) as response:
            if response.headers.get("Content-Type", "").startswith("text/event-stream"):
                yield from self._events(response)
            else:
                # Some servers do not stream, or not everything.
                yield _whole(self._json(self._body(response)), self._nonsense())

    def _events(self, response: httpx2.Response) -> Iterator[Piece]:
        finished, characters = False, 0
        with self._faults_told():
            for event in httpx2.EventSource(response):
                if event.data.strip() == "[DONE]":
                    return
                piece = _piece(self._json(event.data.encode()), self._server.host)
                finished = finished or bool(piece.finish_reason)
                characters += len(piece.text) + len(piece.thinking)
                if characters > MAX_CHARACTERS:
                    raise self._too_much()
                yield piece
        if not finished:
            raise Lost(f"{self._server.host} ended in the middle of its answer.")

    @contextmanager
    def _send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Iterator[httpx2.Response]:
        """Send a request, follow what stays with the same host, and close the answer in the end."""
        url = self._server.url + path
        for _ in range(MAX_REDIRECTS + 1):
            with self._faults_told():
                request = self._client.build_request(method, url, json=body, extensions={"trace": self._sockets.trace})
                response = self._client.send(request, stream=True)
            response.stream = _Bounded(response.stream, self._too_much())
            try:
                if response.status_code not in (301, 302, 307, 308):
                    self._check(response)
                    yield response
                    return
                url = self._redirected(url, response.headers.get("Location", ""))
            finally:
                response.close()
        raise UserError(f"{self._server.host} sends requests around in circles.", _FIX_ADDRESS)

    def _redirected(self, url: str, location: str) -> str:
        target = urljoin(url, location)
        old, new = urlsplit(url), urlsplit(target)
        same = (old.scheme, old.netloc) == (new.scheme, new.netloc)
        if not same:
            raise UserError(
                f"{self._server.host} redirects to another address ({clean_line(new.netloc, 80)}): nothing is sent "
                "there.",
                "If that is the right one, give it as the server's address.",
            )
        return target

    def _check_peer(self, each: socket.socket) -> None:
        """Refuse a name that leads out of the local network where the connection is not encrypted."""
        if self._server.is_encrypted:
            return
        far = reach(str(each.getpeername()[0]))
        near = far is Reach.LOOPBACK or (far is Reach.PRIVATE and self._server.allow_http)
        if not near:
            raise UserError(
                f"{self._server.host} is {'in your network' if far is Reach.PRIVATE else 'in the internet'}, and the "
                "connection is not encrypted: no photo is sent.",
                "Use an address that begins with https://, or agree to it where the server is added.",
            )

    def _check(self, response: httpx2.Response) -> None:
        status, host = response.status_code, self._server.host
        if status == 200:
            return
        said = self._said(response)
        quoted = f" It says: {said}" if said else ""
        if status in (408, 425, 429):
            raise Interrupted(f"{host} is busy (status {status}).", retry_after_s(response.headers))
        if status in (401, 403):
            raise UserError(f"{host} did not accept the key.", "Enter the key of this server anew.")
        if status == 404:
            raise UserError(f"{host} has no model {self._server.model} at {self._server.url}.{quoted}", _FIX_ADDRESS)
        if status == 413:
            raise UserError(f"The picture is too large for {host}.", "Choose a smaller picture size for this server.")
        if status in (400, 415, 422, 501):
            raise Refused(said)
        if status in (502, 503, 504):
            # What stands before the server says so: it is starting, overloaded or gone.
            raise Interrupted(f"{host} cannot answer now (status {status}).{quoted}", retry_after_s(response.headers))
        if status >= 500:
            raise Fault(f"{host} has a fault (status {status}).{quoted}", retry_after_s(response.headers))
        raise UserError(f"{host} refused the request (status {status}).{quoted}", _FIX_ADDRESS)

    def _said(self, response: httpx2.Response) -> str:
        """Return the server's own reason, cleaned and short."""
        body = bytearray()
        with self._faults_told():
            for block in response.iter_bytes():
                body += block
                if len(body) > MAX_ERROR_BYTES:
                    return ""
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            return ""
        return _reason(found)

    def _body(self, response: httpx2.Response) -> bytes:
        with self._faults_told():
            return response.read()

    def _json(self, data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError) as err:
            raise self._nonsense() from err
        if not isinstance(found, dict):
            raise self._nonsense()
        return found

    def _nonsense(self) -> UserError:
        return UserError(f"The answer of {self._server.host} could not be understood.", _FIX_ADDRESS)

    def _too_much(self) -> UserError:
        return UserError(f"{self._server.host} sent far more than an answer can be.", _FIX_ADDRESS)

    @contextmanager
    def _faults_told(self) -> Iterator[None]:
        """Turn the client's exceptions into Interrupted or UserError."""
        host = self._server.host
        try:
            yield
        except httpx2.ConnectTimeout as err:
            raise Interrupted(f"{host} cannot be reached.") from err
        except httpx2.TimeoutException as err:
            raise Lost(f"Nothing came from {host} for a while.", stalled=True) from err
        except httpx2.SSEError as err:
            raise self._too_much() from err
        except httpx2.ConnectError as err:
            if is_about_certificates(err):
                raise UserError(
                    f"{host} could not prove that it is {host}: no photo is sent.",
                    "Somebody may be listening in, or the server's certificate is not one that this Mac trusts.",
                ) from err
            if _is_about_names(err):
                raise Interrupted(f"There is no machine called {urlsplit(self._server.url).hostname}.") from err
            raise Interrupted(f"Nothing answers at {self._server.url}: the server is not running there.") from err
        except httpx2.TransportError as err:
            raise Lost(f"The connection to {host} was lost.") from err
        except httpx2.DecodingError as err:
            raise Interrupted(f"{host} sent something damaged.") from err


class _Bounded(httpx2.SyncByteStream):
    """What a server sends, whatever it is, up to a limit."""

    def __init__(self, stream: Any, too_much: UserError) -> None:
        self._stream = stream
        self._too_much = too_much

    def __iter__(self) -> Iterator[bytes]:
        received = 0
        for block in self._stream:
            received += len(block)
            if received > MAX_ANSWER_BYTES:
                raise self._too_much
            yield block

    def close(self) -> None:
        self._stream.close()


def _is_about_names(err: BaseException | None) -> bool:
    while err is not None:
        if isinstance(err, socket.gaierror):
            return True
        err = err.__cause__ or err.__context__
    return False


def _piece(found: Mapping[str, Any], host: str) -> Piece:
    if "error" in found and not found.get("choices"):
        raise Fault(f"{host} has a fault. It says: {_reason(found)}")
    choice = _first(found)
    delta = _table(choice.get("delta"))
    return _told(found, delta, choice)


def _whole(found: Mapping[str, Any], nonsense: UserError) -> Piece:
    choice = _first(found)
    if not isinstance(choice.get("message"), dict):
        raise nonsense
    return _told(found, choice["message"], {"finish_reason": "stop", **choice})


def _told(found: Mapping[str, Any], message: Mapping[str, Any], choice: Mapping[str, Any]) -> Piece:
    usage, timings = _table(found.get("usage")), _table(found.get("timings"))
    return Piece(
        text=_text(message.get("content")),
        thinking=_text(message.get("reasoning_content") or message.get("reasoning")),
        finish_reason=_text(choice.get("finish_reason")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        cached_tokens=_count(_table(usage.get("prompt_tokens_details")).get("cached_tokens")),
        generation_tokens=_count(usage.get("completion_tokens")),
        prompt_tps=_number(timings.get("prompt_per_second")),
    )


def _first(found: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = found.get("choices")
    return _table(choices[0]) if isinstance(choices, list) and choices else {}


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Return text, also where it comes as a list of parts; unpaired halves of characters become question marks."""
    if isinstance(value, list):
        return "".join(_text(_table(part).get("text")) for part in value)
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**9 else 0


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) and 0 <= value < 1e9 else 0.0


def _reason(found: object) -> str:
    """Return what an answer says went wrong: servers put it into "error", "message" or "detail", or a list of these."""
    for _ in range(4):
        if isinstance(found, list) and found:
            found = found[0]
        if isinstance(found, dict):
            found = next((found[name] for name in ("error", "message", "detail", "msg") if found.get(name)), "")
    return clean_line(found, 300) if isinstance(found, str) else ""
