"""Measured facts and metadata in a photographer's words. Plain text; from files, where it quotes metadata."""

import math
from bisect import bisect
from collections.abc import Iterator, Sequence

from mondrian_desktop.photo.model import Exif, Measurements
from mondrian_desktop.photo.wording import color_name, compensation, hue_name, percent, shutter

# From these fractions of the frame on clipping is told; less is a reflection or a speck.
_LEAST_CLIPPED = 0.001
# Confidence from which on a tilted line is told. Below it lie textures and crowds of short edges.
LEAST_TILT_CONFIDENCE = 0.35
_LEVEL_DEG = 0.5
_TILT_OF_A_HORIZON_DEG = 8.0
_CAST = 4.0  # CIELAB distance from neutral that is visible on a grey card
_SALIENT_SHARE = 0.35
_MID_GREY = 0.18


def exif_line(exif: Exif) -> str:
    """Return camera, lens and exposure in one line: "Nikon Z 6 · 35 mm · f/8 · 1/250 s · ISO 200"; may be empty."""
    return " · ".join(
        f"ISO {value}" if label == "ISO" else value for label, value in exif_rows(exif) if label in _IN_LINE
    )


_IN_LINE = ("Camera", "Lens", "Focal length", "Aperture", "Shutter", "ISO", "Exposure compensation")


def exif_rows(exif: Exif) -> tuple[tuple[str, str], ...]:
    """Return (label, value) of all that is known, in the order of reading."""
    return tuple((label, value) for label, value in _exif_rows(exif) if value)


def _exif_rows(exif: Exif) -> Iterator[tuple[str, str | None]]:
    yield "Camera", exif.camera
    yield "Lens", exif.lens
    yield "Focal length", _focal_length(exif)
    yield "Aperture", f"f/{round(exif.aperture_f, 1):g}" if exif.aperture_f else None
    yield "Shutter", shutter(exif.shutter_s) if exif.shutter_s else None
    yield "ISO", str(exif.iso) if exif.iso else None
    stops = exif.exposure_compensation_ev
    yield "Exposure compensation", compensation(stops) if stops else None
    yield "Program", exif.exposure_program
    yield "Metering", exif.metering
    yield "Flash", exif.flash
    yield "White balance", exif.white_balance
    yield "Taken", exif.taken.replace("T", " ") if exif.taken else None
    yield "Software", exif.software
    yield "Rating", _rating(exif.rating)
    yield "Title", exif.title
    yield "Caption", exif.caption
    yield "Keywords", ", ".join(exif.keywords)
    yield "Location", "stored in the file" if exif.has_location else None


def _focal_length(exif: Exif) -> str | None:
    if exif.focal_length_mm is None:
        return None
    own = f"{round(exif.focal_length_mm, 1):g} mm"
    equivalent = exif.focal_length_35mm
    if equivalent is None or abs(equivalent - exif.focal_length_mm) < 1:
        return own
    return f"{own} ({round(equivalent):g} mm equivalent)"


def _rating(rating: int | None) -> str | None:
    # XMP's 0 is "unrated": nobody gave it no stars.
    if not rating:
        return None
    return "rejected" if rating < 0 else f"{rating} of 5"


def sentences(measurements: Measurements) -> tuple[str, ...]:
    """Return what was measured, one sentence each: tones, color, sharpness and noise, then composition.

    Each is true by itself, names its number where one helps, and claims no more than was measured.
    """
    return tuple(sentence for sentence in _sentences(measurements) if sentence)


def _sentences(measured: Measurements) -> Iterator[str]:
    yield _exposure(measured)
    yield _highlights(measured)
    yield _shadows(measured)
    yield _contrast(measured)
    yield _cast(measured)
    yield _colorfulness(measured)
    yield _sharpness(measured)
    yield _in_focus(measured)
    yield _noise(measured)
    yield _tilt(measured)
    yield _weight(measured)
    yield _salient(measured)
    yield _palette(measured)


