"""What is known about the photo, in a photographer's words, for every report and for the prompt."""

from collections.abc import Iterator

from mondrian_desktop.photo.model import Exif
from mondrian_desktop.report.clean import clean_line


def exif_parts(exif: Exif) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of what the camera wrote, as photographers write it. Values are text from a file."""
    if exif.camera:
        yield "Camera", clean_line(exif.camera, 80)
    if exif.lens:
        yield "Lens", clean_line(exif.lens, 80)
    if exif.focal_length_mm:
        yield "Focal length", f"{exif.focal_length_mm:g} mm"
    if exif.aperture_f:
        yield "Aperture", f"f/{exif.aperture_f:g}"
    if exif.shutter_s:
        yield "Shutter", shutter(exif.shutter_s)
    if exif.iso:
        yield "ISO", str(exif.iso)


def exif_line(exif: Exif) -> str:
    """Return the usual line, e.g. "FUJIFILM X-T5 · 35 mm · f/8 · 1/250 s · ISO 200"; empty where nothing is known."""
    return " · ".join(f"ISO {value}" if name == "ISO" else value for name, value in exif_parts(exif))


def shutter(seconds: float) -> str:
    """Return an exposure time as on a camera: "1/250 s", "0.4 s", "2 s"."""
    if seconds >= 0.3:
        return f"{seconds:.3g} s"
    return f"1/{round(1 / seconds)} s" if seconds > 0 else ""
