"""What the model saw: the very picture, over the whole window, and a line that says what was made of the photo."""

from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from mondrian_desktop.gui.full_look import FullLook
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.pump import Post

Seen: TypeAlias = Callable[[str], Future[Pixels] | None]
"""From a job's id to the picture that the model saw for it."""


class SeenLook(FullLook):
    """A :class:`FullLook` at a picture that is usually much smaller than the photo: enlarged, or pixel by pixel."""

    def __init__(self, theme: Theme, seen: Seen, post: Post, window: QWidget) -> None:
        super().__init__(theme, self._read, post, window)
        self._seen = seen
        self._job_id = ""
        self.setAccessibleName("What the model saw")
        self.line = plain_label(wraps=False)
        self.line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._theme = theme
        layout = self.layout()
        if layout is not None:
            layout.setContentsMargins(2 * GRID, 0, 2 * GRID, 2 * GRID)
            layout.addWidget(self.line)
        theme.changed.connect(self._restyle)
        self._restyle()

    def open_seen(self, job_id: str, path: Path, name: str, sentence: str) -> None:
        """Show what the model saw for a job, as soon as it is made again; ``sentence`` says what it is."""
        self._job_id = job_id
        self.line.setText(sentence)
        self.setAccessibleDescription(sentence)
        self.open(path, name, None)

    def _read(self, path: Path, size_px: int) -> Future[Pixels]:
        future = self._seen(self._job_id)
        if future is None:
            future = Future()
            future.cancel()
        return future

    def _arrived(self, path: Path, image: QImage) -> None:
        if path == self._path:
            # As a stand-in it fills the window: at a few hundred pixels there would be little to see.
            self.view.show_image(image, f"{path.name} as the model saw it", stand_in=True)

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.surround)
        set_text_color(self.line, self._theme.colors.on_surround)
