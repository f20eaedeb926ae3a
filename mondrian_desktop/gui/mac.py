"""What a Mac does its own way. Elsewhere each of these does the nearest thing, or nothing."""

import sys
from pathlib import Path

from PySide6.QtCore import QProcess, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMainWindow

IS_MAC = sys.platform == "darwin"


def prepare_application() -> None:
    """Set what has to be set before there is an application."""
    QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus, IS_MAC)


def prepare_window(window: QMainWindow) -> None:
    """Let title bar and toolbar be one surface."""
    window.setUnifiedTitleAndToolBarOnMac(IS_MAC)


def reveal(path: Path) -> None:
    """Show a file in Finder; elsewhere open its folder."""
    if IS_MAC:
        QProcess.startDetached("/usr/bin/open", ["-R", str(path)])
    else:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
