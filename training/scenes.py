"""Undegraded pictures: procedural scenes, crops of photographs, and photographs set into each other.

They are kinds of pictures, not pictures of things: bright and dark ones by intent, smooth and richly textured ones,
colored subjects without a cast, subjects anywhere in the frame. All are (H, W, 3) float32, sRGB, 0 to 1.
"""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy import ndimage

from training.color import Floats
from training.photos import Pixels
from training.sizes import SIZES, Size

_OVERSAMPLE = 2
_FIELD = 900


def draw_size(rng: np.random.Generator) -> Size:
    """Return one of :data:`SIZES`."""
    sizes = list(SIZES)
    return sizes[int(rng.choice(len(sizes), p=np.array(list(SIZES.values()))))]


@dataclass
class Studio:
    """Photographs, and textures that are made once per process because they take long."""

    photos: list[Pixels]
    textures: list[Floats]
    shares: Floats

    @classmethod
    def open(cls, photos: list[Pixels], rng: np.random.Generator, textures: int = 16) -> "Studio":
        """Make the textures, from grain-like to cloud-like. Grey photographs are drawn four times less often."""
        betas = np.linspace(0.1, 2.0, textures)
        shares = np.array([0.25 if np.ptp(pixels[::8, ::8], -1).mean() < 4 else 1.0 for pixels in photos])
        return cls(photos, [fractal(rng, _FIELD, _FIELD, float(beta)) for beta in betas], shares / shares.sum())

    def photo(self, rng: np.random.Generator) -> Pixels:
        """Return one of the photographs."""
        return self.photos[int(rng.choice(len(self.photos), p=self.shares))]

    def texture(self, rng: np.random.Generator, height: int, width: int, *, fine: bool = False) -> Floats:
        """Return a piece of a texture, (height, width), mean 0, deviation about 1; ``fine`` ones have small detail."""
        field = self.textures[int(rng.integers(len(self.textures) // 3 if fine else len(self.textures)))]
        if rng.random() < 0.5:
            field = field.T
        y, x = int(rng.integers(_FIELD - height + 1)), int(rng.integers(_FIELD - width + 1))
        piece = field[y : y + height, x : x + width]
        return piece[:, ::-1] if rng.random() < 0.5 else piece


Kind = Callable[[Studio, np.random.Generator, Size], Floats]
"""A way to make an undegraded picture."""


def fractal(rng: np.random.Generator, height: int, width: int, beta: float) -> Floats:
    """Return noise whose octaves fall off by ``2 ** -beta`` each: 0 is grain, 2 is clouds."""
    out = np.zeros((height, width), np.float32)
    cells, strength = 2, 1.0
    while cells < max(height, width):
        shape = (max(2, cells * height // max(height, width)), max(2, cells * width // max(height, width)))
        octave = Image.fromarray(rng.standard_normal(shape, np.float32))
        out += strength * np.asarray(octave.resize((width, height), Image.Resampling.BICUBIC))
        cells *= 2
        strength *= 2.0**-beta
    return ((out - out.mean()) / (out.std() + 1e-6)).astype(np.float32)


def base(studio: Studio, rng: np.random.Generator, size: Size) -> Floats:
    """Return an undegraded picture."""
    kinds: tuple[tuple[float, Kind], ...] = (
        (0.58, crop),
        (0.10, composite),
        (0.20, scene),
        (0.06, textured),
        (0.06, keyed),
    )
    chance = rng.random()
    for share, kind in kinds:
        if chance < share:
            return kind(studio, rng, size)
        chance -= share
    return crop(studio, rng, size)


def crop(studio: Studio, rng: np.random.Generator, size: Size) -> Floats:
    """Return a part of a photograph, mirrored half of the time, its tone curve varied a little."""
    pixels = studio.photo(rng)
    picture = _resized(pixels, rng, size)
    if rng.random() < 0.3:
        picture = picture ** np.float32(rng.uniform(0.75, 1.35))
    if rng.random() < 0.08:
        picture = picture[..., rng.permutation(3)]
    if rng.random() < 0.03:
        picture = np.repeat(picture.mean(-1, keepdims=True), 3, -1)
    return picture


def _resized(pixels: Pixels, rng: np.random.Generator, size: Size) -> Floats:
    """Cut about the right shape out of a photograph and scale it down as the application and the processor do."""
    height, width = size
    have_h, have_w = pixels.shape[:2]
    aspect = width / height * rng.uniform(0.92, 1.08)
    full = min(have_w / aspect, have_h)
    smallest = min(full, height * 1.0)
    cut_h = smallest + (full - smallest) * rng.uniform(0, 1) ** 0.7
    cut_w = min(cut_h * aspect, have_w)
    x, y = rng.uniform(0, have_w - cut_w), rng.uniform(0, have_h - cut_h)
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC, (x, y, x + cut_w, y + cut_h))
    picture = np.asarray(image, np.float32) / 255
    return picture[:, ::-1] if rng.random() < 0.5 else picture


def composite(studio: Studio, rng: np.random.Generator, size: Size) -> Floats:
    """Return a sharp piece of one photograph, off the center, on a quiet or blurred ground."""
    ground = _resized(studio.photo(rng), rng, size)
    if rng.random() < 0.7:
        blur = rng.uniform(3, 14)
        ground = ndimage.gaussian_filter(ground, (blur, blur, 0))
    else:
        ground = _backdrop(rng, *size)
    subject = _resized(studio.photo(rng), rng, size)
    mask = _blob(rng, size, radius=rng.uniform(0.12, 0.3), soft=rng.uniform(0.5, 3))
    return ground * (1 - mask) + subject * mask


def scene(studio: Studio, rng: np.random.Generator, size: Size) -> Floats:
    """Return a sky, ground and shapes, drawn at twice the size so that edges are as sharp as a photograph's."""
    height, width = size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE
    picture = _backdrop(rng, height, width)
    if rng.random() < 0.6:
        picture *= 1 + rng.uniform(0.02, 0.15) * studio.texture(rng, height, width)[..., None]
    for _ in range(int(rng.integers(0, 3))):
        _ground(studio, rng, picture)
    gathered = rng.random() < 0.65
    x, y = rng.uniform(0.12, 0.88), rng.uniform(0.12, 0.88)
    for _ in range(int(rng.integers(1, 10))):
        spot = (x + rng.normal(0, 0.08), y + rng.normal(0, 0.08)) if gathered else (rng.random(), rng.random())
        _shape(studio, rng, picture, spot)
    if rng.random() < 0.35:
        light = np.clip(studio.textures[-1][:height, :width], -1.5, 1.5)
        picture *= 1 + 0.45 * light[..., None]
    return _reduced(picture)


def textured(studio: Studio, rng: np.random.Generator, size: Size) -> Floats:
    """Return clean fine texture from edge to edge: what is easily taken for noise."""
    height, width = size[0] * _OVERSAMPLE, size[1] * _OVERSAMPLE
    picture = _backdrop(rng, height, width)
    for _ in range(int(rng.integers(1, 4))):
        fine = studio.texture(rng, height, width, fine=True)
        tint = 1 + rng.uniform(0.08, 0.4) * fine[..., None] * (1 + rng.normal(0, 0.15, 3).astype(np.float32))
        mask = (
            np.float32(1)
            if rng.random() < 0.5
            else (studio.texture(rng, height, width) > rng.normal(0, 0.6))[..., None]
        )
        picture = picture * np.where(mask, tint, 1)
    if rng.random() < 0.5:
        picture *= _weave(rng, height, width)[..., None]
    if rng.random() < 0.5:
        _shape(studio, rng, picture, (rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.9)))
    return _reduced(picture)


def keyed(studio: Studio, rng: np.random.Generator, size: Size) -> Floats:
    """Return a picture that is bright or dark by intent: its few dark or light accents reach full strength."""
    height, width = size
    bright = rng.random() < 0.5
    subject = _resized(studio.photo(rng), rng, size)
    low, high = np.percentile(subject, [1, 99]).astype(np.float32)
    subject = np.clip((subject - low) / max(high - low, 0.05), 0, 1)
    level = rng.uniform(0.86, 0.96) if bright else rng.uniform(0.02, 0.12)
    ground = np.full((height, width, 3), level, np.float32) * (1 + 0.05 * rng.standard_normal(3).astype(np.float32))
    ground *= 1 + np.float32(0.03) * studio.texture(rng, height, width)[..., None]
    mask = _blob(rng, size, radius=rng.uniform(0.15, 0.32), soft=rng.uniform(2, 12))
    return np.clip(ground * (1 - mask) + subject * mask, 0, 1)


def _color(rng: np.random.Generator) -> Floats:
    """Return a color; one in three is a grey, so that a cast can be told from colored things."""
    saturation = rng.uniform(0, 0.06) if rng.random() < 0.35 else rng.beta(1.6, 2.2)
    return np.float32(colorsys.hsv_to_rgb(rng.random(), saturation, rng.uniform(0.1, 0.97)))


def _backdrop(rng: np.random.Generator, height: int, width: int) -> Floats:
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None] ** np.float32(rng.uniform(0.5, 2))
    top, bottom = _color(rng), _color(rng)
    return np.broadcast_to(top * (1 - down) + bottom * down, (height, width, 3)).copy()


def _ground(studio: Studio, rng: np.random.Generator, picture: Floats) -> None:
    """Draw hills or a floor into the lower part."""
    height, width = picture.shape[:2]
    ridge = ndimage.gaussian_filter1d(rng.standard_normal(width), width * rng.uniform(0.01, 0.1)) * 8
    level = rng.uniform(0.3, 0.95) * height + height * rng.uniform(0.02, 0.12) * ridge
    top = int(np.clip(level.min(), 0, height - 1))
    below = np.arange(top, height)[:, None] > level[None, :]
    texture = studio.texture(rng, height, width, fine=rng.random() < 0.5)[top:, :, None]
    ground = _color(rng) * (1 + np.float32(rng.uniform(0.03, 0.3)) * texture)
    picture[top:] = np.where(below[..., None], ground, picture[top:])


def _shape(studio: Studio, rng: np.random.Generator, picture: Floats, spot: tuple[float, float]) -> None:
    """Draw a disc, block, polygon or bar, plain, textured or striped, with a hard or soft edge."""
    height, width = picture.shape[:2]
    size = rng.uniform(0.03, 0.3) * min(width, height)
    x, y = spot[0] * width, spot[1] * height
    stretch = rng.uniform(0.4, 2.5)
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    kind = rng.integers(4)
    if kind == 0:
        pen.ellipse([x - size * stretch, y - size, x + size * stretch, y + size], fill=255)
    elif kind == 1:
        pen.rectangle([x - size * stretch, y - size, x + size * stretch, y + size], fill=255)
    elif kind == 2:
        corners = rng.normal(0, 1, (int(rng.integers(3, 8)), 2)) * size + (x, y)
        pen.polygon([tuple(corner) for corner in corners], fill=255)
    else:
        end = (x + size * 4 * rng.normal(), y + size * 4 * rng.normal())
        pen.line([(x, y), end], fill=255, width=int(rng.integers(2, 16)))
    box = mask.getbbox()
    if box is None:
        return
    soft = rng.uniform(2, 10) if rng.random() < 0.25 else 0.0
    margin = int(3 * soft)
    left, top = max(0, box[0] - margin), max(0, box[1] - margin)
    right, bottom = min(width, box[2] + margin), min(height, box[3] + margin)
    piece = mask.crop((left, top, right, bottom))
    if soft:
        piece = piece.filter(ImageFilter.GaussianBlur(soft))
    cover = np.asarray(piece, np.float32)[..., None] / 255
    region = picture[top:bottom, left:right]
    region[:] = region * (1 - cover) + _surface(studio, rng, bottom - top, right - left) * cover


def _surface(studio: Studio, rng: np.random.Generator, height: int, width: int) -> Floats:
    color = np.broadcast_to(_color(rng), (height, width, 3))
    chance = rng.random()
    if chance < 0.35:
        return color * (1 + np.float32(rng.uniform(0.05, 0.35)) * studio.texture(rng, height, width)[..., None])
    if chance < 0.5:
        return color * _weave(rng, height, width)[..., None]
    if chance < 0.6:
        pixels = studio.photo(rng)
        return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR), np.float32) / 255
    return color


