"""The log: a rotating file for us, nothing on the terminal unless asked."""

import logging
from contextlib import nullcontext
from logging.handlers import RotatingFileHandler
from pathlib import Path

from mondrian_desktop import paths

MAX_BYTES = 1_000_000
BACKUPS = 3
_started: list[logging.Handler] = []


def start(*, verbose: bool = False) -> None:
    """Write the package's log to ``log_dir()/mondrian.log``; with ``verbose`` also to stderr.

    A log that cannot be written is no reason not to start: then there is only the terminal. Started again, it goes on
    as told last.
    """
    stop()
    logger = logging.getLogger("mondrian_desktop")
    logger.setLevel(logging.DEBUG if verbose else logging.INFO)
    layout = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handlers: list[logging.Handler] = [logging.StreamHandler()] if verbose else []
    try:
        paths.log_dir().mkdir(parents=True, exist_ok=True)
        handlers.append(
            RotatingFileHandler(file(), maxBytes=MAX_BYTES, backupCount=BACKUPS, encoding="utf-8", delay=True)
        )
    except OSError:
        handlers = handlers or [logging.StreamHandler()]
    for handler in handlers:
        handler.setFormatter(layout)
        logger.addHandler(handler)
    _started.extend(handlers)


def file() -> Path:
    """Return the file that is written now; it need not exist."""
    return paths.log_dir() / "mondrian.log"


def clear() -> None:
    """Let go of the file, so that it can be deleted; the next line that is logged begins a new one."""
    for handler in _started:
        if isinstance(handler, RotatingFileHandler):
            with handler.lock or nullcontext():
                if handler.stream:
                    handler.stream.close()
                    handler.stream = None


def stop() -> None:
    """Close what :func:`start` opened; handlers that others added stay."""
    logger = logging.getLogger("mondrian_desktop")
    while _started:
        handler = _started.pop()
        logger.removeHandler(handler)
        handler.close()
