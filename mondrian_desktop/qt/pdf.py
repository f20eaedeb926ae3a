"""A report as PDF, or as the document that a printer gets: Qt's rich text on sheets of paper."""

from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QLocale, QMarginsF, QSize, QSizeF, QUrl
from PySide6.QtGui import QImage, QImageReader, QPageLayout, QPageSize, QPdfWriter, QTextDocument

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.whole_file import write_whole

_FONTS = (11, 10, 9, 8)
"""Units of the page; the largest at which the report is one page is taken, or the smallest."""
_DPI = 300
_LETTER_COUNTRIES = ("BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE")
"""Paper sizes in https://github.com/unicode-org/cldr/blob/main/common/supplemental/supplementalData.xml"""
_MARGIN = 0.065
"""Of the sheet's width and height, so that the printable part keeps its proportions."""


class Paper(Enum):
    """A sheet: its size, and the height of a document 700 units wide on it (:mod:`mondrian_desktop.report.pane`)."""

    A4 = QPageSize.PageSizeId.A4, 990
    LETTER = QPageSize.PageSizeId.Letter, 906

    @classmethod
    def usual(cls, locale: QLocale | None = None) -> "Paper":
        """Return the one that lies in the printers of a country, by default of the system's."""
        country = QLocale.territoryToCode((locale or QLocale.system()).territory())
        return cls.LETTER if country in _LETTER_COUNTRIES else cls.A4

    @classmethod
    def like(cls, layout: QPageLayout) -> "Paper":
        """Return the one whose proportions are the nearest: on another one Qt would stretch the page."""
        sheet = layout.fullRect(QPageLayout.Unit.Millimeter).size()
        return min(cls, key=lambda each: abs(each.units.height() / each.units.width() - sheet.height() / sheet.width()))

    @property
    def units(self) -> QSizeF:
        """Width and height of the document."""
        return QSizeF(700, self.value[1])

    @property
    def layout(self) -> QPageLayout:
        """The upright sheet with its margins."""
        size = QPageSize(self.value[0])
        across = size.size(QPageSize.Unit.Millimeter).width() * _MARGIN
        down = size.size(QPageSize.Unit.Millimeter).height() * _MARGIN
        margins = QMarginsF(across, down, across, down)
        return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)


def write_pdf(html: str, path: Path, images: Mapping[str, QImage], *, paper: Paper = Paper.A4, title: str = "") -> int:
    """Write a report as PDF, whole or not at all, and return the number of its pages.

    Parameters
    ----------
    html
        Of :func:`mondrian_desktop.report.pane.paper`.
    path
        Overwritten where it is there already.
    images
        Pictures by the addresses that ``html`` names; what is not here is left blank, and nothing else is loaded.
    title
        For the reader's title bar.

    Raises
    ------
    UserError
        Where ``path`` cannot be written.
    """
    document = make_document(html, images, paper)
    data, pages = _rendered(document, paper, title), document.pageCount()
    try:
        write_whole(path, data)
    except OSError as err:
        raise UserError(
            f"{path.name} could not be written: {err.strerror or err}.", "Choose another folder, or make room."
        ) from err
    return pages


def pdf_bytes(document: QTextDocument, paper: Paper = Paper.A4, *, title: str = "") -> bytes:
    """Return a document of :func:`make_document` as a PDF file."""
    return _rendered(document, paper, title)


def make_document(html: str, images: Mapping[str, QImage], paper: Paper = Paper.A4) -> QTextDocument:
    """Return the report laid out on sheets, in the largest type at which it is one page; ``print_`` prints it."""
    document = _Document()
    for address, image in images.items():
        document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(address), image)
    for units in _FONTS:
        font = document.defaultFont()
        font.setPixelSize(units)
        document.setDefaultFont(font)
        document.setPageSize(paper.units)
        document.setHtml(html)
        if document.pageCount() == 1:
            break
    return document


def picture(pixels: Pixels) -> QImage:
    """Return ``pixels`` as an image of Qt's own."""
    height, width = pixels.shape[:2]
    whole = np.ascontiguousarray(pixels)
    return QImage(whole.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def drawing(svg: str, width: int) -> QImage:
    """Return a drawing ``width`` pixels wide; for paper, three to four times as many as it has units."""
    buffer = QBuffer()
    buffer.setData(svg.encode())
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    reader = QImageReader(buffer, QByteArray(b"svg"))
    size = reader.size()
    reader.setScaledSize(QSize(width, round(width * size.height() / max(size.width(), 1))))
    return reader.read()


class _Document(QTextDocument):
    """Knows the pictures that it was given, and loads nothing."""

    def loadResource(self, kind: int, address: QUrl | str) -> object:  # noqa: N802 - Qt
        # Where it gets nothing, Qt's drawing looks for a file of that name by itself.
        return _blank()


def _blank() -> QImage:
    image = QImage(1, 1, QImage.Format.Format_ARGB32)
    image.fill(0)
    return image


def _rendered(document: QTextDocument, paper: Paper, title: str) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageLayout(paper.layout)
    writer.setTitle(title)
    writer.setCreator("Mondrian")
    document.print_(writer)
    # It ends the file when it goes.
    del writer
    return bytes(buffer.data().data())
