"""Color: CIELAB, cast, colorfulness, saturation, the dominant colors."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mondrian_desktop.photo.model import Pixels, Swatch
from mondrian_desktop.photo.tone import SRGB_TO_LINEAR

Lab = npt.NDArray[np.float32]
"""(H, W, 3) float32: CIE L* 0 to 100, a*, b*, for D65."""

# IEC 61966-2-1, rows X, Y, Z, divided by the white point D65 (ASTM E308: 0.95047, 1, 1.08883).
_RGB_TO_XYZ = (
    np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
    / np.array([[0.95047], [1.0], [1.08883]])
).astype(np.float32)

_SWATCHES = 6
_SAME_COLOR = 10.0  # CIE76 difference below which two swatches are one to the eye of a reader
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Colors:
    """Fields as in :class:`~mondrian_desktop.photo.model.Measurements`."""

    mean_lightness: float
    cast_a: float
    cast_b: float
    cast_ratio: float
    saturation: float


def to_lab(pixels: Pixels) -> Lab:
    """Convert (H, W, 3) uint8 sRGB to CIELAB (CIE 15:2018, 8.2.1) with white point D65."""
    xyz = SRGB_TO_LINEAR[pixels] @ _RGB_TO_XYZ.T
    f: Lab = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + np.float32(16 / 116))
    lab: Lab = np.empty_like(f)
    lab[..., 0] = 116 * f[..., 1] - 16
    lab[..., 1] = 500 * (f[..., 0] - f[..., 1])
    lab[..., 2] = 200 * (f[..., 1] - f[..., 2])
    return lab


def measure_colors(lab: Lab) -> Colors:
    """Measure lightness, cast and saturation.

    The cast is the mean (a*, b*) of the pixels with L* from 5 to 95. Its ratio is (mu - sigma) / sigma with mu the
    length of that mean and sigma the spread of the same pixels, sqrt(var a* + var b*), at least 1 (Gasparini and
    Schettini 2004, Pattern Recognition 37(6), section 3: a cast moves all colors, a colored subject spreads them).
    Saturation is sum C* / sum sqrt(C*^2 + L*^2) (Luebbe 2010), so that dark pixels, whose hue is noise, weigh little.
    """
    lightness, a, b = (lab[..., index] for index in range(3))
    chroma_squared = a * a + b * b
    length = float(np.sqrt(chroma_squared + lightness * lightness).sum())
    saturation = float(np.sqrt(chroma_squared).sum()) / length if length > 0 else 0.0
    between = (lightness >= 5) & (lightness <= 95)
    cast_a, cast_b, ratio = _cast(a[between], b[between])
    return Colors(float(lightness.mean()), cast_a, cast_b, ratio, saturation)


def _cast(a: npt.NDArray[np.float32], b: npt.NDArray[np.float32]) -> tuple[float, float, float]:
    if not a.size:
        return 0.0, 0.0, -1.0
    mean_a, mean_b = float(a.mean()), float(b.mean())
    spread = max(float(np.sqrt(a.var() + b.var())), 1.0)
    return mean_a, mean_b, min(float(np.hypot(mean_a, mean_b)) / spread - 1, 10.0)


def measure_colorfulness(pixels: Pixels) -> float:
    """Return M3 = sigma_rgyb + 0.3 mu_rgyb of (H, W, 3) uint8 (Hasler and Suesstrunk 2003, Proc. SPIE 5007, eq. 1).

    With rg = R - G and yb = (R + G) / 2 - B: sigma_rgyb = sqrt(sigma_rg^2 + sigma_yb^2), mu_rgyb likewise. 0 is grey;
    the paper's scale: 15 slightly, 33 moderately, 45 averagely, 59 quite, 82 highly, 109 extremely colorful.
    """
    red, green, blue = (pixels[..., index].astype(np.int16) for index in range(3))
    rg, yb = _moments(red - green), _moments(red + green - 2 * blue)
    # yb was taken twice as large to stay whole.
    deviation = np.sqrt(rg[1] + yb[1] / 4)
    mean = np.hypot(rg[0], yb[0] / 2)
    return float(deviation + 0.3 * mean)


def _moments(values: npt.NDArray[np.int16]) -> tuple[float, float]:
    """Return mean and variance."""
    flat = values.ravel().astype(np.float32)
    mean = float(flat.mean(dtype=np.float64))
    flat -= np.float32(mean)
    return mean, float(flat @ flat) / flat.size


def measure_palette(pixels: Pixels, lab: Lab) -> tuple[Swatch, ...]:
    """Return up to six dominant colors, the largest first.

    K-means (Lloyd 1982) in CIELAB with six centers, begun with the color nearest the mean and then, one after the
    other, the color farthest from all centers: the same picture gives the same palette. Swatches closer than 10
    (CIE76) are one. Each is shown as the mean of its pixels.
    """
    colors, points = pixels.reshape(-1, 3).astype(np.float32), lab.reshape(-1, 3)
    labels = _cluster(points)
    groups = [(points[labels == label], colors[labels == label]) for label in range(_SWATCHES)]
    merged: list[tuple[Lab, npt.NDArray[np.float32]]] = []
    for group in sorted((group for group in groups if len(group[0])), key=lambda group: -len(group[0])):
        for index, (kept_points, kept_colors) in enumerate(merged):
            if np.linalg.norm(kept_points.mean(0) - group[0].mean(0)) < _SAME_COLOR:
                merged[index] = (np.concatenate([kept_points, group[0]]), np.concatenate([kept_colors, group[1]]))
                break
        else:
            merged.append(group)
    swatches = [Swatch(_hex(members.mean(0)), len(members) / len(colors)) for _, members in merged]
    return tuple(sorted(swatches, key=lambda swatch: -swatch.fraction))


def _cluster(points: Lab) -> npt.NDArray[np.intp]:
    centers = _spread_centers(points)
    labels = np.zeros(len(points), np.intp)
    for _ in range(_ROUNDS):
        # The point's own length is the same for all centers.
        distances = (centers * centers).sum(1) - 2 * points @ centers.T
        labels = distances.argmin(1)
        counts = np.bincount(labels, minlength=_SWATCHES)
        sums = np.stack([np.bincount(labels, points[:, axis], _SWATCHES) for axis in range(3)], axis=1)
        moved = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centers).astype(np.float32)
        if np.allclose(moved, centers, atol=0.05):
            break
        centers = moved
    return labels


def _spread_centers(points: Lab) -> npt.NDArray[np.float32]:
    nearest = np.linalg.norm(points - points.mean(0), axis=1).argmin()
    centers = [points[nearest]]
    distances = np.linalg.norm(points - centers[0], axis=1)
    while len(centers) < _SWATCHES:
        centers.append(points[distances.argmax()])
        distances = np.minimum(distances, np.linalg.norm(points - centers[-1], axis=1))
    return np.stack(centers)


def _hex(color: npt.NDArray[np.float32]) -> str:
    red, green, blue = (int(value + 0.5) for value in color)
    return f"#{red:02x}{green:02x}{blue:02x}"
