"""The tilt of the longest nearly level line."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Gray = npt.NDArray[np.float32]

_STEEPEST = 15.0  # degrees: beyond, a tilt is meant
_STEP = 0.25
_ANGLES = np.arange(-_STEEPEST, _STEEPEST + _STEP / 2, _STEP)
_COSINES, _SINES = np.cos(np.radians(_ANGLES)).astype(np.float32), np.sin(np.radians(_ANGLES)).astype(np.float32)
_OWN_DIRECTION = 5.0  # degrees that an edge may differ from the line it votes for
_OWN_STEPS = round(_OWN_DIRECTION / _STEP)
_STRONGEST = 2500
_LEAST_GRADIENT = 16.0  # of Sobel's sums: 2 of lightness per pixel
_SMALLEST_SIDE = 24


@dataclass(frozen=True, slots=True, eq=False)
class _Edges:
    """Points on edges: x and y from the picture's center, the edge's direction in degrees."""

    x: Gray
    y: Gray
    direction: Gray

    def only(self, chosen: npt.NDArray[np.bool_]) -> "_Edges":
        return _Edges(self.x[chosen], self.y[chosen], self.direction[chosen])


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
    width = lightness.shape[1]
    # Edges to dark and edges to light are not of one line: shores and roofs have both, close together.
    kinds = [edges for edges in _level_edges(lightness) if edges.x.size >= width / 10]
    if not kinds:
        return None, 0.0
    votes, edges = max(((_vote(edges), edges) for edges in kinds), key=lambda pair: float(pair[0].max()))
    best = votes.max(1)
    winner = int(best.argmax())
    on_line = edges.only(_is_on_line(edges, float(_ANGLES[winner]), int(votes[winner].argmax()) - votes.shape[1] // 2))
    distinct = 1 - float(np.median(best)) / float(best[winner])
    return _fitted(on_line, float(_ANGLES[winner])), np.unique(on_line.x).size / width * distinct


def _fitted(edges: _Edges, angle: float) -> float:
    """Return the angle of the straight line through the edges; ``angle`` itself where there are few."""
    if edges.x.size < 8:
        return angle
    slope = float(np.polyfit(edges.x, edges.y, 1)[0])
    return float(np.clip(np.degrees(np.arctan(slope)), -_STEEPEST, _STEEPEST))


def _is_on_line(edges: _Edges, angle: float, distance: int) -> npt.NDArray[np.bool_]:
    radians = np.radians(angle)
    off = np.abs(edges.y * np.cos(radians) - edges.x * np.sin(radians) - distance)
    near: npt.NDArray[np.bool_] = (off <= 1.5) & (np.abs(edges.direction - angle) <= _OWN_DIRECTION)
    return near


def _level_edges(lightness: Gray) -> tuple[_Edges, _Edges]:
    """Return the strongest edges below which it is darker, and those below which it is lighter."""
    # The stairs of a slanting edge would all be level; smoothed, they are a slope.
    lightness = _smooth(_smooth(lightness).T).T
    # Sobel: smoothed along the edge, differentiated across.
    smooth_x = lightness[:, :-2] + 2 * lightness[:, 1:-1] + lightness[:, 2:]
    smooth_y = lightness[:-2] + 2 * lightness[1:-1] + lightness[2:]
    down: Gray = smooth_x[2:] - smooth_x[:-2]
    right: Gray = smooth_y[:, 2:] - smooth_y[:, :-2]
    strength = np.abs(down)
    rows, columns = _peaks(strength, np.abs(right))
    # A single pixel's direction is noise; along 9 pixels of an edge it is the edge's (the structure tensor's ratio).
    along, across = _row_mean(right * down), _row_mean(down * down)
    # The peak lies between rows: at the top of a parabola through three of them.
    above, here, below = (strength[rows + step, columns] for step in (-1, 0, 1))
    between = (above - below) / (2 * (above - 2 * here + below))
    height, width = strength.shape
    edges = _Edges(
        (columns - (width - 1) / 2).astype(np.float32),
        (rows + between - (height - 1) / 2).astype(np.float32),
        np.degrees(np.arctan(-along[rows, columns] / across[rows, columns])).astype(np.float32),
    )
    falls = down[rows, columns] < 0
    return edges.only(falls), edges.only(~falls)


def _peaks(strength: Gray, sideways: Gray) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return rows and columns of the strongest nearly level edges, each thinned to one row."""
    peak = np.zeros(strength.shape, np.bool_)
    peak[1:-1] = (strength[1:-1] >= strength[:-2]) & (strength[1:-1] > strength[2:])
    level = sideways < strength * np.float32(np.tan(np.radians(_STEEPEST + _OWN_DIRECTION)))
    rows, columns = np.nonzero(peak & level & (strength > _LEAST_GRADIENT))
    chosen = strength[rows, columns].argsort()[-_STRONGEST:]
    return rows[chosen], columns[chosen]


def _smooth(values: Gray) -> Gray:
    """Return each row weighted 1, 2, 1 over 3 pixels, the edge repeated."""
    padded = np.pad(values, ((0, 0), (1, 1)), mode="edge")
    smooth: Gray = ((padded[:, :-2] + 2 * values + padded[:, 2:]) / 4).astype(np.float32)
    return smooth


def _row_mean(values: Gray) -> Gray:
    """Return the mean over 9 pixels of each row; at its ends over those that there are."""
    sums = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1, dtype=np.float64)
    columns = np.arange(values.shape[1])
    first, last = np.maximum(columns - 4, 0), np.minimum(columns + 5, values.shape[1])
    mean: Gray = ((sums[:, last] - sums[:, first]) / (last - first)).astype(np.float32)
    return mean


def _vote(edges: _Edges) -> npt.NDArray[np.float64]:
    """Return votes per angle and (rounded) distance from the center, smoothed over neighboring distances.

    A vote counts the less the more the edge's own direction differs, or lines would run aslant through parallel ones.
    """
    reach = int(np.ceil(np.hypot(np.abs(edges.x).max(), np.abs(edges.y).max()))) + 2
    bins = 2 * reach + 1
    # Only the angles near each edge's own are looked at: a third of all.
    nearest = np.rint((edges.direction + _STEEPEST) / _STEP).astype(np.int32)
    angle = nearest[:, None] + np.arange(-_OWN_STEPS, _OWN_STEPS + 1, dtype=np.int32)
    agreement = (
        1 - np.abs(angle * np.float32(_STEP) - np.float32(_STEEPEST) - edges.direction[:, None]) / _OWN_DIRECTION
    )
    counts = (agreement > 0) & (angle >= 0) & (angle < len(_ANGLES))
    point, angle, agreement = np.nonzero(counts)[0], angle[counts], agreement[counts]
    distance = np.rint(_COSINES[angle] * edges.y[point] - _SINES[angle] * edges.x[point]).astype(np.int32)
    flat = np.bincount(angle * bins + distance + reach, agreement, len(_ANGLES) * bins).astype(np.float64)
    votes: npt.NDArray[np.float64] = flat.reshape(len(_ANGLES), bins)
    smoothed = votes.copy()
    smoothed[:, 1:-1] += votes[:, :-2] + votes[:, 2:]
    return smoothed
