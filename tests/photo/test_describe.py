"""A photo as document and as lines."""

import json
from pathlib import Path

from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.describe import photo_document, photo_lines
from tests.photo import make


def test_the_document_is_json_with_all_that_is_known(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(1500, 1000), exif=make.exif()))
    photo = read_photo(path)
    document = photo_document(photo)
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["path"] == str(path)
    assert (document["width"], document["height"], document["analysis_size"]) == (1500, 1000, [1024, 683])
    assert document["exif"]["camera"] == "Nikon Z 6"
    assert document["measurements"]["rms_contrast"] == round(photo.measurements.rms_contrast, 6)
    assert document["facts"]
    assert document["content_hash"] == photo.content_hash


def test_the_lines_say_it_in_words(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(1500, 1000), exif=make.exif()))
    lines = photo_lines(read_photo(path))
    assert lines[0].startswith("JPEG, 1500 x 1000 pixels (1.5 megapixels), ")
    assert lines[0].endswith("analyzed at 1024 x 683")
    assert "Camera: Nikon Z 6" in lines
    assert "Shutter: 1/250 s" in lines
    assert any("stops" in line for line in lines)


def test_what_was_decoded_is_said_where_it_is_not_the_picture(tmp_path: Path) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(make.dng(make.corners(640, 480)))
    assert photo_lines(read_photo(path))[1].startswith("Decoded: developed from the RAW data")
