"""The library of everything analyzed: listed page by page, searched, filtered, deleted and brought back."""

import json
import re
from collections import Counter, deque
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from sqlite3 import Row
from typing import Any

from mondrian_desktop.jobs import analyses
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.found import Found
from mondrian_desktop.jobs.model import Batch, JobState
from mondrian_desktop.jobs.rows import from_path, from_time, to_path, to_time
from mondrian_desktop.jobs.summary import Line, Summary
from mondrian_desktop.report.model import Analysis

SUMMED_AT_ONCE = 500
"""Jobs of a batch that are summed up in one step."""
FEW = 1000
"""Analyses found by words that are looked up one by one."""


class Sort(StrEnum):
    """Orders of a list. Of equal ones the newest comes first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    BEST = "best"
    WEAKEST = "weakest"
    NAME = "name"
    TAKEN = "taken"


@dataclass(frozen=True, slots=True)
class Query:
    """Which analyses are wanted, and in what order. Empty fields exclude nothing.

    Attributes
    ----------
    words
        All of them must be in description, comments, file name, camera or lens; beginnings of words are enough.
    advisor, model, camera
        As stored.
    min_score, max_score
        Of the overall score, inclusive; an analysis without one is left out where either is given.
    since, until
        Of the time of analysis; ``until`` is excluded.
    """

    words: str = ""
    advisor: str = ""
    model: str = ""
    camera: str = ""
    min_score: float | None = None
    max_score: float | None = None
    since: datetime | None = None
    until: datetime | None = None
    sort: Sort = Sort.NEWEST


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the library.

    Attributes
    ----------
    path
        Where the photo was last seen; None for a question without a photo.
    overall_score
        None where there is none: an answer without structure, a stopped one.
    taken
        When the photo was taken, ISO 8601, empty where not known.
    """

    id: int
    path: Path | None
    file_name: str
    advisor: str
    model: str
    rubric: str
    question: str
    overall_score: float | None
    finish_reason: str
    created: datetime
    camera: str
    lens: str
    taken: str


@dataclass(frozen=True, slots=True)
class Point:
    """One score in the course of time."""

    analysis_id: int
    created: datetime
    dimension: str
    score: int


_ORDERS = {
    Sort.NEWEST: "a.id DESC",
    Sort.OLDEST: "a.id",
    Sort.BEST: "a.overall_score DESC, a.id DESC",
    Sort.WEAKEST: "a.overall_score NULLS LAST, a.id DESC",
    Sort.NAME: "a.file_name COLLATE NOCASE, a.id DESC",
    Sort.TAKEN: "a.taken DESC, a.id DESC",
}


