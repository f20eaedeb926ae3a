"""The user's servers: where a model runs that is not on this Mac. Off until one is added; photos go nowhere else.

They are kept as data in ``servers.json`` of the data folder, their keys in the keychain
(:mod:`~mondrian_desktop.weights.server_keys`). A file that cannot be used is told and never overwritten.
"""

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.whole_file import write_whole

PICTURE_SIZES = (256, 2048)
CONCURRENCY = (1, 64)

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_PRIVATE = tuple(
    ipaddress.ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "fc00::/7", "fe80::/10")
)


class Reach(StrEnum):
    """How far away an address is, as far as it tells by itself."""

    LOOPBACK = "this Mac"
    PRIVATE = "your network"
    PUBLIC = "the internet"
    NAMED = "a name"


@dataclass(frozen=True, slots=True)
class Server:
    """One server that speaks the protocol of OpenAI's chat completions.

    Attributes
    ----------
    id
        By which it is chosen, in the place of a model's.
    url
        Base address, up to and including "/v1".
    model
        As the server names it.
    picture_size
        Largest long side of the pictures that are sent, in pixels.
    concurrency
        How many photos it gets at once.
    schema
        Whether it is asked to hold its answers to the JSON schema; one that cannot is asked again without.
    allow_http
        Whether the user has agreed that photos travel unencrypted, within the local network.
    """

    id: str
    url: str
    model: str
    picture_size: int = 1024
    concurrency: int = 4
    schema: bool = True
    allow_http: bool = False

    @property
    def host(self) -> str:
        """Host and, where it is not the usual one, port: what people are told."""
        return urlsplit(self.url).netloc

    @property
    def origin(self) -> str:
        """Scheme, host and port: to nobody else goes the key."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def is_encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.url.startswith("https:")

    @property
    def reach(self) -> Reach:
        """How far away it is."""
        return reach(urlsplit(self.url).hostname or "")

    @property
    def needs_consent(self) -> bool:
        """Whether photos travel unencrypted through a network."""
        return not self.is_encrypted and self.reach is not Reach.LOOPBACK

    @property
    def warning(self) -> str:
        """What has to be agreed to before it is used; empty where there is nothing."""
        if not self.needs_consent:
            return ""
        return f"The connection to {self.host} is not encrypted: anybody in the same network can see the photos."

    @property
    def where(self) -> str:
        """Return where photos go, in a sentence."""
        if self.reach is Reach.LOOPBACK:
            return f"Photos are sent to a server on this Mac ({self.host})."
        return f"Photos leave this Mac: they are sent to {self.host}."


def make(
    server_id: str, url: str, model: str, *, picture_size: int = 1024, concurrency: int = 4, schema: bool = True,
    allow_http: bool = False,
) -> Server:  # fmt: skip
    """Return a server whose values have been checked and brought into form.

    Raises
    ------
    UserError
        Where one of them cannot be used.
    """
    server_id = server_id.strip().lower()
    if not _ID.fullmatch(server_id):
        raise UserError(
            f"“{server_id}” cannot be a server's name.", "Use up to 32 letters, digits and hyphens, as in gpu-room."
        )
    if not model.strip() or len(model) > 200 or not model.isprintable():
        raise UserError("The server's model has no name.", "Give the name by which the server knows it.")
    for value, (least, most), what in (
        (picture_size, PICTURE_SIZES, "The picture size"), (concurrency, CONCURRENCY, "The number of photos at once"),
    ):  # fmt: skip
        if not least <= value <= most:
            raise UserError(f"{what} is {value}.", f"Give a number from {least} to {most}.")
    return Server(server_id, base_url(url), model.strip(), picture_size, concurrency, schema, allow_http)


def base_url(text: str) -> str:
    """Return the base address of what a user typed: "gpu.example.com" is "https://gpu.example.com/v1".

    Raises
    ------
    UserError
        Where it is none, or is one to which no photo may be sent.
    """
    text = text.strip()
    if "://" not in text:
        host = urlsplit(f"//{text}").hostname or "" if _splits(f"//{text}") else ""
        near = reach(host) in (Reach.LOOPBACK, Reach.PRIVATE)
        text = f"{'http' if near else 'https'}://{text}"
    if not _splits(text) or not text.isascii() or not text.isprintable() or " " in text:
        raise _no_address(text)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise _no_address(text)
    if parts.username or parts.password:
        raise UserError("The address has a password in it.", "Give it as the server's key, which the keychain keeps.")
    if parts.scheme == "http" and reach(parts.hostname) is Reach.PUBLIC:
        raise UserError(
            f"Photos are not sent to {parts.netloc} unencrypted.", "Give an address that begins with https://."
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions") or "/v1"
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


def reach(host: str) -> Reach:
    """Return how far away a host is, as far as its name or number tells."""
    if host == "localhost" or host.endswith(".localhost"):
        return Reach.LOOPBACK
    try:
        number = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return Reach.NAMED
    if isinstance(number, ipaddress.IPv6Address) and number.ipv4_mapped:
        number = number.ipv4_mapped
    if number.is_loopback:
        return Reach.LOOPBACK
    return Reach.PRIVATE if any(number in network for network in _PRIVATE) else Reach.PUBLIC


@dataclass(frozen=True, slots=True)
class Book:
    """What the file of servers says.

    Attributes
    ----------
    kept
        What of it could not be understood, and is written back as it is.
    is_damaged
        Whether nothing of it could be read: it is not written over.
    """

    servers: tuple[Server, ...] = ()
    problems: tuple[str, ...] = ()
    kept: tuple[Any, ...] = ()
    is_damaged: bool = False


def book() -> Book:
    """Return the servers as the file has them now; what cannot be used is left out and told."""
    file = _file()
    try:
        stat = file.stat()
    except OSError:
        return Book()
    return _read(file, (stat.st_mtime_ns, stat.st_size, stat.st_ino))


def find(server_id: str) -> Server | None:
    """Return the server of this id, or None."""
    return next((each for each in book().servers if each.id == server_id), None)


def add(server: Server) -> None:
    """Keep a server, in the place of one with the same id.

    Raises
    ------
    UserError
        Where its connection is not encrypted and nobody agreed to that, or the file cannot be written.
    """
    if server.needs_consent and not server.allow_http:
        raise UserError(server.warning, "Use https, or agree to it for this server.")
    now = book()
    others = [each for each in now.servers if each.id != server.id]
    _write(replace(now, servers=(*others, server)))


def remove(server_id: str) -> Server:
    """Forget a server and return what it was.

    Raises
    ------
    UserError
        Where there is none, or the file cannot be written.
    """
    now = book()
    gone = find(server_id)
    if gone is None:
        known = ", ".join(each.id for each in now.servers) or "none"
        raise UserError(f"There is no server “{server_id}”.", f"The servers are: {known}.")
    _write(replace(now, servers=tuple(each for each in now.servers if each.id != server_id)))
    return gone


def _file() -> Path:
    return paths.data_dir() / "servers.json"


@lru_cache(maxsize=4)
def _read(file: Path, _version: tuple[int, ...]) -> Book:
    try:
        listed = json.loads(file.read_text(encoding="utf-8"))["servers"]
        if not isinstance(listed, list):
            raise TypeError
    except OSError as err:
        return Book(problems=(f"The servers in {file} could not be read: {err.strerror}.",), is_damaged=True)
    except (ValueError, TypeError, KeyError, RecursionError):
        return Book(problems=(f"The file {file} is damaged: no server is used. Repair or remove it.",), is_damaged=True)
    good: dict[str, Server] = {}
    problems, kept = [], []
    for entry in listed:
        try:
            server = _server(entry)
        except UserError as err:
            problems.append(f"A server in {file} is not used: {err}")
            kept.append(entry)
        else:
            good[server.id] = server
    return Book(tuple(good.values()), tuple(problems), tuple(kept))


def _server(entry: object) -> Server:
    fields = {"id": str, "url": str, "model": str, "picture_size": int, "concurrency": int, "schema": bool,
              "allow_http": bool}  # fmt: skip
    if not isinstance(entry, Mapping) or any(type(value) is not fields.get(name) for name, value in entry.items()):
        raise UserError("An entry is not in the form that this version knows.")
    try:
        return make(entry["id"], entry["url"], entry["model"], **{
            name: value for name, value in entry.items() if name not in ("id", "url", "model")
        })  # fmt: skip
    except KeyError as err:
        raise UserError(f"An entry has no {err.args[0]}.") from err


def _write(now: Book) -> None:
    file = _file()
    if now.is_damaged:
        raise UserError(now.problems[0])
    listed = [*now.kept, *(asdict(each) for each in now.servers)]
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, json.dumps({"servers": listed}, indent=2) + "\n", is_synced=True)
    except OSError as err:
        raise UserError(f"The servers could not be saved to {file}: {err.strerror}.") from err


def _splits(text: str) -> bool:
    try:
        _ = urlsplit(text).port
    except ValueError:
        return False
    return True


def _no_address(text: str) -> UserError:
    return UserError(
        f"“{text[:80]}” is not the address of a server.", "Give one as in https://gpu.example.com:8000/v1."
    )
