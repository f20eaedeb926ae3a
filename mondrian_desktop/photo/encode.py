"""From pixels back to a small file, for reports and thumbnails."""

import base64
import io

from mondrian_desktop.photo.model import Pixels


def jpeg(pixels: Pixels, quality: int = 85) -> bytes:
    """Return ``pixels`` as a JPEG file without metadata; ``quality`` is 1 to 95."""
    # Who stores a photo comes from reading it; the window does not wait for the library.
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality, optimize=True)
    return buffer.getvalue()


def thumbnail(pixels: Pixels, size: int = 256) -> bytes:
    """Return a small JPEG of ``pixels``, long side at most ``size``."""
    return jpeg(smaller(pixels, size), quality=80)


def smaller(pixels: Pixels, size: int) -> Pixels:
    """Return ``pixels`` with a long side of at most ``size``."""
    import numpy as np
    from PIL import Image

    height, width = pixels.shape[:2]
    scale = size / max(height, width)
    if scale >= 1:
        return pixels
    target = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(pixels).resize(target, Image.Resampling.BOX))


def data_uri(pixels: Pixels, quality: int = 85) -> str:
    """Return ``pixels`` as a base64 ``data:`` address of a JPEG, for a page that loads nothing."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(pixels, quality)).decode("ascii")
