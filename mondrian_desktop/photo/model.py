"""What is known about one photo, as frozen records."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
else:
    # These records are needed before the window is there, numpy is not.
    Pixels = Any
"""(H, W, 3) uint8, sRGB, upright."""

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
"""The percentiles of :attr:`Measurements.luminance_percentiles`."""


@dataclass(frozen=True, slots=True)
class Exif:
    """What the camera and later programs wrote into the file; None or empty where they wrote nothing usable.

    All text is cleaned of control characters and bounded in length, all numbers are within plausible bounds: still
    it is text from a file, data and never markup or a command.

    Attributes
    ----------
    camera, lens
        Maker and model as one name.
    focal_length_mm, focal_length_35mm
        Of the lens, and the equivalent for a 36 x 24 mm frame, in millimeters.
    aperture_f
        F-number.
    shutter_s
        Exposure time in seconds.
    iso
        Sensitivity.
    exposure_compensation_ev
        In stops.
    metering, flash, white_balance, exposure_program
        In words, sentence case.
    taken
        When the picture was taken, ISO 8601, to the second, with the offset from UTC where the file tells it.
    orientation
        The EXIF value, 1 to 8; 1 is upright. Pixels handed out are upright already.
    software
        The last program that wrote the file, or the camera's firmware.
    rating
        Stars, 0 to 5; -1 is rejected.
    keywords, title, caption
        Of the photographer.
    has_location
        Whether the file holds a GPS position. The position itself is never read.
    """

    camera: str | None = None
    lens: str | None = None
    focal_length_mm: float | None = None
    aperture_f: float | None = None
    shutter_s: float | None = None
    iso: int | None = None
    focal_length_35mm: float | None = None
    exposure_compensation_ev: float | None = None
    metering: str | None = None
    flash: str | None = None
    white_balance: str | None = None
    exposure_program: str | None = None
    taken: str | None = None
    orientation: int = 1
    software: str | None = None
    rating: int | None = None
    keywords: tuple[str, ...] = ()
    title: str | None = None
    caption: str | None = None
    has_location: bool = False


@dataclass(frozen=True, slots=True)
class Swatch:
    """One dominant color: ``hex`` is ``#rrggbb`` in sRGB, ``fraction`` its share of the frame, 0 to 1."""

    hex: str
    fraction: float


