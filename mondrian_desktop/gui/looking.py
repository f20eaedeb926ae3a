"""Looking at one photo: its picture, as sharp as the view is large, its facts, and the full-size look."""

from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from mondrian_desktop.gui.album import Entry
from mondrian_desktop.gui.facts_loader import FactsLoader
from mondrian_desktop.gui.facts_view import Facts, FactsStrip
from mondrian_desktop.gui.full_look import FullLook
from mondrian_desktop.gui.photo_view import PhotoView
from mondrian_desktop.gui.pictures import PhotoLoader, Thumbnails
from mondrian_desktop.gui.seen_look import SeenLook
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.service import Service

_STEP_PX = 512
"""Pictures are read in sizes of this step, so that a window that is dragged larger does not read at every pixel."""


class Looking(QObject):
    """Shows the photo it is told to, and what is known about it."""

    facts_changed = Signal(object)
    """The :class:`Facts` of the photo shown, or None while there are none."""
    failed = Signal(Path, str)
    """A picture cannot be shown, and why."""

    def __init__(self, service: Service, theme: Theme, thumbnails: Thumbnails, window: QWidget) -> None:
        super().__init__(window)
        self._thumbnails = thumbnails
        self._entry: Entry | None = None
        self._read_px = 0
        post = service.pump.post
        self._loader = PhotoLoader(service.preview, post, self)
        self._facts = FactsLoader(service.inspect, post, self)
        self.view = PhotoView(theme)
        self.strip = FactsStrip(theme)
        self.full_look = FullLook(theme, service.preview, post, window)
        self.seen_look = SeenLook(theme, service.seen, post, window)
        thumbnails.arrived.connect(self._thumbnail_arrived)
        self._loader.arrived.connect(self._arrived)
        self._loader.failed.connect(self._loading_failed)
        self._facts.arrived.connect(self._facts_arrived)
        self.view.size_wanted.connect(self._sharpen)
        self.view.activated.connect(self.toggle_full_look)
        self.full_look.closed.connect(self.view.setFocus)
        self.seen_look.closed.connect(self.view.setFocus)

    @property
    def entry(self) -> Entry | None:
        """The photo looked at."""
        return self._entry

    def look_at(self, entry: Entry | None) -> None:
        """Show a photo: what is there of it at once, and the rest as soon as it is read."""
        self._entry = entry
        self.seen_look.close_look()
        if entry is None:
            self._loader.cancel()
            self._facts.cancel()
            self.view.show_message("")
            self._show_facts(None)
            self.full_look.close_look()
            return
        thumbnail = self._thumbnails.get(entry.path)
        if thumbnail is not None:
            self.view.show_image(thumbnail.toImage(), entry.name, stand_in=True)
        else:
            self.view.show_message(
                f"{entry.short_name} cannot be shown" if entry.problem else f"Reading {entry.short_name}"
            )
        self._load(entry)
        self._show_facts(self._facts.get(entry.path))
        if self.full_look.isVisible():
            self._open_full_look(entry)

    def look_again(self, entry: Entry) -> None:
        """Try a photo again that could not be shown."""
        entry.problem = ""
        self._thumbnails.forget(entry.path)
        if entry is self._entry:
            self.look_at(entry)

    def keep_facts(self, path: Path, facts: Facts) -> None:
        """Remember facts that an analysis found, and show them where they belong to the photo shown."""
        self._facts.keep(path, facts)
        self._facts_arrived(path, facts)

    def toggle_full_look(self) -> None:
        """Open or close the full-size look."""
        if self.full_look.isVisible():
            self.full_look.close_look()
        elif self._entry is not None and not self._entry.problem:
            self._open_full_look(self._entry)

    def toggle_seen(self, job_id: str, sentence: str) -> None:
        """Open or close the picture that the model saw for a job of the photo looked at."""
        if self.seen_look.isVisible():
            self.seen_look.close_look()
        elif self._entry is not None:
            self.seen_look.open_seen(job_id, self._entry.path, self._entry.short_name, sentence)

    def close(self) -> None:
        """Read no more."""
        self._loader.cancel()
        self._facts.cancel()
        self.seen_look.close_look()
        self.full_look.close_look()

    def _open_full_look(self, entry: Entry) -> None:
        self.full_look.open(entry.path, entry.name, self.view.image)

    def _load(self, entry: Entry) -> None:
        self._read_px = -(-self.view.wanted_px // _STEP_PX) * _STEP_PX
        self._loader.load(entry.path, self._read_px)

    def _sharpen(self, wanted_px: int) -> None:
        if self._entry is not None and wanted_px > self._read_px and not self._entry.problem:
            self._load(self._entry)

    def _thumbnail_arrived(self, path: Path) -> None:
        """Show the embedded thumbnail of a photo that takes longer, a RAW file say."""
        if self._entry is not None and path == self._entry.path and self.view.image is None:
            thumbnail = self._thumbnails.get(path)
            if thumbnail is not None:
                self.view.show_image(thumbnail.toImage(), self._entry.name, stand_in=True)

    def _arrived(self, path: Path, image: QImage) -> None:
        if self._entry is not None and path == self._entry.path:
            self.view.show_image(image, self._entry.name)

    def _loading_failed(self, path: Path, problem: str) -> None:
        if self._entry is not None and path == self._entry.path:
            self.view.show_message(f"{self._entry.short_name} cannot be shown")
        self.failed.emit(path, problem)

    def _facts_arrived(self, path: Path, facts: Facts) -> None:
        if self._entry is not None and path == self._entry.path:
            self._show_facts(facts)

    def _show_facts(self, facts: Facts | None) -> None:
        self.strip.show_facts(facts)
        self.facts_changed.emit(facts)
