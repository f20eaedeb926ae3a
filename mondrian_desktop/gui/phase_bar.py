"""The progress bar in three segments: reading, looking, writing. Mondrian's colors, in words for screen readers."""

from itertools import accumulate

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from mondrian_desktop.gui.theme import BLUE, GRID, RED, YELLOW, Theme

SHARES = (0.18, 0.22, 0.6)
"""Widths of the segments: about what the phases take."""
_GAP = 3
_EASE = 0.3


class PhaseBar(QProgressBar):
    """Moves smoothly towards what was last set; :meth:`advance` is one frame of it.

    It never goes back within one job.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._wanted = (0.0, 0.0, 0.0)
        self._drawn = (0.0, 0.0, 0.0)
        self.setRange(0, 100)
        self.setTextVisible(False)
        self.setAccessibleName("Progress of the analysis")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def drawn(self) -> tuple[float, float, float]:
        """How full the segments are drawn, 0 to 1 each."""
        return self._drawn

    def start(self) -> None:
        """Begin a new job at nothing."""
        self._wanted = self._drawn = (0.0, 0.0, 0.0)
        self.setValue(0)
        self.update()

    def aim(self, shares: tuple[float, float, float]) -> None:
        """Set how full the segments are to become, 0 to 1 each."""
        read, looked, written = (max(old, min(new, 1.0)) for old, new in zip(self._wanted, shares, strict=True))
        self._wanted = read, looked, written

    def advance(self) -> None:
        """Draw the next frame, if anything moves. Less motion: straight to the end of it."""
        if self._drawn == self._wanted:
            return
        ease = 1.0 if self._theme.reduces_motion else _EASE
        read, looked, written = (
            old + (new - old) * ease if new - old > 0.002 else new
            for old, new in zip(self._drawn, self._wanted, strict=True)
        )
        self._drawn = read, looked, written
        self.setValue(round(100 * sum(share * full for share, full in zip(SHARES, self._drawn, strict=True))))
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return a wide, low bar."""
        return QSize(240, GRID + 4)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return the narrowest bar in which three segments can be told apart."""
        return QSize(80, GRID + 4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint the segments: outlined, so that each can be seen on every ground, and filled as far as they are."""
        painter = QPainter(self)
        colors = self._theme.colors
        width = self.width() - 2 * _GAP
        ends = [round(width * share) for share in accumulate(SHARES)]
        for n, (full, color) in enumerate(zip(self._drawn, (RED, YELLOW, BLUE), strict=True)):
            left = ends[n - 1] if n else 0
            box = QRectF(left + n * _GAP, 0, ends[n] - left, self.height())
            painter.fillRect(box, QColor(colors.track))
            painter.fillRect(QRectF(box.left(), 0, round(box.width() * full), box.height()), QColor(color))
            painter.setPen(QColor(colors.soft))
            painter.drawRect(box.adjusted(0.5, 0.5, -0.5, -0.5))
