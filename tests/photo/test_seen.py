"""The picture that a model saw, made again from the original."""

from pathlib import Path

import numpy as np
import pytest

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.reader import PhotoReader
from tests.photo import make

pytestmark = pytest.mark.usefixtures("no_file_left_open")


@pytest.fixture
def reader():
    reader = PhotoReader()
    yield reader
    reader.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(1500, 1000)))
    return path


def test_without_a_known_size_it_is_what_was_given(reader: PhotoReader, path: Path) -> None:
    photo = read_photo(path, 600)
    found = reader.seen(path, 600, photo.content_hash, (600, 400), None).result()
    assert np.array_equal(found, photo.pixels)
    assert np.array_equal(found, reader.seen(path, 600, photo.content_hash, (600, 400), (600, 400)).result())


def test_it_is_scaled_to_what_the_processor_made_also_where_that_changes_the_shape(
    reader: PhotoReader, path: Path
) -> None:
    given = read_photo(path, 600)
    found = reader.seen(path, 600, given.content_hash, (600, 400), (288, 288)).result()
    assert found.shape == (288, 288, 3)
    assert make.corners_of(found) == "RG-B"


def test_another_photo_under_the_same_name_is_not_passed_off_as_what_was_seen(reader: PhotoReader, path: Path) -> None:
    analyzed = read_photo(path, 600)
    path.write_bytes(make.jpeg(make.corners(1500, 1000), quality=60))
    with pytest.raises(UserError, match="has changed since it was analyzed"):
        reader.seen(path, 600, analyzed.content_hash, (600, 400), (288, 192)).result()
    path.unlink()
    with pytest.raises(UserError, match="was not found"):
        reader.seen(path, 600, analyzed.content_hash, (600, 400), (288, 192)).result()