def _weave(rng: np.random.Generator, height: int, width: int) -> Floats:
    """Return stripes or a fabric as a factor around 1."""
    across, down = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    stripes = np.sign(np.sin(across / rng.uniform(2, 14) + down / rng.uniform(4, 40)))
    if rng.random() < 0.4:
        stripes = stripes * np.sign(np.sin(down / rng.uniform(2, 14)))
    return (1 + np.float32(rng.uniform(0.1, 0.35)) * stripes).astype(np.float32)


def _blob(rng: np.random.Generator, size: Size, radius: float, soft: float) -> Floats:
    """Return a mask (H, W, 1) of a rounded shape anywhere in the frame, mostly off the center."""
    height, width = size
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    wobble = 1 + sum(rng.normal(0, 0.25 / k) * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (1, 2, 3))
    x, y = rng.uniform(0.12, 0.88) * width, rng.uniform(0.15, 0.85) * height
    reach = radius * min(size) * wobble
    mask = Image.new("L", (width * 2, height * 2))
    points = [(2 * (x + r * np.cos(t) * 1.2), 2 * (y + r * np.sin(t))) for r, t in zip(reach, angle, strict=True)]
    ImageDraw.Draw(mask).polygon(points, fill=255)
    mask = mask.resize((width, height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(soft * 0.5))
    return np.asarray(mask, np.float32)[..., None] / 255


def _reduced(picture: Floats) -> Floats:
    height, width = (side // _OVERSAMPLE for side in picture.shape[:2])
    blocks = np.clip(picture, 0, 1).reshape(height, _OVERSAMPLE, width, _OVERSAMPLE, 3)
    return blocks.mean((1, 3), dtype=np.float32)
