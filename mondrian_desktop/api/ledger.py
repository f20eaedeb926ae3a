"""Which job belongs to which submission: in memory while it matters, else found again from history and notes."""

import logging
from collections.abc import Iterator, Sequence

from mondrian_desktop.api.progress import Progress, outcome
from mondrian_desktop.api.refusal import Refusal, not_found
from mondrian_desktop.api.submission import Submission
from mondrian_desktop.api.uploads import Note, Uploads
from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.server_watch import Awaited, next_try_words
from mondrian_desktop.service import Service

REMEMBERED = 256
"""Finished submissions in memory."""
SCANNED = 2000
"""Jobs that are looked through for those with a status."""

_log = logging.getLogger(__name__)


class Ledger:
    """All submissions. Jobs that were made elsewhere (in the window) are submissions, too, each of its own.

    Parameters
    ----------
    service
        Knows the jobs.
    uploads
        Has the notes.
    """

    def __init__(self, service: Service, uploads: Uploads) -> None:
        self._service = service
        self._uploads = uploads
        self._submissions: dict[str, Submission] = {}
        self._by_job: dict[str, str] = {}

    def __iter__(self) -> Iterator[Submission]:
        """Iterate over those in memory."""
        return iter(tuple(self._submissions.values()))

    def add(self, submission: Submission) -> None:
        """Follow a submission; the oldest finished ones are forgotten."""
        self._submissions[submission.id] = submission
        self._by_job.update(dict.fromkeys(submission.jobs, submission.id))
        over = [each for each in self._submissions.values() if each.progress.is_over]
        for old in over[: max(len(over) - REMEMBERED, 0)]:
            del self._submissions[old.id]
            for job_id in old.jobs:
                del self._by_job[job_id]

    def followed(self, job_id: str) -> Submission | None:
        """Return the submission in memory to which a job belongs, if there is one."""
        return self._submissions.get(self._by_job.get(job_id, ""))

    def find(self, submission_id: str, *, follow: bool = False) -> Submission:
        """Return a submission by its id, or by the id of one of its jobs; ``follow`` keeps it, where it is not over.

        Raises
        ------
        Refusal
            404 where there is none.
        """
        return self._recall(self._find(submission_id, follow=follow))

    def _find(self, submission_id: str, *, follow: bool) -> Submission:
        known = self.followed(submission_id) or self._submissions.get(submission_id)
        if known is not None:
            return known
        note = self._uploads.note(submission_id)
        jobs = self.jobs(note.jobs if note else (submission_id,))
        if not jobs:
            raise not_found()
        submission = self._view(submission_id, jobs, note)
        if follow and not submission.progress.is_over:
            self.add(submission)
        return submission

    def owner(self, job: Job, *, follow: bool = False) -> Submission:
        """Return the submission to which a job belongs; ``follow`` as :meth:`find`."""
        upload_id = self._uploads.id_of(job.path)
        if upload_id and not self.followed(job.id):
            try:
                return self._find(upload_id, follow=follow)
            except Refusal:
                _log.info("job %s has lost its upload's note", job.id)
        return self._find(job.id, follow=follow)

    def latest(self, limit: int, status: str = "") -> list[Submission]:
        """Return the last submissions, the latest first; with one status (the original's, or ours) where given."""
        held = {each.id: each for each in self if each.held and status in ("", each.progress.status)}
        found: dict[str, Submission] = {}
        # Nearly always the first look is enough; several advisors, or a rare status, take a longer one.
        for scanned in (limit + 50, SCANNED):
            found = held | self._fitting(self._service.latest_jobs(scanned), status)
            if len(found) >= limit:
                break
        latest = sorted(found.values(), key=lambda each: each.created, reverse=True)[:limit]
        return [self._recall(submission) for submission in latest]

    def _recall(self, submission: Submission) -> Submission:
        """Give what was over before it was followed its last thinking line: of the last job that wrote anything."""
        progress = submission.progress
        if progress.is_over and not progress.thinking:
            lines = map(self._service.last_thinking, reversed(submission.jobs))
            progress.thinking = next(filter(None, lines), "")
        return submission

    def _fitting(self, jobs: Sequence[Job], status: str) -> dict[str, Submission]:
        submissions = (self.owner(job) for job in jobs)
        return {each.id: each for each in submissions if status in ("", each.progress.status, each.progress.state)}

    def jobs(self, job_ids: Sequence[str]) -> list[Job]:
        """Return the service's jobs of these ids; those that are gone are left out."""
        found = []
        for job_id in job_ids:
            try:
                found.append(self._service.job(job_id))
            except KeyError:
                _log.debug("there is no job %s", job_id)
        return found

    def settle(self, submission: Submission) -> bool:
        """Note how a submission ended; return whether it has."""
        jobs = self.jobs(submission.jobs)
        ended = outcome(jobs)
        if ended:
            reason = ended[1]
            for job in jobs:
                if job.path:
                    # Where files are on this machine is nobody's business.
                    reason = reason.replace(str(job.path), submission.label).replace(job.path.name, submission.label)
            submission.progress.end(ended[0], reason)
        return ended is not None

    def note_wait(self, submission: Submission) -> bool:
        """Note for which server all that is left of a submission waits; return whether there is news of that."""
        progress, awaited = submission.progress, self._awaited(submission)
        before = progress.step
        progress.wait(" and ".join(each.host for each in awaited), next_try_words(awaited))
        return progress.step != before

    def _awaited(self, submission: Submission) -> Sequence[Awaited]:
        awaited = self._service.awaited
        if not awaited or submission.progress.is_over or self._service.paused:
            return ()
        jobs = [job for job in self.jobs(submission.jobs) if not job.is_over]
        if any(job.state is JobState.RUNNING for job in jobs):
            return ()
        models = {job.model for job in jobs}
        return [each for each in awaited if each.server_id in models]

    def progress(self, advisors: Sequence[str]) -> Progress:
        """Return the progress of something that has not begun."""
        return Progress([_manner(self._service.advisors.get(advisor), advisor) for advisor in advisors])

    def _view(self, submission_id: str, jobs: Sequence[Job], note: Note | None) -> Submission:
        first = jobs[0]
        advisors = tuple(job.advisor for job in jobs)
        label = note.label if note else (first.path.name if first.path else "")
        submission = Submission(
            submission_id, label, advisors, first.question, self.progress(advisors), tuple(job.id for job in jobs),
            first.created, is_upload=bool(self._uploads.id_of(first.path)),
        )  # fmt: skip
        if not self.settle(submission):
            for place, job in enumerate(jobs, 1):
                submission.progress.hear(place, Update(job))
            self.note_wait(submission)
        return submission


def _manner(advisor: Advisor | None, advisor_id: str) -> str:
    if advisor is None:
        return f"as {advisor_id}"
    return f"in the manner of {advisor.name}" if advisor.is_person else f"as {advisor.name}"
