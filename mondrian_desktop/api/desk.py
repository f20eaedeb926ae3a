"""Where submissions are taken in, followed and cancelled. On the pump's thread, like the service that it calls."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, Protocol
from uuid import uuid4

from mondrian_desktop.api.ledger import Ledger
from mondrian_desktop.api.progress import Event
from mondrian_desktop.api.refusal import Refusal
from mondrian_desktop.api.story import Story
from mondrian_desktop.api.submission import Order, Submission
from mondrian_desktop.api.uploads import Note, Uploads
from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.report.model import Analysis
from mondrian_desktop.service import Service
from mondrian_desktop.settings import ADVISOR

MOST_QUEUED = 20
"""Waiting submissions of one client."""

_log = logging.getLogger(__name__)


class Channels(Protocol):
    """Where streams are fed."""

    def publish(self, job_id: str, events: Sequence[Event]) -> None:
        """Go on with a story."""
        ...

    def restart(self, job_id: str, events: Sequence[Event]) -> None:
        """Begin a new story where there is one that is over."""
        ...

    def ensure(self, job_id: str, events: Sequence[Event]) -> None:
        """Begin a story where there is none."""
        ...


class Desk:
    """The verbs of the HTTP service.

    Parameters
    ----------
    service
        Does the work.
    uploads
        Where uploaded photos are.
    channels
        Get every event.
    most_queued
        As :data:`MOST_QUEUED`.
    """

    def __init__(self, service: Service, uploads: Uploads, channels: Channels, most_queued: int = MOST_QUEUED) -> None:
        self.story = Story(service)
        self._service = service
        self._uploads = uploads
        self._channels = channels
        self._most_queued = most_queued
        self._ledger = Ledger(service, uploads)
        self._early: list[Update] | None = None
        self._ways_out = [
            service.subscribe(self._hear),
            service.on_pause(lambda paused: self._hear_wait()),
            service.on_wait(lambda _: self._hear_wait()),
        ]

    def close(self) -> None:
        """Stop listening. Photos that nobody started are removed."""
        for leave in self._ways_out:
            leave()
        for submission in self._ledger:
            if submission.held:
                self._uploads.remove(submission.id)

    def choose(self, names: str) -> tuple[str, ...]:
        """Return the ids of a comma list of advisors, of "all", or of the one in the settings where nothing is named.

        Raises
        ------
        Refusal
            404 where one is not known.
        """
        try:
            chosen = self._service.advisors.select(names.strip() or self._service.settings.get(ADVISOR))
        except UserError as err:
            raise Refusal(404, str(err)) from err
        return tuple(advisor.id for advisor in chosen)

    def admit(self, client: str) -> None:
        """Let a client submit one more.

        Raises
        ------
        Refusal
            429 where it has as many waiting as it may.
        """
        waiting = sum(1 for each in self._ledger if each.client == client and each.progress.status == "queued")
        if waiting >= self._most_queued:
            what = f"{waiting} of your submissions are waiting, as many as may. Try again when one has begun."
            raise Refusal(429, what, {"Retry-After": "10"})

    def submit(self, order: Order, *, start: bool = True) -> dict[str, Any]:
        """Put an order in line, or only take it in, to be started by :meth:`start`; return its record.

        Raises
        ------
        Refusal
            429 as :meth:`admit`, 503 where the service does not take it.
        """
        self.admit(order.client)
        submission = Submission(
            order.upload_id or uuid4().hex, order.label, order.advisors, order.question,
            self._ledger.progress(order.advisors), client=order.client, is_upload=bool(order.upload_id), held=order,
        )  # fmt: skip
        if start:
            return self._start(submission, order)
        submission.progress.step = "Waiting to be started"
        self._ledger.add(submission)
        self._write_note(submission)
        self._channels.publish(submission.id, [self.story.status(submission)])
        return submission.record()

    def start(self, submission_id: str, advisors: tuple[str, ...]) -> dict[str, Any]:
        """Start what was only taken in; ``advisors`` may be empty for those named before.

        Raises
        ------
        Refusal
            404 where there is nothing of this id; 409 where it has been started.
        """
        submission = self._ledger.find(submission_id)
        if submission.held is None:
            raise Refusal(409, "This has been started before.")
        order = replace(submission.held, advisors=advisors or submission.held.advisors)
        submission.advisors, submission.progress = order.advisors, self._ledger.progress(order.advisors)
        return self._start(submission, order)

    def cancel(self, submission_id: str) -> dict[str, Any]:
        """End a submission and return its record; what was written is kept. Over is over: no effect.

        Raises
        ------
        Refusal
            404 where there is none of this id.
        """
        submission = self._ledger.find(submission_id, follow=True)
        if submission.held:
            submission.held = None
            submission.progress.end(JobState.CANCELLED, "Stopped.")
            self._tell_end(submission)
        # The waiting ones first: otherwise the next one would begin.
        for job_id in reversed(submission.jobs):
            self._service.cancel(job_id)
        return submission.record()

    def try_now(self, submission_id: str) -> dict[str, Any]:
        """Have the server asked now for which a submission waits, and return its record.

        Raises
        ------
        Refusal
            404 where there is none of this id.
        """
        submission = self._ledger.find(submission_id)
        if submission.progress.waiting_for:
            self._service.try_now()
        return submission.record()

    def record(self, submission_id: str) -> dict[str, Any]:
        """Return what is known of a submission, for JSON.

        Raises
        ------
        Refusal
            404 where there is none of this id.
        """
        return self._ledger.find(submission_id).record()

    def records(self, limit: int, status: str = "") -> list[dict[str, Any]]:
        """Return the last submissions, the latest first; with one status (the original's, or ours) where given."""
        return [submission.record() for submission in self._ledger.latest(limit, status)]

    def analyses(self, submission_id: str) -> list[Analysis]:
        """Return the analyses that there are of a submission, partial ones too.

        Raises
        ------
        Refusal
            404 where there is no such submission.
        """
        return self.story.analyses(self._ledger.find(submission_id))

    def picture(self, submission_id: str, size: int) -> Future[Pixels] | None:
        """Return what the photo looks like, from a worker; None where there is none.

        Raises
        ------
        Refusal
            404 where there is no such submission.
        """
        jobs = self._ledger.jobs(self._ledger.find(submission_id).jobs[:1])
        return self._service.preview(jobs[0].path, size) if jobs and jobs[0].path else None

    def begin(self, submission_id: str) -> str:
        """Begin a story with the state so far, for a stream of something that has none; return the submission's id.

        Raises
        ------
        Refusal
            404 where there is no such submission.
        """
        submission = self._ledger.find(submission_id, follow=True)
        over = submission.progress.is_over
        events = self.story.ending(submission) if over else [self.story.status(submission)]
        self._channels.ensure(submission.id, events)
        return submission.id

    def is_held(self, submission_id: str) -> bool:
        """Whether this is the id of something that waits to be started."""
        return any(each.held and each.id == submission_id for each in self._ledger)

    def _start(self, submission: Submission, order: Order) -> dict[str, Any]:
        submission.jobs = self._submit(order)
        submission.held = None
        if order.upload_id or len(submission.jobs) > 1:
            self._write_note(submission)
        else:
            submission.id = submission.jobs[0]
        self._ledger.add(submission)
        self._channels.publish(submission.id, [self.story.status(submission)])
        for update in self._take_early():
            self._hear(update)
        self._tell_wait(submission)
        return submission.record()

    def _submit(self, order: Order) -> tuple[str, ...]:
        options = self._service.options()
        if order.update_interval_s is not None:
            options = replace(options, update_interval_s=order.update_interval_s)
        jobs: list[str] = []
        # The service tells of a job before it returns it: nobody knows yet whose it is.
        self._early = []
        try:
            for advisor in order.advisors:
                job = self._service.submit(order.path, advisor, question=order.question, options=options)
                jobs.append(job.id)
        except UserError as err:
            _log.warning("a submission was not taken: %s", err)
            for job_id in reversed(jobs):
                self._service.cancel(job_id)
            self._take_early()
            raise Refusal(503, "The submission could not be saved. The window and the log say why.") from err
        return tuple(jobs)

    def _take_early(self) -> list[Update]:
        early, self._early = self._early or [], None
        return early

    def _write_note(self, submission: Submission) -> None:
        try:
            self._uploads.write_note(submission.id, Note(submission.label, submission.jobs))
        except OSError as err:
            # After a restart its jobs go by their own ids and names; no reason to refuse the work.
            _log.warning("the note of %s could not be written: %s", submission.id, err)

    def _hear(self, update: Update) -> None:
        if self._early is not None:
            self._early.append(update)
            return
        submission = self._ledger.followed(update.job.id)
        if submission is None:
            # What waits in a batch of thousands is not followed before it begins.
            if update.event is None and update.job.state is JobState.RUNNING:
                submission = self._ledger.owner(update.job, follow=True)
                self._channels.restart(submission.id, [self.story.status(submission)])
            return
        if submission.progress.is_over and not update.job.is_over:
            submission.progress, submission.text = self._ledger.progress(submission.advisors), []
            self._channels.restart(submission.id, [self.story.status(submission)])
        self._follow(submission, update)

    def _follow(self, submission: Submission, update: Update) -> None:
        submission.progress.hear(submission.jobs.index(update.job.id) + 1, update)
        news = self.story.news(submission, update)
        if news:
            self._channels.publish(submission.id, news)
        if update.event is None and update.job.is_over and not submission.progress.is_over:
            submission.text = []
            if self._ledger.settle(submission):
                self._tell_end(submission)

    def _hear_wait(self) -> None:
        for submission in self._ledger:
            self._tell_wait(submission)

    def _tell_wait(self, submission: Submission) -> None:
        if submission.jobs and self._ledger.note_wait(submission):
            self._channels.publish(submission.id, [self.story.status(submission)])

    def _tell_end(self, submission: Submission) -> None:
        self._channels.publish(submission.id, self.story.ending(submission))
        stopped = submission.progress.state == JobState.CANCELLED
        if submission.is_upload and stopped and not self.story.analyses(submission):
            self._uploads.remove(submission.id)
