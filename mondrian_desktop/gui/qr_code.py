"""A QR code (ISO/IEC 18004) for a phone's camera: dark on light, whatever the appearance."""

import segno
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

_MODULE = 4
"""Device-independent pixels of one module."""
_QUIET_ZONE = 4


class QrCode(QWidget):
    """Shows a text as a QR code; nothing where it is empty."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[bytes, ...] = ()
        self.text = ""
        self.setAccessibleName("QR code for a phone")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_text(self, text: str) -> None:
        """Show another text."""
        if text != self.text:
            self.text = text
            code = segno.make(text, error="m", micro=False) if text else None
            self._rows = tuple(map(bytes, code.matrix_iter(border=_QUIET_ZONE))) if code else ()
            self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return the size at which each module is a whole number of pixels."""
        return QSize(len(self._rows), len(self._rows)) * _MODULE

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint the modules without smoothing."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.white)
        for y, row in enumerate(self._rows):
            for x, dark in enumerate(row):
                if dark:
                    painter.fillRect(x * _MODULE, y * _MODULE, _MODULE, _MODULE, Qt.GlobalColor.black)
        painter.end()