class History:
    """What the store holds of finished analyses. Every query takes milliseconds, however many there are."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found = Found(database)

    def page(self, query: Query, limit: int = 50, offset: int = 0) -> tuple[Entry, ...]:
        """Return a part of the list: at most ``limit`` entries after the first ``offset``."""
        where, values = self._condition(query)
        # The page is cut from the narrow rows; only what is on it is looked up further.
        rows = self._database.read(
            f"SELECT a.*, photos.path FROM"  # noqa: S608 - pieces of our own
            f" (SELECT a.id FROM analyses AS a WHERE {where} ORDER BY {_ORDERS[query.sort]} LIMIT ? OFFSET ?) AS b"
            f" JOIN analyses AS a USING (id) LEFT JOIN photos ON photos.id = photo_id ORDER BY {_ORDERS[query.sort]}",
            (*values, limit, offset),
        )
        return tuple(map(_entry, rows))

    def count(self, query: Query) -> int:
        """Return the length of the whole list."""
        if query == Query(words=query.words, sort=query.sort) and (wanted := match_words(query.words)):
            return self._found.find(wanted)
        where, values = self._condition(query)
        row = self._database.read_one(f"SELECT count(*) FROM analyses AS a WHERE {where}", values)  # noqa: S608
        return int(row[0]) if row else 0

    def entry(self, analysis_id: int) -> Entry | None:
        """Return one line, or None where there is none."""
        row = self._database.read_one(
            "SELECT a.*, photos.path FROM analyses AS a LEFT JOIN photos ON photos.id = photo_id WHERE a.id = ?",
            (analysis_id,),
        )
        return _entry(row) if row else None

    def analysis(self, analysis_id: int) -> Analysis | None:
        """Return an analysis, or None where there is none of this id.

        Raises
        ------
        UserError
            Where it is damaged, or of a later version.
        """
        stored = self.document(analysis_id)
        # Pydantic: the window does not wait for it.
        from mondrian_desktop.report import codec

        return codec.from_json(json.loads(stored)) if stored else None

    def document(self, analysis_id: int) -> str | None:
        """Return an analysis as it is stored: JSON, of this version or an earlier one; None where there is none."""
        row = self._database.read_one("SELECT json FROM documents WHERE analysis_id = ?", (analysis_id,))
        return row["json"] if row else None

    def ids(self, query: Query, limit: int = -1, offset: int = 0) -> list[int]:
        """Return the ids of a part of the list, in its order."""
        where, values = self._condition(query)
        return self._database.read_values(
            f"SELECT a.id FROM analyses AS a WHERE {where} ORDER BY {_ORDERS[query.sort]} LIMIT ? OFFSET ?",  # noqa: S608
            (*values, limit, offset),
        )

    def thumbnail(self, analysis_id: int) -> bytes | None:
        """Return the photo as a small JPEG, or None where there is none; needs no original."""
        row = self._database.read_one(
            "SELECT thumbnail FROM photos JOIN analyses ON photos.id = photo_id WHERE analyses.id = ?", (analysis_id,)
        )
        return row["thumbnail"] if row else None

    def advisors(self) -> tuple[str, ...]:
        """Return the ids of all advisors who are in the library."""
        return self._distinct("advisor")

    def cameras(self) -> tuple[str, ...]:
        """Return the names of all cameras that are in the library."""
        return self._distinct("camera")

    def delete(self, analysis_ids: Iterable[int]) -> None:
        """Take analyses away; :meth:`restore` brings them back until the trash is emptied."""
        with self._database.write() as connection:
            analyses.remove(connection, analysis_ids)

    def restore(self, analysis_ids: Iterable[int]) -> None:
        """Bring deleted analyses back."""
        with self._database.write() as connection:
            analyses.restore(connection, analysis_ids)

    def empty_trash(self, before: datetime) -> None:
        """Delete for good what was deleted before a time, and the thumbnails of which nothing is left."""
        with self._database.write() as connection:
            analyses.empty_trash(connection, before)

    def erase(self) -> None:
        """Delete everything that is not just being worked on, for good, with all copies of the file made earlier."""
        with self._database.write() as connection:
            analyses.erase(connection)
        self._database.shrink()

    def points(self, last: int = 500, *, rubric: str = "", advisor: str = "") -> tuple[Point, ...]:
        """Return the scores of the last whole critiques, oldest first: each dimension as a line over time."""
        rows = self._database.read(
            "SELECT scores.*, created FROM (SELECT id, created FROM analyses WHERE finish_reason = 'stop'"
            " AND overall_score IS NOT NULL AND (? = '' OR rubric = ?) AND (? = '' OR advisor = ?)"
            " ORDER BY id DESC LIMIT ?) JOIN scores ON analysis_id = id ORDER BY analysis_id, dimension",
            (rubric, rubric, advisor, advisor, last),
        )
        return tuple(Point(row["analysis_id"], to_time(row["created"]), row["dimension"], row["score"]) for row in rows)

    def summary(self, batch: Batch) -> Summary:
        """Return what came of a batch so far."""
        return deque(self.summing(batch), maxlen=1)[0]

    def summing(self, batch: Batch) -> Generator[Summary, None, None]:
        """Yield what came of a batch, ever more of it, the whole at last: a step takes milliseconds."""
        lines: list[Line] = []
        counts: Counter[tuple[str, int]] = Counter()
        while True:
            part = (batch.id, SUMMED_AT_ONCE, len(lines))
            rows = self._database.read(
                "SELECT jobs.path, jobs.advisor, state, reason, analysis_id, overall_score FROM jobs"
                " LEFT JOIN analyses ON analyses.id = analysis_id WHERE batch_id = ? ORDER BY position"
                " LIMIT ? OFFSET ?",
                part,
            )
            given = self._database.read(
                "SELECT dimension, score, count(*) AS times FROM"
                " (SELECT analysis_id, state FROM jobs WHERE batch_id = ? ORDER BY position LIMIT ? OFFSET ?)"
                " JOIN scores USING (analysis_id) WHERE state = 'done' GROUP BY dimension, score",
                part,
            )
            lines += map(_line, rows)
            counts.update({(row["dimension"], row["score"]): row["times"] for row in given})
            distribution: dict[str, dict[int, int]] = {}
            for dimension, score in sorted(counts):
                distribution.setdefault(dimension, {})[score] = counts[dimension, score]
            yield Summary(batch, tuple(lines), distribution)
            if len(rows) < SUMMED_AT_ONCE:
                return

    def moved(self, content_hash: str, path: Path) -> None:
        """Write where a photo is now."""
        with self._database.write() as connection:
            connection.execute("UPDATE photos SET path = ? WHERE content_hash = ?", (from_path(path), content_hash))

    def originals(self, analysis_ids: Iterable[int]) -> dict[str, int]:
        """Return content hash and size in bytes of the photos of analyses: what to look for where they were moved."""
        found = {}
        for analysis_id in analysis_ids:
            row = self._database.read_one(
                "SELECT content_hash, byte_size FROM photos JOIN analyses ON photos.id = photo_id"
                " WHERE analyses.id = ?",
                (analysis_id,),
            )
            if row:
                found[row["content_hash"]] = row["byte_size"]
        return found

    def _condition(self, query: Query) -> tuple[str, list[Any]]:
        """Return the condition and its values; what words find is found for it."""
        parts: list[str] = []
        values: list[Any] = []
        if wanted := match_words(query.words):
            # Few are looked up one by one and sorted. Of many the list is walked in its order until the page is full:
            # the plus keeps the planner from looking them all up.
            driver = "" if self._found.find(wanted) <= FEW else "+"
            parts.append(f"{driver}a.id IN temp.found")
        for column in ("advisor", "model", "camera"):
            if value := getattr(query, column):
                parts.append(f"a.{column} = ?")
                values.append(value)
        for limit, value in (
            ("overall_score >= ?", query.min_score),
            ("overall_score <= ?", query.max_score),
            ("created >= ?", query.since and from_time(query.since)),
            ("created < ?", query.until and from_time(query.until)),
        ):
            if value is not None:
                parts.append(f"a.{limit}")
                values.append(value)
        return " AND ".join(parts) or "1", values

    def _distinct(self, column: str) -> tuple[str, ...]:
        # From one to the next along the index, instead of over all rows.
        rows = self._database.read(
            f"WITH RECURSIVE each(value) AS (SELECT min({column}) FROM analyses UNION ALL"  # noqa: S608
            f" SELECT (SELECT min({column}) FROM analyses WHERE {column} > value) FROM each WHERE value IS NOT NULL)"
            " SELECT value FROM each WHERE value != ''"
        )
        return tuple(row["value"] for row in rows)


def match_words(words: str) -> str:
    """Return what FTS5 is to look for: every word, as the beginning of one; a letter alone stands for itself."""
    found = re.findall(r"\w+", words)
    return " ".join(f'"{word}"*' if len(word) > 1 else f'"{word}"' for word in found[:20])


def _line(row: Row) -> Line:
    state = JobState(row["state"])
    # What was stopped may have scores, and is no critique yet.
    score = row["overall_score"] if state is JobState.DONE else None
    return Line(to_path(row["path"]), row["advisor"], state, row["reason"], score, row["analysis_id"])


def _entry(row: Row) -> Entry:
    return Entry(
        id=row["id"], path=to_path(row["path"]), file_name=row["file_name"], advisor=row["advisor"],
        model=row["model"], rubric=row["rubric"], question=row["question"], overall_score=row["overall_score"],
        finish_reason=row["finish_reason"], created=to_time(row["created"]), camera=row["camera"], lens=row["lens"],
        taken=row["taken"],
    )  # fmt: skip
