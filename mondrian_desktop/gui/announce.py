"""Words for screen readers at the moments that matter: a phase begins, something is finished, something went wrong."""

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget


def politely(widget: QWidget, text: str) -> None:
    """Have ``text`` said when the screen reader is done with what it is saying; nothing where there is none."""
    if QAccessible.isActive():
        event = QAccessibleAnnouncementEvent(widget, text)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)
