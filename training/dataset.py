"""The pictures of the training, made once: 40,000 in about ten minutes on two cores, kept in the cache.

Every picture depends on the seed and its number alone, not on how many processes make them.
"""

import json
import multiprocessing
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from training import photos
from training.color import Floats
from training.degrade import cast_after, degrade, draw, own_cast
from training.measure import NAMES, Facts, measure
from training.scenes import Studio, base, draw_size
from training.sizes import CELL, SIZES, Size

VARIANTS = 4
"""Degradations of each base picture: what they differ in cannot be the scene."""
_CHUNK = 25


@dataclass(frozen=True)
class Pictures:
    """All pictures of one size.

    Attributes
    ----------
    pixels
        (n, H, W, 3) uint8, on disk.
    facts
        (n, facts) float32, columns as in :data:`training.measure.NAMES`.
    weights
        (n, H / 32, W / 32) float32: visual weight by image token.
    """

    pixels: npt.NDArray[np.uint8]
    facts: Floats
    weights: Floats

    def fact(self, number: int) -> Facts:
        """Return the facts of one picture."""
        return Facts(*(float(value) for value in self.facts[number]))


def load(folder: Path) -> dict[Size, Pictures]:
    """Return the pictures in ``folder`` by size."""
    groups = {}
    for size in _sizes(folder):
        name = _name(size)
        groups[size] = Pictures(
            np.load(folder / f"{name}.pixels.npy", mmap_mode="r"),
            np.load(folder / f"{name}.facts.npy"),
            np.load(folder / f"{name}.weights.npy"),
        )
    return groups


def every_fact(groups: dict[Size, Pictures], rng: np.random.Generator, count: int) -> list[Facts]:
    """Return the facts of ``count`` pictures, drawn from all sizes."""
    index = [(size, number) for size, group in groups.items() for number in range(len(group.facts))]
    chosen = rng.choice(len(index), size=min(count, len(index)), replace=False)
    return [groups[index[i][0]].fact(index[i][1]) for i in chosen]


def make(folder: Path, split: str, count: int, seed: int, processes: int) -> None:
    """Make ``count`` pictures from the photographs of ``split`` unless the folder has them already."""
    plan = {"split": split, "count": count, "seed": seed, "facts": list(NAMES)}
    done = folder / "done.json"
    if done.exists() and json.loads(done.read_text("utf-8"))["plan"] == plan:
        return
    folder.mkdir(parents=True, exist_ok=True)
    done.unlink(missing_ok=True)
    rng = np.random.default_rng(seed)
    sizes = [draw_size(rng) for _ in range(-(-count // VARIANTS))]
    places = _lay_out(folder, sizes)
    facts = {size: np.zeros((total, len(NAMES)), np.float32) for size, total in _totals(sizes).items()}
    weights = {
        size: np.zeros((len(rows), size[0] // CELL, size[1] // CELL), np.float32) for size, rows in facts.items()
    }
    started = perf_counter()
    chunks = [list(range(i, min(i + _CHUNK, len(sizes)))) for i in range(0, len(sizes), _CHUNK)]
    jobs = ((folder, seed, [(i, sizes[i], places[i]) for i in chunk]) for chunk in chunks)
    # Spawned: fork would copy the state of numerical libraries' threads.
    with multiprocessing.get_context("spawn").Pool(processes, _open, (split, seed)) as pool:
        for number, results in enumerate(pool.imap_unordered(_make_chunk, jobs)):
            for size, row, fact_row, cells in results:
                facts[size][row] = fact_row
                weights[size][row] = cells
            if number % 20 == 0:
                made = (number + 1) * _CHUNK * VARIANTS
                print(f"{split}: about {made} of {count} pictures, {perf_counter() - started:.0f} s", flush=True)
    for size in facts:
        np.save(folder / f"{_name(size)}.facts.npy", facts[size])
        np.save(folder / f"{_name(size)}.weights.npy", weights[size])
    seconds = round(perf_counter() - started, 1)
    done.write_text(json.dumps({"plan": plan, "seconds": seconds, "sizes": sorted(facts)}), encoding="utf-8")


def _name(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


def _sizes(folder: Path) -> Iterator[Size]:
    for size in SIZES:
        if (folder / f"{_name(size)}.facts.npy").exists():
            yield size


def _totals(sizes: list[Size]) -> dict[Size, int]:
    return {size: sizes.count(size) * VARIANTS for size in SIZES if size in sizes}


def _lay_out(folder: Path, sizes: list[Size]) -> list[int]:
    """Create the files of pixels and return the first row of each base picture in its file."""
    for old in folder.glob("*.npy"):
        old.unlink()
    for size, total in _totals(sizes).items():
        shape = (total, *size, 3)
        np.lib.format.open_memmap(folder / f"{_name(size)}.pixels.npy", "w+", np.uint8, shape).flush()
    following: defaultdict[Size, int] = defaultdict(int)
    places = []
    for size in sizes:
        places.append(following[size])
        following[size] += VARIANTS
    return places


_studio: Studio | None = None
_Made = tuple[Size, int, list[float], Floats]


def _open(split: str, seed: int) -> None:
    """Prepare a process: its photographs and textures."""
    global _studio
    _studio = Studio.open(list(photos.load(split).values()), np.random.default_rng([seed, 1]))


def _make_chunk(job: tuple[Path, int, list[tuple[int, Size, int]]]) -> list[_Made]:
    folder, seed, bases = job
    assert _studio is not None
    results: list[_Made] = []
    for number, size, place in bases:
        rng = np.random.default_rng([seed, 2, number])
        picture = base(_studio, rng, size)
        own = own_cast(picture)
        pixels = np.lib.format.open_memmap(folder / f"{_name(size)}.pixels.npy", "r+")
        for variant in range(VARIANTS):
            how = draw(rng)
            before, after = degrade(picture, how, rng)
            facts, cells = measure(before, cast_after(picture, how, own), how.noise)
            pixels[place + variant] = after
            results.append((size, place + variant, facts.as_row(), cells))
    return results
