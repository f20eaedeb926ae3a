"""All measured facts of a picture."""

from mondrian_desktop.photo.detail import Detail
from mondrian_desktop.photo.model import Measurements, Pixels


def measure(pixels: Pixels, detail: Detail | None = None, *, native: Pixels | None = None) -> Measurements:
    """Measure a picture."""
    return Measurements()
