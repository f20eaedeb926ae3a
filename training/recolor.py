"""Pictures in other hues, so that a color cast is told by what is gray and not by knowing the photograph.

There are few photographs. Within hundreds of steps the vision encoder knows them all, and with them how each looks
without a cast: it was then ever better on pictures of these photographs and ever worse on others.
"""

from dataclasses import replace

import numpy as np

from training.color import LUMA, Floats, from_lab, to_lab
from training.measure import HIGHLIGHT, SHADOW, Facts, colorfulness
from training.photos import Pixels

_TO_YCC = np.stack([LUMA, (np.eye(3)[2] - LUMA) / 1.772, (np.eye(3)[0] - LUMA) / 1.402])
"""ITU-R BT.601: luma and the two color differences."""


def rotation(angle: float) -> Floats:
    """Return (3, 3) that turns the hues of gamma-encoded R, G, B by ``angle`` (radians): luma and grays stay."""
    turn = np.eye(3)
    turn[1:, 1:] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    return (np.linalg.inv(_TO_YCC) @ turn @ _TO_YCC).astype(np.float32)


def recolored(pixels: Pixels, facts: Facts, angle: float) -> tuple[Pixels, Facts]:
    """Return a picture (H, W, 3) with its hues turned, and its facts.

    What was known from before the noise is moved by what moves in the finished picture. A cast turns with the rest.
    """
    matrix = rotation(angle)
    before = pixels.astype(np.float32) / 255
    after = np.clip(before @ matrix.T, 0, 1)
    moved = _tones(after[::2, ::2]) - _tones(before[::2, ::2])
    known = [facts.lightness, facts.darkest, facts.lightest, facts.hue_a, facts.hue_b, facts.chroma]
    known += [facts.colorfulness, facts.white, facts.black, facts.channel]
    lightness, darkest, lightest, hue_a, hue_b, chroma, colors, white, black, channel = map(float, known + moved)
    grays = from_lab(np.float32([[[level, facts.cast_a, facts.cast_b] for level in (35, 50, 65)]]))
    cast = to_lab(np.clip(grays @ matrix.T, 0, 1))[0, :, 1:].mean(0)
    turned = replace(
        facts,
        lightness=lightness,
        darkest=darkest,
        lightest=lightest,
        tonal_range=max(0.0, lightest - darkest),
        white=min(max(white, 0.0), 1.0),
        black=min(max(black, 0.0), 1.0),
        channel=min(max(channel, 0.0), 1.0),
        cast_a=float(cast[0]),
        cast_b=float(cast[1]),
        colorfulness=max(0.0, colors),
        hue_a=hue_a,
        hue_b=hue_b,
        chroma=max(0.0, chroma),
    )
    return (after * 255 + 0.5).astype(np.uint8), turned


def _tones(picture: Floats) -> Floats:
    lab = to_lab(picture)
    most, least = picture.max(-1), picture.min(-1)
    low, high = np.percentile(lab[..., 0], [2, 98])
    white = (least > HIGHLIGHT).mean()
    means = lab.mean((0, 1))
    chroma = np.hypot(lab[..., 1], lab[..., 2]).mean()
    clipped = [white, (most < SHADOW).mean(), (most > HIGHLIGHT).mean() - white]
    return np.float32([means[0], low, high, means[1], means[2], chroma, colorfulness(picture), *clipped])
