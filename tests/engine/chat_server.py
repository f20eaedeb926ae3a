"""A server on this machine that speaks like OpenAI's, and can stall, drop, refuse and talk nonsense."""

import json
import ssl
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

WORDS = ("A quiet ", "harbor ", "at dusk, ", "seen from ", "the wall.")
TEXT = "".join(WORDS)
SELF_SIGNED = Path(__file__).parent / "data" / "self_signed.pem"
"""Certificate and key for localhost, made for these tests; secret to nobody."""
USAGE = {"prompt_tokens": 73, "completion_tokens": 11, "prompt_tokens_details": {"cached_tokens": 8}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    desk: "ChatServer"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        self._serve(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def _serve(self, body: dict | None) -> None:
        desk = self.desk
        with desk.lock:
            desk.requests.append((self.path, dict(self.headers), body))
            play = desk.plays.pop(0) if desk.plays else desk.otherwise
            desk.asked.set()
            desk.running += 1
            desk.most = max(desk.most, desk.running)
        try:
            play(self)
        except OSError:
            desk.hung_up.set()
            self.close_connection = True
        finally:
            with desk.lock:
                desk.running -= 1

    def begin(self, kind: str = "text/event-stream", status: int = 200) -> None:
        """Send the head of an answer whose length is not known; it ends with the connection."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Connection", "close")
        self.end_headers()

    def say(self, content: dict | str) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        self.wfile.write(f"data: {text}\n\n".encode())
        self.wfile.flush()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


Play = Callable[[Handler], None]


def delta(text: str | None = None, reason: str | None = None, **more: object) -> dict:
    return {"choices": [{"index": 0, "delta": {"content": text, **more}, "finish_reason": reason}]}


def good(handler: Handler) -> None:
    words()(handler)


def words(pieces: Sequence[str] = WORDS, reason: str | None = "stop", usage: dict | None = USAGE) -> Play:
    def play(handler: Handler) -> None:
        handler.begin()
        handler.say(delta("", role="assistant"))
        for piece in pieces:
            handler.say(delta(piece))
        handler.say(delta(None, reason))
        if usage:
            handler.say({"choices": [], "usage": usage})
        handler.say("[DONE]")

    return play


def events(*contents: dict | str) -> Play:
    def play(handler: Handler) -> None:
        handler.begin()
        for content in contents:
            handler.say(content)

    return play


def drop(after: int, pieces: Sequence[str] = WORDS) -> Play:
    """Say so many words and hang up."""

    def play(handler: Handler) -> None:
        handler.begin()
        for piece in pieces[:after]:
            handler.say(delta(piece))

    return play


def hang_up(handler: Handler) -> None:
    handler.close_connection = True


def stall(after: int = 0) -> Play:
    """Say so many words, then nothing, until the other side hangs up or the server ends."""

    def play(handler: Handler) -> None:
        handler.begin()
        for piece in WORDS[:after]:
            handler.say(delta(piece))
        while not handler.desk.ending.wait(0.01):
            handler.wfile.write(b": still here\n\n" if after else b"")
            handler.wfile.flush()

    return play


def mute(handler: Handler) -> None:
    """Say nothing at all, not even that the request arrived."""
    handler.desk.ending.wait(30)
    handler.close_connection = True


def status(code: int, said: object = None, **headers: str) -> Play:
    body = b"" if said is None else json.dumps(said).encode()
    return lambda handler: handler.answer(code, body, **headers)


def raw(body: bytes, kind: str = "application/json") -> Play:
    return lambda handler: handler.answer(200, body, Content_Type=kind)


def flood(kind: str, block: bytes) -> Play:
    """Send 100 MB, or until the other side has had enough."""

    def play(handler: Handler) -> None:
        handler.begin(kind)
        for _ in range(100_000_000 // len(block)):
            handler.wfile.write(block)

    return play


class ChatServer:
    """Plays one answer a request, then :attr:`otherwise` again and again.

    With ``encrypted`` it speaks TLS, with a certificate that nobody but itself has signed. With ``port`` it takes the
    place of one that was closed.
    """

    def __init__(self, *plays: Play, otherwise: Play = good, encrypted: bool = False, port: int = 0) -> None:
        self.plays = list(plays)
        self.otherwise = otherwise
        self.requests: list[tuple[str, dict[str, str], dict | None]] = []
        self.running = self.most = 0
        self.lock = threading.Lock()
        self.asked, self.ending, self.hung_up = threading.Event(), threading.Event(), threading.Event()
        handler = type("BoundHandler", (Handler,), {"desk": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = False
        self._scheme = "https" if encrypted else "http"
        if encrypted:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(SELF_SIGNED)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[dict]:
        return [body for _, _, body in self.requests if body is not None]

    def close(self) -> None:
        """End; closing again does nothing."""
        if self.ending.is_set():
            return
        self.ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
