"""From what is shown to files and paper: the sheet that asks where, and the writing."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import TYPE_CHECKING
from weakref import finalize

from PySide6.QtCore import QObject, QPoint, QRectF, QSizeF, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QWidget

from mondrian_desktop.errors import Cancelled, UserError
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service
from mondrian_desktop.settings import EXPORT_FORMAT, EXPORT_PHOTO
from mondrian_desktop.whole_file import write_whole

if TYPE_CHECKING:
    from concurrent.futures import Future

    from mondrian_desktop.photo.model import Pixels

_PICTURE_PX = 1400
_KINDS = dict(zip(EXPORT_FORMAT.choices, EXPORT_FORMAT.words, strict=True))
_PICTURED = ("pdf", "html")

Pictures = Sequence[str | None]


class Exporting(QObject):
    """Exports and prints analyses. Photos are read beside the window; where one is gone, the report has none."""

    told = Signal(str)
    """What came of it, as a sentence."""

    def __init__(self, service: Service, window: QWidget) -> None:
        super().__init__(window)
        self._service = service
        self._window = window
        self.sheet = mac.ShareSheet()
        self._forget_shared: Callable[[], object] = lambda: None
        self._folder = Path(QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation))

    def ask(self, analyses: Sequence[Analysis]) -> QFileDialog:
        """Ask for file and format, then :meth:`save`. Several analyses are no PDF: that is one sheet of one."""
        preferred = self._service.settings.get(EXPORT_FORMAT)
        first_of_all = sorted(_KINDS, key=lambda suffix: suffix != preferred)
        kinds = {suffix: _KINDS[suffix] for suffix in first_of_all if suffix != "pdf" or len(analyses) == 1}
        filters = {f"{name} (*.{suffix})": suffix for suffix, name in kinds.items()}
        dialog = QFileDialog(self._window, "Export", str(self._folder))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setNameFilters(list(filters))
        dialog.setDefaultSuffix(next(iter(kinds)))
        dialog.selectFile(_stem(analyses))
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(filters.get(chosen, "")))
        dialog.fileSelected.connect(lambda file: self.save(analyses, Path(file)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
        return dialog

    def save(self, analyses: Sequence[Analysis], file: Path) -> None:
        """Write analyses in the format that the file's name says; :attr:`told` tells what came of it."""
        fmt = file.suffix.removeprefix(".").lower()
        if fmt not in _KINDS or (fmt == "pdf" and len(analyses) > 1):
            known = ", ".join(f".{each}" for each in _KINDS if each != "pdf" or len(analyses) == 1)
            self.told.emit(f"{file.name} was not written: its ending is none of {known}.")
            return
        self._folder = file.parent
        is_pictured = fmt in _PICTURED and self._service.settings.get(EXPORT_PHOTO)
        self._with_pictures(analyses if is_pictured else [], partial(self._write, analyses, file, fmt))

    def share(self, analyses: Sequence[Analysis], beside: QWidget) -> None:
        """Let the system share a report: as PDF, several as a web page. It lies in the system's temporary folder."""
        # What was shared before has been sent or copied.
        self._forget_shared()
        folder = Path(mkdtemp(prefix="mondrian-"))
        self._forget_shared = finalize(self, rmtree, folder, ignore_errors=True)
        fmt = "pdf" if len(analyses) == 1 else "html"
        file = folder / f"{_stem(analyses)}.{fmt}"
        corner = QRectF(beside.mapTo(self._window, QPoint(0, 0)), QSizeF(beside.width(), 8 * GRID))

        def put(pictures: Pictures) -> None:
            if self._put(analyses, file, fmt, pictures):
                self.sheet.show([file], int(self._window.winId()), corner)

        self._with_pictures(analyses if self._service.settings.get(EXPORT_PHOTO) else [], put)

    def print(self, analysis: Analysis) -> QDialog:
        """Ask for the printer, then print."""
        # The printers of the machine: the window does not wait for them.
        from PySide6.QtPrintSupport import QPrintDialog, QPrinter

        printer = QPrinter(QPrinter.PrinterMode.HighResolution)
        printer.setDocName(_stem([analysis]))
        dialog = QPrintDialog(printer, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def put(pictures: Pictures) -> None:
            from mondrian_desktop.qt import paper
            from mondrian_desktop.qt.pdf import Paper

            picture, sheet = pictures[0] if pictures else None, Paper.like(printer.pageLayout())
            paper.document(analysis, self._service.labels(analysis), picture, sheet).print_(printer)

        def ended(result: int) -> None:
            if result == QDialog.DialogCode.Accepted:
                self._with_pictures([analysis], put)

        # Not "accepted": there are two of them, with a printer and without, and the name may mean either.
        dialog.finished.connect(ended)
        # Its own open() wants a slot of the old kind.
        QDialog.open(dialog)
        return dialog

    def _with_pictures(self, analyses: Sequence[Analysis], then: Callable[[Pictures], None]) -> None:
        """Call ``then`` with the photos as ``data:`` addresses, as soon as all are read."""
        pictures: list[str | None] = [None] * len(analyses)
        waiting = {place for place, each in enumerate(analyses) if each.photo is not None}
        if not waiting:
            then(pictures)
            return

        def arrived(place: int, picture: str | None) -> None:
            pictures[place] = picture
            waiting.discard(place)
            if not waiting:
                then(pictures)

        def read(place: int, future: "Future[Pixels]") -> None:
            picture = _data_uri(future)
            self._service.pump.post(lambda: arrived(place, picture))

        for place, each in enumerate(analyses):
            if each.photo is not None:
                self._service.preview(each.photo.path, _PICTURE_PX).add_done_callback(partial(read, place))

    def _write(self, analyses: Sequence[Analysis], file: Path, fmt: str, pictures: Pictures) -> None:
        if self._put(analyses, file, fmt, pictures):
            self.told.emit(f"Written: {file.name}")

    def _put(self, analyses: Sequence[Analysis], file: Path, fmt: str, pictures: Pictures) -> bool:
        """Write a file as a whole; where that fails, tell it."""
        try:
            write_whole(file, self._content(analyses, fmt, pictures))
        except OSError as err:
            self.told.emit(f"{file.name} could not be written: {err.strerror or err}. Choose another folder.")
            return False
        return True

    def _content(self, analyses: Sequence[Analysis], fmt: str, pictures: Pictures) -> bytes:
        labels = {each.advisor: self._service.labels(each) for each in analyses}
        first = analyses[0]
        picture = pictures[0] if pictures else None
        if fmt == "pdf":
            from mondrian_desktop.qt import paper

            return paper.pdf(first, labels[first.advisor], picture)
        from mondrian_desktop.report import formats

        text = (
            formats.render(first, fmt, labels[first.advisor], picture)
            if len(analyses) == 1
            else formats.render_many(analyses, fmt, labels, pictures)
        )
        return text.encode("utf-8", "replace")


def _data_uri(future: "Future[Pixels]") -> str | None:
    from mondrian_desktop.photo.encode import data_uri

    try:
        return None if future.cancelled() else data_uri(future.result())
    except (UserError, Cancelled, OSError):
        return None


def _stem(analyses: Sequence[Analysis]) -> str:
    photos = {each.photo.path.stem for each in analyses if each.photo}
    if not photos:
        return "Answer"
    if len(photos) > 1:
        return f"{len(analyses)} critiques"
    by = f" {analyses[0].advisor}" if len(analyses) == 1 else ""
    return f"{next(iter(photos))[:120]}{by}"
