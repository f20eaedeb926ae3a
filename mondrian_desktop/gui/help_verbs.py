"""What the Help menu offers, about the app and to somebody whose app does not do what it should."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from mondrian_desktop import diagnostics, log
from mondrian_desktop.gui import mac
from mondrian_desktop.service import Service

if TYPE_CHECKING:
    from mondrian_desktop.gui.licenses_sheet import LicensesSheet


def show_log(tell: Callable[[str], None]) -> None:
    """Show the log file where it is."""
    file = log.file()
    if file.exists():
        mac.reveal(file)
    else:
        tell("Nothing has been logged yet.")


def show_licenses(window: QWidget, service: Service) -> "LicensesSheet":
    """Open the sheet with the works of others that the app is made of."""
    from mondrian_desktop.gui.licenses_sheet import LicensesSheet  # not before the first painting

    sheet = LicensesSheet(window, service.pump.post)
    sheet.open()
    return sheet


def copy_diagnostics(service: Service, tell: Callable[[str], None]) -> None:
    """Copy what a bug report needs."""
    QGuiApplication.clipboard().setText(diagnostics.text(service, with_paths=False))
    tell("Copied: versions, memory, models, and which settings you changed. No photo and no path is in it.")
