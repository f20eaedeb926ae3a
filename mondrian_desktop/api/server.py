"""The HTTP thread: uvicorn beside the pump, started and stopped by whoever drives the pump."""

import asyncio
import logging
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import uvicorn

from mondrian_desktop import paths
from mondrian_desktop.api import auth
from mondrian_desktop.api.connection import Connection
from mondrian_desktop.api.desk import MOST_QUEUED, Desk
from mondrian_desktop.api.front import UPLOAD_BYTES, Front
from mondrian_desktop.api.intake import Intake
from mondrian_desktop.api.main_thread import MainThread
from mondrian_desktop.api.progress import Event
from mondrian_desktop.api.routes import make_app
from mondrian_desktop.api.sse import HEARTBEAT_S, MOST_STREAMS, STALL_S, Hub
from mondrian_desktop.api.uploads import Uploads
from mondrian_desktop.errors import UserError
from mondrian_desktop.pump import Task
from mondrian_desktop.service import Service
from mondrian_desktop.settings import SERVICE_HOST, SERVICE_PORT

CLOSING_S = 2
"""What is still being sent then is cut off."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may do; for tests to make small."""

    most_queued: int = MOST_QUEUED
    most_streams: int = MOST_STREAMS
    heartbeat_s: float = HEARTBEAT_S
    stall_s: float = STALL_S
    upload_bytes: int = UPLOAD_BYTES


class Server:
    """The service on the network, from construction to :meth:`close`. On the pump's thread.

    Parameters
    ----------
    service
        Its pump must be driven as long as this is open: otherwise nobody is answered.
    host, port
        None: as in the settings. Port 0 takes a free one.

    Attributes
    ----------
    address, port
        Where it listens.
    token
        What requests have to bring; empty where only this machine can ask.

    Raises
    ------
    UserError
        Where the address cannot be used: taken, not this machine's, not allowed.
    """

    def __init__(
        self, service: Service, host: str | None = None, port: int | None = None, limits: Limits = Limits()
    ) -> None:
        host = service.settings.get(SERVICE_HOST) if host is None else host
        port = service.settings.get(SERVICE_PORT) if port is None else port
        self._socket = _listen(host, port)
        self.address, self.port = self._socket.getsockname()[:2]
        try:
            self.token = "" if auth.is_loopback(self.address) else auth.token()
        except UserError:
            self._socket.close()
            raise
        uploads = Uploads(paths.data_dir() / "uploads")
        self._hub = Hub(limits.most_streams, limits.heartbeat_s, limits.stall_s)
        self._loop = asyncio.new_event_loop()
        self._main = MainThread(service.pump.post)
        self._desk = Desk(service, uploads, _Channels(self._loop, self._hub), limits.most_queued)
        intake = Intake(self._desk, self._main, uploads, service.settings)
        app = make_app(service, self._desk, self._hub, self._main, intake)
        self._gate = auth.Gate(self.address, self.token)
        front = Front(app, self._gate, limits.upload_bytes)
        self._uvicorn = _Uvicorn(_config(front))
        self._thread = threading.Thread(target=self._run, name="mondrian-http", daemon=True)
        self._thread.start()
        self._service = service
        self._uploads = uploads
        service.pump.start(uploads.sweep(), lambda _event: None, _swept)

    @property
    def url(self) -> str:
        """Where it listens, for people on this machine."""
        return f"http://{_netloc(_reachable(self.address), self.port)}"

    @property
    def phone_url(self) -> str:
        """The page's address for a phone, with the token where a server never sees it; to be shown as a QR code."""
        return f"{self.url}/#token={self.token}" if self.token else self.url

    def renew_token(self) -> None:
        """Lock out whoever has the token: from now on requests need a new one, and open streams end.

        Raises
        ------
        UserError
            Where it cannot be kept; the old one stays valid then.
        ValueError
            Where none is needed.
        """
        if not self.token:
            raise ValueError("this service needs no token")
        self.token = auth.renew_token()
        self._gate.renew(self.token)
        self._loop.call_soon_threadsafe(self._hub.end_streams)

    def take_up(self) -> None:
        """Go on with uploads that an earlier session left unfinished, for a service without a window to offer them."""
        left = self._service.unfinished()
        self._service.take_up(job for job in left if self._uploads.id_of(job.path))

    def close(self) -> None:
        """End every stream, refuse what waits, and return when the thread has ended. Call it before the service's."""
        if self._thread.is_alive():
            self._desk.close()
            self._loop.call_soon_threadsafe(self._stop)
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._uvicorn.serve([self._socket]))

    def _stop(self) -> None:
        self._main.close()
        self._hub.close()
        self._uvicorn.stop()


class _Uvicorn(uvicorn.Server):
    """Looks up once a second instead of ten times, and ends at once: it runs as long as the app, also on batteries."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stopped = asyncio.Event()

    def stop(self) -> None:
        self.should_exit = True
        self._stopped.set()

    async def main_loop(self) -> None:
        # Every tenth tick renews the header with the date.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stopped.wait()


class _Channels:
    """Hands events from the pump's thread to the hub on the HTTP thread, in order."""

    def __init__(self, loop: asyncio.AbstractEventLoop, hub: Hub) -> None:
        self._loop = loop
        self._hub = hub

    def publish(self, job_id: str, events: Sequence[Event]) -> None:
        self._loop.call_soon_threadsafe(self._hub.publish, job_id, events)

    def restart(self, job_id: str, events: Sequence[Event]) -> None:
        self._loop.call_soon_threadsafe(self._hub.restart, job_id, events)

    def ensure(self, job_id: str, events: Sequence[Event]) -> None:
        self._loop.call_soon_threadsafe(self._hub.ensure, job_id, events)


def _config(front: Front) -> uvicorn.Config:
    return uvicorn.Config(
        front,
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        # What a proxy says about the client is not believed: there is none.
        proxy_headers=False,
        server_header=False,
        log_config=None,
        log_level="critical",
        access_log=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=CLOSING_S,
        h11_max_incomplete_event_size=32 * 1024,
    )


def _listen(host: str, port: int) -> socket.socket:
    host = host.strip() or "127.0.0.1"
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda each: each[0] != socket.AF_INET)
        # With the protocol named, or asyncio would not switch Nagle's algorithm off: 40 ms an answer.
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except BaseException:
            listening.close()
            raise
    except (OSError, UnicodeError, OverflowError) as err:
        reason = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        what = f"The service cannot listen at {host}, port {port}: {reason}."
        raise UserError(what, "Choose another port or address, or close what uses it.") from err
    listening.setblocking(False)
    return listening


def _reachable(address: str) -> str:
    """Return an address that others can use, for one that stands for all of this machine's."""
    if address not in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        return address
    family, elsewhere = (socket.AF_INET, "192.0.2.1") if address == "0.0.0.0" else (socket.AF_INET6, "2001:db8::1")  # noqa: S104
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            # Sends nothing: asks the system by which of its addresses it would reach the documentation's network.
            probe.connect((elsewhere, 9))
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1" if family == socket.AF_INET else "::1"


def _netloc(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _swept(task: Task) -> None:
    if task.error:
        _log.error("the uploads could not be looked through", exc_info=task.error)
