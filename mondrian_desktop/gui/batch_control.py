"""Batches as window and menu bar see them: news gathered, and told a few times a second, however fast jobs end."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from mondrian_desktop.errors import UserError
from mondrian_desktop.jobs.batches import Gathered
from mondrian_desktop.jobs.model import TRANSITIONS, Batch, Job, JobState
from mondrian_desktop.jobs.pace import Progress, time_left
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import Analyzed
from mondrian_desktop.jobs.server_watch import Awaited, next_try_words, waiting_words
from mondrian_desktop.jobs.watch import Arrived
from mondrian_desktop.photo.text import shown_name
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.settings import RESUME_BATCHES, WATCH_EXISTING, WATCH_SUBFOLDERS, Setting

if TYPE_CHECKING:
    from mondrian_desktop.pump import Task

BEAT_MS = 200
"""Time between two tellings while there is news."""
RETRIED_AT_ONCE = 100
"""Jobs that are put in line again in one step."""


@dataclass(frozen=True, slots=True)
class News:
    """What happened since the last beat: jobs as they stand, by id, and the scores of those that got one."""

    jobs: Mapping[str, Job]
    scores: Mapping[str, float]


class BatchControl(QObject):
    """Starts, holds and ends batches and watched folders, and knows how it stands with all of them."""

    changed = Signal()
    """Counts, time left, pause or watched folders changed."""
    news = Signal(object)
    """:class:`News` of jobs."""
    begun = Signal(object)
    """A :class:`Batch` was started or taken up."""
    ended = Signal(object)
    """The last job of all batches is over; the :class:`Progress` of the run."""
    told = Signal(str)
    """A sentence for the user about something that could not be done."""

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.service = service
        self._jobs: dict[str, Job] = {}
        self._scores: dict[str, float] = {}
        self._open: set[str] = set()
        self._gathering: set[str] = set()
        self._is_running = False
        self._retrying: Task | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._tell)
        self._ways_out = [
            service.subscribe(self._listen),
            service.batches.listen(self._gathered),
            service.on_pause(lambda paused: self._wake()),
            service.on_wait(lambda _: self._wake()),
            service.on_arrival(self._arrived),
            service.settings.on_change(self._setting_changed),
        ]

    def close(self) -> None:
        """Listen no more; closing again does nothing."""
        self._timer.stop()
        self._stop_retrying()
        ways_out, self._ways_out = self._ways_out, []
        for leave in ways_out:
            leave()

    @property
    def is_running(self) -> bool:
        """Whether something of a batch waits, runs, or is still being looked for."""
        return bool(self._open or self._gathering)

    @property
    def is_busy(self) -> bool:
        """Whether anything waits or runs, also single photos."""
        progress = self.service.progress()
        return self.is_running or progress.waiting + progress.running > 0

    @property
    def status(self) -> str:
        """How it stands, in a line: "12 of 40, about 6 min left"."""
        awaited = self.awaited()
        halt = ", ".join(filter(None, (self.halt(awaited), next_try_words(awaited))))
        return status(self.service.progress(), halt=halt, gathering=bool(self._gathering))

    def awaited(self, batch: Batch | None = None) -> tuple[Awaited, ...]:
        """Return the servers for which a batch waits; without one: where everything waits."""
        if self.service.paused or (batch is None and not self.service.stands):
            return ()
        return tuple(each for each in self.service.awaited if batch is None or each.server_id == batch.model)

    def halt(self, awaited: Sequence[Awaited]) -> str:
        """Return why it does not go on: "paused", or for which of :meth:`awaited` it waits; empty where it does."""
        return "paused" if self.service.paused else waiting_words(awaited)

    @property
    def way_on(self) -> tuple[str, Callable[[], None]]:
        """What can be done where nothing goes on: the words of its button, and the verb."""
        if self.service.awaited and not self.service.paused:
            return "Try now", self.service.try_now
        return "Go on", self.service.resume

    def start(self, roots: Sequence[Path], advisors: Sequence[str], *, recursive: bool, again: bool) -> Batch | None:
        """Analyze photos and the photos in folders; None, and a sentence told, where that cannot be."""
        name = f"{clean_line(roots[0].name, 60)} and {len(roots) - 1:,} more" if len(roots) > 1 else ""
        try:
            batch = self.service.submit_all(roots, advisors, name=name, recursive=recursive, again=again)
        except UserError as err:
            self.told.emit(str(err))
            return None
        self._begin(batch)
        return batch

    def toggle_pause(self) -> None:
        """Hold everything, also in the middle of a photo, or go on."""
        if self.service.paused:
            self.service.resume()
        else:
            self.service.pause()

    def stop(self) -> None:
        """End everything that waits or runs; what is done, and what is written of the running one, stays."""
        self._gathering.clear()
        self._stop_retrying()
        self.service.cancel_all()
        if self.service.paused:
            self.service.resume()

    def stop_batch(self, batch: Batch) -> None:
        """End one batch, as :meth:`stop` ends everything."""
        self._gathering.discard(batch.id)
        self._stop_retrying()
        self._try(lambda: self.service.batches.cancel(batch.id))
        if self.service.paused and not self.is_busy:
            self.service.resume()

    def retry(self, job_ids: Sequence[str]) -> None:
        """Put jobs in line again; of thousands some at once and the others bit by bit."""
        self._stop_retrying()
        pieces = self._retry_in_pieces(job_ids)
        if next(pieces, False):
            self._retrying = self.service.pump.start(pieces, lambda event: None)

    def _retry_in_pieces(self, job_ids: Sequence[str]) -> Generator[bool, None, None]:
        """Yield whether there is more to do."""
        for start in range(0, len(job_ids), RETRIED_AT_ONCE):
            jobs = map(self.service.job, job_ids[start : start + RETRIED_AT_ONCE])
            some = [job.id for job in jobs if JobState.QUEUED in TRANSITIONS[job.state]]
            if not self._try(partial(self.service.retry, *some)):
                return
            yield start + RETRIED_AT_ONCE < len(job_ids)

    def _stop_retrying(self) -> None:
        if self._retrying is not None:
            self.service.pump.cancel(self._retrying)
            self._retrying = None

    def skip(self, job_ids: Sequence[str]) -> None:
        """Take jobs out of the line, or end them."""
        known = [job.id for job in map(self.service.job, job_ids) if not job.is_over]
        self._try(lambda: self.service.cancel(*known))

    def move(self, job_ids: Sequence[str], before: str | None) -> None:
        """Move waiting jobs before another one, or to the end."""
        self._try(lambda: self.service.move(job_ids, before))

    def watch(self, folder: Path, advisors: Sequence[str] = ()) -> None:
        """Analyze photos as they arrive in a folder."""
        if not folder.is_dir():
            self.told.emit(f"There is no folder {shown_name(folder)} any more. Choose another one.")
            return
        try:
            subfolders, existing = self._manner()
            self.service.watch(folder, advisors, recursive=subfolders, existing=existing)
        except UserError as err:
            self.told.emit(str(err))
        self._wake()

    def _manner(self) -> tuple[bool, bool]:
        """Return whether folders are watched with their subfolders, and with what was there before."""
        settings = self.service.settings
        return settings.get(WATCH_SUBFOLDERS), settings.get(WATCH_EXISTING)

    def _setting_changed(self, setting: Setting[Any]) -> None:
        if setting in (WATCH_SUBFOLDERS, WATCH_EXISTING):
            subfolders, existing = self._manner()
            self.service.change_watch(recursive=subfolders, existing=existing)

    def unwatch(self) -> None:
        """Watch no folder any more; what is in line stays there."""
        for folder in self.service.watched:
            self.service.unwatch(folder)
        self._wake()

    def take_up(self) -> None:
        """Go on with everything that earlier sessions left."""
        batches = self.service.batches.unfinished()
        if self._try(lambda: self.service.take_up()) and batches:
            self._begin(batches[0])

    def take_up_by_itself(self) -> None:
        """Go on with unfinished batches, where the settings say so; single photos are only offered."""
        if not self.service.settings.get(RESUME_BATCHES):
            return
        batches = self.service.batches.unfinished()
        jobs = [job for job in self.service.unfinished() if job.batch]
        if batches and self._try(lambda: self.service.take_up(jobs)):
            self._begin(batches[0])

    def discard(self) -> None:
        """Let go of what earlier sessions left: it is not offered again."""
        self._try(lambda: self.service.discard(self.service.unfinished()))

    def offer(self) -> str:
        """Return what earlier sessions left, in a sentence; empty where nothing is left."""
        count = len(self.service.unfinished())
        batches = self.service.batches.unfinished()
        if not count and not batches:
            return ""
        what = f"{count:,} {'analysis' if count == 1 else 'analyses'}" if count else "Some photos"
        of = f" of “{clean_line(batches[0].name, 60)}”" if len(batches) == 1 and batches[0].name else ""
        return f"{what}{of} {'was' if count == 1 else 'were'} not finished the last time."

    def _begin(self, batch: Batch) -> None:
        gathered = self.service.batches.gathered(batch.id)
        if gathered is not None and not gathered.is_complete:
            self._gathering.add(batch.id)
        self._wake()
        self.begun.emit(batch)

    def _try(self, verb: Callable[[], object]) -> bool:
        try:
            verb()
        except UserError as err:
            self.told.emit(str(err))
            return False
        except ValueError:
            # What was to be moved has begun, or ended, since it was looked at.
            return False
        return True

    def _listen(self, update: Update) -> None:
        job = update.job
        # What was stopped may have scores, and is no critique yet.
        if isinstance(update.event, Analyzed) and not update.event.stopped:
            critique = update.event.analysis.critique
            if critique is not None and critique.overall_score is not None:
                self._scores[job.id] = critique.overall_score
        if update.event is not None:
            return
        self._jobs[job.id] = job
        if job.batch:
            (self._open.discard if job.is_over else self._open.add)(job.id)
        self._wake()

    def _gathered(self, gathered: Gathered) -> None:
        if gathered.is_complete:
            self._gathering.discard(gathered.batch.id)
        for problem in gathered.problems if gathered.is_complete else ():
            self.told.emit(problem)
        if gathered.is_complete and not gathered.photos and not self.service.batches.progress(gathered.batch.id).total:
            self.told.emit(
                f"There are no photos in {clean_line(gathered.batch.name, 60) or 'the folder'} that Mondrian can read."
            )
        self._wake()

    def _arrived(self, arrived: Arrived) -> None:
        for problem in arrived.problems:
            self.told.emit(problem)

    def _wake(self) -> None:
        if self._ways_out and not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        jobs, self._jobs = self._jobs, {}
        scores, self._scores = self._scores, {}
        if jobs:
            self.news.emit(News(jobs, scores))
        was, self._is_running = self._is_running, self.is_running
        self.changed.emit()
        if was and not self._is_running:
            self.ended.emit(self.service.progress())


def status(progress: Progress, *, halt: str, gathering: bool) -> str:
    """Return how it stands in a line: "12 of 40, about 6 min left"; ``halt``: why it does not go on, or empty."""
    if not progress.waiting + progress.running:
        return "Looking for photos" if gathering else "Nothing to do"
    parts = [f"{progress.over:,} of {progress.total:,}"]
    if halt:
        parts.append(halt)
    elif left := time_left(progress):
        parts.append(left)
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    return ", ".join(parts)


def throughput(progress: Progress) -> str:
    """Return how fast it goes: "9.8 analyses a minute"; empty where that is not known."""
    each_s = progress.seconds_per_job
    if not each_s:
        return ""
    a_minute = 60 / each_s
    return f"{a_minute:.1f} analyses a minute" if a_minute >= 1 else f"{60 * a_minute:.1f} analyses an hour"


def result(progress: Progress) -> str:
    """Return what came of a run: "38 analyzed, 2 failed"."""
    parts = [f"{progress.done:,} analyzed"]
    if progress.failed:
        parts.append(f"{progress.failed:,} failed")
    if progress.stopped:
        parts.append(f"{progress.stopped:,} stopped")
    return ", ".join(parts)


WORDS = {
    JobState.QUEUED: "Waiting",
    JobState.RUNNING: "Running",
    JobState.DONE: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Stopped",
    JobState.INTERRUPTED: "Interrupted",
}
