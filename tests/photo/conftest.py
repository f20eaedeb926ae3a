"""Real photographs for the measuring tests, and a check that nothing leaves a file open."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import skimage
from PIL import Image

from mondrian_desktop import paths

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


def open_files() -> set[str]:
    """What this process has open, as far as the system tells."""
    found = set()
    for handle in _HANDLES.iterdir():
        try:
            found.add(f"{handle.name}:{handle.readlink()}")
        except OSError:
            continue
    return {entry for entry in found if ":/proc" not in entry and "pipe" not in entry and "socket" not in entry}


@pytest.fixture
def no_file_left_open() -> Iterator[None]:
    """Fail where the test leaves a file open."""
    before = open_files()
    yield
    assert open_files() <= before
