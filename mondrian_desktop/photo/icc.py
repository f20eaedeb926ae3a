"""Colors as the file means them, converted to sRGB."""

import io

import numpy as np
from PIL import Image, ImageCms

from mondrian_desktop.photo.model import Pixels

_MAX_PROFILE_BYTES = 16 << 20
# Adobe RGB (1998) Color Image Encoding, sections 4.3.1 and 4.3.4: gamma, and linear RGB through XYZ (D65) to sRGB.
_ADOBE_GAMMA = 2.19921875
_ADOBE_TO_SRGB = np.array([[1.39836, -0.39836, 0.0], [0.0, 1.0, 0.0], [0.0, -0.04293, 1.04293]], dtype=np.float32)


def to_srgb(image: Image.Image, profile: bytes | None, is_adobe_rgb: bool = False) -> Image.Image:
    """Return ``image`` (L, RGB, CMYK or LAB) as RGB in sRGB.

    With the embedded ICC ``profile`` (relative colorimetric, black point compensated); without one, or where it is
    damaged or of another color model, the numbers are taken as sRGB, or as Adobe RGB where the EXIF says so.
    """
    if profile and len(profile) <= _MAX_PROFILE_BYTES:
        converted = _by_profile(image, profile)
        if converted is not None:
            return converted
    elif is_adobe_rgb and image.mode == "RGB":
        return Image.fromarray(_from_adobe_rgb(np.asarray(image)))
    if image.mode == "LAB":
        return _by_profile(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()) or image.convert(
            "RGB"
        )
    return image.convert("RGB")


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "RGB" and (source.profile.profile_description or "").startswith("sRGB"):
            return image
        return ImageCms.profileToProfile(
            image,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def _from_adobe_rgb(pixels: Pixels) -> Pixels:
    decode = (np.arange(256, dtype=np.float32) / 255) ** _ADOBE_GAMMA
    linear = np.clip(decode[pixels] @ _ADOBE_TO_SRGB.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: Pixels = np.rint(encoded * 255).astype(np.uint8)
    return result
