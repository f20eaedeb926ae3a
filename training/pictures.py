"""Sample photos at a size that the processor leaves alone, for ids that must not change."""

import numpy as np
from PIL import Image

from training.photos import ROOT, Pixels

SIZE = (224, 352)


def reference_picture(name: str) -> Pixels:
    """Return a sample photo, squeezed to (224, 352, 3) uint8."""
    image = Image.open(ROOT / "resources" / "samples" / name).convert("RGB")
    return np.asarray(image.resize((SIZE[1], SIZE[0]), Image.Resampling.BICUBIC))
