"""Numbers as photographers write them, and names for colors."""

import math

# CIELAB hue angle in degrees up to which a name holds, after sRGB's own red (40), yellow (103), blue (306) and so on.
_HUES = (
    (10, "pink"), (52, "red"), (80, "orange"), (112, "yellow"), (170, "green"), (215, "teal"), (310, "blue"),
    (340, "purple"), (361, "pink"),
)  # fmt: skip
_GREY_CHROMA = 8


def percent(fraction: float) -> str:
    """Return "0.3%", "2.1%" or "45%"; "under 0.1%" for what would round to nothing."""
    value = 100 * fraction
    if 0 < value < 0.1:
        return "under 0.1%"
    return f"{value:.1f}%" if value < 10 else f"{value:.0f}%"


def shutter(seconds: float) -> str:
    """Return "1/250 s", "0.8 s" or "30 s"."""
    if seconds < 0.3:
        return f"1/{1 / seconds:.0f} s"
    return f"{round(seconds, 1):g} s"


def compensation(stops: float) -> str:
    """Return "+0.7 EV" with a true minus sign."""
    return f"{'+' if stops > 0 else '−' if stops < 0 else '±'}{abs(round(stops, 1)):g} EV"  # noqa: RUF001


def hue_name(a: float, b: float) -> str:
    """Return the name of the hue at CIELAB (a*, b*)."""
    angle = math.degrees(math.atan2(b, a)) % 360
    return next(name for limit, name in _HUES if angle < limit)


def color_name(hex_color: str) -> str:
    """Return a name for ``#rrggbb``: "black", "light gray", "dark blue", "muted green", "brown"."""
    # The words are needed before the window is there, the arithmetic is not.
    import numpy as np

    from mondrian_desktop.photo.color import to_lab

    codes = [int(hex_color[start : start + 2], 16) for start in (1, 3, 5)]
    lightness, a, b = (float(value) for value in to_lab(np.array([[codes]], np.uint8))[0, 0])
    chroma = math.hypot(a, b)
    if lightness < 12 and chroma < 20:
        return "black"
    if chroma < _GREY_CHROMA:
        return "white" if lightness > 93 else _shade(lightness, 38, 72) + "gray"
    hue = hue_name(a, b)
    if hue == "orange" and lightness < 55 and chroma < 60:
        return _shade(lightness, 28, 101) + "brown"
    if hue == "red" and lightness > 68:
        hue = "pink"
    shade = _shade(lightness, 32, 80)
    return (shade or ("muted " if chroma < 25 else "")) + hue


def _shade(lightness: float, dark: float, light: float) -> str:
    return "dark " if lightness < dark else "light " if lightness > light else ""
