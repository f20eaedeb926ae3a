"""Facts in words: true, with their numbers, and silent where nothing was measured."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mondrian_desktop.photo.facts import exif_line, exif_rows, sentences
from mondrian_desktop.photo.measure import measure
from mondrian_desktop.photo.model import Exif, Measurements, Swatch
from mondrian_desktop.photo.wording import color_name, compensation, percent, shutter

PLAIN = Measurements(
    mean_luminance=0.18, median_luminance=0.18, rms_contrast=0.2, tonal_range_stops=7, colorfulness=40, saturation=0.3,
    edge_blur_px=1.2, sharpness=0.7, sharp_fraction=0.3, sharpest_x=0.2, sharpest_y=0.8, noise_sigma=0.5,
    salient_x=0.34, salient_y=0.66, salient_share=0.7, thirds_distance=0.02,
    palette=(Swatch("#203a6b", 0.6), Swatch("#c8c8c8", 0.4)),
)  # fmt: skip


def said(**changes: object) -> str:
    return "\n".join(sentences(replace(PLAIN, **changes)))


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 24), st.integers(1, 24), st.just(3)), elements=st.integers(0, 255))
)
def test_every_picture_gets_sentences(pixels: np.ndarray) -> None:
    for sentence in sentences(measure(pixels)):
        assert sentence[0].isupper() or sentence[0].isdigit() or sentence.startswith("under")
        assert sentence.endswith(".")
        assert "None" not in sentence
        assert "nan" not in sentence.split()
        assert len(sentence) < 200
        assert "!" not in sentence


def test_photographs_get_a_dozen(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        assert 9 <= len(sentences(measure(pixels))) <= 14


@pytest.mark.parametrize(
    ("luminance", "words"),
    [
        (0.02, "very dark on the whole, 3.2 stops below middle gray"),
        (0.06, "dark on the whole, 1.6 stops below"),
        (0.18, "of middle brightness on the whole, close to middle gray"),
        (0.5, "bright on the whole, 1.5 stops above"),
        (0.9, "very bright on the whole, 2.3 stops above"),
        (0.0, "very dark"),
    ],
)
def test_exposure(luminance: float, words: str) -> None:
    assert words in said(mean_luminance=luminance)


def test_clipped_highlights() -> None:
    assert "No highlights are clipped." in said()
    assert "No highlights are clipped." in said(highlights_clipped=0.0005)
    one_channel = said(highlights_clipped=0.021, highlights_clipped_rgb=(0.02, 0.003, 0.001))
    assert (
        "2.1% of the frame is clipped in the highlights, mostly in the red channel; nothing of it is pure"
        in one_channel
    )
    white = said(highlights_clipped=0.05, white_clipped=0.049, highlights_clipped_rgb=(0.05, 0.05, 0.049))
    assert "4.9% of the frame is clipped to pure white." in white
    both = said(highlights_clipped=0.12, white_clipped=0.03, highlights_clipped_rgb=(0.1, 0.1, 0.05))
    assert "12% of the frame is clipped in the highlights; 3.0% is pure white." in both


def test_clipped_shadows() -> None:
    assert "No shadows are clipped" in said(shadows_clipped=0.4)
    assert "12% of the frame is clipped to pure black." in said(black_clipped=0.12)


def test_casts_are_told_from_colored_subjects() -> None:
    assert "no color cast" in said(cast_a=1, cast_b=-2, cast_ratio=3)
    assert "whole frame leans toward blue (CIELAB a* +1, b* -15): a color cast" in said(
        cast_a=1, cast_b=-15, cast_ratio=2
    )
    assert "leans toward orange" in said(cast_a=8, cast_b=16, cast_ratio=1)
    assert "through the subjects" in said(cast_a=8, cast_b=16, cast_ratio=-0.3)


def test_black_and_white_has_no_cast() -> None:
    words = said(colorfulness=0, saturation=0, cast_a=0, cast_b=0)
    assert "The picture is black and white." in words
    assert "cast" not in words


@pytest.mark.parametrize(
    ("blur", "word"),
    [
        (0.4, "crisp: under half a pixel"),
        (1.2, "sharp: about 1.2 pixels"),
        (2, "slightly soft"),
        (3, "soft"),
        (5, "blurred"),
    ],
)
def test_sharpness(blur: float, word: str) -> None:
    assert word in said(edge_blur_px=blur)


def test_where_it_is_sharp() -> None:
    assert "covers 30% of the frame, most of it in the lower left." in said()
    assert "covers most of the frame (80%)." in said(sharp_fraction=0.8)
    assert "covers" not in said(edge_blur_px=5.0)


def test_nothing_to_judge_by_is_said() -> None:
    words = said(edge_blur_px=None, sharp_fraction=None, sharpest_x=None, sharpest_y=None, noise_sigma=None)
    assert "no edges by which to judge" in words
    assert "Noise" not in words


def test_detail_below_full_resolution_is_said() -> None:
    assert "at full resolution" in said()
    assert "at 50% of full resolution" in said(detail_scale=0.5)


def test_noise() -> None:
    assert "Noise is not visible" in said()
    assert "Noise is strong (7.0 of 255 steps)." in said(noise_sigma=7.0)
    assert "Noise or fine texture all over" in said(noise_sigma=7.0, sharp_fraction=0.9)


def test_tilt() -> None:
    assert "line" not in said(tilt_deg=3.0, tilt_confidence=0.2)
    assert "is tilted by 2.1°: its right end is lower" in said(tilt_deg=2.1, tilt_confidence=0.6)
    assert "its left end is lower" in said(tilt_deg=-2.1, tilt_confidence=0.6)
    assert "is level within half a degree." in said(tilt_deg=0.1, tilt_confidence=0.6)
    assert "runs at 12° to the level" in said(tilt_deg=-12.0, tilt_confidence=0.6)


def test_places() -> None:
    assert "visual weight is in the center; the left and right halves balance" in said()
    assert "is in the upper right: 80% of it is on the right half" in said(
        weight_x=0.7, weight_y=0.3, balance_left_right=0.6
    )
    assert "region is in the lower left, close to the crossings" in said()
    assert "away from the crossings" in said(thirds_distance=0.1)
    assert "No single region stands out" in said(salient_share=0.1)
    assert "No single region stands out" in said(salient_x=None, salient_y=None)


def test_palette() -> None:
    assert "The dominant colors are dark blue (60%) and light gray (40%)." in said()
    assert "The dominant color is black (100%)." in said(palette=(Swatch("#000000", 1.0),))
    assert "dominant" not in said(palette=())


def test_every_sentence_can_be_false(photographs: dict[str, np.ndarray]) -> None:
    # None of them is the same for all photographs.
    told = [set(sentences(measure(pixels))) for pixels in photographs.values()]
    assert not set.intersection(*told)


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("#000000", "black"),
        ("#ffffff", "white"),
        ("#808080", "gray"),
        ("#404040", "dark gray"),
        ("#c8c8c8", "light gray"),
        ("#ff0000", "red"),
        ("#ff8c00", "orange"),
        ("#ffff00", "light yellow"),
        ("#00a000", "green"),
        ("#0000ff", "blue"),
        ("#87ceeb", "blue"),
        ("#00008b", "dark blue"),
        ("#800080", "dark purple"),
        ("#ffc0cb", "light pink"),
        ("#8b4513", "brown"),
        ("#008080", "teal"),
        ("#5a6b50", "muted green"),
    ],
)
def test_colors_have_names(color: str, name: str) -> None:
    assert color_name(color) == name


@given(st.integers(0, 0xFFFFFF))
def test_every_color_has_a_name(color: int) -> None:
    assert color_name(f"#{color:06x}").replace(" ", "").isalpha()


def test_numbers_are_written_as_photographers_do() -> None:
    assert [percent(value) for value in (0, 0.0004, 0.021, 0.0999, 0.12, 1)] == [
        "0.0%",
        "under 0.1%",
        "2.1%",
        "10.0%",
        "12%",
        "100%",
    ]
    assert [shutter(value) for value in (1 / 8000, 1 / 250, 0.25, 0.3, 0.5, 1, 1.3, 30)] == [
        "1/8000 s", "1/250 s", "1/4 s", "0.3 s", "0.5 s", "1 s", "1.3 s", "30 s",
    ]  # fmt: skip
    assert [compensation(value) for value in (0.7, -1, 0)] == ["+0.7 EV", "−1 EV", "±0 EV"]  # noqa: RUF001


def test_exif_line_and_rows() -> None:
    exif = Exif(
        camera="Nikon Z 6", lens="NIKKOR Z 50mm", focal_length_mm=33.3, focal_length_35mm=50, aperture_f=2.8,
        shutter_s=1 / 250, iso=200, exposure_compensation_ev=-0.7, flash="Did not fire", rating=4,
        keywords=("lake", "dusk"), taken="2024-05-01T12:30:00+02:00", has_location=True,
    )  # fmt: skip
    assert exif_line(exif) == (
        "Nikon Z 6 · NIKKOR Z 50mm · 33.3 mm (50 mm equivalent) · f/2.8 · 1/250 s · ISO 200 · −0.7 EV"  # noqa: RUF001
    )
    rows = dict(exif_rows(exif))
    assert rows["ISO"] == "200"
    assert rows["Rating"] == "4 of 5"
    assert rows["Keywords"] == "lake, dusk"
    assert rows["Taken"] == "2024-05-01 12:30:00+02:00"
    assert rows["Location"] == "stored in the file"
    assert exif_line(Exif()) == ""
    assert exif_rows(Exif()) == ()
    assert dict(exif_rows(Exif(rating=-1)))["Rating"] == "rejected"
    assert "Rating" not in dict(exif_rows(Exif(rating=0)))


def test_all_metadata_is_in_the_rows() -> None:
    full = Exif(
        camera="c", lens="l", focal_length_mm=1, aperture_f=1, shutter_s=1, iso=1, exposure_compensation_ev=1,
        metering="m", flash="f", white_balance="w", exposure_program="p", taken="t", software="s", rating=1,
        keywords=("k",), title="t", caption="c", has_location=True,
    )  # fmt: skip
    # The 35 mm equivalent stands with the focal length; pixels are upright already.
    assert len(exif_rows(full)) == len(fields(Exif)) - 2
