"""The promise about a large library: with 100,000 analyses the first page is there within 100 ms.

``python -m benchmarks.history [--quick] [--json]``

The library is filled with analyses of the size that the app stores (document, texts for the search, scores, thumbnail;
one word common to all). Times are wall time on the main thread, medians of several calls; "opening" is a new
connection. A search is one for words that were not searched for just before, with the first page and the count; of each
kind of words the slowest of all orders and filters is told. Memory is the process's own after scrolling through the
whole list in the window, against the same after a tenth of it. With ``--quick`` 10,000.
"""

import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import report
from benchmarks.report import Figure, figure, middle, note
from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.critique.parse import parse
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.engine.scripted import ScriptedEngine
from mondrian_desktop.jobs import analyses
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.history import History, Query, Sort
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.rows import from_time
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.decode import read_photo
from mondrian_desktop.photo.model import Exif, Photo
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.report.model import Analysis, Critique, Generation, PhotoRef, Score
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings

ROUNDS = 7
PAGE = 50
LIMIT_MS = 100.0
_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_PATTERNS, _LATEST = 1000, 200
_COPIES = (
    "INSERT INTO photos SELECT id + :by, format('%064x', id - 1 + :by), format('/photos/%d/IMG_%d.jpg', id % 300,"
    " id - 1 + :by), byte_size, width, height, thumbnail, later(id - 1 + :by) FROM photos WHERE id <= :last",
    "INSERT INTO analyses SELECT id + :by, photo_id + :by, advisor, model, rubric, question, fingerprint,"
    " finish_reason, overall_score, later(id - 1 + :by), format('IMG_%d.jpg', id - 1 + :by), camera, lens, taken"
    " FROM analyses WHERE id <= :last",
    "INSERT INTO documents SELECT analysis_id + :by, replace(json, format('IMG_%d.jpg', analysis_id - 1),"
    " format('IMG_%d.jpg', analysis_id - 1 + :by)) FROM documents WHERE analysis_id <= :last",
    "INSERT INTO scores SELECT analysis_id + :by, dimension, score FROM scores WHERE analysis_id <= :last",
    "INSERT INTO texts SELECT analysis_id + :by, description, comments, format('IMG_%d.jpg', analysis_id - 1 + :by),"
    " camera, lens FROM texts WHERE analysis_id <= :last",
)


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
            figures += _lists(store.history, count)
            figures += _searches(store.history, {**words, "a word in few": f"img_{count // 2}"}, count)
            return figures + _library(store) + _writing(store, photo)
        finally:
            store.close()


def fill(file: Path, photo: Photo, count: int) -> dict[str, str]:
    """Fill a new library, and return words that it has, by how many have them.

    The first thousand are written as the app writes them, and so are the last few, whose words are not yet folded into
    the rest of the index. Those between are copies of the first ones under names, times and contents of their own.
    """
    dice = random.Random(0)  # noqa: S311 - words, no secrets
    letters = "abcdefghijklmnopqrstuvwxyz"
    vocabulary = ["".join(dice.choices(letters, k=dice.randint(4, 9))) for _ in range(5000)]
    # Small pixels make the same thumbnail faster: what is measured is the library.
    photo = replace(photo, pixels=np.ascontiguousarray(photo.pixels[::4, ::4]))

    def write(database: Database, numbers: range) -> None:
        for number in numbers:
            with database.write() as connection:
                analysis = _analysis(photo, vocabulary, dice, number, _BEGAN + timedelta(minutes=number))
                analyses.write(connection, analysis, "fingerprint", photo)

    database = Database(file)
    write(database, range(_PATTERNS))
    database.close()
    _multiply(file, count - _PATTERNS - _LATEST)
    database = Database(file)
    write(database, range(count - _LATEST, count))
    database.close()
    return {"a word in all": "light", "a word in many": vocabulary[0], "two letters": vocabulary[0][:2]}


