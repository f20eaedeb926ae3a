"""Who may ask: where the service listens decides whether a token is needed; host and origin are always checked.

Threats, and what meets each: a web page that the user visits asks this machine (origin and fetch metadata); the page's
own name comes to mean this machine (DNS rebinding: host); somebody else in the network asks (token).
"""

import hmac
import ipaddress
import os
import secrets
import socket
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from mondrian_desktop import paths
from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.errors import UserError

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def token_file() -> Path:
    """Return where the token is kept; it need not exist."""
    return paths.config_dir() / "service-token"


def token() -> str:
    """Return this user's token, made at the first call and kept in a file that only the user can read.

    Raises
    ------
    UserError
        Where the file cannot be read or written.
    """
    file = token_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = file.read_text(encoding="ascii").strip() if file.exists() else ""
        return kept if len(kept) >= 32 else _write(file)
    except (OSError, UnicodeDecodeError) as err:
        raise UserError(f"The service's token in {file} cannot be used.", "Remove the file and try again.") from err


def renew_token() -> str:
    """Make a new token, which a running service takes over by :meth:`Gate.renew`, and any other at its start.

    Raises
    ------
    UserError
        Where the file cannot be written; the old token stays then.
    """
    file = token_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        return _write(file)
    except OSError as err:
        raise UserError(
            f"A new token could not be kept in {file}: {err.strerror or err}.", "The token that was there stays valid."
        ) from err


def _write(file: Path) -> str:
    made = secrets.token_urlsafe(24)
    part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as stream:
        stream.write(made + "\n")
    part.replace(file)
    return made


def is_loopback(address: str) -> bool:
    """Whether ``address`` (a literal or a name) is reached from this machine only."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Gate:
    """Checks requests before anything looks at them.

    Parameters
    ----------
    address
        The address on which the service listens.
    token
        What a request has to bring; empty where none is needed.

    Raises
    ------
    ValueError
        Where ``address`` can be reached from outside and there is no token.
    """

    def __init__(self, address: str, token: str) -> None:
        self._local = is_loopback(address)
        if not token and not self._local:
            raise ValueError("an address that others can reach needs a token")
        self._token = token.encode()
        own = socket.gethostname().lower()
        self._names = {"localhost"} if self._local else {"localhost", own, f"{own.removesuffix('.local')}.local"}

    def renew(self, token: str) -> None:
        """Let those in who bring ``token``, and no longer those with the one before. May be called from any thread."""
        if not self._token or not token:
            raise ValueError("there is no token to be renewed")
        self._token = token.encode()

    def check(self, method: str, path: str, query: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Let a request pass; header names are in lower case, as ASGI has them.

        Raises
        ------
        Refusal
            421 for a wrong host, 403 for another site's page, 401 without the token.
        """
        received = list(headers)
        hosts = [value for name, value in received if name == b"host"]
        host = hosts[0].decode("latin-1") if len(hosts) == 1 else ""
        if not self._is_own(host):
            raise Refusal(421, "The request names another host. Use the service’s own address.")
        self._check_site(method, path, host, dict(received))
        if self._token and path != "/" and not self._has_token(query, dict(received)):
            raise Refusal(401, "The service’s token is missing or wrong.", {"WWW-Authenticate": "Bearer"})

    def _is_own(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            # What is not a plain host with a port ("user@", "/path", "%") is nobody's address.
            if not set(host) <= _HOST_CHARACTERS or urlsplit(f"//{host}").port == 0:
                return False
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            # A page cannot have its name resolve to us and still send a number: numbers are not looked up.
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback or not self._local

    def _check_site(self, method: str, path: str, host: str, headers: dict[bytes, bytes]) -> None:
        origin = headers.get(b"origin", b"").decode("latin-1").lower()
        if method not in READING and origin and origin != f"http://{host.lower()}":
            raise Refusal(403, "Pages of other sites may not use this service.")
        # https://www.w3.org/TR/fetch-metadata/: sent by browsers, never by scripts in them. A link to the page is fine.
        foreign = headers.get(b"sec-fetch-site", b"none") not in (b"none", b"same-origin")
        if foreign and not (method == "GET" and path == "/" and headers.get(b"sec-fetch-mode") == b"navigate"):
            raise Refusal(403, "Pages of other sites may not use this service.")

    def _has_token(self, query: bytes, headers: dict[bytes, bytes]) -> bool:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer":
            given = query_token(query).encode("utf-8", "surrogatepass")
        return hmac.compare_digest(given.strip(), self._token)


_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]")


def query_token(query: bytes) -> str:
    """Return the ``token`` of a query string, for what cannot send headers (a browser's EventSource); else empty."""
    if b"token=" not in query:
        return ""
    try:
        return parse_qs(query.decode("latin-1"), max_num_fields=32).get("token", [""])[0]
    except ValueError:
        return ""
