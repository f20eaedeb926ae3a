"""How far a batch is, how fast it goes, and how long it will take."""

from collections import Counter, deque
from dataclasses import dataclass

from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.pump import Clock

WINDOW = 20
"""Jobs by whose pace the rest is judged."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a batch, or everything in line, stands.

    Attributes
    ----------
    total, waiting, running, done, failed, stopped
        Jobs; ``stopped`` are cancelled or interrupted.
    seconds_per_job, seconds_left
        By the last jobs, pauses left out; None before the first one is over.
    """

    total: int = 0
    waiting: int = 0
    running: int = 0
    done: int = 0
    failed: int = 0
    stopped: int = 0
    seconds_per_job: float | None = None
    seconds_left: float | None = None

    @property
    def over(self) -> int:
        """Jobs that need nothing more."""
        return self.done + self.failed + self.stopped


def time_left(progress: Progress) -> str:
    """Return the time left in words: "about 6 min left"; empty where it is not known or nothing is left."""
    if not progress.seconds_left:
        return ""
    minutes = progress.seconds_left / 60
    if minutes < 1:
        return "less than a minute left"
    if minutes < 100:
        return f"about {minutes:.0f} min left"
    hours = minutes / 60
    return f"about {hours:.0f} h left" if hours < 48 else f"about {hours / 24:.0f} days left"


class Pace:
    """Counts jobs by their states, and the time between their ends."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[str, JobState] = {}
        self._counts: Counter[JobState] = Counter()
        self._ends_s: deque[float] = deque(maxlen=WINDOW + 1)
        self._is_new = True
        self._paused_s = 0.0
        self._pause_began_s: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether anything waits or runs."""
        return self._open() > 0

    @property
    def progress(self) -> Progress:
        """Where it stands now."""
        counts = self._counts
        each_s = self._seconds_per_job()
        return Progress(
            total=len(self._states),
            waiting=counts[JobState.QUEUED],
            running=counts[JobState.RUNNING],
            done=counts[JobState.DONE],
            failed=counts[JobState.FAILED],
            stopped=counts[JobState.CANCELLED] + counts[JobState.INTERRUPTED],
            seconds_per_job=each_s,
            seconds_left=None if each_s is None else self._seconds_left(each_s),
        )

    def update(self, job: Job) -> None:
        """Take in a job's state."""
        before = self._states.get(job.id)
        if before is job.state:
            return
        if before is not None:
            self._counts[before] -= 1
        self._states[job.id] = job.state
        self._counts[job.state] += 1
        if before is JobState.RUNNING and job.is_over:
            self._ends_s.append(self._now_s())
        elif job.state is JobState.RUNNING and self._is_new:
            # What comes after everything was over begins anew: the time in between says nothing.
            self._ends_s.clear()
            self._ends_s.append(self._now_s())
            self._is_new = False
        self._is_new |= not self.is_open

    def pause(self, *, paused: bool) -> None:
        """Take in that everything was paused, or goes on."""
        if paused and self._pause_began_s is None:
            self._pause_began_s = self._clock()
        elif not paused and self._pause_began_s is not None:
            self._paused_s += self._clock() - self._pause_began_s
            self._pause_began_s = None

    def _open(self) -> int:
        return self._counts[JobState.QUEUED] + self._counts[JobState.RUNNING]

    def _now_s(self) -> float:
        """Return the time without pauses."""
        now_s = self._clock() if self._pause_began_s is None else self._pause_began_s
        return now_s - self._paused_s

    def _seconds_per_job(self) -> float | None:
        ends = len(self._ends_s) - 1
        return (self._ends_s[-1] - self._ends_s[0]) / ends if ends > 0 else None

    def _seconds_left(self, each_s: float) -> float:
        # Where many run at once they may end in waves: then none has ended since, though all are nearly done.
        spent_s = min(self._now_s() - self._ends_s[-1], each_s * max(1, self._counts[JobState.RUNNING]))
        return max(0.0, self._open() * each_s - spent_s) if self.is_open else 0.0
