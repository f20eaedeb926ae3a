"""The facts that an answer states, measured on the picture as the model sees it, or known from how it was made.

What has the same name as in ``mondrian_desktop.photo`` means the same, and the visual weight is that module's own: the
application must not contradict its own model. Sharpness and noise differ: here they are those at the model's size.
"""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from mondrian_desktop.photo import color as app_color
from mondrian_desktop.photo import layout, tone
from training.color import LUMA, Floats, to_lab
from training.degrade import Cast, neutrality
from training.sizes import CELL

HIGHLIGHT, SHADOW = (tone.HIGHLIGHT - 0.5) / 255, (tone.SHADOW + 0.5) / 255
WEIGHT_SIDE = 64
"""Long side at which the application measures the visual weight."""


@dataclass(frozen=True)
class Facts:
    """What is known about one picture.

    Attributes
    ----------
    lightness
        Mean L*, 0 to 100.
    darkest, lightest
        2nd and 98th percentile of L*.
    tonal_range
        Their distance: what is darker or lighter is too small to carry the picture.
    white, black
        Fraction of the frame where all channels are clipped at the upper (lower) end.
    channel
        Fraction where one or two channels are clipped at the upper end, but not all.
    cast_a, cast_b
        CIELAB a*, b* of what should be neutral.
    colorfulness
        Hasler and Suesstrunk's M3: 0 grey, 33 moderate, 59 quite, 82 highly colorful.
    hue_a, hue_b
        Mean a*, b* of all pixels: the color of the picture as a whole.
    chroma
        Mean C* of all pixels.
    acutance
        Steepness of the sharpest edges: largest luma step between neighbors over the local range, 0 to 0.5.
    noise
        Standard deviation of the noise, in values of 0 to 1.
    weight_x, weight_y
        Center of the visual weight, -1 (left, top) to 1 (right, bottom).
    detail
        Fraction of the frame with local contrast.
    width, height
        In pixels.
    """

    lightness: float
    darkest: float
    lightest: float
    tonal_range: float
    white: float
    black: float
    channel: float
    cast_a: float
    cast_b: float
    colorfulness: float
    hue_a: float
    hue_b: float
    chroma: float
    acutance: float
    noise: float
    weight_x: float
    weight_y: float
    detail: float
    width: float
    height: float

    @property
    def offset(self) -> float:
        """Distance of the visual weight from the center: 0 center, 1 the middle of a side.

        A picture may well stand on its lower part, so up and down count less.
        """
        return float(np.hypot(self.weight_x, 0.75 * self.weight_y))

    @property
    def cast(self) -> float:
        """Strength of the cast in units of CIELAB."""
        return float(np.hypot(self.cast_a, self.cast_b))

    def as_row(self) -> list[float]:
        """Return the values in the order of the fields."""
        return [float(getattr(self, field.name)) for field in fields(self)]


NAMES = tuple(field.name for field in fields(Facts))


def measure(before_noise: Floats, cast: Cast, noise: float) -> tuple[Facts, Floats]:
    """Return the facts of a picture (H, W, 3), sRGB, 0 to 1, whose cast and noise are known, and its weight by cell."""
    lab = to_lab(before_noise)
    low, high = np.percentile(lab[..., 0], [2, 98])
    acutance, detail = edges(before_noise)
    weight = weights(before_noise)
    x, y = center(weight)
    height, width = before_noise.shape[:2]
    facts = Facts(
        lightness=float(lab[..., 0].mean()),
        darkest=float(low),
        lightest=float(high),
        tonal_range=float(high - low),
        white=float((before_noise.min(-1) > HIGHLIGHT).mean()),
        black=float((before_noise.max(-1) < SHADOW).mean()),
        channel=float((before_noise.max(-1) > HIGHLIGHT).mean() - (before_noise.min(-1) > HIGHLIGHT).mean()),
        cast_a=cast[0],
        cast_b=cast[1],
        colorfulness=colorfulness(before_noise),
        hue_a=float(lab[..., 1].mean()),
        hue_b=float(lab[..., 2].mean()),
        chroma=float(np.hypot(lab[..., 1], lab[..., 2]).mean()),
        acutance=acutance,
        noise=noise,
        weight_x=x,
        weight_y=y,
        detail=detail,
        width=float(width),
        height=float(height),
    )
    return facts, by_cell(weight, height, width)


def colorfulness(picture: Floats) -> float:
    """Return M3 of Hasler and Suesstrunk, "Measuring colourfulness in natural images" (2003)."""
    red, green, blue = (picture[..., i] * 255 for i in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    return float(np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean()))


def edges(picture: Floats) -> tuple[float, float]:
    """Return the acutance and the fraction of the frame with local contrast.

    Acutance is a ratio of the steepest step to the range around it, so exposure and contrast leave it alone. It is
    read off the strongest edges only: a blurred background does not make a picture unsharp.
    """
    around, steepness = edge_maps(picture)
    strong = around > max(0.02, float(np.percentile(around, 85)))
    if strong.sum() < 50:
        return 0.12, 0.0
    return float(np.percentile(steepness[strong], 80)), float((around > 0.12).mean())


