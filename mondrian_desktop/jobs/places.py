"""Places in line, the numbers by which jobs sort: of thousands as few as possible change when some are moved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from mondrian_desktop.jobs.model import Job


def moved(
    jobs: Mapping[str, Job],
    waiting: Sequence[str],
    moving: Iterable[str],
    before: str | None,
    next_position: Callable[[], float],
) -> list[Job]:
    """Return the jobs that get another place where waiting ones are moved before another one, or to the end.

    Parameters
    ----------
    jobs, waiting
        All jobs, and the ids of those in line, in their order.
    next_position
        Gives places behind all others.

    Raises
    ------
    ValueError
        Where one of those to be moved, or the one before which they come, is not in line.
    """
    ids = dict.fromkeys(moving)
    line = [job_id for job_id in waiting if job_id not in ids]
    if len(line) + len(ids) != len(waiting):
        raise ValueError("one of them is not in list")
    if before is not None and before in ids:
        return []
    at = len(line) if before is None else line.index(before)
    line[at:at] = ids
    if line == list(waiting):
        return []
    chosen = [jobs[job_id] for job_id in ids]
    if before is None:
        return [replace(job, position=next_position()) for job in chosen]
    others = (job.position for job in jobs.values() if job.id not in ids)
    return _between(jobs[before].position, chosen, others) or _dealt_anew(
        [jobs[job_id] for job_id in line], [jobs[job_id].position for job_id in waiting]
    )


def _between(high: float, moving: Sequence[Job], others: Iterable[float]) -> list[Job]:
    """Return jobs at places between one and what comes before it; empty where no numbers are left between."""
    low = max((place for place in others if place < high), default=high - 1.0)
    step = (high - low) / (len(moving) + 1)
    places = [low + step * n for n in range(1, len(moving) + 1)]
    if any(a >= b for a, b in pairwise([low, *places, high])):
        return []
    return [replace(job, position=place) for job, place in zip(moving, places, strict=True)]


def _dealt_anew(line: Sequence[Job], places: Sequence[float]) -> list[Job]:
    """Return the jobs that get another place where these are dealt out to a line."""
    pairs = zip(line, places, strict=True)
    return [replace(job, position=place) for job, place in pairs if job.position != place]
