"""Sharpness and noise, on tiles at full resolution."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mondrian_desktop.photo.detail import Detail
from mondrian_desktop.photo.tone import HIGHLIGHT, SHADOW

Tiles = npt.NDArray[np.uint8]

# Scales, in pixels, of the two Gaussian derivatives that are compared.
_FINE = 0.7
_COARSE = 1.4
_SMALLEST_BLUR = 0.3
_LARGEST_BLUR = 8.0
_EDGE_SHARE = 0.05
_LEAST_EDGE_PIXELS = 8
_LEAST_GRADIENT = 1.5  # luma steps per pixel
_LEAST_OVER_NOISE = 4.0
_LEAST_OF_STRONGEST = 0.1
_SHARPEST_SHARE = 20  # percent
_QUIETEST_SHARE = 20  # percent
_CLIPPED_SHARE = 0.05
_CYCLE_PX = 8


@dataclass(frozen=True, slots=True)
class Acuity:
    """Fields as in :class:`~mondrian_desktop.photo.model.Measurements`."""

    edge_blur_px: float | None
    sharpness: float | None
    sharp_fraction: float | None
    sharpest_x: float | None
    sharpest_y: float | None
    noise_sigma: float | None
    detail_scale: float


def measure_acuity(detail: Detail) -> Acuity:
    """Measure sharpness and noise; None where no tile has edges, or none is free of clipping.

    The blur is the one that a fifth of all edges, weighted by their mean square gradient, does not exceed: a sharp
    subject before a blurred background is sharp. Tiles with less than a tenth of the strongest tile's gradient have
    no edges beside it, only traces of compression.
    """
    rows, columns = detail.tiles.shape[:2]
    tiles = detail.tiles.reshape(rows * columns, *detail.tiles.shape[2:])
    if not len(tiles):
        return Acuity(None, None, None, None, None, None, detail.scale)
    noise = noise_of_tiles(tiles)
    blur, strength = blur_of_tiles(tiles, noise or 0.0)
    has_edges = ~np.isnan(blur) & (strength >= strength.max() * _LEAST_OF_STRONGEST**2)
    if not has_edges.any():
        return Acuity(None, None, None, None, None, noise, detail.scale)
    sharpest = _weighted_percentile(blur[has_edges], strength[has_edges], _SHARPEST_SHARE)
    is_sharp = has_edges & (np.nan_to_num(blur, nan=np.inf) <= 1.5 * sharpest + 0.3)
    weights = np.where(is_sharp, strength, 0).reshape(rows, columns)
    return Acuity(
        edge_blur_px=sharpest,
        sharpness=contrast_left(sharpest),
        sharp_fraction=int(is_sharp.sum()) / len(tiles),
        sharpest_x=float(weights.sum(0) @ (np.arange(columns) + 0.5) / columns / weights.sum()),
        sharpest_y=float(weights.sum(1) @ (np.arange(rows) + 0.5) / rows / weights.sum()),
        noise_sigma=noise,
        detail_scale=detail.scale,
    )


def _weighted_percentile(values: npt.NDArray[np.float64], weights: npt.NDArray[np.float64], percent: float) -> float:
    """Return the value up to which ``percent`` of the weight lies, between the middles of the values' shares."""
    order = values.argsort()
    share = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return float(np.interp(percent / 100, share, values[order]))


def contrast_left(blur_px: float) -> float:
    """Return the contrast that a Gaussian blur leaves in detail of 8 pixels a cycle: exp(-2 (pi sigma / 8)^2).

    The modulation transfer function of a Gaussian, exp(-2 pi^2 sigma^2 f^2), at f = 1/8. 0.97 for a sigma of 0.3
    pixels, 0.73 for 1, 0.29 for 2, 0.01 for 4.
    """
    return float(np.exp(-2 * (np.pi * blur_px / _CYCLE_PX) ** 2))


