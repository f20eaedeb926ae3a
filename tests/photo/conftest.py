"""Real photographs for the measuring tests, and a check that nothing leaves a file open."""

import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from mondrian_desktop import paths
from mondrian_desktop.photo.isolate import DecoderProcess

_BUNDLED = Path(skimage.__file__).parent / "data"
_HANDLES = Path("/proc/self/fd") if Path("/proc/self/fd").is_dir() else Path("/dev/fd")


@pytest.fixture(scope="session")
def photographs() -> dict[str, np.ndarray]:
    """Nine photographs of different kinds, (H, W, 3) uint8, none longer than 800 pixels."""
    samples = sorted(paths.resource("samples").glob("*.jpg"))
    bundled = [_BUNDLED / name for name in ("coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")]
    found = {path.stem: _at_most_800(Image.open(path).convert("RGB")) for path in (*samples, *bundled)}
    assert len(found) >= 9
    return found


def _at_most_800(image: Image.Image) -> np.ndarray:
    factor = -(-max(image.size) // 800)
    return np.asarray(image.reduce(factor))


def open_files(folder: Path) -> set[str]:
    """What this process has open below ``folder``, without a symlink in it. What others have open is no matter here."""
    found = {_path_of(handle) for handle in _HANDLES.iterdir()}
    return {path for path in found if path.startswith(f"{folder}{os.sep}")}


def _path_of(handle: Path) -> str:
    try:
        if sys.platform == "darwin":
            return os.fsdecode(fcntl.fcntl(int(handle.name), fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0"))
        return str(handle.readlink())
    except OSError:  # not a file, or the handle by which this folder is listed
        return ""


@pytest.fixture
def no_file_left_open(tmp_path: Path) -> Iterator[None]:
    """Fail where the test leaves a file of its own open."""
    yield
    assert not open_files(tmp_path)


@pytest.fixture(scope="module")
def process() -> Iterator[DecoderProcess]:
    """The process in which heavy decoders run, for the tests of one module."""
    process = DecoderProcess()
    yield process
    process.close()