@dataclass(frozen=True, slots=True)
class Measurements:
    """Measured facts. Formulas and sources: ``photo.tone``, ``color``, ``acuity``, ``layout``, ``horizon``.

    Positions are fractions of the frame from its left (x) and upper (y) edge, 0 to 1. Fractions are of the frame's
    area, 0 to 1. Luminance is linear light (CIE Y) with white at 1; luma is the gamma-encoded one, 0 to 255.
    None where a picture does not say: nothing to judge sharpness by in fog.

    Attributes
    ----------
    histogram_luma, histogram_red, histogram_green, histogram_blue
        256 pixel counts each, of the picture at analysis size.
    mean_luminance, median_luminance
        0 to 1. Mid grey is 0.18.
    luminance_percentiles
        Luminance at :data:`PERCENTILES`.
    mean_lightness
        CIE L*, 0 to 100.
    highlights_clipped, highlights_clipped_rgb
        Fraction where any channel (each channel) is at its upper end, before conversion to sRGB.
    white_clipped
        Fraction where all three are: white without any detail.
    shadows_clipped, shadows_clipped_rgb, black_clipped
        The same at the lower end; ``shadows_clipped`` is any channel, ``black_clipped`` all three.
    tonal_range_stops
        Stops between the 1st and 99th percentile of luminance, 0 to 10.
    rms_contrast
        Standard deviation of luma / 255, 0 to 0.5.
    cast_a, cast_b
        Mean CIELAB a* (green to magenta) and b* (blue to yellow) of the tones between the extremes.
    cast_ratio
        How far this mean lies off neutral in units of the colors' spread, minus 1: above 0 the whole frame leans one
        way, below 0 the colors are of the subjects. -1 to 10.
    colorfulness
        Hasler and Suesstrunk's M3, 0 (grey) to about 150; 33 is moderate, 59 quite, 82 highly colorful.
    saturation
        Mean of C* / sqrt(C*^2 + L*^2), 0 to 1.
    edge_blur_px
        Width (Gaussian sigma) of the sharpest edges in pixels of the original, 0.3 to 8; below 1 is crisp.
    sharpness
        Contrast that is left in detail of 8 pixels a cycle for this blur, 0 to 1.
    sharp_fraction
        Fraction of the frame with detail that is nearly as sharp as the sharpest; a plain sky counts as without.
    sharpest_x, sharpest_y
        Where the sharp regions are.
    noise_sigma
        Standard deviation of the noise in luma steps of the original, 0 to about 60.
    detail_scale
        Resolution at which sharpness and noise were measured: 1 is the original's full resolution.
    palette
        Up to six dominant colors, the largest first.
    tilt_deg, tilt_confidence
        Angle of the longest nearly level line; positive where its right end is lower. -15 to 15; confidence 0 to 1.
    weight_x, weight_y
        Center of the visual weight.
    balance_left_right, balance_top_bottom
        Share of the visual weight on the right (lower) half minus that on the other one, -1 to 1.
    salient_x, salient_y, salient_box
        Center of the most conspicuous region, and its (left, top, right, bottom).
    salient_share
        Share of all conspicuousness that lies in this region, 0 to 1.
    thirds_distance
        From the salient center to the nearest crossing of the thirds, as a fraction of the diagonal; 0 to 0.34.
    """

    histogram_luma: tuple[int, ...] = ()
    histogram_red: tuple[int, ...] = ()
    histogram_green: tuple[int, ...] = ()
    histogram_blue: tuple[int, ...] = ()
    mean_luminance: float = 0.0
    median_luminance: float = 0.0
    luminance_percentiles: tuple[float, ...] = ()
    mean_lightness: float = 0.0
    highlights_clipped: float = 0.0
    highlights_clipped_rgb: tuple[float, float, float] = (0.0, 0.0, 0.0)
    white_clipped: float = 0.0
    shadows_clipped: float = 0.0
    shadows_clipped_rgb: tuple[float, float, float] = (0.0, 0.0, 0.0)
    black_clipped: float = 0.0
    tonal_range_stops: float = 0.0
    rms_contrast: float = 0.0
    cast_a: float = 0.0
    cast_b: float = 0.0
    cast_ratio: float = 0.0
    colorfulness: float = 0.0
    saturation: float = 0.0
    edge_blur_px: float | None = None
    sharpness: float | None = None
    sharp_fraction: float | None = None
    sharpest_x: float | None = None
    sharpest_y: float | None = None
    noise_sigma: float | None = None
    detail_scale: float = 1.0
    palette: tuple[Swatch, ...] = ()
    tilt_deg: float | None = None
    tilt_confidence: float = 0.0
    weight_x: float = 0.5
    weight_y: float = 0.5
    balance_left_right: float = 0.0
    balance_top_bottom: float = 0.0
    salient_x: float | None = None
    salient_y: float | None = None
    salient_box: tuple[float, float, float, float] | None = None
    salient_share: float = 0.0
    thirds_distance: float | None = None


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
    format
        Name of the file's format, e.g. "JPEG"; empty where the photo was not read from a file.
    source
        What was decoded where that is not the picture itself, e.g. "the camera's embedded preview"; else empty.
    """

    path: Path
    content_hash: str
    byte_size: int
    width: int
    height: int
    pixels: Pixels
    exif: Exif = field(default_factory=Exif)
    measurements: Measurements = field(default_factory=Measurements)
    format: str = ""
    source: str = ""

    @property
    def key(self) -> str:
        """Equal for equal ``pixels``: the content and the size at which it is shown to the model."""
        height, width = self.pixels.shape[:2]
        return f"{self.content_hash}:{width}x{height}"