def blur_of_tiles(tiles: Tiles, noise_sigma: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the blur (Gaussian sigma, in pixels) of each tile's strongest edges, and their mean square gradient.

    A step edge blurred by sigma has, differentiated by a Gaussian of scale s, the gradient g(s) ~ 1 / sqrt(sigma^2 +
    s^2) on its ridge. From two scales, with R = g(s1) / g(s2): sigma^2 = (s2^2 - R^2 s1^2) / (R^2 - 1) (after Zhuo and
    Sim 2011, Pattern Recognition 44(9), eq. 5, who blur once more instead). Taken over the 5% of a tile's pixels
    with the strongest gradient, along the axis on which it is stronger; the cosine of the edge's angle makes
    good that it is crossed aslant. Within 10% from 1 to 4 pixels on step edges; more is underestimated.

    The blur is NaN where fewer than 8 pixels have a gradient above that of the noise, which is taken off.

    Parameters
    ----------
    tiles
        (N, side, side) uint8 luma.
    noise_sigma
        Standard deviation of the noise, in luma steps.
    """
    count, side = tiles.shape[:2]
    margin = len(_COARSE_KERNEL)
    if side - 2 * margin < _LEAST_EDGE_PIXELS:
        return np.full(count, np.nan), np.zeros(count)
    values = tiles.astype(np.float32)
    fine_x, fine_y = (_derivative(values, _FINE_KERNEL, axis, margin) ** 2 for axis in (2, 1))
    coarse_x, coarse_y = (_derivative(values, _COARSE_KERNEL, axis, margin) ** 2 for axis in (2, 1))
    # Edges are chosen where the coarse gradient is strong: the fine one would choose the noise's peaks with them.
    coarse = np.maximum(coarse_x, coarse_y).reshape(count, -1)
    fine = np.where(coarse_x >= coarse_y, fine_x, fine_y).reshape(count, -1)
    both = (coarse_x + coarse_y).reshape(count, -1)
    strongest = _strongest(coarse, max(_LEAST_GRADIENT, _LEAST_OVER_NOISE * noise_sigma * _gain(_COARSE_KERNEL)))
    pixels = strongest.sum(1)
    fine_energy, coarse_energy = (fine * strongest).sum(1), (coarse * strongest).sum(1)
    aslant = coarse_energy / np.maximum((both * strongest).sum(1), 1e-9)
    blur_squared = _blur_squared(
        fine_energy - pixels * (noise_sigma * _gain(_FINE_KERNEL)) ** 2,
        coarse_energy - pixels * (noise_sigma * _gain(_COARSE_KERNEL)) ** 2,
    )
    blur = np.sqrt(np.clip(blur_squared * aslant, _SMALLEST_BLUR**2, _LARGEST_BLUR**2))
    return np.where(pixels >= _LEAST_EDGE_PIXELS, blur, np.nan), coarse_energy / np.maximum(pixels, 1)


def _blur_squared(fine: npt.NDArray[np.float32], coarse: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    ratio = fine.astype(np.float64) / np.maximum(coarse, 1e-6)
    # Where the coarse gradient is no weaker than the fine one the edge is wider than can be told.
    blur_squared = np.full(len(ratio), _LARGEST_BLUR**2)
    np.divide(_COARSE**2 - ratio * _FINE**2, ratio - 1, out=blur_squared, where=ratio > 1)
    return blur_squared


def _strongest(gradients: npt.NDArray[np.float32], least: float) -> npt.NDArray[np.bool_]:
    """Return which of each tile's squared gradients are among its strongest 5% and at least ``least`` squared."""
    rank = int(gradients.shape[1] * (1 - _EDGE_SHARE))
    limits = np.partition(gradients, rank, axis=1)[:, rank]
    return gradients >= np.maximum(limits, least**2)[:, None]


def _kernel(scale: float) -> npt.NDArray[np.float32]:
    """Return the right half of a Gaussian derivative; a ramp of slope 1 gives 1."""
    offsets = np.arange(1, int(np.ceil(3.2 * scale)) + 1)
    weights = offsets * np.exp(-(offsets**2) / (2 * scale**2))
    kernel: npt.NDArray[np.float32] = (weights / (2 * (offsets * weights).sum())).astype(np.float32)
    return kernel


_FINE_KERNEL, _COARSE_KERNEL = _kernel(_FINE), _kernel(_COARSE)


def _gain(kernel: npt.NDArray[np.float32]) -> float:
    """Return the standard deviation that the derivative makes of white noise with 1."""
    return float(np.sqrt(2 * (kernel**2).sum()))


def _derivative(
    values: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32], axis: int, margin: int
) -> npt.NDArray[np.float32]:
    """Differentiate (N, side, side) along ``axis``, without the outer ``margin`` pixels."""
    side = values.shape[1]

    def moved(offset: int) -> npt.NDArray[np.float32]:
        row, column = (offset, 0) if axis == 1 else (0, offset)
        return values[:, margin + row : side - margin + row, margin + column : side - margin + column]

    slope: npt.NDArray[np.float32] = kernel[0] * (moved(1) - moved(-1))
    for step, weight in enumerate(kernel[1:], 2):
        slope += weight * (moved(step) - moved(-step))
    return slope


def immerkaer(tiles: Tiles) -> npt.NDArray[np.float64]:
    """Return the noise of each tile: sqrt(pi / 2) / 6 times the mean of abs(I * N), in luma steps.

    N = [[1, -2, 1], [-2, 4, -2], [1, -2, 1]], the difference of two Laplacians, blind to flat areas, ramps and
    straight edges (Immerkaer 1996, Computer Vision and Image Understanding 64(2), eq. 5). Fine texture counts as noise.

    Parameters
    ----------
    tiles
        (N, H, W) uint8 luma.
    """
    values = tiles.astype(np.int16)
    rows = values[:, :-2] + values[:, 2:] - 2 * values[:, 1:-1]
    response = rows[:, :, :-2] + rows[:, :, 2:] - 2 * rows[:, :, 1:-1]
    noise: npt.NDArray[np.float64] = np.sqrt(np.pi / 2) / 6 * np.abs(response).mean((1, 2), dtype=np.float64)
    return noise


def noise_of_tiles(tiles: Tiles) -> float | None:
    """Return :func:`immerkaer` of the quietest tiles (20th percentile), where texture adds least; in luma steps.

    Tiles of which more than 5% is clipped are left out: clipping hides noise. None where no other is left.
    """
    clipped = ((tiles >= HIGHLIGHT) | (tiles <= SHADOW)).mean((1, 2))
    usable = tiles[clipped <= _CLIPPED_SHARE]
    return float(np.percentile(immerkaer(usable), _QUIETEST_SHARE)) if len(usable) else None
