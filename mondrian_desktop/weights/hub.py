"""Talking to a hub in the manner of Hugging Face: what a model consists of, and its files from any byte on.

``huggingface_hub`` is not used for this: from 1.18 on it starts a file over when it was interrupted
(https://github.com/huggingface/huggingface_hub/issues/4196), and its client follows redirects to any host. The
addresses, the answers and the cache's layout are its own, and the tests hold them against it.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import quote, urljoin

import httpx2

from mondrian_desktop import __version__
from mondrian_desktop.errors import UserError
from mondrian_desktop.weights.manifest import Manifest, read_manifest
from mondrian_desktop.weights.wire import Interrupted as Interrupted
from mondrian_desktop.weights.wire import Sockets, is_about_certificates, retry_after_s

DEFAULT_ENDPOINT = "https://huggingface.co"
MAX_REDIRECTS = 8
MAX_ANSWER_BYTES = 5_000_000
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

_TRY_LATER = "Try again later; what has arrived is kept."


@dataclass(frozen=True, slots=True)
class Body:
    """Content of a file that is being sent: from which byte on, and the bytes."""

    start: int
    blocks: Iterator[bytes]


def endpoint() -> str:
    """Return the hub's address: ``HF_ENDPOINT``, as all its tools read it, or Hugging Face.

    Raises
    ------
    UserError
        Where it is neither https nor on this machine.
    """
    address = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or DEFAULT_ENDPOINT
    if not _is_secure(address):
        raise UserError(f"The hub's address {address} is not secure.", "Set HF_ENDPOINT to an address with https.")
    return address


def host(address: str) -> str:
    """Return the host of an address, with its port where it is not the usual one."""
    url = httpx2.URL(address)
    return url.host if url.port is None else f"{url.host}:{url.port}"


class Hub:
    """A connection to one hub, for one thread; :meth:`abort` alone may be called from another.

    Parameters
    ----------
    address
        Of the hub, without a slash at the end.
    token
        Returns the access token for a host or an empty string; asked once, when the first request is made. It is
        sent to the hub itself and to no host to which that redirects.
    connect_s, stall_s
        Seconds after which connecting is given up, and after which a connection on which nothing comes counts as
        stalled.
    """

    def __init__(
        self, address: str, token: Callable[[str], str], connect_s: float = 15.0, stall_s: float = 30.0
    ) -> None:
        self.address = address
        self._token = token
        self._token_read: str | None = None
        self._sockets = Sockets()
        timeout = httpx2.Timeout(stall_s, connect=connect_s)
        self._client = httpx2.Client(timeout=timeout, headers={"User-Agent": f"mondrian-desktop/{__version__}"})

    def manifest(self, repo: str, revision: str = "") -> Manifest:
        """Return what ``repo`` consists of at ``revision``, or at its main branch.

        Raises
        ------
        UserError
            Where there is no such model, it is not for this user, or the answer makes no sense.
        Interrupted
            Where trying again may help.
        """
        path = f"/api/models/{quote(repo)}/revision/{quote(revision or 'main', safe='')}?blobs=true"
        with self._get(self.address + path, repo, revision) as response:
            answer = bytearray()
            for block in _blocks(response):
                answer += block
                if len(answer) > MAX_ANSWER_BYTES:
                    break
        try:
            return read_manifest(repo, json.loads(answer))
        except (ValueError, RecursionError) as err:
            raise UserError(f"The hub's answer about {repo} could not be understood.", _TRY_LATER) from err

    @contextmanager
    def open(self, manifest: Manifest, path: str, start: int = 0) -> Iterator[Body]:
        """Open a file of the model at byte ``start``; the body may begin at byte 0 all the same.

        Raises as :meth:`manifest` does; so does reading the body.
        """
        url = f"{self.address}/{quote(manifest.repo)}/resolve/{manifest.commit}/{quote(path)}"
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._get(url, manifest.repo, manifest.commit, headers) as response:
            encoded = response.headers.get("Content-Encoding", "identity") != "identity"
            resumed = response.status_code == 206 and not encoded and _first_byte(response) == start
            if response.status_code != 200 and not resumed:
                # The server means another part of the file: its next answer, to no range, will be the whole.
                yield Body(0, iter(()))
            else:
                yield Body(start if resumed else 0, _blocks(response))

    def abort(self) -> None:
        """Make the request that is under way, and every later one, fail at once."""
        self._sockets.abort()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _get(
        self, url: str, repo: str, revision: str, headers: dict[str, str] | None = None
    ) -> Iterator[httpx2.Response]:
        """Request ``url`` and what it redirects to; close the answer in the end."""
        for _ in range(MAX_REDIRECTS):
            with _faults_told(url):
                response = self._client.send(self._request(url, headers or {}), stream=True)
            try:
                if not response.has_redirect_location:
                    self._check(response, url, repo, revision)
                    yield response
                    return
                url = _redirected(url, response.headers["Location"], repo)
            finally:
                response.close()
        raise UserError(f"The hub sends the download of {repo} around in circles.", _TRY_LATER)

    def _request(self, url: str, headers: dict[str, str]) -> httpx2.Request:
        if self._token_read is None:
            self._token_read = self._token(host(self.address))
        if self._token_read and _origin(url) == _origin(self.address):
            headers = headers | {"Authorization": f"Bearer {self._token_read}"}
        return self._client.build_request("GET", url, headers=headers, extensions={"trace": self._sockets.trace})

    def _check(self, response: httpx2.Response, url: str, repo: str, revision: str) -> None:
        status = response.status_code
        name = host(self.address)
        if status in (200, 206, 416):
            return
        if status in (408, 425, 429) or status >= 500:
            said = "is busy" if status == 429 else "has a fault"
            raise Interrupted(f"{host(url)} {said} (status {status}).", retry_after_s(response.headers))
        if _origin(url) != _origin(self.address):
            # A link to the content store that has expired; the hub gives a new one.
            raise Interrupted(f"{host(url)} did not hand over the file (status {status}).")
        if status in (401, 403):
            raise self._refusal(response, repo, name)
        if status in (404, 410) and response.headers.get("X-Error-Code") == "RevisionNotFound":
            raise UserError(
                f"{name} no longer has version {revision[:12]} of {repo}.",
                "Look for an update of the app, or choose another model.",
            )
        if status in (404, 410):
            raise UserError(f"{name} has no model {repo}.", "Check the name, or choose another model.")
        raise UserError(f"{name} refused the download of {repo} (status {status}).", _TRY_LATER)

    def _refusal(self, response: httpx2.Response, repo: str, name: str) -> UserError:
        if response.headers.get("X-Error-Code") == "GatedRepo":
            return UserError(
                f"The makers of {repo} hand it out only to those who accept their terms.",
                f"Accept them at {self.address}/{repo}, enter an access token of that account among the models, "
                "then continue.",
            )
        if response.status_code == 401 and self._token_read:
            return UserError(
                f"{name} did not accept the access token.", "Enter a new one among the models, then continue."
            )
        # The hub does not tell private models from ones that do not exist.
        return UserError(
            f"{name} has no model {repo}, or does not show it to everybody.",
            "Check the name. For a private model enter an access token among the models.",
        )


@contextmanager
def _faults_told(url: str) -> Iterator[None]:
    """Turn the client's exceptions into :class:`Interrupted` or UserError."""
    try:
        yield
    except httpx2.TimeoutException as err:
        raise Interrupted(f"Nothing came from {host(url)} for a while.", stalled=True) from err
    except httpx2.TransportError as err:
        if is_about_certificates(err):
            raise UserError(
                f"{host(url)} could not prove that it is {host(url)}.",
                "Somebody may be listening in. Try another network, or ask who runs this one.",
            ) from err
        raise Interrupted(f"The connection to {host(url)} was lost.") from err
    except httpx2.DecodingError as err:
        raise Interrupted(f"{host(url)} sent something damaged.") from err


def _blocks(response: httpx2.Response) -> Iterator[bytes]:
    with _faults_told(str(response.url)):
        yield from response.iter_bytes()


def _redirected(url: str, location: str, repo: str) -> str:
    """Return the address to which ``url`` redirects.

    Raises
    ------
    UserError
        Where it is neither https, nor on this machine as the one before was.
    """
    target = urljoin(url, location)
    if _is_secure(target) and (target.startswith("https:") or not url.startswith("https:")):
        return target
    raise UserError(f"The hub sent the download of {repo} to an address that is not secure.", "Nothing was fetched.")


def _is_secure(url: str) -> bool:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return bool(parsed.host) and (parsed.scheme == "https" or (parsed.scheme == "http" and parsed.host in LOOPBACK))


def _origin(url: str) -> tuple[str, str, int | None]:
    parsed = httpx2.URL(url)
    return parsed.scheme, parsed.host, parsed.port


def _first_byte(response: httpx2.Response) -> int | None:
    """Return where a partial answer begins, by ``Content-Range: bytes 100-199/200``."""
    unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
    first = rest.partition("-")[0]
    return int(first) if unit == "bytes" and first.isdecimal() else None
