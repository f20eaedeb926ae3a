"""The pictures on which the model is examined, and the truth about them.

All are made from photographs that were never trained on. They are prepared at the size at which the model sees them, so
that the processor leaves them as they are and what is known about them stays true.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from training import photos
from training.color import Floats
from training.degrade import CLEAN, LADDERS, Degradation, cast_after, degrade, own_cast
from training.measure import Facts, measure
from training.photos import Pixels
from training.sizes import seen

ANALYSIS_SIZE = 1024
"""Long side in pixels of the picture that the application hands to a model by default."""

_CROP = 0.68


@dataclass(frozen=True, eq=False)
class Case:
    """One picture.

    Attributes
    ----------
    photo
        Name of the photograph.
    kind
        "base", "view" (a crop toward a corner), either with ".mirror" after it, or the name of a ladder.
    step
        Of the ladder, from 1; number of the view; else 0.
    pixels
        (H, W, 3) uint8.
    facts
        The truth.
    """

    photo: str
    kind: str
    step: int
    pixels: Pixels
    facts: Facts

    @property
    def name(self) -> str:
        """Unique among all cases."""
        return f"{self.photo}.{self.kind}{self.step}"


def cases(names: list[str] | None = None) -> Iterator[Case]:
    """Yield the cases of all held-out photographs, or of those named."""
    for number, (name, pixels) in enumerate(photos.load("heldout").items()):
        if names is None or name in names:
            yield from _of_photo(name, pixels, np.random.default_rng([2024, number]))


def _of_photo(name: str, pixels: Pixels, rng: np.random.Generator) -> Iterator[Case]:
    base = as_seen(pixels)
    yield _case(name, "base", 0, base, CLEAN, rng)
    yield _case(name, "base.mirror", 0, base[:, ::-1], CLEAN, rng)
    for kind, (_, steps) in LADDERS.items():
        for step, how in enumerate(steps, 1):
            yield _case(name, kind, step, base, how, rng)
    for number, view in enumerate(_views(pixels)):
        picture = as_seen(view)
        yield _case(name, "view", number, picture, CLEAN, rng)
        yield _case(name, "view.mirror", number, picture[:, ::-1], CLEAN, rng)


def as_seen(pixels: Pixels) -> Floats:
    """Return a photograph as the processor would scale it, as values of 0 to 1."""
    height, width = seen(pixels.shape[:2])
    image = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image, np.float32) / 255


def at_analysis_size(case: Case) -> Case:
    """Return a "base" case as the application hands it over: up to 1024 pixels, for the processor to scale."""
    pixels = photos.load("heldout")[case.photo]
    image = Image.fromarray(pixels)
    image.thumbnail((ANALYSIS_SIZE, ANALYSIS_SIZE), Image.Resampling.LANCZOS)
    return replace(case, kind="full", pixels=np.asarray(image))


def _case(name: str, kind: str, step: int, picture: Floats, how: Degradation, rng: np.random.Generator) -> Case:
    before, after = degrade(picture, how, rng)
    facts, _ = measure(before, cast_after(picture, how, own_cast(picture)), how.noise)
    return Case(name, kind, step, after, facts)


def _views(pixels: Pixels) -> Iterator[Pixels]:
    """Yield crops toward the four corners: the same subject elsewhere in the frame."""
    height, width = pixels.shape[:2]
    tall, wide = int(height * _CROP), int(width * _CROP)
    for top in (0, height - tall):
        for left in (0, width - wide):
            yield pixels[top : top + tall, left : left + wide]
