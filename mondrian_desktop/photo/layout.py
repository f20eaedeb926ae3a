"""Where things are in the frame: visual weight, balance, the salient region and the thirds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mondrian_desktop.photo.color import Lab

Map = npt.NDArray[np.float64]
"""(H, W), not negative."""

_BORDER = 0.1
_SMALLEST_CONTRAST = 2.0  # CIE76: below, a picture has no parts that differ


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields as in :class:`~mondrian_desktop.photo.model.Measurements`."""

    weight_x: float
    weight_y: float
    balance_left_right: float
    balance_top_bottom: float
    salient_x: float | None
    salient_y: float | None
    salient_box: tuple[float, float, float, float] | None
    salient_share: float
    thirds_distance: float | None


def measure_layout(lab: Lab) -> Layout:
    """Measure a small picture (long side about 64) in CIELAB.

    The center of the visual weight is the centroid of :func:`weight_map`; the balance compares the halves of the
    same. The salient region is the connected part with the most of :func:`conspicuousness` among what exceeds twice
    its mean (Achanta et al. 2009, CVPR, section 4.2).
    """
    conspicuous = conspicuousness(lab)
    weights = _weights(lab, conspicuous)
    weight_x, weight_y = _centroid(weights)
    region = _largest_region(conspicuous, conspicuous > 2 * conspicuous.mean())
    balance = (_balance(weights.sum(0)), _balance(weights.sum(1)))
    if not region.any():
        return Layout(weight_x, weight_y, *balance, None, None, None, 0.0, None)
    inside = np.where(region, conspicuous, 0)
    x, y = _centroid(inside)
    share = float(inside.sum() / conspicuous.sum())
    return Layout(weight_x, weight_y, *balance, x, y, _box(region), share, _thirds_distance(x, y, region.shape))


def conspicuousness(lab: Lab) -> Map:
    """Return how much each pixel differs from the frame's border, (H, W).

    For each of the four sides, a tenth of the frame wide: the Mahalanobis distance of every color to that side's
    colors, scaled to at most 1; the sum of the four without the largest, because a subject may touch one side (Zhang
    et al. 2015, Minimum Barrier Salient Object Detection at 80 FPS, ICCV, eq. 7 and 8). Smoothed over
    5 x 5 pixels; the median is taken off, so that the background counts as nothing.
    """
    height, width = lab.shape[:2]
    if float(np.ptp(lab.reshape(-1, 3), axis=0).max()) < _SMALLEST_CONTRAST:
        return np.zeros((height, width))
    deep, wide = max(1, round(height * _BORDER)), max(1, round(width * _BORDER))
    sides = (lab[:deep], lab[-deep:], lab[:, :wide], lab[:, -wide:])
    distances = np.stack([_distances(lab, side) for side in sides])
    combined = distances.sum(0) - distances.max(0)
    smooth = _box_mean(_box_mean(combined, 0), 1)
    raised: Map = np.maximum(smooth - np.median(smooth), 0)
    return raised


def _distances(lab: Lab, side: Lab) -> Map:
    colors = side.reshape(-1, 3).astype(np.float64)
    # A plain border has no spread; 5 is about the least difference between colors that catches an eye.
    spread = np.cov(colors, rowvar=False, bias=True) + 25 * np.eye(3)
    offsets = lab.astype(np.float64) - colors.mean(0)
    distances: Map = np.sqrt(np.maximum(((offsets @ np.linalg.inv(spread)) * offsets).sum(-1), 0))
    return distances / max(float(distances.max()), 1e-9)


def weight_map(lab: Lab) -> Map:
    """Return the visual weight of each pixel, (H, W), with sum 1; even where nothing stands out.

    Half of it is :func:`conspicuousness`, half the local contrast: the gradient of lightness, smoothed over 5 x 5
    pixels, above its median. Color that differs and detail both draw the eye (Arnheim 1974, chapter 1: weight).
    """
    return _weights(lab, conspicuousness(lab))


def _weights(lab: Lab, conspicuous: Map) -> Map:
    parts = [part / part.sum() for part in (conspicuous, _local_contrast(lab)) if part.sum() > 0]
    if not parts:
        return np.full(lab.shape[:2], 1 / (lab.shape[0] * lab.shape[1]))
    weights: Map = sum(parts[1:], parts[0]) / len(parts)
    return weights


def _local_contrast(lab: Lab) -> Map:
    lightness = lab[..., 0].astype(np.float64)
    if min(lightness.shape) < 2 or float(np.ptp(lightness)) < _SMALLEST_CONTRAST:
        return np.zeros(lightness.shape)
    down, right = np.gradient(lightness)
    smooth = _box_mean(_box_mean(np.hypot(down, right), 0), 1)
    raised: Map = np.maximum(smooth - np.median(smooth), 0)
    return raised


def _box_mean(values: Map, axis: int) -> Map:
    """Return the mean over 5 pixels along ``axis``, the edge repeated."""
    padding = [(2, 2) if index == axis else (0, 0) for index in range(2)]
    padded = np.pad(values, padding, mode="edge")
    length = values.shape[axis]
    pieces = [padded.take(range(start, start + length), axis) for start in range(5)]
    mean: Map = sum(pieces[1:], pieces[0]) / 5
    return mean


def _centroid(weights: Map) -> tuple[float, float]:
    height, width = weights.shape
    total = weights.sum()
    x = weights.sum(0) @ (np.arange(width) + 0.5) / width / total
    y = weights.sum(1) @ (np.arange(height) + 0.5) / height / total
    return float(x), float(y)


def _balance(profile: Map) -> float:
    """Return the second half's share minus the first half's; the middle one of an odd number counts for neither."""
    half = profile.size // 2
    first, second = profile[:half].sum(), profile[profile.size - half :].sum()
    return float((second - first) / profile.sum())


def _largest_region(weights: Map, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return the 8-connected region of ``mask`` with the largest sum of ``weights``; empty where the mask is."""
    # One column more than there is keeps the right edge from being next to the left one.
    height, width = mask.shape
    padded = np.zeros((height, width + 1))
    padded[:, :-1] = weights
    flat = padded.ravel()
    rows, columns = np.nonzero(mask)
    left = set((rows * (width + 1) + columns).tolist())
    best: list[int] = []
    best_weight = 0.0
    while left:
        region = _connected(left, width + 1)
        weight = float(flat[region].sum())
        if weight > best_weight:
            best, best_weight = region, weight
    chosen = np.zeros(flat.shape, np.bool_)
    chosen[best] = True
    return chosen.reshape(padded.shape)[:, :-1]


def _connected(left: set[int], stride: int) -> list[int]:
    """Take one region out of ``left`` and return its cells; those below each other are ``stride`` apart."""
    steps = (-stride - 1, -stride, -stride + 1, -1, 1, stride - 1, stride, stride + 1)
    region = [left.pop()]
    for cell in region:  # it grows meanwhile
        for step in steps:
            if cell + step in left:
                left.remove(cell + step)
                region.append(cell + step)
    return region


def _box(region: npt.NDArray[np.bool_]) -> tuple[float, float, float, float]:
    height, width = region.shape
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def _thirds_distance(x: float, y: float, shape: tuple[int, ...]) -> float:
    """Return the distance to the nearest crossing of the lines at a third and two thirds, in diagonals of the frame."""
    height, width = shape[:2]
    across = min(abs(x - third) for third in (1 / 3, 2 / 3)) * width
    down = min(abs(y - third) for third in (1 / 3, 2 / 3)) * height
    return float(np.hypot(across, down) / np.hypot(width, height))
