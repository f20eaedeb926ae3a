"""Whether there is a screen."""

import os
import sys


def has_display() -> bool:
    """Return whether a window can be opened: always on a Mac; elsewhere where a screen, or Qt's stand-in, is named."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)
