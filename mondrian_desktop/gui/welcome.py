"""What is seen before there is a photo: where to drop one, how to open one, and some to try."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from mondrian_desktop.gui.first_paint import FirstPaint
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_background, set_text_color

SAMPLE_WIDTH, SAMPLE_HEIGHT = 15 * GRID, 10 * GRID


class Welcome(QWidget):
    """The empty window."""

    open_wanted = Signal()
    sample_chosen = Signal(Path)
    """A sample photo is to be opened and analyzed."""

    def __init__(
        self,
        theme: Theme,
        thumbnails: Thumbnails,
        samples: Sequence[Path],
        model_line: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._thumbnails = thumbnails
        self.setAccessibleName("Welcome")
        self.open = QPushButton("Open…")
        self.open.setAccessibleName("Open photos")
        self.open.clicked.connect(self.open_wanted)
        self.samples = {path: self._sample(path) for path in samples}
        self._heading = plain_label("Drop photos here")
        self._heading.setFont(scaled(self.font(), 1.9))
        self._kinds = plain_label("JPEG, HEIC, PNG, TIFF, WebP and raw files")
        self._try = plain_label("Or try one of these")
        self._model = plain_label(model_line)
        for label in (self._heading, self._kinds, self._try, self._model):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._lay_out()
        thumbnails.arrived.connect(self._show_sample)
        theme.changed.connect(self._restyle)
        self._restyle()
        # The decoders are imported for them: not before there is something to see.
        self._first_paint = FirstPaint(self, self._show_samples)

    def show_model_line(self, line: str) -> None:
        """Say which model will write."""
        self._model.setText(line)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint the outline of the drop zone."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(self._theme.colors.control_edge), 1.5, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        frame = QRectF(self.rect()).adjusted(3 * GRID, 3 * GRID, -3 * GRID, -3 * GRID)
        painter.drawRoundedRect(frame, 12, 12)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch()
        for button in self.samples.values():
            row.addWidget(button)
        row.addStretch()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6 * GRID, 6 * GRID, 6 * GRID, 6 * GRID)
        layout.setSpacing(GRID)
        layout.addStretch(3)
        layout.addWidget(self._heading)
        layout.addWidget(self._kinds)
        layout.addSpacing(GRID)
        layout.addWidget(self.open, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(2)
        layout.addWidget(self._try)
        layout.addLayout(row)
        layout.addStretch(2)
        layout.addWidget(self._model)
        self._try.setVisible(bool(self.samples))

    def _sample(self, path: Path) -> QToolButton:
        button = QToolButton()
        button.setAccessibleName(f"Analyze the sample photo {path.stem}")
        button.setToolTip(f"Open {path.name} and analyze it")
        button.setIconSize(QSize(SAMPLE_WIDTH, SAMPLE_HEIGHT))
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.setMinimumSize(SAMPLE_WIDTH + GRID, SAMPLE_HEIGHT + GRID)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAutoRaise(True)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(lambda: self.sample_chosen.emit(path))
        return button

    def _show_samples(self) -> None:
        for path in self.samples:
            self._show_sample(path)

    def _show_sample(self, path: Path) -> None:
        button = self.samples.get(path)
        if button is not None and (pixmap := self._thumbnails.get(path)):
            button.setIcon(QIcon(_cut(pixmap, self.devicePixelRatioF())))

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_background(self, colors.window)
        for label in (self._kinds, self._try, self._model):
            set_text_color(label, colors.soft)


def _cut(pixmap: QPixmap, ratio: float) -> QPixmap:
    """Return the middle of a picture (of an upright one, more of its top) in the size of the button."""
    wide = pixmap.width() * SAMPLE_HEIGHT >= pixmap.height() * SAMPLE_WIDTH
    width = pixmap.height() * SAMPLE_WIDTH // SAMPLE_HEIGHT if wide else pixmap.width()
    height = pixmap.height() if wide else pixmap.width() * SAMPLE_HEIGHT // SAMPLE_WIDTH
    cut = pixmap.copy((pixmap.width() - width) // 2, (pixmap.height() - height) // 4, width, height)
    size = QSize(round(SAMPLE_WIDTH * ratio), round(SAMPLE_HEIGHT * ratio))
    made = cut.scaled(size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation)
    made.setDevicePixelRatio(ratio)
    return made
