"""The icons, made of the one drawing."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tools import icons

SVG = (icons.ICONS / "mondrian.svg").read_text(encoding="utf-8")


def test_the_app_s_icon_has_every_size(tmp_path: Path) -> None:
    icons.write_icns(SVG, tmp_path / "Mondrian.icns")
    with Image.open(tmp_path / "Mondrian.icns") as found:
        sizes = {size[0] * size[2] for size in found.info["sizes"]}
    assert {32, 64, 128, 256, 512, 1024} <= sizes


def test_the_drawing_is_on_it_in_its_colors() -> None:
    pixels = np.asarray(icons.rendered(SVG, 512))
    assert pixels.shape == (512, 512, 4)
    # The large field is red, the margin that macOS wants is empty.
    assert pixels[290, 324].tolist() == [0xD4, 0x2A, 0x1E, 255]
    assert pixels[10, 10, 3] == 0


def test_documents_have_the_tile_on_a_page() -> None:
    page = np.asarray(icons.rendered(icons.document(SVG), 256))
    assert page[40, 60].tolist() == [0xFD, 0xFD, 0xFD, 255]
    assert page[160, 148, 0] > 200 > page[160, 148, 1]
    assert page[128, 10, 3] == 0


@pytest.mark.parametrize(("name", "side"), icons.MENU_BAR.items())
def test_the_menu_bar_s_icon_beside_the_drawing_is_made_of_it(name: str, side: int) -> None:
    kept, made = np.asarray(Image.open(icons.ICONS / name)), np.asarray(icons.template(SVG, side))
    assert kept.shape == made.shape == (side, side, 2)
    assert np.abs(kept.astype(int) - made).max() <= 8, "python -m tools.icons --menu-bar"
    # A template: black, told by its coverage alone, with something on it and something not.
    assert kept[..., 0].max() == 0
    assert 0.1 < (kept[..., 1] > 127).mean() < 0.6
