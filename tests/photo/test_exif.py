"""EXIF as cameras write it, as programs complete it, and as nobody should."""

import dataclasses
import json
import math
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.exif import is_adobe_rgb, merge_exif, orientation_of, read_exif
from mondrian_desktop.photo.model import Exif
from tests.photo import make
from tests.photo.make import ASCII, BYTE, LONG, RATIONAL, SHORT, SRATIONAL, UNDEFINED


def read(exif: make.Directory | None = None, main: make.Directory | None = None) -> Exif:
    directory: dict[int, make.Entry] = dict(main or {})
    if exif is not None:
        directory[0x8769] = (LONG, exif)
    return read_exif(make.exif(directory))


def test_all_that_a_camera_writes_is_read() -> None:
    assert read_exif(make.exif()) == Exif(
        camera="Nikon Z 6",
        lens="NIKKOR Z 35mm f/1.8 S",
        focal_length_mm=35,
        focal_length_35mm=52,
        aperture_f=8,
        shutter_s=1 / 250,
        iso=200,
        exposure_compensation_ev=-0.7,
        metering="Pattern",
        flash="Did not fire",
        white_balance="Auto",
        taken="2024-05-01T12:30:00+02:00",
        orientation=1,
        software="Ver.01.00",
    )


def test_nothing_is_nothing() -> None:
    assert read_exif(b"") == Exif()
    assert read_exif(b"Exif\0\0") == Exif()


@pytest.mark.parametrize(
    ("maker", "model", "camera"),
    [
        ("Canon", "Canon EOS R5", "Canon EOS R5"),
        ("NIKON CORPORATION", "NIKON D850", "Nikon D850"),
        ("SONY", "ILCE-7M3", "Sony ILCE-7M3"),
        ("FUJIFILM", "X-T5", "Fujifilm X-T5"),
        ("RICOH IMAGING COMPANY, LTD.", "PENTAX K-1", "Pentax K-1"),
        ("OLYMPUS CORPORATION", "E-M1MarkII", "Olympus E-M1MarkII"),
        ("Apple", "iPhone 15 Pro", "Apple iPhone 15 Pro"),
        ("Leica Camera AG", "LEICA Q2", "Leica Q2"),
        ("", "Holga", "Holga"),
        ("Apple", "", "Apple"),
    ],
)
def test_cameras_have_the_name_people_call_them(maker: str, model: str, camera: str) -> None:
    assert read(main={0x010F: (ASCII, maker), 0x0110: (ASCII, model)}).camera == camera


def test_apex_values_stand_in() -> None:
    found = read({0x9201: (SRATIONAL, [8]), 0x9202: (RATIONAL, [6])})
    assert found.shutter_s == pytest.approx(1 / 256, rel=1e-3)
    assert found.aperture_f == 8


def test_high_sensitivities_are_found_where_the_old_tag_ends() -> None:
    assert read({0x8827: (SHORT, 65535), 0x8832: (LONG, 102400)}).iso == 102400
    assert read({0x8827: (SHORT, 65535)}).iso is None


@pytest.mark.parametrize(
    ("numbers", "lens"),
    [
        ([24, 70, 2.8, 2.8], "24-70 mm f/2.8"),
        ([50, 50, 1.8, 1.8], "50 mm f/1.8"),
        ([18, 55, 3.5, 5.6], "18-55 mm f/3.5-5.6"),
        ([100, 400, 0, 0], "100-400 mm"),
        ([0, 0, 0, 0], None),
    ],
)
def test_lenses_without_a_name_are_named_by_their_numbers(numbers: list[float], lens: str | None) -> None:
    assert read({0xA432: (RATIONAL, numbers)}).lens == lens


@pytest.mark.parametrize(
    ("code", "words"), [(0, "Did not fire"), (1, "Fired"), (0x19, "Fired"), (0x10, "Did not fire"), (0x20, "No flash")]
)
def test_flash(code: int, words: str) -> None:
    assert read({0x9209: (SHORT, code)}).flash == words


def test_values_out_of_bounds_are_left_out() -> None:
    found = read(
        {
            0x829A: (RATIONAL, [0]),
            0x829D: (RATIONAL, [0]),
            0x8827: (SHORT, 0),
            0x920A: (RATIONAL, [0]),
            0xA405: (SHORT, 0),
            0x9204: (SRATIONAL, [90]),
            0x9207: (SHORT, 99),
            0x9209: (SHORT, 999),
        },
        {0x0112: (SHORT, 9), 0x4746: (SHORT, 77)},
    )
    assert found == Exif()


def test_tags_of_the_wrong_type_do_no_harm() -> None:
    for tag in (0x829A, 0x829D, 0x8827, 0x9003, 0x920A, 0xA434, 0xA432, 0x9286):
        for kind in (BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL):
            value = b"\xff\x00\xfe\x01" if kind in (ASCII, UNDEFINED) else [1]
            assert isinstance(read({tag: (kind, value)}), Exif)


def test_text_is_cleaned_and_bounded() -> None:
    found = read(
        {0xA434: (ASCII, b"Lens\x1b[31m\r\nwith \xc3\xa9\0junk")},
        {0x0131: (ASCII, b"\x80" * 500), 0x0110: (ASCII, b"\0\0")},
    )
    assert found.lens == "Lens[31m with é"
    assert found.software is None or len(found.software) <= 100
    assert found.camera is None


def test_text_in_latin_1_is_read_as_such() -> None:
    assert read(main={0x010E: (ASCII, b"Caf\xe9 am See\0")}).caption == "Café am See"


