"""All measurements together: ranges, ladders of degradations, stability, and that they survive JSON."""

import io
import itertools
import json
from collections.abc import Callable
from dataclasses import asdict, fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from mondrian_desktop.photo.detail import detail_of_pixels
from mondrian_desktop.photo.measure import measure
from mondrian_desktop.photo.model import Measurements
from mondrian_desktop.photo.tone import SRGB_TO_LINEAR

FRACTIONS = (
    "mean_luminance", "median_luminance", "highlights_clipped", "white_clipped", "shadows_clipped", "black_clipped",
    "saturation", "sharpness", "sharp_fraction", "sharpest_x", "sharpest_y", "tilt_confidence", "weight_x", "weight_y",
    "salient_x", "salient_y", "salient_share",
)  # fmt: skip
OTHER_RANGES = {
    "mean_lightness": (0, 100), "tonal_range_stops": (0, 10), "rms_contrast": (0, 0.5), "cast_a": (-90, 100),
    "cast_b": (-110, 100), "cast_ratio": (-1, 10), "colorfulness": (0, 250), "edge_blur_px": (0.3, 8),
    "noise_sigma": (0, 700), "tilt_deg": (-15, 15), "balance_left_right": (-1, 1), "balance_top_bottom": (-1, 1),
    "thirds_distance": (0, 0.35),
}  # fmt: skip


def check_ranges(measured: Measurements) -> None:
    limits = {**dict.fromkeys(FRACTIONS, (0, 1)), **OTHER_RANGES}
    for name, (low, high) in limits.items():
        value = getattr(measured, name)
        assert value is None or low - 1e-6 <= value <= high + 1e-6, (name, value)


@given(
    arrays.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.just(3)), elements=st.integers(0, 255))
)
def test_any_picture_is_measured_within_the_ranges(pixels: np.ndarray) -> None:
    check_ranges(measure(pixels))


def test_photographs_are_measured_within_the_ranges(photographs: dict[str, np.ndarray]) -> None:
    for pixels in photographs.values():
        check_ranges(measure(pixels))


def test_measurements_survive_json(photographs: dict[str, np.ndarray]) -> None:
    measured = measure(photographs["rocket"])
    document = json.loads(json.dumps(asdict(measured), allow_nan=False))
    assert document.keys() == {known.name for known in fields(Measurements)}
    assert document["palette"][0]["hex"] == measured.palette[0].hex
    assert tuple(document["histogram_luma"]) == measured.histogram_luma


def test_nothing_is_left_unmeasured(photographs: dict[str, np.ndarray]) -> None:
    measured = measure(photographs["lake"])
    assert [known.name for known in fields(measured) if getattr(measured, known.name) is None] == []


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected"):
        measure(pixels)


def test_clipping_is_measured_before_the_conversion_to_srgb(photographs: dict[str, np.ndarray]) -> None:
    converted = photographs["rocket"].copy()
    converted[:200] = (255, 0, 0)
    measured = measure(converted, native=photographs["rocket"])
    assert measured.highlights_clipped < 0.01
    assert measure(converted).highlights_clipped > 0.4


def test_detail_is_that_of_the_original_where_it_is_given(photographs: dict[str, np.ndarray]) -> None:
    large = Image.fromarray(photographs["lake"])
    small = np.asarray(large.resize((400, 225)))
    detail = detail_of_pixels(np.asarray(large.resize((3200, 1800), Image.Resampling.BICUBIC)))
    assert measure(small, detail).edge_blur_px > 2 * measure(small).edge_blur_px


# --- ladders: a step more of a fault is a step more in its measurement, and the sharpest or darkest is the last


def relit(pixels: np.ndarray, stops: float) -> np.ndarray:
    light = np.clip(SRGB_TO_LINEAR[pixels] * 2.0**stops, 0, 1)
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.rint(encoded * 255).astype(np.uint8)


def flattened(pixels: np.ndarray, keep: float) -> np.ndarray:
    return np.rint(118 + (pixels.astype(float) - 118) * keep).astype(np.uint8)


