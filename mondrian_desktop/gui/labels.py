"""Labels that say what they are given to the letter: what a photo, a model or a file says is never taken for markup."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from mondrian_desktop.gui.theme import tabular


def plain_label(text: str = "", *, wraps: bool = True, figures: bool = False) -> QLabel:
    """Return a label for plain text.

    Parameters
    ----------
    wraps
        Whether it has as many lines as it needs; else it has one.
    figures
        Whether digits are all of one width, so that numbers that count do not make the text tremble.
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wraps)
    if figures:
        label.setFont(tabular(label.font()))
    return label
