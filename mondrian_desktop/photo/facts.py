"""Measured facts and metadata in a photographer's words."""

from mondrian_desktop.photo.model import Exif, Measurements, Photo


def exif_line(exif: Exif) -> str:
    """Return camera, lens and exposure in one line, e.g. "1/250 s · f/8 · ISO 200"; empty where nothing is known."""
    return ""


def sentences(measurements: Measurements) -> tuple[str, ...]:
    """Return what was measured, a sentence each, the most telling first; plain text."""
    return ()


def photo_sentences(photo: Photo) -> tuple[str, ...]:
    """Return :func:`sentences` of a photo."""
    return sentences(photo.measurements)
