"""What a format has to say for itself, and what all that Pillow reads share."""

import struct
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from mondrian_desktop.photo import icc
from mondrian_desktop.photo.beside import Task, done
from mondrian_desktop.photo.detail import Detail, detail_of_image, turn
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.photo.original import MAX_PIXELS, check_dimensions

# 18% reflectance: neither lifts nor lowers the exposure of what lies on it.
NEUTRAL_GREY = (118, 118, 118)

# What Pillow and libraries under it raise for bad data, besides UserError. Anything else is a bug.
DECODER_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, IndexError, KeyError, AttributeError, EOFError, OverflowError,
    ZeroDivisionError, MemoryError, RuntimeError, AssertionError, struct.error, zlib.error,
    Image.DecompressionBombError,
)  # fmt: skip

# TIFF and WebP ask this limit while they load, too; ours is checked before.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS


@dataclass(frozen=True, slots=True)
class Blocks:
    """Metadata as raw bytes, as found: a TIFF structure (EXIF), an XMP packet, and IPTC records."""

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A decoded picture, upright.

    Attributes
    ----------
    pixels
        (H, W, 3) uint8, sRGB, long side at most what was asked for.
    native
        The same before conversion to sRGB, or None where nothing was converted. Clipping is measured on it.
    width, height
        Of the original, upright, in pixels.
    detail
        Tiles at (nearly) full resolution, possibly still being cut by another worker.
    blocks
        Metadata.
    source
        As :attr:`mondrian_desktop.photo.model.Photo.source`.
    """

    pixels: Pixels
    native: Pixels | None
    width: int
    height: int
    detail: Task[Detail]
    blocks: Blocks = field(default_factory=Blocks)
    source: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """One file format.

    Attributes
    ----------
    name
        As shown.
    suffixes
        Lower case, with the dot.
    accepts
        Whether a file with these first bytes (at least 64, where there are as many) and this suffix is of this format.
    decode
        (file, path, long side, who may do a part of it meanwhile) -> the picture.
    thumbnail
        (file, path, long side) -> (H, W, 3), upright, fast.
    isolated
        Whether its decoder runs in a process of its own.
    is_heavy
        (file, path) -> whether this file's decoder does, because of the memory that it takes.
    tiff_metadata
        Whether the file itself is a TIFF structure with the metadata in it.
    """

    name: str
    suffixes: tuple[str, ...]
    accepts: Callable[[bytes, str], bool]
    decode: Callable[[BinaryIO, Path, int, Executor | None], Decoded]
    thumbnail: Callable[[BinaryIO, Path, int], Pixels]
    isolated: bool = False
    is_heavy: Callable[[BinaryIO, Path], bool] = lambda file, path: False
    tiff_metadata: bool = False


def open_image(plugin: type[ImageFile.ImageFile], file: BinaryIO, path: Path) -> ImageFile.ImageFile:
    """Open ``file`` by one Pillow plugin and no other, with our limits instead of Pillow's; pixels are not decoded."""
    # Pillow warns about malformed metadata; nobody can do anything about that. Narrow, and without the
    # save-and-restore of warnings.catch_warnings, which two threads would undo for each other.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")
    file.seek(0)
    image = plugin(file)
    check_dimensions(path, *image.size, _size(file))
    return image


def _size(file: BinaryIO) -> int:
    position = file.tell()
    size = file.seek(0, 2)
    file.seek(position)
    return size


def finish(
    image: Image.Image,
    long_side: int,
    orientation: int = 1,
    *,
    detail: Task[Detail] | None = None,
    size: tuple[int, int] | None = None,
    is_adobe_rgb: bool = False,
    blocks: Blocks | None = None,
    source: str = "",
) -> Decoded:
    """Make what is handed out of a loaded Pillow image of any mode.

    ``detail``, upright, is cut from the image itself where not given; ``size`` is the original's (width, height) as
    stored, where the image is smaller.
    """
    profile = image.info.get("icc_profile")
    image = plain_mode(image)
    detail = detail or done(detail_of_image(image).upright(orientation))
    small = reduce(image, long_side)
    native, pixels = _to_srgb(small, profile if isinstance(profile, bytes) else None, is_adobe_rgb)
    width, height = size or image.size
    if orientation >= 5:
        width, height = height, width
    return Decoded(
        np.ascontiguousarray(turn(pixels, orientation)),
        None if native is None else np.ascontiguousarray(turn(native, orientation)),
        width,
        height,
        detail,
        blocks or Blocks(),
        source,
    )


def reduce(image: Image.Image, long_side: int) -> Image.Image:
    """Return the image with its long side at most ``long_side``; never enlarged.

    Hamming, because kernels with negative lobes ring: white beside black would come out clipped.
    """
    scale = long_side / max(image.size)
    if scale >= 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)


def plain_mode(image: Image.Image) -> Image.Image:
    """Return the image in one of L, LA, RGB, RGBA, CMYK, LAB; more than 8 bits a channel scaled to 8."""
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    if image.mode in ("L", "RGB") and image.info.get("transparency") is not None:
        return image.convert("LA" if image.mode == "L" else "RGBA")
    if image.mode.startswith("I") or image.mode == "F":
        return Image.fromarray(_to_8_bits(np.asarray(image)))
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "LAB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _to_8_bits(values: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Scale whole numbers by their depth, and floats by 1 or, where they exceed it, by their maximum."""
    scaled: npt.NDArray[np.uint8]
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        scaled = (values >> 8).astype(np.uint8)
        return scaled
    floats = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    top = float(floats.max(initial=0.0))
    white = 1.0 if values.dtype.kind == "f" else 65535.0
    scaled = np.rint(np.clip(floats / max(top, white), 0, 1) * 255).astype(np.uint8)
    return scaled


def _to_srgb(image: Image.Image, profile: bytes | None, is_adobe_rgb: bool) -> tuple[Pixels | None, Pixels]:
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    color = image.convert(image.mode[:-1]) if alpha is not None else image
    converted = icc.to_srgb(color, profile, is_adobe_rgb)
    if alpha is not None:
        converted = Image.composite(converted, Image.new("RGB", image.size, NEUTRAL_GREY), alpha)
    native = color if color.mode == "RGB" and converted is not color and alpha is None else None
    return None if native is None else np.asarray(native), np.asarray(converted)


def draft(image: Image.Image, long_side: int) -> None:
    """Let the decoder reduce the picture where its format can, to no less than ``long_side``."""
    scale = max(image.size) / long_side
    if scale > 1:
        image.draft("RGB", (max(1, int(image.width / scale)), max(1, int(image.height / scale))))


def draft_thumbnail(image: Image.Image, long_side: int, orientation: int) -> Pixels:
    """Return the picture at no more than ``long_side``, upright, decoded at reduced scale where the format can."""
    draft(image, long_side)
    return finish(image, long_side, orientation, detail=done(_NO_DETAIL)).pixels


_NO_DETAIL = Detail(np.zeros((0, 0, 0, 0), np.uint8))
