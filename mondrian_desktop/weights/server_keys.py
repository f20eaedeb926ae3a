"""The keys of servers: in the keychain, for one origin each, so that no other host is ever sent one."""

import os

from mondrian_desktop.weights import tokens
from mondrian_desktop.weights.servers import Server

SERVICE = "Mondrian Desktop server"
"""Name of the entries in the keychain; the account is the server's origin."""


def variable(server: Server) -> str:
    """Return the environment variable that holds the key where there is no keychain."""
    return f"MONDRIAN_SERVER_KEY_{server.id.upper().replace('-', '_')}"


def read(server: Server) -> str:
    """Return the key, or an empty string: most servers of one's own need none. May wait for the user: in a worker."""
    return os.environ.get(variable(server), "").strip() or tokens.stored(SERVICE, server.origin)


def save(server: Server, key: str) -> None:
    """Keep ``key``; an empty one removes what is there.

    Raises
    ------
    UserError
        Where it cannot be a key, or the keychain is not to be had.
    """
    tokens.save(server.origin, key, service=SERVICE, what="key")


def forget(server: Server) -> None:
    """Remove the key. A keychain that is not there or cannot be read counts as empty.

    Raises
    ------
    UserError
        Where there is one and the keychain does not let it go.
    """
    if tokens.stored(SERVICE, server.origin):
        tokens.forget(server.origin, service=SERVICE, what="key")