def _band(value: float, limits: Sequence[float], words: Sequence[str]) -> str:
    return words[bisect(limits, value)]


def _exposure(measured: Measurements) -> str:
    stops = math.log2(max(measured.mean_luminance, 1e-4) / _MID_GREY)
    word = _band(stops, (-2.5, -1.3, 1.0, 1.7), ("very dark", "dark", "of middle brightness", "bright", "very bright"))
    if abs(stops) < 0.25:
        return f"The frame is {word} on the whole, close to middle gray."
    side = "above" if stops > 0 else "below"
    return f"The frame is {word} on the whole, {abs(stops):.1f} stops {side} middle gray."


def _highlights(measured: Measurements) -> str:
    clipped = measured.highlights_clipped
    if clipped < _LEAST_CLIPPED:
        return "No highlights are clipped."
    channel = _most("red", "green", "blue", measured.highlights_clipped_rgb)
    where = f", mostly in the {channel} channel" if channel else ""
    if measured.white_clipped >= 0.9 * clipped:
        return f"{percent(measured.white_clipped)} of the frame is clipped to pure white."
    white = "nothing of it" if measured.white_clipped < _LEAST_CLIPPED else percent(measured.white_clipped)
    return f"{percent(clipped)} of the frame is clipped in the highlights{where}; {white} is pure white."


def _most(first: str, second: str, third: str, shares: tuple[float, float, float]) -> str:
    """Return the name whose share clearly leads, else nothing."""
    ordered = sorted(zip(shares, (first, second, third), strict=True), reverse=True)
    return ordered[0][1] if ordered[0][0] > 1.2 * ordered[1][0] else ""


def _shadows(measured: Measurements) -> str:
    if measured.black_clipped < _LEAST_CLIPPED:
        return "No shadows are clipped to black."
    return f"{percent(measured.black_clipped)} of the frame is clipped to pure black."


def _contrast(measured: Measurements) -> str:
    contrast = _band(measured.rms_contrast, (0.06, 0.13, 0.24), ("very low", "low", "moderate", "high"))
    length = _band(measured.tonal_range_stops, (3.5, 6.5), ("a short", "a moderate", "a long"))
    return (
        f"The tones span {measured.tonal_range_stops:.1f} stops, {length} range; "
        f"contrast is {contrast} (RMS {measured.rms_contrast:.2f})."
    )


def _is_monochrome(measured: Measurements) -> bool:
    return measured.colorfulness < 3 and measured.saturation < 0.03


def _cast(measured: Measurements) -> str:
    if _is_monochrome(measured):
        return ""
    distance = math.hypot(measured.cast_a, measured.cast_b)
    hue = hue_name(measured.cast_a, measured.cast_b)
    if distance < _CAST:
        return "The colors balance around neutral; there is no color cast."
    where = f"(CIELAB a* {measured.cast_a:+.0f}, b* {measured.cast_b:+.0f})"
    if measured.cast_ratio > 0:
        return f"The whole frame leans toward {hue} {where}: a color cast, or one color that fills the frame."
    return f"The colors lean toward {hue} on average {where}, through the subjects rather than as a cast."


def _colorfulness(measured: Measurements) -> str:
    if _is_monochrome(measured):
        return "The picture is black and white."
    # The scale of the paper; its words "averagely" and "quite" said otherwise.
    word = _band(
        measured.colorfulness,
        (8, 24, 39, 52, 70, 95),
        ("hardly", "slightly", "moderately", "clearly", "strongly", "highly", "extremely"),
    )
    saturation = percent(measured.saturation)
    return (
        f"The picture is {word} colorful ({measured.colorfulness:.0f} on Hasler's scale); saturation is {saturation}."
    )