def desaturated(pixels: np.ndarray, keep: float) -> np.ndarray:
    grey = pixels @ np.array([0.299, 0.587, 0.114])
    return np.clip(np.rint(grey[..., None] + (pixels - grey[..., None]) * keep), 0, 255).astype(np.uint8)


def cast(pixels: np.ndarray, blue: float) -> np.ndarray:
    return np.clip(pixels * np.array([1 - blue / 2, 1, 1 + blue]), 0, 255).astype(np.uint8)


LADDERS: list[tuple[Callable[[np.ndarray, float], np.ndarray], tuple[float, ...], dict[str, int]]] = [
    (relit, (-3, -2, -1, 0, 0.5, 1), {"mean_luminance": 1, "median_luminance": 1, "mean_lightness": 1}),
    (relit, (0.5, 1, 2, 3), {"highlights_clipped": 1}),
    (flattened, (0.1, 0.3, 0.5, 0.7), {"rms_contrast": 1, "tonal_range_stops": 1}),
    (desaturated, (0, 0.25, 0.5, 0.75, 1), {"colorfulness": 1, "saturation": 1}),
    (cast, (0, 0.05, 0.1, 0.2, 0.3), {"cast_b": -1}),
]


@pytest.mark.parametrize(("degrade", "steps", "signs"), LADDERS)
def test_ladders_are_monotonic(
    photographs: dict[str, np.ndarray],
    degrade: Callable[[np.ndarray, float], np.ndarray],
    steps: tuple[float, ...],
    signs: dict[str, int],
) -> None:
    for photograph, pixels in photographs.items():
        ladder = [measure(degrade(pixels, step)) for step in steps]
        for name, sign in signs.items():
            values = [sign * getattr(step, name) for step in ladder]
            assert all(earlier < later for earlier, later in itertools.pairwise(values)), (photograph, name, values)


# --- stability: what a re-encoding or a smaller copy changes, at most

TOLERANCES = {
    # name: (JPEG at quality 90, half the size)
    "mean_luminance": (0.002, 0.003), "median_luminance": (0.003, 0.008), "mean_lightness": (0.1, 0.5),
    "highlights_clipped": (0.01, 0.01), "white_clipped": (0.005, 0.005), "black_clipped": (0.01, 0.01),
    "tonal_range_stops": (0.1, 0.6), "rms_contrast": (0.002, 0.006), "cast_a": (0.3, 0.3), "cast_b": (0.3, 0.3),
    "cast_ratio": (0.1, 0.05), "colorfulness": (4.0, 3.0), "saturation": (0.01, 0.01), "weight_x": (0.01, 0.01),
    "weight_y": (0.01, 0.01), "balance_left_right": (0.02, 0.03), "balance_top_bottom": (0.02, 0.03),
    "salient_x": (0.02, 0.02), "salient_y": (0.02, 0.02), "salient_share": (0.03, 0.04),
    "tilt_confidence": (0.05, 0.08), "sharpness": (0.05, None), "noise_sigma": (0.7, None),
}  # fmt: skip
"""Half the size changes sharpness and noise by definition: they are of the pixels (see the test after this)."""


def encoded(pixels: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=90)
    return np.asarray(Image.open(stream).convert("RGB"))


def halved(pixels: np.ndarray) -> np.ndarray:
    image = Image.fromarray(pixels)
    return np.asarray(image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX))


@pytest.mark.parametrize(("column", "change"), [(0, encoded), (1, halved)])
def test_measurements_are_stable(
    photographs: dict[str, np.ndarray], column: int, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    for photograph, pixels in photographs.items():
        before, after = measure(pixels), measure(change(pixels))
        for name, limits in TOLERANCES.items():
            if limits[column] is not None:
                difference = abs(getattr(after, name) - getattr(before, name))
                assert difference <= limits[column], (photograph, name, difference)


def test_half_the_size_is_never_much_softer(photographs: dict[str, np.ndarray]) -> None:
    for photograph, pixels in photographs.items():
        soft = np.asarray(Image.fromarray(pixels).resize((pixels.shape[1] * 2, pixels.shape[0] * 2)))
        assert measure(pixels).sharpness >= measure(soft).sharpness, photograph
        assert measure(halved(pixels)).sharpness >= measure(pixels).sharpness - 0.12, photograph
