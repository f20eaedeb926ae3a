"""Every format: recognized by content, upright, in sRGB, over grey, first page."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import (
    SUPPORTED_SUFFIXES,
    file_filters,
    is_supported,
    read_photo,
    read_thumbnail,
)
from mondrian_desktop.photo.formats import FORMATS, format_of
from mondrian_desktop.photo.formats.base import NEUTRAL_GREY
from mondrian_desktop.photo.isolate import DecoderProcess
from tests.photo import make, make_icc
from tests.photo.make import color, save

DATA = Path(__file__).parent / "data"
ORIENTED = {"jpg": "JPEG", "png": "PNG", "webp": "WebP", "tif": "TIFF", "avif": "AVIF"}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ORIENTED)
def test_pictures_come_upright(tmp_path: Path, process: DecoderProcess, suffix: str, orientation: int) -> None:
    exif = make.exif({**make.CAMERA, 0x0112: (make.SHORT, orientation)})
    # In a TIFF the orientation is one of the file's own tags.
    options = {"tiffinfo": {274: orientation}} if suffix == "tif" else {"exif": exif}
    path = save(make.stored(make.corners(), orientation), tmp_path / f"photo.{suffix}", **options)
    photo = read_photo(path, process=process)
    assert make.corners_of(photo.pixels) == "RG-B"
    assert photo.pixels.shape == (80, 120, 3)
    assert (photo.width, photo.height) == (120, 80)
    assert photo.format == ORIENTED[suffix]
    assert make.corners_of(read_thumbnail(path, 60, process)) == "RG-B"
    if suffix != "tif":
        assert photo.exif.camera == "Nikon Z 6"


@pytest.mark.parametrize("name", ["upright", "turned"])
def test_heic_comes_upright_with_its_tags(process: DecoderProcess, name: str) -> None:
    photo = read_photo(DATA / f"{name}.heic", process=process)
    assert make.corners_of(photo.pixels) == "RG-B"
    assert (photo.width, photo.height, photo.format) == (120, 80, "HEIF")
    assert photo.exif.camera == "Nikon Z 6"
    assert make.corners_of(read_thumbnail(DATA / f"{name}.heic", 60, process)) == "RG-B"


def test_heic_with_ten_bits_is_scaled(process: DecoderProcess) -> None:
    shallow, deep = (read_photo(DATA / f"{name}.heic", process=process).pixels for name in ("upright", "deep"))
    assert np.abs(shallow.astype(int) - deep).mean() < 6


def test_heic_with_alpha_lies_over_grey(process: DecoderProcess) -> None:
    pixels = read_photo(DATA / "alpha.heic", process=process).pixels
    assert color(pixels, 40, 60) == pytest.approx(NEUTRAL_GREY, abs=4)


@pytest.mark.parametrize("suffix", ["png", "webp", "tif", "gif", "avif"])
def test_transparent_pictures_lie_over_grey(tmp_path: Path, process: DecoderProcess, suffix: str) -> None:
    image = Image.new("RGBA", (60, 40), (255, 255, 255, 0))
    image.paste((20, 30, 200, 255), (30, 0, 60, 40))
    options = {"lossless": True} if suffix == "webp" else {}
    pixels = read_photo(save(image, tmp_path / f"photo.{suffix}", **options), process=process).pixels
    assert color(pixels, 20, 10) == pytest.approx(NEUTRAL_GREY, abs=2)
    assert color(pixels, 20, 50) == pytest.approx((20, 30, 200), abs=4)


def test_half_transparent_is_half_grey(tmp_path: Path) -> None:
    path = save(Image.new("RGBA", (30, 20), (218, 18, 118, 128)), tmp_path / "photo.png")
    assert color(read_photo(path).pixels, 5, 5) == pytest.approx((168, 68, 118), abs=1)
    path = save(Image.new("LA", (30, 20), (218, 128)), tmp_path / "grey.png")
    assert color(read_photo(path).pixels, 5, 5) == pytest.approx((168, 168, 168), abs=1)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_every_mode(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((20, 30), 128 * 257, np.uint16))
    else:
        grey = Image.new("RGB", (30, 20), (128, 128, 128))
        image = grey.quantize(4) if mode == "P" else grey.convert(mode)
    pixels = read_photo(save(image, tmp_path / "photo.png")).pixels
    assert pixels.shape == (20, 30, 3)
    if mode != "1":
        assert color(pixels, 10, 15) == pytest.approx((128, 128, 128), abs=2)


@pytest.mark.parametrize("transparency", [0, b"\x00\xff", None])
def test_palettes_with_and_without_transparency(tmp_path: Path, transparency: int | bytes | None) -> None:
    image = Image.new("P", (30, 20), 0)
    image.putpalette([200, 100, 50, 10, 20, 30])
    options = {} if transparency is None else {"transparency": transparency}
    pixels = read_photo(save(image, tmp_path / "photo.png", **options)).pixels
    assert color(pixels, 3, 3) == ((200, 100, 50) if transparency is None else NEUTRAL_GREY)


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"])
def test_tiff_of_every_compression(tmp_path: Path, compression: str) -> None:
    photo = read_photo(save(make.corners(), tmp_path / "photo.tif", compression=compression))
    assert make.corners_of(photo.pixels) == "RG-B"


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA", "CMYK", "LAB", "I;16", "F", "I"])
def test_tiff_of_every_mode(tmp_path: Path, mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray(np.full((20, 30), 128 * 257, np.uint16))
    elif mode == "F":
        image = Image.fromarray(np.full((20, 30), 0.5, np.float32))
    elif mode == "I":
        image = Image.fromarray(np.full((20, 30), 128 * 257, np.int32))
    elif mode == "LAB":
        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        grey = Image.new("RGB", (30, 20), (128, 128, 128))
        image = ImageCms.profileToProfile(grey, srgb, lab, outputMode="LAB")
    else:
        image = Image.new("RGB", (30, 20), (128, 128, 128)).convert(mode)
    pixels = read_photo(save(image, tmp_path / "photo.tif")).pixels
    assert pixels.shape == (20, 30, 3)
    if mode != "1":
        assert color(pixels, 10, 15) == pytest.approx((128, 128, 128), abs=4)


def test_tiff_with_16_bits_in_tiles(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    deep = np.asarray(make.corners(200, 120)).astype(np.uint16) * 257
    for options in ({}, {"tile": (64, 64)}, {"tile": (64, 64), "byteorder": ">"}, {"rowsperstrip": 7}):
        path = tmp_path / f"photo{len(options)}.tif"
        tifffile.imwrite(path, deep, photometric="rgb", **options)
        photo = read_photo(path)
        assert np.abs(photo.pixels.astype(int) - np.asarray(make.corners(200, 120))).max() <= 1


def test_big_tiff(tmp_path: Path) -> None:
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "photo.tif", np.asarray(make.corners()), photometric="rgb", bigtiff=True)
    assert make.corners_of(read_photo(tmp_path / "photo.tif").pixels) == "RG-B"


@pytest.mark.parametrize("suffix", ["tif", "gif", "webp", "png"])
def test_of_several_pictures_the_first(tmp_path: Path, suffix: str) -> None:
    others = [Image.new("RGB", (120, 80), (0, 0, 0)) for _ in range(2)]
    options = {"lossless": True} if suffix == "webp" else {}
    path = save(make.corners(), tmp_path / f"photo.{suffix}", save_all=True, append_images=others, **options)
    photo = read_photo(path)
    assert make.corners_of(photo.pixels) == "RG-B"
    assert photo.pixels.shape == (80, 120, 3)


def test_the_tags_of_a_tiff_file_are_read(tmp_path: Path) -> None:
    info = {0x010F: "Canon", 0x0110: "Canon EOS R5", 0x010E: "A caption"}
    photo = read_photo(save(make.corners(), tmp_path / "photo.tif", tiffinfo=info))
    assert photo.exif.camera == "Canon EOS R5"
    assert photo.exif.caption == "A caption"


def test_bmp(tmp_path: Path) -> None:
    for mode in ("1", "L", "P", "RGB", "RGBA"):
        photo = read_photo(save(make.corners().convert(mode), tmp_path / "photo.bmp"))
        assert photo.pixels.shape == (80, 120, 3)
    assert make.corners_of(photo.pixels) == "RG-B"


def test_cmyk_jpeg(tmp_path: Path) -> None:
    photo = read_photo(save(make.corners(1200, 800).convert("CMYK"), tmp_path / "photo.jpg", quality=95), 256)
    assert make.corners_of(photo.pixels) == "RG-B"
    assert photo.measurements.noise_sigma is not None


def test_embedded_profiles_are_honored_in_every_format(tmp_path: Path, process: DecoderProcess) -> None:
    profile = make_icc.rgb_profile(make_icc.ADOBE_RGB)
    image = Image.new("RGB", (64, 48), (60, 160, 90))
    for suffix in ("jpg", "png", "webp", "tif", "avif"):
        options = {"lossless": True} if suffix == "webp" else {"quality": 95} if suffix in ("jpg", "avif") else {}
        path = save(image, tmp_path / f"photo.{suffix}", icc_profile=profile, **options)
        # As computed from the matrices in test_icc.py.
        assert color(read_photo(path, process=process).pixels, 20, 20) == pytest.approx((0, 161, 87), abs=5), suffix


def test_clipping_is_told_for_the_colors_of_the_file(tmp_path: Path) -> None:
    # A green that sRGB has not: its conversion is at the end of two channels, the file's own numbers are not.
    path = save(
        Image.new("RGB", (64, 48), (60, 200, 60)),
        tmp_path / "photo.png",
        icc_profile=make_icc.rgb_profile(make_icc.ADOBE_RGB),
    )
    photo = read_photo(path)
    assert photo.pixels[20, 20].min() <= 1
    assert photo.measurements.shadows_clipped == 0


@pytest.mark.parametrize("suffix", [".jpg", ".PNG", ".heic", ".dng", ".txt", ""])
def test_the_content_decides_not_the_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photo{suffix}"
    path.write_bytes(make.jpeg(make.corners()))
    assert read_photo(path).format == "JPEG"


def test_what_is_no_photo_is_told_so(tmp_path: Path) -> None:
    for name, content in (
        ("notes.jpg", b"Dear diary"),
        ("movie.mov", b"\0\0\0\x14ftypqt  "),
        ("BM.bmp", b"BMW is a maker of cars"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UserError, match="not a photo in a format"):
            read_photo(tmp_path / name)


def test_long_sides_are_reduced_and_never_enlarged(tmp_path: Path) -> None:
    for suffix in ("jpg", "png", "webp"):
        path = save(make.corners(1500, 1000), tmp_path / f"photo.{suffix}")
        assert read_photo(path, 1024).pixels.shape == (683, 1024, 3)
        assert read_photo(path, 512).pixels.shape == (341, 512, 3)
        assert read_photo(path, 2048).pixels.shape == (1000, 1500, 3)


def test_detail_is_measured_at_full_resolution(tmp_path: Path) -> None:
    # Stripes of two pixels: grey at a quarter of the size.
    pixels = np.where(np.arange(2400) // 2 % 2 == 0, 90, 160).astype(np.uint8)
    pixels = np.repeat(np.repeat(pixels[None, :, None], 1600, 0), 3, 2)
    for suffix in ("jpg", "png"):
        path = save(Image.fromarray(pixels), tmp_path / f"photo.{suffix}")
        photo = read_photo(path, 600)
        assert photo.measurements.edge_blur_px < 0.6
        assert photo.measurements.rms_contrast < 0.05


def test_sixteen_bits_of_grey_are_measured(tmp_path: Path) -> None:
    deep = np.linspace(0, 65535, 300 * 200).reshape(200, 300).astype(np.uint16)
    pixels = read_photo(save(Image.fromarray(deep), tmp_path / "photo.png")).pixels
    assert pixels[0, 0].max() <= 1
    assert pixels[-1, -1].min() >= 254


def test_supported_names() -> None:
    for name in ("a.jpg", "a.JPEG", "a.heic", "a.NEF", "a.b.dng", ".a.jpg.icloud", "a.webp", "a.tiff"):
        assert is_supported(Path("/photos") / name), name
    for name in ("a.txt", "jpg", ".jpg", "a.jpg.txt", "._a.jpg", "a.xmp", "a", ".a.txt.icloud", "a.mov"):
        assert not is_supported(Path("/photos") / name), name


def test_filters_hold_every_suffix_once() -> None:
    (title, all_suffixes), *each = file_filters()
    assert title == "Photos"
    assert set(all_suffixes) == SUPPORTED_SUFFIXES
    listed = [suffix for _, suffixes in each for suffix in suffixes]
    assert sorted(listed) == sorted(all_suffixes)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in listed)


def test_formats_do_not_claim_each_other_s_files(tmp_path: Path) -> None:
    for known in FORMATS:
        for path in [*DATA.glob("*.heic")]:
            if known.name != "HEIF":
                assert not known.accepts(path.read_bytes()[:64], ".heic")
    assert format_of(b"", ".jpg") is None
    assert format_of(b"\xff\xd8\xff", "").name == "JPEG"
    assert format_of(b"II*\0" + bytes(60), ".nef").name == "RAW"
    assert format_of(b"II*\0" + bytes(60), ".tif").name == "TIFF"


def test_iptc_in_jpeg_and_raw_profiles_in_png_are_read(tmp_path: Path) -> None:
    from tests.photo.test_iptc import RECORDS, resources

    plain = make.jpeg(make.corners())
    segment = b"Photoshop 3.0\0" + resources(RECORDS)
    path = tmp_path / "photo.jpg"
    path.write_bytes(plain[:2] + b"\xff\xed" + (len(segment) + 2).to_bytes(2, "big") + segment + plain[2:])
    assert read_photo(path).exif.caption == "Abend am See"
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    packed = resources(RECORDS)
    info.add_text("Raw profile type iptc", f"\niptc\n{len(packed):8}\n{packed.hex()}\n")
    path = save(make.corners(), tmp_path / "photo.png", pnginfo=info)
    assert read_photo(path).exif.keywords == ("lake", "Dämmerung")


def test_the_original_is_not_written(tmp_path: Path, process: DecoderProcess) -> None:
    for path in (
        DATA / "turned.heic",
        save(make.corners(), tmp_path / "photo.jpg"),
        save(make.corners(), tmp_path / "photo.tif"),
    ):
        copy = tmp_path / f"copy{path.suffix}"
        shutil.copy(path, copy)
        copy.chmod(0o444)
        before = (copy.read_bytes(), copy.stat().st_mtime_ns)
        read_photo(copy, process=process)
        read_thumbnail(copy, 64, process)
        assert (copy.read_bytes(), copy.stat().st_mtime_ns) == before
        assert {entry.name for entry in tmp_path.iterdir()} <= {
            "photo.jpg",
            "photo.tif",
            "copy.heic",
            "copy.jpg",
            "copy.tif",
        }


def test_pillow_is_asked_for_nothing_but_the_format(tmp_path: Path) -> None:
    # A PostScript file, which Pillow would hand to another program, is none of ours.
    path = tmp_path / "photo.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")
    with pytest.raises(UserError, match="not a photo"):
        read_photo(path)
