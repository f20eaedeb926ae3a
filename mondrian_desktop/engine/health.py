"""Whether one of the user's servers can be used, in a sentence. What it is asked with is a gray square, no photo."""

import time
from collections import deque
from dataclasses import dataclass

import numpy as np

from mondrian_desktop.engine.chat import Chat, Timeouts
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.encode import data_uri
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.weights.servers import Server
from mondrian_desktop.weights.wire import Interrupted, Refused

LISTED = 6
"""So many of a server's models are named where the one that is wanted is missing."""


@dataclass(frozen=True, slots=True)
class Health:
    """What was found; ``text`` is one or two sentences for people."""

    is_well: bool
    text: str


def check(server: Server, key: str, *, connect_s: float = 6.0, stall_s: float = 90.0) -> Health:
    """Ask the server for its models, then for a word about a gray square. Blocks: for a worker."""
    try:
        missing = _missing(server, key, connect_s, min(stall_s, 15.0))
        if missing:
            return Health(False, missing)
        took_s = _ask(server, key, connect_s, stall_s)
    except UserError as err:
        return Health(False, str(err))
    return Health(True, f"{server.host} answers, and {server.model} looks at pictures there ({took_s:.1f} s).")


def answers(server: Server, *, connect_s: float = 6.0, stall_s: float = 15.0) -> bool:
    """Return whether anybody is there: whatever it says, also that it wants a key. Blocks: for a worker."""
    chat = Chat(server, "", Timeouts(connect_s, stall_s))
    try:
        chat.models()
    except Interrupted:
        return False
    except (Refused, UserError):
        return True
    finally:
        chat.close()
    return True


def _missing(server: Server, key: str, connect_s: float, stall_s: float) -> str:
    """Return what is wrong with the model's name; empty where nothing is, or the server lists none."""
    chat = Chat(server, key, Timeouts(connect_s, stall_s))
    try:
        models = chat.models()
    except Interrupted as err:
        raise UserError(err.reason, "Check that the server runs, and its address.") from err
    except Refused:
        return ""
    finally:
        chat.close()
    if server.model in models or not models:
        return ""
    named = ", ".join(clean_line(each, 80) for each in models[:LISTED])
    more = f" and {len(models) - LISTED} more" if len(models) > LISTED else ""
    return f"{server.host} answers, but has no model {server.model}. It has: {named}{more}."


def _ask(server: Server, key: str, connect_s: float, stall_s: float) -> float:
    """Return after how many seconds there was an answer."""
    square = data_uri(np.full((64, 64, 3), 128, np.uint8))
    content = [
        {"type": "image_url", "image_url": {"url": square}},
        {"type": "text", "text": "Name the color of this picture in one word."},
    ]
    body = {"model": server.model, "messages": [{"role": "user", "content": content}], "max_tokens": 4, "stream": True}
    chat = Chat(server, key, Timeouts(connect_s, stall_s))
    began_s = time.perf_counter()
    try:
        # To its end: what breaks off is no answer.
        deque(chat.ask(body), maxlen=0)
    except Interrupted as err:
        raise UserError(err.reason, "Check the server, then try again.") from err
    except Refused as err:
        said = f" It says: {err.said}" if err.said else ""
        raise UserError(f"{server.host} answers, but does not take pictures for {server.model}.{said}") from err
    finally:
        chat.close()
    return time.perf_counter() - began_s
