"""The promise about a large library: with 100,000 analyses the first page is there within 100 ms.

``python -m benchmarks.history [--quick] [--json]``

The library is filled with analyses of the size that the app stores (document, texts for the search, scores, thumbnail;
each text of its own words, one word common to all). Times are wall time on the main thread, medians of several calls;
"opening" is a new connection. Memory is the process's own after scrolling through the whole list, against the same
after its first pages. With ``--quick`` 10,000.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks import report
from benchmarks.report import Figure, figure, middle, note
from mondrian_desktop import paths
from mondrian_desktop.critique.parse import parse
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.jobs import analyses
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.history import Query, Sort
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.model import Exif, Photo
from mondrian_desktop.report.model import Analysis, Critique, Generation, PhotoRef, Score

ROUNDS = 7
PAGE = 50
LIMIT_MS = 100.0


def measure(quick: bool) -> list[Figure]:
    """Return all figures."""
    count = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.db"
        note(f"filling a library with {count:,} analyses …")
        photo = read_photo(paths.resource("samples", "lake.jpg"))
        words = fill(file, photo, count)
        figures = [figure("analyses", count), figure("size per analysis", file.stat().st_size / count / 1000, "kB")]
        figures.append(_time("open, first page and count", lambda: _open(file)))
        store = Store.open(file)
        try:
            return figures + _searches(store, words) + _scrolling(store, count) + _writing(store, photo)
        finally:
            store.close()


def fill(file: Path, photo: Photo, count: int) -> list[str]:
    """Fill a new library, and return some of its words: in all texts, in many, in few."""
    dice = random.Random(0)  # noqa: S311 - words, no secrets
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(dice.choices(letters, k=dice.randint(4, 9))) for _ in range(5000)]
    database = Database(file)
    # Small pixels make the same thumbnail faster: what is measured is the library.
    photo = replace(photo, pixels=np.ascontiguousarray(photo.pixels[::4, ::4]))
    began = datetime(2026, 1, 1, tzinfo=UTC)
    for start in range(0, count, 1000):
        with database.write() as connection:
            for number in range(start, min(start + 1000, count)):
                analysis = _analysis(photo, vocabulary, dice, number, began + timedelta(minutes=number))
                analyses.write(connection, analysis, "fingerprint", photo)
    database.close()
    return ["light", vocabulary[0], vocabulary[0][:2]]


def _analysis(photo: Photo, vocabulary: list[str], dice: random.Random, number: int, created: datetime) -> Analysis:
    def text(length: int) -> str:
        return " ".join(dice.choices(vocabulary, k=length))

    scores = tuple(
        Score(each.name, dice.randint(1, 10), text(25), text(15)) for each in load_rubric("critique").dimensions
    )
    exif = Exif(camera=f"Camera {number % 7}", lens=f"Lens {number % 13}", taken=f"2026-01-{number % 28 + 1:02}")
    return Analysis(
        photo=PhotoRef(Path(f"/photos/{number % 300}/IMG_{number}.jpg"), f"{number:064x}", 6000, 4000, exif),
        advisor=("mentor", "ansel", "weston")[number % 3],
        rubric="critique",
        model="mini",
        question="",
        critique=Critique(f"light {text(25)}", scores, dice.randint(10, 100) / 10, (text(8),), (text(8),), text(20)),
        facts=photo.measurements,
        generation=Generation(),
        raw_text=text(300),
        created=created,
    )


def _open(file: Path) -> None:
    store = Store.open(file)
    store.history.page(Query(), PAGE)
    store.history.count(Query())
    store.close()


def _searches(store: Store, words: list[str]) -> list[Figure]:
    history = store.history
    common, many, beginning = words
    figures = [_time(f"first page, {sort}", lambda sort=sort: history.page(Query(sort=sort), PAGE)) for sort in Sort]  # type: ignore[misc]
    for name, wanted in (("a word in all", common), ("a word in many", many), ("two letters", beginning)):
        for sort in (Sort.NEWEST, Sort.BEST):
            query = Query(words=wanted, sort=sort)
            figures.append(_time(f"search, {name}, {sort}, with count", lambda query=query: _search(store, query)))  # type: ignore[misc]
    query = Query(words=common, advisor="ansel", min_score=8.0, since=datetime(2026, 1, 3, tzinfo=UTC))
    return [*figures, _time("search with filters, with count", lambda: _search(store, query))]


def _search(store: Store, query: Query) -> None:
    store.history.page(query, PAGE)
    store.history.count(query)


def _scrolling(store: Store, count: int) -> list[Figure]:
    longest_ms, early_mb = 0.0, 0.0
    for offset in range(0, count, PAGE):
        began_s = time.perf_counter()
        entries = store.history.page(Query(), PAGE, offset)
        store.history.thumbnail(entries[0].id)
        longest_ms = max(longest_ms, (time.perf_counter() - began_s) * 1000)
        if offset == 20 * PAGE:
            early_mb = _resident_mb()
    return [
        figure("longest page while scrolling to the end", longest_ms, "ms", at_most=LIMIT_MS),
        figure("memory after scrolling / at its beginning", _resident_mb() / early_mb, at_most=1.03),
    ]


def _writing(store: Store, photo: Photo) -> list[Figure]:
    rubric = load_rubric("critique")
    text = '{"image_description": "A lake.", "dimensions": []}' * 20

    def result() -> None:
        job = Job(photo.path, "mentor", "mini", position=store.next_position())
        store.add([job])
        store.update(running := job.to(JobState.RUNNING))
        store.save_partial(job.id, text)
        analysis = replace(_plain_analysis(photo), critique=parse(text, rubric))
        store.finish(running.to(JobState.DONE), analysis, "other", photo)

    return [_time("all writes of one analysis", result, at_most=20.0)]


def _plain_analysis(photo: Photo) -> Analysis:
    ref = PhotoRef(photo.path, photo.content_hash, photo.width, photo.height, photo.exif)
    return Analysis(
        ref, "mentor", "critique", "mini", "", None, photo.measurements, Generation(), "A lake.", datetime.now(UTC)
    )


def _time(name: str, call: Callable[[], object], *, at_most: float = LIMIT_MS) -> Figure:
    times_ms = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        call()
        times_ms.append((time.perf_counter() - began_s) * 1000)
    return figure(name, middle(times_ms), "ms", at_most=at_most)


def _resident_mb() -> float:
    """Return the process's memory; on macOS, which tells only the peak, the peak."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.exit(report.run("history", measure))
