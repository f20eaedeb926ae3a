"""``mondrian-desktop servers``: list, add, check and remove the servers that photos may be sent to."""

import argparse
import getpass
import json
import sys
from dataclasses import asdict
from typing import TextIO

from mondrian_desktop.jobs.server_desk import ServerDesk
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.weights.servers import CONCURRENCY, PICTURE_SIZES, Server, make

NONE = "There is no server: no photo leaves this machine."


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    listing = verbs.add_parser("list", help="list the servers")
    listing.add_argument("--json", action="store_true", help="as JSON")
    adding = verbs.add_parser("add", help="add a server, or change one; photos are sent there when it is asked")
    adding.add_argument("name", metavar="NAME", help="for --model, as in gpu-room")
    adding.add_argument("url", metavar="URL", help="as in https://gpu.example.com:8000/v1")
    adding.add_argument("server_model", metavar="MODEL", help="as the server names it")
    adding.add_argument(
        "--picture-size", type=int, default=1024, metavar="N",
        help=f"largest long side that is sent, {PICTURE_SIZES[0]} to {PICTURE_SIZES[1]} pixels, default 1024",
    )  # fmt: skip
    adding.add_argument(
        "--concurrency", type=int, default=4, metavar="N",
        help=f"photos it gets at once, {CONCURRENCY[0]} to {CONCURRENCY[1]}, default 4",
    )  # fmt: skip
    adding.add_argument("--no-schema", action="store_true", help="do not ask it to hold answers to the JSON schema")
    adding.add_argument("--allow-http", action="store_true", help="agree to an unencrypted connection in your network")
    adding.add_argument("--key", action="store_true", help="ask for its key (or read it from standard input)")
    for verb, what in (("check", "find out whether it can be used"), ("remove", "forget it and its key")):
        verbs.add_parser(verb, help=what).add_argument("name", metavar="NAME")


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Carry out a subcommand; return the exit code: 1 where a check found something wrong.

    Raises
    ------
    UserError
        Where it cannot be done.
    """
    desk = service.servers
    err.writelines(f"{problem}\n" for problem in desk.problems)
    if options.verb == "add":
        return _add(desk, options, out)
    if options.verb == "check":
        server = desk.find(options.name)
        out.write(f"{server.where}\n")
        health = desk.check(server)
        out.write(f"{health.text}\n")
        return 0 if health.is_well else 1
    if options.verb == "remove":
        gone = desk.remove(options.name)
        out.write(f"{gone.id} is removed. Nothing is sent to {gone.host} any more.\n")
        return 0
    if options.json:
        out.write(json.dumps([asdict(each) for each in desk.all], indent=2) + "\n")
    else:
        out.writelines(f"{_line(each)}\n" for each in desk.all)
        out.write("" if desk.all else f"{NONE}\n")
    return 0


def _add(desk: ServerDesk, options: argparse.Namespace, out: TextIO) -> int:
    server = make(
        options.name, options.url, options.server_model, picture_size=options.picture_size,
        concurrency=options.concurrency, schema=not options.no_schema, allow_http=options.allow_http,
    )  # fmt: skip
    desk.add(server, _key() if options.key else "")
    out.write(
        f"{server.where} Without camera data, place and name, at most {server.picture_size} pixels wide or high.\n"
    )
    if server.warning:
        out.write(f"{server.warning}\n")
    out.write(
        f"It is asked with --model {server.id}, or by choosing it. Try it: mondrian-desktop servers check {server.id}\n"
    )
    return 0


def _key() -> str:
    """Return the key: never from the command line, which every user of the machine can read."""
    return getpass.getpass("Key: ") if sys.stdin.isatty() else sys.stdin.readline().strip()


def _line(server: Server) -> str:
    open_ = "" if server.is_encrypted else ", not encrypted"
    model = clean_line(server.model, 80)
    return f"{server.id:<16}{model} at {server.url} ({server.concurrency} at once, {server.picture_size} px{open_})"
