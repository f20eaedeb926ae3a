"""What must not be lost: jobs, how far they are, and their results. Written before it is shown.

A job is in the hands of one session (process) at a time. What a session leaves behind when it ends, well or badly, is
free: :meth:`Store.unfinished` tells of it, :meth:`Store.claim` takes it up.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

from mondrian_desktop.jobs import analyses
from mondrian_desktop.jobs.database import Database
from mondrian_desktop.jobs.history import History
from mondrian_desktop.jobs.model import MOST_TRIES, TRANSITIONS, Batch, Job, JobState
from mondrian_desktop.jobs.rows import from_batch, from_job, to_batch, to_job, to_path
from mondrian_desktop.jobs.session import Session
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.report.model import Analysis

SET_ASIDE = "It was set aside: the app stopped three times while analyzing it. You can still try it again."


class Store:
    """The jobs and results in one file.

    Every method that writes does so in one transaction, and raises ``UserError`` where the disk does not take it;
    nothing has changed then.

    Parameters
    ----------
    database
        The open file; closed with the store.
    session
        The process's own; closed with the store.

    Attributes
    ----------
    history
        The finished analyses.
    problems
        Sentences about what was found wrong at opening.
    """

    def __init__(self, database: Database, session: Session) -> None:
        self._database = database
        self._session = session
        self._closed = False
        self.history = History(database)
        self.problems = tuple(database.problems)
        last = database.read_one("SELECT max(position) AS position FROM jobs")
        self._last_position: float = (last and last["position"]) or 0.0

    @classmethod
    def open(cls, path: Path | None) -> "Store":
        """Open the file (None: one in memory, gone at the end), and free what dead sessions left behind.

        Raises
        ------
        UserError
            Where it cannot be opened, or is of a later version.
        """
        database = Database(path)
        try:
            session = Session(None if path is None else path.with_name(f"{path.stem}.sessions"))
            store = cls(database, session)
            store.recover()
        except BaseException:
            database.close()
            raise
        return store

    def close(self) -> None:
        """Let go of what is unfinished, and close the file. Where that fails, the next session finds it."""
        if self._closed:
            return
        self._closed = True
        try:
            with self._database.write() as connection:
                self._free(connection, self._session.id, died=False)
        finally:
            self._session.close()
            self._database.close()

    def next_position(self) -> float:
        """Return the place at the end of the line."""
        self._last_position += 1.0
        return self._last_position

    def add(self, jobs: Iterable[Job]) -> None:
        """Write new jobs."""
        with self._database.write() as connection:
            connection.executemany(_INSERT_JOB, [from_job(job) | {"session": self._session.id} for job in jobs])

    def add_batch(self, batch: Batch) -> None:
        """Write a new batch, of which all photos are still to be found."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT INTO batches (id, name, created, plan, complete, session)"
                " VALUES (:id, :name, :created, :plan, 0, :session)",
                {**from_batch(batch), "session": self._session.id},
            )

    def complete_batch(self, batch_id: str) -> None:
        """Write that all photos of a batch are found, or no more are to be looked for."""
        with self._database.write() as connection:
            connection.execute("UPDATE batches SET complete = 1, session = NULL WHERE id = ?", (batch_id,))

    def claim_batches(self, batch_ids: Set[str] | None = None) -> tuple[Batch, ...]:
        """Take up the batches (of these, or all) of which earlier sessions had not found all photos."""
        with self._database.write() as connection:
            rows = connection.execute("SELECT * FROM batches WHERE complete = 0 AND session IS NULL").fetchall()
            claimed = [to_batch(row) for row in rows if batch_ids is None or row["id"] in batch_ids]
            connection.executemany(
                "UPDATE batches SET session = ? WHERE id = ?", [(self._session.id, batch.id) for batch in claimed]
            )
        return tuple(claimed)

    def batches(self, limit: int = 20) -> tuple[Batch, ...]:
        """Return the latest batches, the last one first, for a list: without their roots, which may be many."""
        rows = self._database.read(
            "SELECT id, name, created, json_remove(plan, '$.roots') AS plan FROM batches ORDER BY created DESC LIMIT ?",
            (limit,),
        )
        return tuple(map(to_batch, rows))

    def unfinished_batches(self) -> tuple[Batch, ...]:
        """Return the batches of which nobody has in hand what is still to be found or done, the last one first."""
        rows = self._database.read(
            "SELECT * FROM batches WHERE (complete = 0 AND session IS NULL) OR EXISTS (SELECT 1 FROM jobs"
            " WHERE batch_id = batches.id AND state IN ('queued', 'interrupted') AND jobs.session IS NULL)"
            " ORDER BY created DESC"
        )
        return tuple(map(to_batch, rows))

    def batch_photos(self, batch_id: str) -> set[tuple[Path | None, str]]:
        """Return path and advisor of the jobs that a batch has."""
        rows = self._database.read("SELECT path, advisor FROM jobs WHERE batch_id = ?", (batch_id,))
        return {(to_path(row["path"]), row["advisor"]) for row in rows}

    def update(self, *jobs: Job) -> None:
        """Write the state, reason, place and tries of jobs.

        Raises
        ------
        RuntimeError
            Where a stored state cannot become the new one, or a job is in another session's hands: a bug.
        """
        with self._database.write() as connection:
            self._update(connection, jobs)

    def move(self, jobs: Iterable[Job]) -> None:
        """Write the places of jobs in line."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE jobs SET position = ? WHERE id = ?", [(job.position, job.id) for job in jobs]
            )

    def save_partial(self, job_id: str, text: str) -> None:
        """Keep what is written so far."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO partials VALUES (?, ?)", (job_id, text))

    def partial(self, job_id: str) -> str:
        """Return what was last kept of an unfinished answer; empty where nothing was."""
        row = self._database.read_one("SELECT text FROM partials WHERE job_id = ?", (job_id,))
        return row["text"] if row else ""

    def finish(self, job: Job, analysis: Analysis, fingerprint: str, photo: Photo | None) -> int:
        """Write a job's end together with its result; return the id of the analysis.

        A result that this job had before (a stopped one, tried again) is replaced. The answer to a follow-up
        question goes into the analysis that it is about.

        Parameters
        ----------
        job
            In its final state.
        fingerprint
            Of everything but the photo that shapes the answer.
        photo
            As it was read, for its thumbnail.
        """
        with self._database.write(durable=True) as connection:
            if job.about is not None:
                analysis_id = job.about
                analyses.rewrite(connection, analysis_id, analysis)
            else:
                # What this job made before it was stopped and tried again.
                connection.execute(
                    "DELETE FROM analyses WHERE finish_reason = 'cancelled'"
                    " AND id = (SELECT analysis_id FROM jobs WHERE id = ?)",
                    (job.id,),
                )
                analysis_id = analyses.write(connection, analysis, fingerprint, photo)
            self._update(connection, [job])
            connection.execute("UPDATE jobs SET analysis_id = ? WHERE id = ?", (analysis_id, job.id))
            connection.execute("DELETE FROM partials WHERE job_id = ?", (job.id,))
        return analysis_id

    def finish_with(self, job: Job, analysis_id: int) -> None:
        """Write a job's end with an earlier job's result."""
        with self._database.write() as connection:
            self._update(connection, [job])
            connection.execute("UPDATE jobs SET analysis_id = ? WHERE id = ?", (analysis_id, job.id))

    def earlier(self, content_hash: str, fingerprint: str) -> int | None:
        """Return the id of the last whole analysis of this photo with these settings, or None."""
        row = self._database.read_one(
            "SELECT max(analyses.id) AS id FROM analyses JOIN photos ON photos.id = photo_id"
            " WHERE content_hash = ? AND fingerprint = ? AND finish_reason != 'cancelled'",
            (content_hash, fingerprint),
        )
        return row["id"] if row else None

    def analysis(self, analysis_id: int) -> Analysis | None:
        """Return an analysis: :meth:`History.analysis`."""
        return self.history.analysis(analysis_id)

    def analysis_id(self, job_id: str) -> int | None:
        """Return the id of a job's analysis, or None where it has none."""
        row = self._database.read_one("SELECT analysis_id FROM jobs WHERE id = ?", (job_id,))
        return row["analysis_id"] if row else None

    def generated(self, job_id: str) -> tuple[int, float] | None:
        """Return how many tokens the job's own analysis has, and tokens per second; None where there is none."""
        # An analysis that is older than the job was found, or asked about, and not written for it.
        row = self._database.read_one(
            "SELECT json ->> '$.generation.generation_tokens' AS tokens, json ->> '$.generation.generation_tps' AS tps"
            " FROM jobs JOIN analyses ON analyses.id = jobs.analysis_id JOIN documents USING (analysis_id)"
            " WHERE jobs.id = ? AND analyses.created >= jobs.created",
            (job_id,),
        )
        return (row["tokens"], row["tps"]) if row and row["tokens"] else None

    def job(self, job_id: str) -> Job:
        """Return a job; KeyError where there is none."""
        row = self._database.read_one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        if row is None:
            raise KeyError(job_id)
        return to_job(row)

    def jobs(self, *, limit: int = 100, state: JobState | None = None, batch: str = "") -> tuple[Job, ...]:
        """Return the latest jobs, the last one first; of one state or batch where given."""
        rows = self._database.read(
            "SELECT * FROM jobs WHERE (? IS NULL OR state = ?) AND (? = '' OR batch_id = ?)"
            " ORDER BY created DESC, position DESC LIMIT ?",
            (state, state, batch, batch, limit),
        )
        return tuple(to_job(row) for row in rows)

    def recover(self) -> None:
        """Free what the sessions that died have left: what they ran is interrupted, or set aside after three times."""
        with self._database.write() as connection:
            rows = connection.execute(
                "SELECT session FROM jobs WHERE session IS NOT NULL"
                " UNION SELECT session FROM batches WHERE session IS NOT NULL"
            ).fetchall()
            for (session,) in rows:
                if not self._session.is_alive(session):
                    self._free(connection, session, died=True)

    def batch_page(self, batch_id: str, limit: int, offset: int) -> tuple[tuple[Job, float | None], ...]:
        """Return a part of a batch's jobs, in their order, each with its overall score where it has one."""
        rows = self._database.read(
            "SELECT jobs.*, overall_score FROM jobs LEFT JOIN analyses ON analyses.id = analysis_id"
            " WHERE batch_id = ? ORDER BY position LIMIT ? OFFSET ?",
            (batch_id, limit, offset),
        )
        return tuple((to_job(row), row["overall_score"]) for row in rows)

    def unfinished(self, batch: str = "") -> tuple[Job, ...]:
        """Return the waiting and interrupted jobs that nobody has in hand, of one batch or of all, in order."""
        rows = self._database.read(
            "SELECT * FROM jobs WHERE state IN ('queued', 'interrupted') AND session IS NULL"
            " AND (? = '' OR batch_id = ?) ORDER BY position",
            (batch, batch),
        )
        return tuple(to_job(row) for row in rows)

    def claim(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Take up unfinished jobs, back in line; return those that nobody else took first."""
        with self._database.write() as connection:
            claimed = [self._claim(connection, job) for job in jobs]
        return tuple(job for job in claimed if job is not None)

    def _claim(self, connection: Connection, job: Job) -> Job | None:
        if job.state is not JobState.QUEUED:
            job = job.to(JobState.QUEUED)
        done = connection.execute(
            "UPDATE jobs SET session = ?, state = 'queued', reason = '' WHERE id = ? AND session IS NULL"
            " AND state IN ('queued', 'interrupted')",
            (self._session.id, job.id),
        )
        return job if done.rowcount == 1 else None

    @staticmethod
    def _free(connection: Connection, session: str, *, died: bool) -> None:
        running = connection.execute("SELECT * FROM jobs WHERE session = ? AND state = 'running'", (session,))
        for job in map(to_job, running.fetchall()):
            if died:
                job = replace(job, tries=job.tries + 1, position=_end_of_batch(connection, job))
            over = job.tries >= MOST_TRIES
            job = job.to(JobState.FAILED, SET_ASIDE) if over else job.to(JobState.INTERRUPTED)
            connection.execute(_UPDATE_JOB, from_job(job))
        connection.execute("UPDATE jobs SET session = NULL WHERE session = ?", (session,))
        connection.execute("UPDATE batches SET session = NULL WHERE session = ?", (session,))

    def _update(self, connection: Connection, jobs: Sequence[Job]) -> None:
        by_state: dict[JobState, list[Job]] = defaultdict(list)
        for job in jobs:
            by_state[job.state].append(job)
        for state, some in by_state.items():
            before = ", ".join(f"'{each}'" for each, after in TRANSITIONS.items() if state in after)
            holder = None if some[0].is_over else self._session.id
            done = connection.executemany(
                f"UPDATE jobs SET state = :state, reason = :reason, position = :position, tries = :tries,"  # noqa: S608
                f" session = :holder WHERE id = :id AND state IN ({before})"
                " AND (session = :session OR session IS NULL)",
                [from_job(job) | {"session": self._session.id, "holder": holder} for job in some],
            )
            if done.rowcount != len(some):
                raise RuntimeError(f"job {some[0].id} (or one of {len(some)}) cannot become {state}")


_INSERT_JOB = """
    INSERT INTO jobs (id, batch_id, position, path, advisor, model, question, options, again, about, state, reason,
        tries, created, session)
    VALUES (:id, :batch_id, :position, :path, :advisor, :model, :question, :options, :again, :about, :state, :reason,
        :tries, :created, :session)
"""
_UPDATE_JOB = """
    UPDATE jobs SET state = :state, reason = :reason, position = :position, tries = :tries WHERE id = :id
"""


def _end_of_batch(connection: Connection, job: Job) -> float:
    """Return a place behind the last job of this job's batch, and before whatever comes next."""
    last = connection.execute("SELECT max(position) FROM jobs WHERE batch_id = ?", (job.batch,)).fetchone()[0]
    if last is None:
        return job.position
    after = connection.execute("SELECT min(position) FROM jobs WHERE position > ?", (last,)).fetchone()[0]
    return float(last + 1.0 if after is None else (last + after) / 2)
