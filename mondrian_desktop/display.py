"""Whether there is a screen, and what was seen on it."""

import os
import sys
from typing import NamedTuple


class Painting(NamedTuple):
    """One painting of the window.

    Attributes
    ----------
    at
        When it was done, in seconds since 1970; None where it was not.
    loaded
        The modules that were imported by then.
    """

    at: float | None
    loaded: frozenset[str]


def has_display() -> bool:
    """Return whether a window can be opened: always on a Mac; elsewhere where a screen, or Qt's stand-in, is named."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)
