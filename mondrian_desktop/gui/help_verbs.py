"""What the Help menu offers to somebody whose app does not do what it should."""

from collections.abc import Callable

from PySide6.QtGui import QGuiApplication

from mondrian_desktop import diagnostics, log
from mondrian_desktop.gui import mac
from mondrian_desktop.service import Service


def show_log(tell: Callable[[str], None]) -> None:
    """Show the log file where it is."""
    file = log.file()
    if file.exists():
        mac.reveal(file)
    else:
        tell("Nothing has been logged yet.")


def copy_diagnostics(service: Service, tell: Callable[[str], None]) -> None:
    """Copy what a bug report needs."""
    QGuiApplication.clipboard().setText(diagnostics.text(service, with_paths=False))
    tell("Copied: versions, memory, models, and which settings you changed. No photo and no path is in it.")
