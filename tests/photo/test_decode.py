"""A photo as a whole: what it is known by, and that reading leaves nothing behind."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.decode import read_photo, read_thumbnail
from tests.photo import make

pytestmark = pytest.mark.usefixtures("no_file_left_open")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(make.jpeg(make.corners(3000, 2000), exif=make.exif()))
    return path


def test_a_photo_knows_its_file(path: Path) -> None:
    photo = read_photo(path, 512)
    assert photo.path == path
    assert photo.content_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert photo.byte_size == path.stat().st_size
    assert (photo.width, photo.height) == (3000, 2000)
    assert photo.pixels.shape == (341, 512, 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    assert photo.exif.lens == "NIKKOR Z 35mm f/1.8 S"
    assert photo.measurements.palette
    assert photo.source == ""


def test_copies_have_the_same_key_and_other_sizes_another(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy with another name.jpeg"
    shutil.copy(path, copy)
    assert read_photo(copy).key == read_photo(path).key
    assert read_photo(path, 512).key != read_photo(path, 1024).key
    # A size that reduces nothing shows the same pixels.
    assert read_photo(path, 3000).key == read_photo(path, 4000).key


def test_reading_twice_gives_the_same(path: Path) -> None:
    one, other = read_photo(path), read_photo(path)
    assert (one.pixels == other.pixels).all()
    assert one.measurements == other.measurements


def test_the_samples_are_read() -> None:
    samples = sorted(paths.resource("samples").glob("*.jpg"))
    assert samples
    for sample in samples:
        photo = read_photo(sample)
        assert max(photo.pixels.shape[:2]) == min(1024, max(photo.width, photo.height))
        assert photo.measurements.sharpness is not None


def test_a_thumbnail_looks_like_the_photo(path: Path) -> None:
    assert make.corners_of(read_thumbnail(path, 256)) == "RG-B"
    assert read_thumbnail(path, 256).shape == (171, 256, 3)


def test_importing_the_reader_starts_and_loads_no_decoder() -> None:
    code = (
        "import sys, threading, multiprocessing\n"
        "import mondrian_desktop.photo.reader, mondrian_desktop.photo.decode\n"
        "unwanted = {'rawpy', 'pi_heif', 'cv2', 'skimage', 'scipy', 'PySide6', 'mlx'}\n"
        "assert not unwanted & set(sys.modules), unwanted & set(sys.modules)\n"
        "assert threading.active_count() == 1\n"
        "assert not multiprocessing.active_children()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_program_without_the_guard_for_new_processes_can_read_a_photo(path: Path) -> None:
    code = (
        "from pathlib import Path\n"
        "from mondrian_desktop.photo.decode import read_photo\n"
        f"read_photo(Path({str(path)!r}))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("suffix", ["png", "heic"])
def test_why_a_photo_is_refused_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str) -> None:
    path = tmp_path / f"photo.{suffix}"
    if suffix == "png":
        make.corners().save(path)
    else:
        shutil.copy(Path(__file__).parent / "data" / "upright.heic", path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with caplog.at_level("INFO", "mondrian_desktop"), pytest.raises(UserError):
        read_photo(path)
    assert f"“photo.{suffix}” could not be decoded" in caplog.text
    assert "Error" in caplog.text
