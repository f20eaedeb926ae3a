"""Tones: histogram, luminance, clipping, tonal range, contrast."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from mondrian_desktop.photo.model import PERCENTILES, Pixels

# Re-encoding as JPEG moves a clipped 255 to 254 and a 0 to 1 here and there.
HIGHLIGHT = 254
SHADOW = 1

# 8-bit sRGB does not tell tones below this apart: code 3 of 255.
_DARKEST = 1 / 1024

_CODES = np.arange(256) / 255
SRGB_TO_LINEAR: npt.NDArray[np.float32] = np.where(
    _CODES <= 0.04045, _CODES / 12.92, ((_CODES + 0.055) / 1.055) ** 2.4
).astype(np.float32)
"""Linear light of each 8-bit code (IEC 61966-2-1)."""

LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)
"""Of linear R, G and B (IEC 61966-2-1, ITU-R BT.709)."""

_STEPS = 65535
# Rounded down, so that the sum of three stays in 16 bits.
_LUMINANCE_OF_CODES = [(SRGB_TO_LINEAR * weight * _STEPS).astype(np.uint16) for weight in LUMINANCE_WEIGHTS]


@dataclass(frozen=True, slots=True)
class Tones:
    """Fields as in :class:`~mondrian_desktop.photo.model.Measurements`."""

    histogram_luma: tuple[int, ...]
    histogram_red: tuple[int, ...]
    histogram_green: tuple[int, ...]
    histogram_blue: tuple[int, ...]
    mean_luminance: float
    median_luminance: float
    luminance_percentiles: tuple[float, ...]
    tonal_range_stops: float
    rms_contrast: float


@dataclass(frozen=True, slots=True)
class Clipping:
    """Fields as in :class:`~mondrian_desktop.photo.model.Measurements`."""

    highlights_clipped: float
    highlights_clipped_rgb: tuple[float, float, float]
    white_clipped: float
    shadows_clipped: float
    shadows_clipped_rgb: tuple[float, float, float]
    black_clipped: float


def measure_tones(image: Image.Image, pixels: Pixels) -> Tones:
    """Measure the tones of an image in RGB and the same as (H, W, 3) uint8, in sRGB.

    Luma is 0.299 R + 0.587 G + 0.114 B of the gamma-encoded values (ITU-R BT.601, as in JPEG). Luminance is
    0.2126 R + 0.7152 G + 0.0722 B of linear light. The tonal range is log2(P99 / P1) of luminance, in stops, with
    P1 and P99 at least 1/1024. RMS contrast is the standard deviation of luma / 255 (Peli 1990, J. Opt. Soc. Am. A
    7(10), eq. 5, on luma instead of luminance, because it is seen).
    """
    luma = image.convert("L").histogram()
    red, green, blue = _split(image.histogram())
    counts = _luminance_counts(pixels)
    levels = np.searchsorted(np.cumsum(counts), np.array(PERCENTILES) / 100 * counts.sum()) / _STEPS
    lowest, highest = (max(float(level), _DARKEST) for level in (levels[0], levels[-1]))
    return Tones(
        histogram_luma=tuple(luma),
        histogram_red=red,
        histogram_green=green,
        histogram_blue=blue,
        mean_luminance=float(counts @ np.arange(counts.size) / counts.sum() / _STEPS),
        median_luminance=float(levels[PERCENTILES.index(50)]),
        luminance_percentiles=tuple(float(level) for level in levels),
        tonal_range_stops=float(np.log2(highest / lowest)),
        rms_contrast=_deviation(np.array(luma)),
    )


def _split(histogram: list[int]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    return tuple(histogram[:256]), tuple(histogram[256:512]), tuple(histogram[512:768])


def _luminance_counts(pixels: Pixels) -> npt.NDArray[np.int64]:
    """Return how many pixels have each luminance, in 65,535 steps: percentiles without sorting."""
    luminance = np.zeros(pixels.shape[:2], np.uint16)
    for channel, table in enumerate(_LUMINANCE_OF_CODES):
        luminance += table.take(pixels[..., channel])
    return np.bincount(luminance.ravel(), minlength=_STEPS + 1)


def _deviation(counts: npt.NDArray[np.int64]) -> float:
    levels = np.arange(counts.size) / 255
    mean = counts @ levels / counts.sum()
    return float(np.sqrt(counts @ (levels - mean) ** 2 / counts.sum()))


def measure_clipping(pixels: Pixels) -> Clipping:
    """Measure clipping of (H, W, 3) uint8, in the color space in which the file was encoded.

    A channel is clipped where it is at least 254, or at most 1.
    """
    red, green, blue = pixels[..., 0], pixels[..., 1], pixels[..., 2]
    brightest, darkest = np.maximum(np.maximum(red, green), blue), np.minimum(np.minimum(red, green), blue)
    return Clipping(
        highlights_clipped=_share(brightest >= HIGHLIGHT),
        highlights_clipped_rgb=(_share(red >= HIGHLIGHT), _share(green >= HIGHLIGHT), _share(blue >= HIGHLIGHT)),
        white_clipped=_share(darkest >= HIGHLIGHT),
        shadows_clipped=_share(darkest <= SHADOW),
        shadows_clipped_rgb=(_share(red <= SHADOW), _share(green <= SHADOW), _share(blue <= SHADOW)),
        black_clipped=_share(brightest <= SHADOW),
    )


def _share(mask: npt.NDArray[np.bool_]) -> float:
    return int(np.count_nonzero(mask)) / mask.size