def edge_maps(picture: Floats, near: int = 5) -> tuple[Floats, Floats]:
    """Return for each pixel the range of luma around it, and the steepest step ``near`` it over that range."""
    luma = picture @ LUMA
    steps = np.hypot(ndimage.convolve1d(luma, [0.5, 0, -0.5], 0), ndimage.convolve1d(luma, [0.5, 0, -0.5], 1))
    # The range is taken a little wider than the steps, so that no edge is judged by a part of it.
    around = ndimage.maximum_filter(luma, 11) - ndimage.minimum_filter(luma, 11)
    return around, ndimage.maximum_filter(steps, near) / np.maximum(around, 0.02)


def parts(picture: Floats, weight: Floats, *, noisy: bool) -> Floats:
    """Return what the facts of a picture (H, W, 3) are made of in each image token's cell, (H / 32, W / 32, 24).

    Of about unit spread; columns as in :data:`PARTS`. Of those called "given" the mean is the fact, or goes with it:
    there each cell counts by its share in the whole picture. What is known of edges is NaN in a ``noisy`` picture,
    which hides them, and acutance where there is hardly an edge.

    Parameters
    ----------
    weight
        As by :func:`by_cell`.
    """
    # As far as the range is taken, so that every pixel beside an edge knows its steepness and the mean tells it.
    around, steepness = (_cells(each) for each in edge_maps(picture, near=11))
    strongest = around.max(-1)
    here = around > 0.85 * strongest[..., None]
    acutance = (steepness * here).sum(-1) / here.sum(-1).clip(1)
    strong = around > max(0.02, float(np.percentile(around[..., ::4], 85)))
    of_strong = 1 / max(float(strong.mean()), 0.001)
    edges = [
        np.log2(strongest.clip(0.02)) + 3,
        np.where(strongest > 0.08, np.log2(acutance.clip(0.02)) + 1.5, np.nan),
        (around > 0.12).mean(-1) * 3 - 1,
        of_strong * strong.mean(-1) - 1,
        of_strong * (steepness * strong).mean(-1) * 2 - 1,
    ]

    # A quarter of the pixels says as much.
    pixels = picture[::2, ::2]
    lab = to_lab(pixels)
    neutral = neutrality(lab)
    of_neutral = 1 / (float(neutral.mean()) + 0.05)
    lightness, a, b, neutrals = (_cells(each, CELL // 2) for each in (*np.moveaxis(lab, -1, 0), neutral))
    darkest, lightest = np.percentile(lightness, [10, 90], axis=-1)
    most, least = pixels.max(-1) > HIGHLIGHT, pixels.min(-1) > HIGHLIGHT
    clipped = [_cells(each, CELL // 2).mean(-1) for each in (least, pixels.max(-1) < SHADOW, most & ~least)]
    tones = [
        lightness.mean(-1) / 25 - 2,
        a.mean(-1) / 12,
        b.mean(-1) / 15,
        np.hypot(a, b).mean(-1) / 14 - 1.5,
        darkest / 25 - 1.5,
        lightest / 25 - 2.5,
        *(3 * np.sqrt(each) for each in clipped),
        *(4 * each for each in clipped),
        2 * neutrals.mean(-1) - 1,
        (neutrals * a).mean(-1) / 3,
        (neutrals * b).mean(-1) / 3,
        of_neutral * (neutrals * a).mean(-1) / 5,
        of_neutral * (neutrals * b).mean(-1) / 5,
    ]
    tall, wide = weight.shape
    y, x = np.mgrid[0:tall, 0:wide]
    given = weight * weight.size
    places = [given * ((2 * x + 1) / wide - 1), given * ((2 * y + 1) / tall - 1)]
    columns = np.stack([*edges, *tones, *places], -1).astype(np.float32)
    if noisy:
        columns[..., : len(edges)] = np.nan
    return columns


PARTS = (
    *("range", "acutance", "detail", "strong edges", "acutance given"),
    *("lightness", "a", "b", "chroma", "darkest", "lightest"),
    *("white", "black", "channel", "white given", "black given", "channel given"),
    *("neutral", "neutral a", "neutral b", "cast a given", "cast b given"),
    *("weight x given", "weight y given"),
)


def _cells(values: npt.NDArray[Any], side: int = CELL) -> npt.NDArray[Any]:
    """(H, W) -> (H / side, W / side, side * side)."""
    tall, wide = values.shape[0] // side, values.shape[1] // side
    return values.reshape(tall, side, wide, side).swapaxes(1, 2).reshape(tall, wide, side * side)


def weights(picture: Floats) -> Floats:
    """Return the visual weight as the application measures it, (about 64 pixels wide or high), summing to 1."""
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    scale = WEIGHT_SIDE / max(image.size)
    small = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BOX)
    return layout.weight_map(app_color.to_lab(np.asarray(small))).astype(np.float32)


def by_cell(weight: Floats, height: int, width: int) -> Floats:
    """Return the weight of each image token's cell, (height / 32, width / 32), summing to 1."""
    cells = Image.fromarray(weight).resize((width // CELL, height // CELL), Image.Resampling.BOX)
    shares = np.asarray(cells)
    return (shares / shares.sum()).astype(np.float32)


def center(weight: Floats) -> tuple[float, float]:
    """Return the center of the visual weight, each -1 to 1."""
    y, x = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1 for size in weight.shape)
    return float(weight.sum(0) @ x), float(weight.sum(1) @ y)
