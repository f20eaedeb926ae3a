"""The tilt of the longest nearly level line."""

import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.float32]
Coordinates = npt.NDArray[np.float32]

_STEEPEST = 15.0  # degrees: beyond, a tilt is meant
_STEP = 0.25
_OWN_DIRECTION = 6.0  # degrees that an edge may differ from the line it votes for
_STRONGEST = 2500
_LEAST_GRADIENT = 2.0  # lightness per pixel
_SMALLEST_SIDE = 24


def measure_tilt(lightness: Gray) -> tuple[float | None, float]:
    """Return angle (degrees, positive where the right end is lower) and confidence, 0 to 1.

    A Hough transform (Duda and Hart 1972) over -15 to 15 degrees of the strongest nearly level edges, each voting
    only near its own direction; the angle is then fitted to the edges on the winning line. The confidence is the
    share of the frame's width that this line covers, times how far its votes stand out from the best lines at other
    angles (1 minus the ratio of their median to its own): grass has lines at every angle, a horizon at one.

    Parameters
    ----------
    lightness
        (H, W) float32, CIE L*, long side about 256.

    Returns
    -------
    The angle is None where the picture has no edges, or is smaller than 24 pixels.
    """
    if min(lightness.shape) < _SMALLEST_SIDE:
        return None, 0.0
    x, y, angle = _level_edges(lightness)
    width = lightness.shape[1]
    if x.size < width / 10:
        return None, 0.0
    votes, angles = _vote(x, y, angle)
    best = votes.max(1)
    winner = int(best.argmax())
    radians = np.radians(angles[winner])
    distance = y * np.cos(radians) - x * np.sin(radians) - int(votes[winner].argmax()) + votes.shape[1] // 2
    on_line = (np.abs(distance) <= 1.5) & (np.abs(angle - angles[winner]) <= _OWN_DIRECTION)
    coverage = np.unique(x[on_line]).size / width
    distinct = 1 - float(np.median(best)) / float(best[winner])
    slope = np.polyfit(x[on_line], y[on_line], 1)[0] if on_line.sum() >= 8 else np.tan(np.radians(angles[winner]))
    return float(np.clip(np.degrees(np.arctan(slope)), -_STEEPEST, _STEEPEST)), float(coverage * distinct)


def _level_edges(lightness: Gray) -> tuple[Coordinates, Coordinates, Coordinates]:
    """Return x, y (from the center) and direction (degrees) of edges that are strongest across their neighbors."""
    # Sobel: smoothed along the edge, differentiated across.
    smooth_x = lightness[:, :-2] + 2 * lightness[:, 1:-1] + lightness[:, 2:]
    smooth_y = lightness[:-2] + 2 * lightness[1:-1] + lightness[2:]
    down = (smooth_x[2:] - smooth_x[:-2]) / 8
    right = (smooth_y[:, 2:] - smooth_y[:, :-2]) / 8
    strength = np.abs(down)
    peak = np.zeros(strength.shape, np.bool_)
    peak[1:-1] = (strength[1:-1] >= strength[:-2]) & (strength[1:-1] > strength[2:])
    level = np.abs(right) < strength * np.float32(np.tan(np.radians(_STEEPEST + _OWN_DIRECTION)))
    rows, columns = np.nonzero(peak & level & (strength > _LEAST_GRADIENT))
    chosen = strength[rows, columns].argsort()[-_STRONGEST:]
    rows, columns = rows[chosen], columns[chosen]
    angle = np.degrees(np.arctan(-right[rows, columns] / down[rows, columns]))
    height, width = strength.shape
    return (
        (columns - (width - 1) / 2).astype(np.float32),
        (rows - (height - 1) / 2).astype(np.float32),
        angle.astype(np.float32),
    )


def _vote(x: Coordinates, y: Coordinates, own: Coordinates) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return votes per angle and (rounded) distance, smoothed over neighboring distances, and the angles."""
    angles = np.arange(-_STEEPEST, _STEEPEST + _STEP / 2, _STEP)
    reach = int(np.ceil(np.hypot(np.abs(x).max(), np.abs(y).max()))) + 2
    bins = 2 * reach + 1
    radians = np.radians(angles)[:, None].astype(np.float32)
    index = np.rint(np.cos(radians) * y - np.sin(radians) * x).astype(np.int32) + reach
    index += np.arange(len(angles), dtype=np.int32)[:, None] * bins
    near = np.abs(angles[:, None].astype(np.float32) - own) <= _OWN_DIRECTION
    votes = np.bincount(index[near], minlength=len(angles) * bins).reshape(len(angles), bins)
    smoothed = votes.copy()
    smoothed[:, 1:-1] += votes[:, :-2] + votes[:, 2:]
    return smoothed, angles
