"""What goes wrong with a photograph, with known strength, and the ladders by which the model is examined.

Pictures are (H, W, 3) float32, sRGB, 0 to 1, at the size at which the model sees them; blur and noise are in
pixels and values of that size.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from training.color import LUMA, Floats, from_lab, to_lab, to_linear, to_srgb

Cast = tuple[float, float]
"""CIELAB a* and b* of what should be neutral."""


@dataclass(frozen=True)
class Degradation:
    """Strengths; the defaults change nothing.

    Attributes
    ----------
    ev
        Exposure in stops.
    red, blue
        Gain of the red (blue) channel against green in stops: the white balance error.
    saturation, contrast
        Factors; 1 keeps, 0 removes. Contrast turns about a point near the mean.
    blur
        Sigma of the Gaussian in pixels.
    noise
        Standard deviation of the noise in the picture's values, all channels together.
    grain
        Sigma by which the noise itself is blurred (its strength is kept), in pixels: coarser grain.
    chroma
        Share of the noise that is colored, 0 to 1.
    """

    ev: float = 0.0
    red: float = 0.0
    blue: float = 0.0
    saturation: float = 1.0
    contrast: float = 1.0
    blur: float = 0.0
    noise: float = 0.0
    grain: float = 0.0
    chroma: float = 0.6


CLEAN = Degradation()


def tones(picture: Floats, how: Degradation, pivot: float | None = None) -> Floats:
    """Apply exposure, white balance, saturation and contrast.

    ``pivot`` is the mean value about which the contrast turns; by default that of the picture.
    """
    out = np.clip(picture, 0, 1)
    if how.ev or how.red or how.blue:
        gains = np.float32([how.red, -0.5 * how.red - 0.3 * abs(how.blue), how.blue]) + np.float32(how.ev)
        out = to_srgb(to_linear(out) * np.exp2(gains))
    if how.saturation != 1:
        grey = (out @ LUMA)[..., None]
        out = np.clip(grey + (out - grey) * np.float32(how.saturation), 0, 1)
    if how.contrast != 1:
        center = np.float32(0.2 + 0.6 * (float(out.mean()) if pivot is None else pivot))
        out = np.clip(center + (out - center) * np.float32(how.contrast), 0, 1)
    return out


def blurred(picture: Floats, sigma: float) -> Floats:
    """Return the picture out of focus; sigmas below 0.05 pixel do nothing."""
    return ndimage.gaussian_filter(picture, (sigma, sigma, 0), truncate=3.0) if sigma > 0.05 else picture


def noise_field(shape: tuple[int, ...], how: Degradation, rng: np.random.Generator) -> Floats:
    """Return noise of the degradation's strength, grain and color for a picture of ``shape`` (H, W, 3)."""
    grey = rng.standard_normal(shape[:2], np.float32)[..., None]
    color = rng.standard_normal(shape, np.float32)
    field = np.sqrt(1 - how.chroma**2) * grey + how.chroma * color
    if how.grain > 0.05:
        field = ndimage.gaussian_filter(field, (how.grain, how.grain, 0), truncate=3.0)
        field /= field.std()
    return np.float32(how.noise) * field


def degrade(picture: Floats, how: Degradation, rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Return the degraded picture before noise, and the finished one as 8 bits.

    The first is what sharpness and tones are measured on, so that noise is not taken for detail.
    """
    before = blurred(tones(picture, how), how.blur)
    after = before + noise_field(before.shape, how, rng) if how.noise else before
    return before, (np.clip(after, 0, 1) * 255 + 0.5).astype(np.uint8)


def neutrality(lab: Floats) -> Floats:
    """Return how much each color (…, 3) may be what is left of a neutral middle tone, 0 to 1."""
    chroma2 = lab[..., 1] ** 2 + lab[..., 2] ** 2
    return np.exp(-chroma2 / 12**2) * ((lab[..., 0] > 15) & (lab[..., 0] < 95))


def own_cast(picture: Floats) -> Cast:
    """Return the cast of a picture as found: the mean a*, b* of its nearly neutral middle tones.

    A colored subject has few nearly neutral tones, so it does not pass for a cast; the fewer there are, the nearer
    the result is to 0. Its length is at most about 8.
    """
    lab = to_lab(picture[::2, ::2])
    weight = neutrality(lab)
    share = float(weight.mean())
    if share == 0:
        return 0.0, 0.0
    mean = (weight[..., None] * lab[..., 1:]).sum((0, 1)) / weight.sum() * (share / (share + 0.05))
    return float(mean[0]), float(mean[1])


def cast_after(picture: Floats, how: Degradation, own: Cast) -> Cast:
    """Return the cast once the picture was degraded: what became of grey patches that had its own cast.

    The shift that was applied is known, so a picture of an orange wall is not taken for a warm cast.
    """
    patches = from_lab(np.float32([[[lightness, *own] for lightness in (35, 50, 65)]]))
    pivot = float(tones(picture[::4, ::4], replace(how, contrast=1.0)).mean()) if how.contrast != 1 else None
    mean = to_lab(tones(patches, how, pivot))[0, :, 1:].mean(0)
    return float(mean[0]), float(mean[1])


def draw(rng: np.random.Generator) -> Degradation:
    """Return a random degradation: most pictures have one to three faults, one in eight has none."""
    if rng.random() < 0.125:
        return CLEAN

    def often(chance: float) -> bool:
        return bool(rng.random() < chance)

    white_balance = often(0.4)
    return Degradation(
        ev=rng.uniform(-2.8, 2.2) if often(0.5) else rng.normal(0, 0.15),
        red=rng.normal(0, 0.35) if white_balance else 0.0,
        blue=rng.normal(0, 0.5) if white_balance else 0.0,
        saturation=rng.uniform(0, 1.9) if often(0.35) else rng.uniform(0.92, 1.08),
        contrast=rng.uniform(0.2, 1.6) if often(0.35) else 1.0,
        blur=2 ** rng.uniform(-1.6, 2.0) if often(0.45) else 0.0,
        noise=rng.uniform(0.1, 1) ** 1.7 * 0.13 if often(0.45) else 0.0,
        grain=rng.uniform(0.4, 1.2) if often(0.4) else 0.0,
        chroma=rng.uniform(0, 0.9),
    )


LADDERS: dict[str, tuple[str, tuple[Degradation, ...]]] = {
    "darker": ("Exposure", tuple(Degradation(ev=-v) for v in (0.7, 1.4, 2.1))),
    "brighter": ("Exposure", tuple(Degradation(ev=v) for v in (0.7, 1.4, 2.1))),
    "flatter": ("Contrast", tuple(Degradation(contrast=v) for v in (0.7, 0.45, 0.25))),
    "blurrier": ("Sharpness", tuple(Degradation(blur=v) for v in (0.8, 1.6, 3.2))),
    "noisier": ("Noise", tuple(Degradation(noise=v) for v in (0.02, 0.05, 0.1))),
    "paler": ("Saturation", tuple(Degradation(saturation=v) for v in (0.6, 0.3, 0.0))),
    "bluer": ("Color Balance", tuple(Degradation(blue=v) for v in (0.4, 0.8, 1.2))),
    "warmer": ("Color Balance", tuple(Degradation(red=v, blue=-v) for v in (0.25, 0.5, 0.75))),
}
"""Fault -> the dimension it is about, and its steps from slight to strong. The undegraded picture is step 0."""
