"""A hub on this machine that can drop, stall, corrupt, redirect and refuse, and that counts what it serves."""

import hashlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit


def git_sha1(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Request:
    path: str
    token: str
    range: str
    origin: str


@dataclass
class Repo:
    """A model: a commit's files. Those of ``large`` are kept as large files are, by sha256."""

    files: dict[str, bytes]
    commit: str = "c" * 40
    large_suffix: str = ".safetensors"

    def describe(self) -> dict[str, object]:
        return {
            "id": "org/name",
            "sha": self.commit,
            "siblings": [self._sibling(name, content) for name, content in self.files.items()],
        }

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        about: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": git_sha1(content)}
        if name.endswith(self.large_suffix):
            about["lfs"] = {"sha256": sha256(content), "size": len(content), "pointerSize": 134}
        return about


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: "HubServer"

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        origin = "{}:{}".format(*self.server.server_address[:2])
        self.hub.requests.append(Request(unquote(url.path), token, self.headers.get("Range", ""), origin))
        if found := re.fullmatch(r"/api/models/(?P<repo>[^/]+/[^/]+)/revision/(?P<revision>[^/]+)", unquote(url.path)):
            self._api(found["repo"], found["revision"], parse_qs(url.query))
        elif found := re.fullmatch(
            r"/(?:cdn/)?(?P<repo>[^/]+/[^/]+)/resolve/(?P<commit>\w+)/(?P<file>.+)", unquote(url.path)
        ):
            self._content(found["repo"], found["commit"], found["file"])
        else:
            self.answer(404)

    def _api(self, repo: str, revision: str, query: dict[str, list[str]]) -> None:
        if fault := self.hub.next_fault("api"):
            fault(self, b"")
        elif repo not in self.hub.repos:
            self.answer(401, {"X-Error-Code": "RepoNotFound"})
        elif revision not in ("main", self.hub.repos[repo].commit):
            self.answer(404, {"X-Error-Code": "RevisionNotFound"})
        elif query.get("blobs") != ["true"]:
            self.answer(400)
        else:
            self.answer(200, {"Content-Type": "application/json"}, json.dumps(self.hub.repos[repo].describe()).encode())

    def _content(self, repo: str, commit: str, file: str) -> None:
        model = self.hub.repos.get(repo)
        if model is None or commit != model.commit or file not in model.files:
            self.answer(404, {"X-Error-Code": "EntryNotFound"})
        elif self.hub.cdn and not self.path.startswith("/cdn/"):
            self.answer(302, {"Location": f"{self.hub.cdn.address}/cdn{self.path}?signature=s"})
        elif fault := self.hub.next_fault(file):
            fault(self, model.files[file])
        else:
            self.send_content(model.files[file])

    def send_content(self, content: bytes, first: int | None = None, *, stop: int | None = None) -> None:
        """Send the content as asked for; ``stop``: only so many bytes of it, and then no more."""
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted and first is None else first or 0
        if first and first >= len(content):
            self.answer(416, {"Content-Range": f"bytes */{len(content)}"})
            return
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - first))
        self.end_headers()
        self.write(content[first:] if stop is None else content[first : first + stop])

    def write(self, block: bytes) -> None:
        try:
            self.wfile.write(block)
            self.wfile.flush()
            self.hub.served[unquote(urlsplit(self.path).path).rpartition("/")[2]] += len(block)
        except OSError:
            self.close_connection = True

    def answer(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


Fault = Callable[[Handler, bytes], None]


def drop(after: int) -> Fault:
    """Send so many bytes and hang up."""

    def fault(handler: Handler, content: bytes) -> None:
        handler.send_content(content, stop=after)
        handler.close_connection = True

    return fault


def stall(after: int) -> Fault:
    """Send so many bytes, then nothing, and keep the connection open until the server ends."""

    def fault(handler: Handler, content: bytes) -> None:
        handler.send_content(content, stop=after)
        handler.hub.stalled.set()
        handler.hub.ending.wait(30)
        handler.close_connection = True

    return fault


def stall_before_answering(handler: Handler, content: bytes) -> None:
    handler.hub.stalled.set()
    handler.hub.ending.wait(30)
    handler.close_connection = True


def corrupt(handler: Handler, content: bytes) -> None:
    handler.send_content(content[:-1] + bytes([content[-1] ^ 1]))


def ignore_range(handler: Handler, content: bytes) -> None:
    handler.send_content(content, first=0)


def overlong(handler: Handler, content: bytes) -> None:
    handler.send_content(content + b"more")


def status(code: int, **headers: str) -> Fault:
    return lambda handler, content: handler.answer(
        code, {name.replace("_", "-"): value for name, value in headers.items()}
    )


def body(content: bytes) -> Fault:
    return lambda handler, _: handler.answer(200, {}, content)


@dataclass
class HubServer:
    repos: dict[str, Repo] = field(default_factory=dict)
    faults: dict[str, list[Fault]] = field(default_factory=lambda: defaultdict(list))
    requests: list[Request] = field(default_factory=list)
    served: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stalled: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)
    cdn: "HubServer | None" = None

    def __post_init__(self) -> None:
        handler = type("BoundHandler", (Handler,), {"hub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def next_fault(self, what: str) -> Fault | None:
        return self.faults[what].pop(0) if self.faults[what] else None

    def with_cdn(self) -> "HubServer":
        """Serve the contents from another origin, to which the hub redirects."""
        self.cdn = HubServer(self.repos, self.faults, served=self.served)
        return self.cdn

    def ranges(self, file: str) -> list[str]:
        return [request.range for request in self.requests if request.path.endswith(f"/{file}")]

    def close(self) -> None:
        self.ending.set()
        if self.cdn:
            self.cdn.close()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