def _sharpness(measured: Measurements) -> str:
    blur = measured.edge_blur_px
    if blur is None:
        return "There are no edges by which to judge sharpness."
    word = _band(blur, (0.9, 1.5, 2.3, 3.5), ("crisp", "sharp", "slightly soft", "soft", "blurred"))
    size = "under half a pixel" if blur < 0.5 else f"about {blur:.1f} pixels"
    at = "at full resolution" if measured.detail_scale > 0.95 else f"at {measured.detail_scale:.0%} of full resolution"
    return f"The sharpest edges are {word}: {size} of blur {at}."


def _in_focus(measured: Measurements) -> str:
    share, x, y = measured.sharp_fraction, measured.sharpest_x, measured.sharpest_y
    if share is None or x is None or y is None or (measured.edge_blur_px or 0) >= 3.5:
        return ""
    if share > 0.6:
        return f"Detail of that sharpness covers most of the frame ({percent(share)})."
    return f"Detail of that sharpness covers {percent(share)} of the frame, most of it {_place(x, y)}."


def _noise(measured: Measurements) -> str:
    sigma = measured.noise_sigma
    if sigma is None:
        return ""
    word = _band(sigma, (1.2, 2.5, 5.0, 9.0), ("not visible", "slight", "visible", "strong", "very strong"))
    if sigma >= 2.5 and (measured.sharp_fraction or 0) > 0.6:
        return f"Noise or fine texture all over is {word} ({sigma:.1f} of 255 steps)."
    return f"Noise is {word} ({sigma:.1f} of 255 steps)."


def _tilt(measured: Measurements) -> str:
    if measured.tilt_deg is None or measured.tilt_confidence < LEAST_TILT_CONFIDENCE:
        return ""
    if abs(measured.tilt_deg) < _LEVEL_DEG:
        return "The longest nearly level line, such as a horizon, is level within half a degree."
    if abs(measured.tilt_deg) > _TILT_OF_A_HORIZON_DEG:
        return f"A long line runs at {abs(measured.tilt_deg):.0f}° to the level: perspective, or a deliberate tilt."
    tilt, end = f"{abs(measured.tilt_deg):.1f}°", "right" if measured.tilt_deg > 0 else "left"
    return f"The longest nearly level line, such as a horizon, is tilted by {tilt}: its {end} end is lower."


def _place(x: float, y: float) -> str:
    """Return "in the center", "in the lower left", "on the right" and the like."""
    side, height = _band(x, (0.42, 0.58), ("left", "", "right")), _band(y, (0.42, 0.58), ("upper", "", "lower"))
    if side and height:
        return f"in the {height} {side}"
    if side:
        return f"on the {side}"
    return f"in the {height} part" if height else "in the center"


def _weight(measured: Measurements) -> str:
    place = _place(measured.weight_x, measured.weight_y)
    balance = measured.balance_left_right
    if abs(balance) < 0.2:
        return f"The visual weight is {place}; the left and right halves balance."
    half = "right" if balance > 0 else "left"
    return f"The visual weight is {place}: {percent((1 + abs(balance)) / 2)} of it is on the {half} half."


def _salient(measured: Measurements) -> str:
    x, y = measured.salient_x, measured.salient_y
    if x is None or y is None or measured.salient_share < _SALIENT_SHARE:
        return "No single region stands out from the rest."
    place = _place(x, y)
    near = (measured.thirds_distance or 0) < 0.06
    return f"The most conspicuous region is {place}, {'close to' if near else 'away from'} the crossings of the thirds."


def _palette(measured: Measurements) -> str:
    shares: dict[str, float] = {}
    for swatch in measured.palette:
        name = color_name(swatch.hex)
        shares[name] = shares.get(name, 0) + swatch.fraction
    named = [
        f"{name} ({share:.0%})" for name, share in sorted(shares.items(), key=lambda item: -item[1]) if share >= 0.04
    ]
    if len(named) < 2:
        return f"The dominant color is {named[0]}." if named else ""
    return f"The dominant colors are {', '.join(named[:-1])} and {named[-1]}."
