"""A server of the user's, on this machine, that writes at once, and that comes and goes as the monkey likes."""

from mondrian_desktop.weights import servers
from tests.engine.chat_server import ChatServer, words
from tests.jobs.scene import answer

NAME = "studio"


class Studio:
    """The server, and its entry among the user's servers."""

    def __init__(self) -> None:
        self._writes = words([answer()])
        self._server: ChatServer | None = ChatServer(otherwise=self._writes)
        self._port = self._server.port
        servers.add(servers.make(NAME, self._server.url, "qwen", concurrency=2))

    def toggle(self) -> str:
        """Go away, or come back; return which."""
        if self._server is None:
            self.open()
            return "the server comes back"
        self.close()
        return "the server goes away"

    def open(self) -> None:
        """Be there."""
        if self._server is None:
            self._server = ChatServer(otherwise=self._writes, port=self._port)

    def close(self) -> None:
        """Be gone."""
        if self._server is not None:
            self._server.close()
            self._server = None
