"""The very picture that a model saw, made once more from the original."""

from collections.abc import Callable

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.model import Photo, Pixels
from mondrian_desktop.photo.text import shown_name


def seen(
    read: Callable[[], Photo], content_hash: str, given_size: tuple[int, int], size: tuple[int, int] | None
) -> Pixels:
    """Return the picture at ``size`` (width, height), scaled as the models' own processors scale: bicubic.

    Reading is deterministic, so what was given to the model need not be kept: a picture a photo would be several
    hundred kilobytes in the history.

    Parameters
    ----------
    read
        Reads the photo as it was read for the analysis.
    content_hash, given_size
        Of the photo that was analyzed, and of the picture that was given to the model.
    size
        What the processor made of it; None where that is not known: then the picture is as it was given.

    Raises
    ------
    UserError
        As ``read``; and where the file is no longer the one that was analyzed.
    """
    photo = read()
    height, width = photo.pixels.shape[:2]
    if photo.content_hash != content_hash or (width, height) != given_size:
        raise UserError(
            f"{shown_name(photo.path)} has changed since it was analyzed.",
            "Analyze it again to see what the model sees now.",
        )
    return photo.pixels if size in (None, given_size) else _scaled(photo.pixels, size)


def _scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
