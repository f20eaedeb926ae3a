"""Color profiles: against the matrices themselves, and profiles that are none."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from skimage import color

from mondrian_desktop.photo.icc import to_srgb
from tests.photo import make_icc

_D50_TO_D65 = np.array(
    [[0.9555766, -0.0230393, 0.0631636], [-0.0282895, 1.0099416, 0.0210077], [0.0122982, -0.0204830, 1.3299098]]
)


def pixel(*values: int, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (4, 4), values if len(values) > 1 else values[0])


def expected(
    values: tuple[int, ...], colorants: tuple[tuple[float, float, float], ...], gamma: float = 2.2
) -> np.ndarray:
    xyz = (np.array(values) / 255) ** gamma @ np.array(colorants) @ _D50_TO_D65.T
    return np.clip(color.xyz2rgb(xyz), 0, 1) * 255


@pytest.mark.parametrize("colorants", [make_icc.DISPLAY_P3, make_icc.ADOBE_RGB])
@pytest.mark.parametrize("values", [(128, 128, 128), (200, 100, 50), (60, 140, 90), (30, 40, 200), (250, 250, 250)])
def test_matrix_profiles_are_converted(
    values: tuple[int, ...], colorants: tuple[tuple[float, float, float], ...]
) -> None:
    converted = np.asarray(to_srgb(pixel(*values), make_icc.rgb_profile(colorants)))[0, 0]
    assert converted == pytest.approx(expected(values, colorants), abs=2.5)


def test_a_saturated_p3_red_stays_within_srgb() -> None:
    assert tuple(np.asarray(to_srgb(pixel(255, 0, 0), make_icc.rgb_profile(make_icc.DISPLAY_P3)))[0, 0]) == (255, 0, 0)


@pytest.mark.parametrize("values", [(128, 128, 128), (200, 100, 50), (60, 140, 90), (30, 40, 200)])
def test_adobe_rgb_named_only_by_exif_is_converted_like_its_profile(values: tuple[int, ...]) -> None:
    named = np.asarray(to_srgb(pixel(*values), None, is_adobe_rgb=True))[0, 0]
    assert named == pytest.approx(expected(values, make_icc.ADOBE_RGB, 563 / 256), abs=2.5)


def test_a_profile_counts_before_the_exif_name() -> None:
    profile = make_icc.rgb_profile(make_icc.DISPLAY_P3)
    assert to_srgb(pixel(200, 100, 50), profile, is_adobe_rgb=True) == to_srgb(pixel(200, 100, 50), profile)


def test_srgb_is_left_as_it_is() -> None:
    image = pixel(13, 200, 77)
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert to_srgb(image, profile) is image
    assert to_srgb(image, None).getpixel((0, 0)) == (13, 200, 77)


def test_grey_profiles_are_converted() -> None:
    # Linear grey: half of the light is code 188 in sRGB.
    assert to_srgb(pixel(128, mode="L"), make_icc.grey_profile(1.0)).getpixel((0, 0)) == pytest.approx(
        (188,) * 3, abs=2
    )
    assert to_srgb(pixel(128, mode="L"), make_icc.grey_profile(2.2)).getpixel((0, 0)) == pytest.approx(
        (128,) * 3, abs=2
    )
    assert to_srgb(pixel(77, mode="L"), None).getpixel((0, 0)) == (77, 77, 77)


def test_cmyk_profiles_are_converted() -> None:
    profile = make_icc.cmyk_profile()

    def converted(*inks: int) -> tuple[int, ...]:
        return to_srgb(pixel(*inks, mode="CMYK"), profile).getpixel((0, 0))

    assert min(converted(0, 0, 0, 0)) > 245
    assert max(converted(0, 0, 0, 255)) < 12
    red, green, blue = converted(255, 0, 0, 0)
    assert blue > 200 > green > red
    red, green, blue = converted(0, 0, 255, 0)
    assert min(red, green) > 200 > blue


def test_cmyk_without_a_profile_is_read_roughly() -> None:
    assert to_srgb(pixel(0, 0, 0, 0, mode="CMYK"), None).getpixel((0, 0)) == (255, 255, 255)
    assert to_srgb(pixel(0, 0, 0, 255, mode="CMYK"), None).getpixel((0, 0)) == (0, 0, 0)


def test_lab_is_converted() -> None:
    lab = ImageCms.profileToProfile(
        pixel(200, 100, 50), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert to_srgb(lab, None).getpixel((0, 0)) == pytest.approx((200, 100, 50), abs=4)


@pytest.mark.parametrize(
    "profile", [b"", b"no profile", bytes(128), make_icc.cmyk_profile(), make_icc.grey_profile(2.2), b"\0" * (17 << 20)]
)
def test_what_is_no_profile_for_these_colors_is_ignored(profile: bytes) -> None:
    assert to_srgb(pixel(200, 100, 50), profile).getpixel((0, 0)) == (200, 100, 50)


@given(st.data())
def test_mutated_profiles_do_no_harm(data: st.DataObject) -> None:
    mutated = bytearray(make_icc.rgb_profile(make_icc.DISPLAY_P3))
    for _ in range(data.draw(st.integers(1, 6))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    converted = to_srgb(pixel(200, 100, 50), bytes(mutated))
    assert (converted.mode, converted.size) == ("RGB", (4, 4))
