"""Where a photo was taken, for a user who asks: from EXIF, XMP and a sidecar; hostile values are none."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.isolate import DecoderProcess
from mondrian_desktop.photo.location import Location, _of_tags, _of_texts, read_location
from mondrian_desktop.photo.tiff_tags import Tags
from tests.photo import make
from tests.photo.make import ASCII, LONG, RATIONAL
from tests.photo.test_xmp import PACKET

pytestmark = pytest.mark.usefixtures("no_file_left_open")
SYDNEY = {1: (ASCII, "S"), 2: (RATIONAL, [33, 51, 24.84]), 3: (ASCII, "E"), 4: (RATIONAL, [151, 12, 54.36])}


def photo_at(path: Path, gps: make.Directory, file_format: str = "JPEG") -> Path:
    stream = io.BytesIO()
    exif = make.exif({**make.CAMERA, 0x8825: (LONG, gps)})
    make.corners().save(stream, file_format, exif=exif)
    path.write_bytes(stream.getvalue())
    return path


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_position_in_exif_is_told(tmp_path: Path, process: DecoderProcess, file_format: str) -> None:
    path = photo_at(tmp_path / "photo", SYDNEY, file_format)
    assert str(read_location(path, process)) == "-33.85690, 151.21510"
    assert read_photo(path, process=process).exif.has_location


def test_the_position_in_a_sidecar_is_told(tmp_path: Path, process: DecoderProcess) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(make.dng(make.corners(640, 480)))
    assert read_location(path, process) is None
    path.with_suffix(".xmp").write_text(PACKET, encoding="utf-8")
    assert str(read_location(path, process)) == "47.37667, 8.54167"


def test_a_photo_without_a_position_has_none(tmp_path: Path, process: DecoderProcess) -> None:
    assert read_location(photo_at(tmp_path / "photo", {}), process) is None
    beyond = {**SYDNEY, 2: (RATIONAL, [95, 0, 0])}
    assert read_location(photo_at(tmp_path / "photo", beyond), process) is None
    assert read_location(photo_at(tmp_path / "photo", {**SYDNEY, 1: (RATIONAL, [1])}), process) is None


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_text_is_a_position_on_earth_or_none(latitude: str, longitude: str) -> None:
    found = _of_texts(latitude, longitude)
    assert found is None or (abs(found.latitude) <= 90 and abs(found.longitude) <= 180)


VALUES = st.one_of(st.none(), st.binary(max_size=4), st.lists(st.floats(), max_size=4).map(tuple))


@given(st.lists(VALUES, min_size=4, max_size=4))
def test_any_tags_are_a_position_on_earth_or_none(values: list[bytes | tuple[float, ...] | None]) -> None:
    gps = {tag: value for tag, value in enumerate(values, start=1) if value is not None}
    found = _of_tags(Tags(gps=gps))
    assert found is None or (abs(found.latitude) <= 90 and abs(found.longitude) <= 180)


def test_xmp_positions_with_seconds() -> None:
    assert _of_texts("47,22,36S", "8,32,30W") == Location(pytest.approx(-47.376667), pytest.approx(-8.541667))
