"""The full-size look: the photo over the whole window, fitted or pixel by pixel. Space or Esc closes it."""

from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from mondrian_desktop.gui.photo_view import PhotoView
from mondrian_desktop.gui.pictures import PhotoLoader, Preview
from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.pump import Post

FULL_PX = 8192
"""Largest long side that is shown pixel by pixel: beyond it the memory would be the price of one look."""
_PAN = 8 * GRID


class FullLook(QWidget):
    """Lies over ``window``'s content while it is open."""

    closed = Signal()
    stepped = Signal(int)
    """-1 or 1: the previous or next photo is wanted."""

    def __init__(self, theme: Theme, preview: Preview, post: Post, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.setAccessibleName("Full-size look")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._path: Path | None = None
        self._view = PhotoView(theme)
        self._view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._view.setToolTip("Double-click for actual pixels")
        self._view.activated.connect(self._toggle)
        self._loader = PhotoLoader(preview, post, self)
        self._loader.arrived.connect(self._arrived)
        self._loader.failed.connect(lambda path, problem: self._view.show_message(problem))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._view)
        window.installEventFilter(self)
        self.hide()

    @property
    def view(self) -> PhotoView:
        """The view inside."""
        return self._view

    def open(self, path: Path, name: str, stand_in: QImage | None) -> None:
        """Show a photo; ``stand_in`` at once, and its full resolution as soon as it is read."""
        self._path = path
        self._view.show_actual_pixels(False)
        if stand_in is None:
            self._view.show_message(f"Reading {name}")
        else:
            self._view.show_image(stand_in, name, stand_in=True)
        self._loader.load(path, FULL_PX)
        self.setGeometry(self._window.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def close_look(self) -> None:
        """Give the window back."""
        if self.isVisible():
            self._loader.cancel()
            self._view.show_message("")
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt
        """Close, step, switch to actual pixels; with more than fits, the arrows move it."""
        key = event.key()
        arrows = {
            Qt.Key.Key_Left: QPointF(_PAN, 0), Qt.Key.Key_Right: QPointF(-_PAN, 0),
            Qt.Key.Key_Up: QPointF(0, _PAN), Qt.Key.Key_Down: QPointF(0, -_PAN),
        }  # fmt: skip
        if key in (Qt.Key.Key_Space, Qt.Key.Key_Escape):
            self.close_look()
        elif key in arrows and self._view.shows_actual_pixels and self._view.can_pan():
            self._view.pan(arrows[Qt.Key(key)])
        elif key in arrows:
            self.stepped.emit(-1 if key in (Qt.Key.Key_Left, Qt.Key.Key_Up) else 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._toggle()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Keep Esc and Space from the window's shortcuts while open."""
        own = (Qt.Key.Key_Escape, Qt.Key.Key_Space)
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.key() in own and not event.modifiers():
            event.accept()
            return True
        return super().event(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Follow the window's size."""
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self.setGeometry(self._window.rect())
        return super().eventFilter(watched, event)

    def _toggle(self) -> None:
        at = self._view.mapFromGlobal(self.cursor().pos())
        around = QPointF(at) if self._view.rect().contains(at) else None
        self._view.show_actual_pixels(not self._view.shows_actual_pixels, around)

    def _arrived(self, path: Path, image: QImage) -> None:
        if path == self._path:
            self._view.show_image(image, path.name)
