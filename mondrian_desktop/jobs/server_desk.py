"""What can be done with the user's servers, beside asking them: list, add, remove, check."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

from mondrian_desktop.errors import UserError
from mondrian_desktop.weights import servers
from mondrian_desktop.weights.catalog import entries
from mondrian_desktop.weights.servers import Server

if TYPE_CHECKING:
    from mondrian_desktop.engine.health import Health

T = TypeVar("T")


class ServerDesk:
    """The servers of this user. What touches keychain or network blocks: :meth:`beside` runs it in a thread."""

    @property
    def all(self) -> tuple[Server, ...]:
        """The servers; each can be asked in the place of a model, by its id."""
        return servers.book().servers

    @property
    def problems(self) -> tuple[str, ...]:
        """What of their file cannot be used, in sentences."""
        return servers.book().problems

    def find(self, server_id: str) -> Server:
        """Return a server.

        Raises
        ------
        UserError
            Where there is none of this id.
        """
        found = servers.find(server_id)
        if found is None:
            known = ", ".join(each.id for each in self.all) or "none"
            raise UserError(f"There is no server “{server_id}”.", f"The servers are: {known}.")
        return found

    def add(self, server: Server, key: str = "") -> Server:
        """Keep a server, in the place of one with the same id, and its key, where one is given, in the keychain.

        Raises
        ------
        UserError
            Where its name is a model's, nobody agreed to its unencrypted connection, or it cannot be kept.
        """
        from mondrian_desktop.weights import server_keys

        if server.id in {entry.id for entry in entries()}:
            raise UserError(f"“{server.id}” is the name of a model.", "Give the server another name.")
        if key:
            server_keys.save(server, key)
        servers.add(server)
        return server

    def remove(self, server_id: str) -> Server:
        """Forget a server and its key; return what it was.

        Raises
        ------
        UserError
            Where there is none, or it cannot be forgotten.
        """
        from mondrian_desktop.weights import server_keys

        gone = servers.remove(server_id)
        if not any(each.origin == gone.origin for each in self.all):
            server_keys.forget(gone)
        return gone

    def check(self, server: Server, key: str = "") -> "Health":
        """Find out whether a server can be used, with its own key where none is given."""
        from mondrian_desktop.engine import health
        from mondrian_desktop.weights import server_keys

        return health.check(server, key or server_keys.read(server))

    @staticmethod
    def beside(call: Callable[[], T]) -> Future[T]:
        """Run ``call`` in a thread; the future gets its result or its UserError."""
        future: Future[T] = Future()

        def work() -> None:
            try:
                future.set_result(call())
            except Exception as err:  # noqa: BLE001 - handed over to whoever waits
                future.set_exception(err)

        # Not waited for at the end of the app: it may be waiting for a server that does not answer.
        threading.Thread(target=work, name="server", daemon=True).start()
        return future
