"""``mondrian-desktop serve``: the HTTP service without a window, until Ctrl-C."""

import argparse
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

import segno

from mondrian_desktop.api.server import Server
from mondrian_desktop.service import Service


def run(service: Service, options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Serve until SIGINT or SIGTERM; return the exit code.

    Parameters
    ----------
    options
        ``host`` and ``port``, None for those in the settings.

    Raises
    ------
    UserError
        Where the address cannot be used.
    """
    stopped: list[int] = []
    with _signals(lambda number: service.pump.post(lambda: stopped.append(number))):
        server = Server(service, options.host, options.port)
        try:
            for line in _greeting(server, codes=out.isatty()):
                out.write(line + "\n")
            out.flush()
            server.take_up()
            service.pump.run(until=lambda: bool(stopped))
        finally:
            server.close()
    err.write("Stopped. What was not finished is offered again at the next start.\n")
    return 0


def _greeting(server: Server, *, codes: bool) -> Iterator[str]:
    yield f"Mondrian is listening at {server.url}"
    if server.token:
        yield f"Token: {server.token}"
        yield f"On a phone in the same network, open {server.phone_url}"
        if codes:
            yield _qr_code(server.phone_url)
        yield "What is sent is not encrypted: serve others only in a network that you trust."
    yield "Press Ctrl-C to stop."


def _qr_code(text: str) -> str:
    """Return a QR code (ISO/IEC 18004) in half blocks, dark on light whatever the terminal's colors."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    rows += [bytes(len(rows[0]))] if len(rows) % 2 else []
    lines = (
        "".join(_BLOCKS[upper, lower] for upper, lower in zip(top, bottom, strict=True))
        for top, bottom in zip(rows[::2], rows[1::2], strict=True)
    )
    return "\n".join(f"\x1b[30;107m{line}\x1b[0m" for line in lines)


_BLOCKS = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


@contextmanager
def _signals(stop: Callable[[int], None]) -> Iterator[None]:
    """Call ``stop`` at the first Ctrl-C or SIGTERM; a second one ends the program as usual."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def handle(number: int, _frame: FrameType | None) -> None:
        restore()
        stop(number)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        restore()
