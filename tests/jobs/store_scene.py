"""What the tests of the store have in common: jobs and their results put into it, and an end without a word."""

import os
from pathlib import Path

from mondrian_desktop.jobs.model import Job, JobState
from tests.jobs.scene import make_analysis, make_photo


def die(store):
    """End the store as a killed process does: nothing is said, the lock is gone."""
    os.close(store._session._lock)
    store._session._lock = None
    store._database.close()
    store._closed = True


def job(name="wren.jpg", **fields):
    return Job(Path("/photos") / name, "mentor", "mini", **fields)


def add(store, *names, batch=None):
    if batch:
        store.add_batch(batch)
    jobs = [job(name, batch=batch.id if batch else "", position=store.next_position()) for name in names]
    store.add(jobs)
    return jobs


def run(store, job):
    running = job.to(JobState.RUNNING)
    store.update(running)
    return running


def finish(store, job, photo=None, fingerprint="f", **analysis):
    photo = photo or make_photo(job.path.name)
    over = job.to(JobState.DONE)
    return store.finish(over, make_analysis(photo, **analysis), fingerprint, photo)
