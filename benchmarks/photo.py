"""The promises about large photos: how fast they are read and measured, and in how little memory.

``python -m benchmarks.photo [--quick] [--json]``

The photos are made of the sample photos, side by side at their own scale with a little grain, so that a full-size
file holds real detail. Reading is what the app does (:class:`PhotoReader`: decode, hash, EXIF, all measurements) and
is compared, round by round, with Pillow's plain decode of the same file and nothing else. It takes both workers: the
ratio holds where two cores are free, and nears that of the processor time where they are not. Peak memory is that of a
process of its own, above what it needed for a small photo; where a decoder process had a part in it (progressive files:
libjpeg keeps all their coefficients, 3 bytes a pixel), its whole peak is a figure of its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks import report
from benchmarks.report import Figure, figure, middle, note
from mondrian_desktop import paths
from mondrian_desktop.photo.measure import measure as measure_pixels
from mondrian_desktop.photo.reader import PhotoReader

_TILE = (1600, 900)
_GRAIN = 3.0
_24_MEGAPIXELS = (6000, 4000)
_100_MEGAPIXELS = (12000, 8400)


def measure(quick: bool) -> list[Figure]:
    """Return all figures; ``quick``: fewer rounds, and no progressive files."""
    rounds = 5 if quick else 15
    with tempfile.TemporaryDirectory() as folder, closing(PhotoReader()) as reader:
        large = _build(_24_MEGAPIXELS)
        figures = []
        for name, quality, is_progressive, limit in _KINDS[: 2 if quick else 3]:
            path = Path(folder) / f"{name}.jpg"
            large.save(path, quality=quality, progressive=is_progressive)
            note(f"{name} ({path.stat().st_size / 1e6:.1f} MB) …")
            figures += _read_figures(name, path, reader, rounds, limit)
        figures += _thumbnail_figures(Path(folder), large, reader, rounds)
        figures += _measure_figures(large, rounds)
        return figures + _memory_figures(Path(folder), quick)


_KINDS: tuple[tuple[str, int, bool, float | None], ...] = (
    ("24 MP JPEG", 92, False, 1.0),
    ("24 MP JPEG, quality 98", 98, False, 1.0),
    ("24 MP JPEG, progressive", 92, True, None),
)


def _build(size: tuple[int, int]) -> Image.Image:
    """Return the sample photos side by side, every other one mirrored."""
    samples = [
        Image.open(path).convert("RGB").resize(_TILE) for path in sorted(paths.resource("samples").glob("*.jpg"))
    ]
    whole = Image.new("RGB", size)
    random = np.random.default_rng(0)
    for row, top in enumerate(range(0, size[1], _TILE[1])):
        for column, left in enumerate(range(0, size[0], _TILE[0])):
            tile = samples[(row * 3 + column) % len(samples)]
            grain = random.normal(0, _GRAIN, (_TILE[1], _TILE[0], 1))
            pixels = np.clip(np.asarray(tile) + grain, 0, 255).astype(np.uint8)
            whole.paste(Image.fromarray(pixels[:, :: -1 if (row + column) % 2 else 1]), (left, top))
    return whole


def _read_figures(name: str, path: Path, reader: PhotoReader, rounds: int, limit: float | None) -> list[Figure]:
    def plain() -> None:
        with Image.open(path) as image:
            image.load()

    decoding, reading = _interleaved(plain, lambda: reader.read(path).result(), rounds)
    busy = middle([cpu for _, cpu in reading]) / middle([cpu for _, cpu in decoding])
    decode_s, read_s = middle([wall for wall, _ in decoding]), middle([wall for wall, _ in reading])
    return [
        figure(f"{name}: read and measure / plain decode", read_s / decode_s, at_most=limit),
        figure(f"{name}: the same in processor time, both cores", busy),
        figure(f"{name}: plain decode", decode_s * 1000, "ms"),
        figure(f"{name}: read and measure", read_s * 1000, "ms"),
    ]


def _interleaved(
    one: Callable[[], object], other: Callable[[], object], rounds: int
) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Return (seconds, seconds of processor time) of each round of both."""
    one(), other()
    times: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
    for _ in range(rounds):
        for work, found in zip((one, other), times, strict=True):
            found.append(_timed(work))
    return times


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def _thumbnail_figures(folder: Path, large: Image.Image, reader: PhotoReader, rounds: int) -> list[Figure]:
    path = folder / "thumbnail.jpg"
    large.save(path, quality=92)
    decoding, seeing = _interleaved(
        lambda: Image.open(path).load(), lambda: reader.thumbnail(path, 512).result(), rounds
    )
    share = middle([wall for wall, _ in seeing]) / middle([wall for wall, _ in decoding])
    return [
        figure("24 MP JPEG: thumbnail of 512 pixels / plain decode", share, at_most=1.0),
        figure("24 MP JPEG: thumbnail of 512 pixels", middle([wall for wall, _ in seeing]) * 1000, "ms"),
    ]


def _measure_figures(large: Image.Image, rounds: int) -> list[Figure]:
    figures = []
    for size, limit in (((288, 192), 15), ((1024, 683), 60)):
        pixels = np.asarray(large.resize(size))
        measure_pixels(pixels)
        found = [_timed(lambda pixels=pixels: measure_pixels(pixels))[0] for _ in range(2 * rounds)]  # type: ignore[misc]
        figures.append(figure(f"measure {size[0]} x {size[1]}", middle(found) * 1000, "ms", at_most=limit))
    return figures


def _memory_figures(folder: Path, quick: bool) -> list[Figure]:
    note("100 megapixels …")
    huge = _build(_100_MEGAPIXELS)
    figures = []
    for name, is_progressive in (("100 MP JPEG", False), ("100 MP JPEG, progressive", True)):
        if not (quick and is_progressive):
            path = folder / "huge.jpg"
            huge.save(path, quality=92, progressive=is_progressive)
            extra_mb, decoder_mb = _peaks_mb(path)
            figures.append(figure(f"{name}: peak extra memory", extra_mb, "MB", at_most=200))
            if is_progressive:
                figures.append(figure(f"{name}: peak of the decoder's process", decoder_mb, "MB", at_most=500))
    return figures


def _peaks_mb(path: Path) -> tuple[float, float]:
    command = [sys.executable, "-m", "benchmarks.photo", "--peak-of", str(path)]
    extra, decoder = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    return float(extra), float(decoder)


def print_peak(path: Path) -> None:
    """Print the peak memory, in MB, that reading ``path`` adds to that of a small photo, and of the decoder process."""
    with closing(PhotoReader()) as reader:
        reader.read(paths.resource("samples", "lake.jpg")).result()
        before = _peak_so_far_mb()
        reader.read(path).result()
        extra = _peak_so_far_mb() - before
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(extra, children / (1e6 if sys.platform == "darwin" else 1e3))


def _peak_so_far_mb() -> float:
    status = Path("/proc/self/status")
    if status.is_file():
        # Linux counts the memory of the process that started this one into getrusage's peak.
        return float(status.read_text().split("VmHWM:")[1].split()[0]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak-of"]:
        print_peak(Path(sys.argv[2]))
    else:
        sys.exit(report.run("photo", measure))
