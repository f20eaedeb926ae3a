"""Make every icon from the one drawing ``resources/icons/mondrian.svg``.

``python -m tools.icons FOLDER`` makes the icons of the app and of its documents (``.icns``) and the background of the
disk image; ``python -m tools.icons --menu-bar`` those for the menu bar, which are kept beside the drawing.
"""

import argparse
import re
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from PySide6.QtGui import QImage

from mondrian_desktop import APP_NAME
from mondrian_desktop.qt.pdf import drawing
from tools.info_plist import PHOTO_ICON

ICONS = Path(__file__).resolve().parent.parent / "resources" / "icons"
MENU_BAR = {"menu-bar.png": 18, "menu-bar@2x.png": 36}
"""Names and sides in pixels: 18 points is what the menu bar has room for."""
BACKGROUND = (640, 400)
"""The disk image's window, in points; tools/dmg_settings places the icons on it."""

_SIZES = (32, 64, 128, 256, 512, 1024)
# The tile on the drawing's canvas of 1024 units: the rest is the margin that macOS wants around it.
_TILE = (100, 100, 924, 924)
_DARK = 60
_CANVAS = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1024 1024" width="1024" height="1024">'
_FRAME = '<rect x="{0}" y="{0}" width="{1}" height="{1}" rx="{2}" fill="none" stroke="{3}" stroke-width="{4}"/>'


def main() -> int:
    """Make what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(description="Make icons from resources/icons/mondrian.svg.")
    parser.add_argument("folder", nargs="?", type=Path, help="for the app's and the documents' icons")
    parser.add_argument("--menu-bar", action="store_true", help="make those beside the drawing anew")
    options = parser.parse_args()
    if not options.folder and not options.menu_bar:
        parser.error("name a folder, or --menu-bar")
    svg = (ICONS / "mondrian.svg").read_text(encoding="utf-8")
    if options.menu_bar:
        for name, side in MENU_BAR.items():
            template(svg, side).save(ICONS / name, optimize=True)
    if options.folder:
        options.folder.mkdir(parents=True, exist_ok=True)
        write_icns(svg, options.folder / f"{APP_NAME}.icns")
        write_icns(document(svg), options.folder / PHOTO_ICON)
        for suffix, scale in (("", 1), ("@2x", 2)):
            rendered(background(), BACKGROUND[0] * scale).save(options.folder / f"background{suffix}.png")
    return 0


def rendered(svg: str, width: int) -> Image.Image:
    """Return the drawing, RGBA, ``width`` pixels wide."""
    image = drawing(svg, width).convertToFormat(QImage.Format.Format_RGBA8888)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return Image.fromarray(pixels[:, : image.width()].copy(), "RGBA")


def write_icns(svg: str, file: Path) -> None:
    """Write an icon file with the drawing in every size, each drawn for itself."""
    images = [rendered(svg, size) for size in _SIZES]
    images[-1].save(file, "ICNS", append_images=images[:-1])


def template(svg: str, side: int) -> Image.Image:
    """Return the drawing's dark lines in a frame, black on nothing: macOS gives them the menu bar's color."""
    tile, frame = (
        np.asarray(rendered(each, 1024).crop(_TILE))
        for each in (svg, f"{_CANVAS}{_FRAME.format(122, 780, 163, '#000', 44)}</svg>")
    )
    is_line = ((tile[..., :3].max(axis=-1) < _DARK) & (tile[..., 3] > 127)) | (frame[..., 3] > 127)
    coverage = Image.fromarray((255 * is_line).astype(np.uint8)).resize((side, side), Image.Resampling.BOX)
    black = Image.new("L", (side, side), 0)
    return Image.merge("LA", (black, coverage))


def document(svg: str) -> str:
    """Return the drawing of a document that the app opens: a page with a folded corner, and the tile on it."""
    inner = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", svg, flags=re.DOTALL)
    frame = _FRAME.format(100, 824, 185, "#b9b9be", 10)
    page = "M212 60 H652 L832 240 V944 Q832 964 812 964 H212 Q192 964 192 944 V80 Q192 60 212 60 Z"
    return (
        f'{_CANVAS}<path d="{page}" fill="#fdfdfd" stroke="#b9b9be" stroke-width="6"/>'
        '<path d="M652 60 V220 Q652 240 672 240 H832 Z" fill="#e4e4e8" stroke="#b9b9be" stroke-width="6"/>'
        f'<g transform="translate(256 350) scale(0.5)">{inner}{frame}</g></svg>'
    )


def background() -> str:
    """Return the ground of the disk image's window: an arrow from the app to the folder of applications."""
    width, height = BACKGROUND
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<rect width="{width}" height="{height}" fill="#f7f5ef"/>'
        '<path d="M278 190 H356 M332 168 L358 190 L332 212" fill="none" stroke="#141414" stroke-width="8"'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
        f'<rect y="{height - 12}" width="{width}" height="12" fill="#141414"/>'
        f'<rect y="{height - 12}" width="150" height="12" fill="#1f55a5"/>'
        f'<rect x="158" y="{height - 12}" width="330" height="12" fill="#d42a1e"/>'
        f'<rect x="496" y="{height - 12}" width="144" height="12" fill="#f2b90c"/></svg>'
    )


if __name__ == "__main__":
    sys.exit(main())
