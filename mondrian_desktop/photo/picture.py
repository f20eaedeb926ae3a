"""Runs one format's decoder on an open original; whatever it raises becomes a sentence about this file."""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.detail import Detail
from mondrian_desktop.photo.formats import Decoded, Format, format_of
from mondrian_desktop.photo.formats.base import DECODER_ERRORS
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.original import Original, damaged, unreadable
from mondrian_desktop.photo.text import shown_name

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


def recognize(original: Original) -> Format:
    """Return the format of the file, by its first bytes.

    Raises
    ------
    UserError
        Where it is of none that can be read.
    """
    try:
        head = original.head()
    except OSError as err:
        raise unreadable(original.path, err) from err
    known = format_of(head, original.path.suffix.lower())
    if known is None:
        raise UserError(
            f"{shown_name(original.path)} is not a photo in a format that Mondrian reads.",
            "It reads JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF, BMP and the RAW files of the common cameras.",
        )
    return known


def decode_picture(original: Original, known: Format, long_side: int, beside: Executor | None) -> Decoded:
    """Decode for analysis, in this process; ``beside`` may do a part of it meanwhile.

    Raises
    ------
    UserError
        Where the data is damaged, incomplete, too large, or the file vanished or changed.
    """
    return _guarded(original, lambda: known.decode(original.file, original.path, long_side, beside))


def wait_for_detail(original: Original, decoded: Decoded) -> Detail:
    """Return the detail of a decoded picture once it is there; raises as :func:`decode_picture`."""
    return _guarded(original, decoded.detail.result)


def decode_thumbnail(original: Original, known: Format, long_side: int) -> Pixels:
    """Decode a quick look, in this process; raises as :func:`decode_picture`."""
    return _guarded(original, lambda: known.thumbnail(original.file, original.path, long_side))


def _guarded(original: Original, work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as err:
        # A system error has a number; what Pillow raises for bad data has none.
        if err.errno is not None:
            raise unreadable(original.path, err) from err
        raise _refused(original, err) from err
    except DECODER_ERRORS as err:
        raise _refused(original, err) from err


def _refused(original: Original, error: Exception) -> UserError:
    # What is wrong with a file may also be wrong with us: the log has the whole story.
    _LOG.info("%s could not be decoded", shown_name(original.path), exc_info=error)
    original.check_unchanged()
    return damaged(original.path, error)