def _multiply(file: Path, more: int) -> None:
    """Add copies of the first analyses."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA synchronous = OFF")
    connection.create_function("later", 1, lambda number: from_time(_BEGAN + timedelta(minutes=number)))
    (trigger,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'texts_added'").fetchone()
    connection.execute("BEGIN")
    # The words are indexed at the end, all at once.
    connection.execute("DROP TRIGGER texts_added")
    for start in range(_PATTERNS, _PATTERNS + more, _PATTERNS):
        values = {"by": start, "last": min(_PATTERNS, _PATTERNS + more - start)}
        for statement in _COPIES:
            connection.execute(statement, values)
    connection.execute(trigger)
    connection.execute("INSERT INTO search (search) VALUES ('rebuild')")
    connection.execute("COMMIT")
    connection.close()


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


def _lists(history: History, count: int) -> list[Figure]:
    first = [_time(f"first page, {sort}", partial(history.page, Query(sort=sort), PAGE)) for sort in Sort]
    last = [_time(f"last page, {sort}", partial(history.page, Query(sort=sort), PAGE, count - PAGE)) for sort in Sort]
    return [*first, *last, _time("the ids of all", partial(history.ids, Query(sort=Sort.BEST)))]


def _searches(history: History, words: dict[str, str], count: int) -> list[Figure]:
    figures = []
    filters: dict[str, dict[str, Any]] = {
        "no filter": {},
        "advisor": {"advisor": "ansel"},
        "camera": {"camera": "Camera 3"},
        "score": {"min_score": 3.0},
        "date": {"since": _BEGAN + timedelta(minutes=count // 3)},
        "score and date": {"min_score": 3.0, "since": _BEGAN + timedelta(minutes=count // 3)},
        "all": {"advisor": "ansel", "camera": "Camera 3", "min_score": 8.0, "since": _BEGAN + timedelta(days=2)},
        "what nothing fits": {"min_score": 8.0, "until": _BEGAN},
    }
    for kind, wanted in words.items():
        times = []
        for (name, more), sort in product(filters.items(), Sort):
            query = Query(words=wanted, sort=sort, **more)
            times.append(
                (_middle_ms(partial(_search, history, query), partial(_forget, history), 3), f"{sort}, {name}")
            )
        slowest_ms, which = max(times)
        figures.append(figure(f"search, {kind}: slowest of {len(times)} ({which})", slowest_ms, "ms", at_most=LIMIT_MS))
        found = history.count(Query(words=wanted))
        last = partial(history.page, Query(words=wanted, sort=Sort.BEST), PAGE, max(found - PAGE, 0))
        figures.append(_time(f"search, {kind}: last page of {found:,}", last))
    return figures


def _search(history: History, query: Query) -> None:
    history.count(query)
    history.page(query, PAGE)


def _forget(history: History) -> None:
    """Have the history keep what other words find."""
    history.count(Query(words="there is no such word"))


def _library(store: Store) -> list[Figure]:
    """Return how the window does with it."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtTest import QTest

    from mondrian_desktop.gui.file_open import Application
    from mondrian_desktop.gui.library_window import LibraryWindow
    from mondrian_desktop.gui.theme import Theme

    advisors = load_advisors(paths.resource("advisors"), paths.data_dir() / "advisors")
    service = Service(ScriptedEngine(), PhotoReader(), advisors, Settings(environment={}), Pump(), store)
    app = Application()
    theme = Theme(app, dark=False)
    windows = []

    def show() -> None:
        windows.append(LibraryWindow(service, theme))
        windows[-1].show()
        windows[-1].grab()

    figures = [_time("the window with its first page", show)]
    window = windows.pop()
    for each in windows:
        each.end()
    shown = window.list
    while shown.visualRect(shown.model().index(shown.model().rowCount() - 1, 0)).isEmpty():
        QTest.qWait(10)

    def select_all() -> None:
        shown.selectAll()
        shown.grab()

    figures.append(_time("Select All", select_all, before=shown.clearSelection))
    figures.append(_time("the list anew with all selected", window.look_again))
    shown.clearSelection()
    bar, longest_ms, early_mb = shown.verticalScrollBar(), 0.0, 0.0
    step = max(bar.maximum() // 2000, shown.viewport().height())
    for value in range(0, bar.maximum(), step):
        bar.setValue(value)
        longest_ms = max(longest_ms, _middle_ms(shown.grab, rounds=1))
        if not early_mb and value > bar.maximum() // 10:
            early_mb = _resident_mb()
    figures.append(figure("longest painting while scrolling to the end", longest_ms, "ms", at_most=LIMIT_MS))
    figures.append(figure("memory after scrolling / after a tenth of it", _resident_mb() / early_mb, at_most=1.03))
    window.end()
    return figures


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


def _time(
    name: str, call: Callable[[], object], *, before: Callable[[], object] = int, at_most: float = LIMIT_MS
) -> Figure:
    return figure(name, _middle_ms(call, before), "ms", at_most=at_most)


def _middle_ms(call: Callable[[], object], before: Callable[[], object] = int, rounds: int = ROUNDS) -> float:
    times_ms = []
    for _ in range(rounds):
        before()
        began_s = time.perf_counter()
        call()
        times_ms.append((time.perf_counter() - began_s) * 1000)
    return middle(times_ms)


def _resident_mb() -> float:
    """Return the process's memory; on macOS, which tells only the peak, the peak."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    sys.exit(report.run("history", measure))