@pytest.mark.parametrize("text", ["OLYMPUS DIGITAL CAMERA", "SONY DSC", "default", "          ", "_default"])
def test_what_cameras_write_when_nobody_described_anything_is_no_caption(text: str) -> None:
    assert read(main={0x010E: (ASCII, text)}).caption is None


def test_windows_tags_and_comments_are_read() -> None:
    found = read(
        {0x9286: (UNDEFINED, b"ASCII\0\0\0A comment")},
        {
            0x9C9B: (BYTE, list("Title\0".encode("utf-16-le"))),
            0x9C9E: (BYTE, list("lake;dusk;lake\0".encode("utf-16-le"))),
            0x4746: (SHORT, 4),
        },
    )
    assert found.title == "Title"
    assert found.keywords == ("lake", "dusk")
    assert found.rating == 4
    assert found.caption == "A comment"


def test_a_unicode_comment_is_read_in_either_order() -> None:
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read({0x9286: (UNDEFINED, b"UNICODE\0" + "Über".encode(encoding))}).caption == "Über"


def test_a_location_is_known_to_exist_and_nothing_more() -> None:
    gps = {1: (ASCII, "N"), 2: (RATIONAL, [47, 22, 36.5]), 3: (ASCII, "E"), 4: (RATIONAL, [8, 32, 30])}
    found = read(main={0x8825: (LONG, gps), 0x0110: (ASCII, "Camera")})
    assert found.has_location
    assert "47" not in json.dumps(dataclasses.asdict(found))
    assert not read(main={0x8825: (LONG, {0: (BYTE, [2, 3, 0, 0])})}).has_location


def test_orientation_alone() -> None:
    assert orientation_of(make.exif({0x0112: (SHORT, 6)})) == 6
    assert orientation_of(make.exif({0x0112: (SHORT, 0)})) == 1
    assert orientation_of(make.exif({0x0112: (ASCII, "x")})) == 1
    assert orientation_of(b"") == 1


def test_adobe_rgb_without_profile_is_told_by_the_interoperability_index() -> None:
    def exif(index: str, space: int) -> bytes:
        return make.exif({0x8769: (LONG, {0xA001: (SHORT, space), 0xA005: (LONG, {1: (ASCII, index)})})})

    assert is_adobe_rgb(exif("R03", 65535))
    assert not is_adobe_rgb(exif("R98", 65535))
    assert not is_adobe_rgb(exif("R03", 1))
    assert not is_adobe_rgb(make.exif())


def test_merging_keeps_the_first_and_completes_it() -> None:
    first, second = Exif(camera="A", iso=100), Exif(camera="B", lens="L", keywords=("k",), has_location=True)
    assert merge_exif(first, second) == Exif(camera="A", iso=100, lens="L", keywords=("k",), has_location=True)


@given(st.data())
def test_mutated_blocks_give_bounded_values(data: st.DataObject) -> None:
    mutated = bytearray(make.exif())
    for _ in range(data.draw(st.integers(1, 12))):
        mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    found = read_exif(bytes(mutated))
    assert 1 <= found.orientation <= 8
    for name in ("focal_length_mm", "aperture_f", "shutter_s", "focal_length_35mm", "exposure_compensation_ev"):
        value = getattr(found, name)
        assert value is None or math.isfinite(value)
    json.dumps(dataclasses.asdict(found), allow_nan=False)


def test_numbers_that_are_none_are_left_out() -> None:
    # 5 / 0 in a rational, and a double that is not a number.
    data = bytearray(make.exif({0x8769: (LONG, {0x829D: (RATIONAL, [5])})}))
    at = data.index(struct.pack("<LL", 5, 1))
    data[at : at + 8] = struct.pack("<LL", 5, 0)
    assert read_exif(bytes(data)).aperture_f is None


@pytest.mark.skipif(shutil.which("exiftool") is None, reason="exiftool is not installed")
def test_what_exiftool_writes_is_read(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners()))
    subprocess.run(
        [
            "exiftool", "-q", "-overwrite_original", "-Make=Canon", "-Model=Canon EOS R6",
            "-LensModel=RF24-105mm F4 L IS USM",
            "-FNumber=5.6", "-ExposureTime=1/60", "-ISO=3200", "-FocalLength=85", "-FocalLengthIn35mmFormat=85",
            "-ExposureCompensation=+1/3", "-DateTimeOriginal=2023:12:24 18:05:00", "-OffsetTimeOriginal=-05:00",
            "-EXIF:Flash#=25", "-MeteringMode#=3", "-WhiteBalance#=1", "-ExposureProgram#=3", "-XMP:Rating=5",
            "-XMP:Subject=winter", "-XMP:Subject=family", "-IPTC:Caption-Abstract=By the tree", "-XMP:Title=Eve",
            "-GPSLatitude=47.4", "-GPSLatitudeRef=N", "-GPSLongitude=8.5", "-GPSLongitudeRef=E",
            "-codedcharacterset=utf8", str(path),
        ],
        check=True,
    )  # fmt: skip
    assert read_photo(path).exif == Exif(
        camera="Canon EOS R6",
        lens="RF24-105mm F4 L IS USM",
        focal_length_mm=85,
        focal_length_35mm=85,
        aperture_f=5.6,
        shutter_s=pytest.approx(1 / 60),
        iso=3200,
        exposure_compensation_ev=pytest.approx(1 / 3, abs=0.01),
        metering="Spot",
        flash="Fired",
        white_balance="Manual",
        exposure_program="Aperture priority",
        taken="2023-12-24T18:05:00-05:00",
        rating=5,
        keywords=("winter", "family"),
        title="Eve",
        caption="By the tree",
        has_location=True,
    )
