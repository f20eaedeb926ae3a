"""One engine before several: this machine's, and one for each of the user's servers."""

from collections.abc import Callable

from mondrian_desktop.engine.protocol import Engine, EngineEvents, Request
from mondrian_desktop.weights.servers import Server


class Router:
    """Sends each request where its model runs.

    Parameters
    ----------
    local
        The engine of this machine.
    remote
        Makes the engine of a server, when it is first asked.
    """

    def __init__(self, local: Engine, remote: Callable[[Server], Engine]) -> None:
        self._local = local
        self._remote = remote
        self._servers: dict[Server, Engine] = {}

    @property
    def concurrency(self) -> int:
        """How many requests may run at once on this machine; servers say for themselves."""
        return self._local.concurrency

    def generate(self, request: Request) -> EngineEvents:
        """Answer ``request``, here or there: see :class:`~mondrian_desktop.engine.protocol.Engine`."""
        if request.server is None:
            return self._local.generate(request)
        if request.server not in self._servers:
            self._servers[request.server] = self._remote(request.server)
        return self._servers[request.server].generate(request)

    def device(self) -> str:
        """Return on what this machine computes."""
        try:
            return self._local.device()
        except ImportError:
            return "nothing here: MLX is missing, so only servers can be asked"

    def unload(self) -> None:
        """Give the memory of this machine's engine back."""
        self._local.unload()
