"""The rows that an analysis consists of: written, found by words, taken away and brought back. Inside a transaction."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from sqlite3 import Connection
from typing import Any

from mondrian_desktop.jobs.rows import from_path, from_time
from mondrian_desktop.photo.encode import thumbnail
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.report.model import Analysis, PhotoRef


def write(connection: Connection, analysis: Analysis, fingerprint: str, photo: Photo | None) -> int:
    """Write a new analysis, with its photo as it was read, and return its id."""
    exif = analysis.photo.exif if analysis.photo else None
    row = connection.execute(
        """
        INSERT INTO analyses (photo_id, advisor, model, rubric, question, fingerprint, finish_reason, overall_score,
            created, file_name, camera, lens, taken)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
        """,
        (
            _write_photo(connection, analysis.photo, photo), analysis.advisor, analysis.model, analysis.rubric,
            analysis.question, fingerprint, str(analysis.generation.finish_reason),
            analysis.critique.overall_score if analysis.critique else None, from_time(analysis.created),
            _file_name(analysis), (exif and exif.camera) or "", (exif and exif.lens) or "", (exif and exif.taken) or "",
        ),
    ).fetchone()  # fmt: skip
    rewrite(connection, int(row["id"]), analysis)
    return int(row["id"])


def rewrite(connection: Connection, analysis_id: int, analysis: Analysis) -> None:
    """Write the document of an analysis anew, and what of it can be searched."""
    # Pydantic: the window does not wait for it.
    from mondrian_desktop.report import codec

    document = json.dumps(codec.to_json(analysis), separators=(",", ":"))
    for table in ("documents", "texts", "scores"):
        connection.execute(f"DELETE FROM {table} WHERE analysis_id = ?", (analysis_id,))  # noqa: S608 - our own names
    connection.execute("INSERT INTO documents VALUES (?, ?)", (analysis_id, document))
    _write_words(connection, analysis_id, analysis)


def remove(connection: Connection, analysis_ids: Iterable[int]) -> None:
    """Move analyses to the trash."""
    now = from_time(datetime.now(UTC))
    for analysis_id in analysis_ids:
        row = connection.execute(
            "SELECT analyses.*, json FROM analyses JOIN documents ON analysis_id = id WHERE id = ?", (analysis_id,)
        ).fetchone()
        if row is not None:
            jobs = connection.execute("SELECT id FROM jobs WHERE analysis_id = ?", (analysis_id,))
            kept = {"row": dict(row), "jobs": [job["id"] for job in jobs]}
            connection.execute("INSERT INTO trash VALUES (?, ?, ?)", (analysis_id, now, json.dumps(kept)))
            connection.execute("DELETE FROM analyses WHERE id = ?", (analysis_id,))


def restore(connection: Connection, analysis_ids: Iterable[int]) -> None:
    """Bring analyses back from the trash, under their old ids."""
    for analysis_id in analysis_ids:
        kept = connection.execute("SELECT json FROM trash WHERE analysis_id = ?", (analysis_id,)).fetchone()
        if kept is not None:
            _restore(connection, analysis_id, json.loads(kept["json"]))
            connection.execute("DELETE FROM trash WHERE analysis_id = ?", (analysis_id,))


def _restore(connection: Connection, analysis_id: int, kept: dict[str, Any]) -> None:
    from mondrian_desktop.report import codec

    row = kept["row"]
    document = row.pop("json")
    known = {each["name"] for each in connection.execute("PRAGMA table_info(analyses)")}
    columns = [name for name in row if name in known]
    connection.execute(
        f"INSERT INTO analyses ({', '.join(columns)}) VALUES ({', '.join(':' + name for name in columns)})",  # noqa: S608
        {name: row[name] for name in columns},
    )
    rewrite(connection, analysis_id, codec.from_json(json.loads(document)))
    connection.executemany(
        "UPDATE jobs SET analysis_id = ? WHERE id = ? AND analysis_id IS NULL",
        [(analysis_id, job_id) for job_id in kept["jobs"]],
    )


def empty_trash(connection: Connection, before: datetime) -> None:
    """Delete for good what was taken away before a time, with the photos of which nothing is left."""
    old = connection.execute("SELECT analysis_id, json FROM trash WHERE deleted < ?", (from_time(before),)).fetchall()
    connection.executemany("DELETE FROM trash WHERE analysis_id = ?", [(row["analysis_id"],) for row in old])
    connection.executemany(
        "DELETE FROM photos WHERE id = :id AND NOT EXISTS (SELECT 1 FROM analyses WHERE photo_id = :id)"
        " AND NOT EXISTS (SELECT 1 FROM trash WHERE json_extract(json, '$.row.photo_id') = :id)",
        [{"id": json.loads(row["json"])["row"]["photo_id"]} for row in old],
    )


def erase(connection: Connection) -> None:
    """Delete everything that is finished: analyses, photos, jobs, batches."""
    connection.execute("DELETE FROM trash")
    connection.execute("DELETE FROM analyses")
    connection.execute("DELETE FROM photos")
    connection.execute("DELETE FROM jobs WHERE session IS NULL")
    connection.execute("DELETE FROM batches WHERE id NOT IN (SELECT batch_id FROM jobs WHERE batch_id IS NOT NULL)")
    connection.execute("INSERT INTO search (search) VALUES ('optimize')")


def _write_photo(connection: Connection, photo: PhotoRef | None, read: Photo | None) -> int | None:
    if photo is None:
        return None
    row = connection.execute(
        """
        INSERT INTO photos (content_hash, path, byte_size, width, height, thumbnail, added)
        VALUES (:content_hash, :path, :byte_size, :width, :height, :thumbnail, :added)
        ON CONFLICT (content_hash) DO UPDATE SET path = excluded.path,
            thumbnail = coalesce(excluded.thumbnail, thumbnail)
        RETURNING id
        """,
        {
            "content_hash": photo.content_hash, "path": from_path(photo.path),
            "byte_size": read.byte_size if read else 0, "width": photo.width, "height": photo.height,
            "thumbnail": thumbnail(read.pixels) if read else None, "added": from_time(datetime.now(UTC)),
        },
    ).fetchone()  # fmt: skip
    return int(row["id"])


def _write_words(connection: Connection, analysis_id: int, analysis: Analysis) -> None:
    critique = analysis.critique
    words = [analysis.answer]
    if critique is not None:
        connection.executemany(
            "INSERT OR IGNORE INTO scores VALUES (?, ?, ?)",
            [(analysis_id, each.name, each.score) for each in critique.dimensions],
        )
        words = [text for each in critique.dimensions for text in (each.comment, each.recommendation)]
        words += [*critique.key_strengths, *critique.priority_improvements, critique.technical_notes]
    words += [text for each in analysis.conversation for text in (each.question, each.answer)]
    exif = analysis.photo.exif if analysis.photo else None
    connection.execute(
        "INSERT INTO texts VALUES (?, ?, ?, ?, ?, ?)",
        (
            analysis_id, critique.image_description if critique else analysis.question, "\n".join(words),
            _file_name(analysis), (exif and exif.camera) or "", (exif and exif.lens) or "",
        ),
    )  # fmt: skip


def _file_name(analysis: Analysis) -> str:
    # A name that is no text becomes one: it is here to be read and searched; the path itself is kept as it is.
    return analysis.photo.path.name.encode("utf-8", "replace").decode() if analysis.photo else ""
