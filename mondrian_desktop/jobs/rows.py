"""Between records and rows of the history file."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from sqlite3 import Row
from typing import Any

from mondrian_desktop.jobs.model import Batch, Job, JobState, Options


def from_time(time: datetime) -> str:
    """Return a time as it is stored: UTC, fixed width, so that texts sort as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def to_time(stored: str) -> datetime:
    """Return a stored time."""
    return datetime.fromisoformat(stored)


def from_path(path: Path | None) -> str | bytes | None:
    """Return a path as it is stored: text, or the bytes of a name that is no text."""
    if path is None:
        return None
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return str(path)


def to_path(stored: str | bytes | None) -> Path | None:
    """Return a stored path."""
    return None if stored is None else Path(os.fsdecode(stored))


def from_job(job: Job) -> dict[str, Any]:
    """Return the columns of a job, but for its session and its analysis."""
    return {
        "id": job.id, "batch_id": job.batch or None, "position": job.position, "path": from_path(job.path),
        "advisor": job.advisor, "model": job.model, "question": job.question,
        "options": _options_text(job.options), "again": job.again, "about": job.about, "state": job.state.value,
        "reason": job.reason, "tries": job.tries, "created": from_time(job.created),
    }  # fmt: skip


def to_job(row: Row) -> Job:
    """Return the job in a row."""
    return Job(
        path=to_path(row["path"]), advisor=row["advisor"], model=row["model"], question=row["question"],
        state=JobState(row["state"]), reason=row["reason"], id=row["id"], created=to_time(row["created"]),
        options=_stored_options(row["options"]), batch=row["batch_id"] or "", position=row["position"],
        tries=row["tries"], again=bool(row["again"]), about=row["about"],
    )  # fmt: skip


def from_batch(batch: Batch) -> dict[str, Any]:
    """Return the columns of a batch, but for its session and whether it is complete."""
    plan = {
        "roots": [str(root) for root in batch.roots], "recursive": batch.recursive, "advisors": batch.advisors,
        "model": batch.model, "options": asdict(batch.options), "again": batch.again,
    }  # fmt: skip
    return {"id": batch.id, "name": batch.name, "created": from_time(batch.created), "plan": json.dumps(plan)}


def to_batch(row: Row) -> Batch:
    """Return the batch in a row."""
    plan = json.loads(row["plan"])
    return Batch(
        name=row["name"], roots=tuple(map(Path, plan.get("roots", ()))), recursive=plan.get("recursive", True),
        advisors=tuple(plan.get("advisors", ())), model=plan.get("model", ""),
        options=to_options(plan.get("options", {})), again=plan.get("again", False), id=row["id"],
        created=to_time(row["created"]),
    )  # fmt: skip


# The thousands of jobs of a batch have the same ones.
@lru_cache(maxsize=64)
def _options_text(options: Options) -> str:
    return json.dumps(asdict(options))


@lru_cache(maxsize=64)
def _stored_options(text: str) -> Options:
    return to_options(json.loads(text))


def to_options(stored: Mapping[str, Any]) -> Options:
    """Return stored options; those that this version does not know are left out."""
    known = Options.__dataclass_fields__
    return Options(**{name: value for name, value in stored.items() if name in known})
