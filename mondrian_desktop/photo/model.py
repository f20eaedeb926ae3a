"""What is known about one photo, as frozen records."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, sRGB, upright."""


@dataclass(frozen=True, slots=True)
class Exif:
    """What the camera and later programs wrote into the file; None or empty where they wrote nothing usable."""

    camera: str | None = None
    lens: str | None = None
    focal_length_mm: float | None = None
    aperture_f: float | None = None
    shutter_s: float | None = None
    iso: int | None = None


@dataclass(frozen=True, slots=True)
class Measurements:
    """Measured facts."""


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A photo as read for analysis.

    Attributes
    ----------
    path
        The original.
    content_hash
        SHA-256 of the file's bytes, in hex: equal for copies and after a rename.
    byte_size
        Size of the file in bytes.
    width, height
        Of the original, upright, in pixels.
    pixels
        The picture for the model: (H, W, 3) uint8, sRGB, upright, long side at most the analysis size.
    exif, measurements
        Facts from the file's metadata and from its pixels.
    """

    path: Path
    content_hash: str
    byte_size: int
    width: int
    height: int
    pixels: Pixels
    exif: Exif = field(default_factory=Exif)
    measurements: Measurements = field(default_factory=Measurements)

    @property
    def key(self) -> str:
        """Equal for equal ``pixels``: the content and the size at which it is shown to the model."""
        height, width = self.pixels.shape[:2]
        return f"{self.content_hash}:{width}x{height}"
