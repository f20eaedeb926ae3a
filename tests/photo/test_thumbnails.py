"""Thumbnails: the one in the file where that is good enough, upright and small."""

import io
from pathlib import Path

import pytest
from PIL import Image

from mondrian_desktop.photo.decode import read_thumbnail
from tests.photo import make
from tests.photo.make import color


def test_thumbnails_are_the_embedded_ones_where_these_are_large_enough(tmp_path: Path) -> None:
    embedded = make.jpeg(Image.new("RGB", (160, 120), (10, 200, 10)))
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(1200, 800), exif=make.exif(thumbnail=embedded)))
    green = read_thumbnail(path, 160)
    # The picture is 3:2, the thumbnail 4:3: its bars are cut off.
    assert green.shape == (107, 160, 3)
    assert color(green, 50, 80) == pytest.approx((10, 200, 10), abs=4)
    assert color(read_thumbnail(path, 300), 50, 80) == pytest.approx((10, 200, 10), abs=4)
    assert make.corners_of(read_thumbnail(path, 600)) == "RG-B"


@pytest.mark.parametrize("embedded", [b"\xff\xd8\xff broken", b"no jpeg"])
def test_broken_embedded_thumbnails_are_passed_over(tmp_path: Path, embedded: bytes) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(1200, 800), exif=make.exif(thumbnail=embedded)))
    assert make.corners_of(read_thumbnail(path, 160)) == "RG-B"


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_embedded_thumbnails_come_upright(tmp_path: Path, orientation: int) -> None:
    small = make.jpeg(make.stored(make.corners(160, 107), orientation))
    exif = make.exif({0x0112: (make.SHORT, orientation)}, small)
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.stored(Image.new("RGB", (1200, 800)), orientation), exif=exif))
    found = read_thumbnail(path, 160)
    assert make.corners_of(found) == "RG-B"
    assert found.shape[:2] == (107, 160)


def test_thumbnails_are_small(tmp_path: Path) -> None:
    stream = io.BytesIO()
    make.corners(900, 600).save(stream, "PNG")
    path = tmp_path / "photo.png"
    path.write_bytes(stream.getvalue())
    assert read_thumbnail(path, 200).shape == (133, 200, 3)
