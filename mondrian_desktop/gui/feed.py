"""What the running jobs tell, gathered and handed on at most 20 times a second, however fast tokens come.

An update costs the same whether the text is short or long: pieces are kept as they come and appended by whoever
shows them.
"""

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, QTimer, Signal

from mondrian_desktop.engine.protocol import Load, Phase, Prefill, Stage, Token
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.jobs.run import JobEvent, Partial, Read, Thinking
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.report.thinking import Splitter
from mondrian_desktop.service import Service

BEAT_MS = 50
"""Time between two repaints while something runs."""
_READING_SCALE_S = 2.0
_LONGEST_GAP_S = 5.0
_TELLING_SHARE, _TELLING_S = 0.08, 1.0
"""From where on the time left is worth telling."""


@dataclass(slots=True)
class Live:
    """A running job as far as it is known.

    Attributes
    ----------
    began_s, writing_since_s
        On the pump's clock: when the job began, when the model began to look; None before that.
    first_token_s
        Seconds from there to the first token; None before it.
    pieces
        The text so far, in the order in which it came. Only ever appended to.
    thoughts, answer
        The same, told apart: what the model thinks first, and what it answers.
    thinking_tokens
        Tokens up to the end of the thinking.
    answering_s
        Seconds in which the answer came so far; longer pauses between two tokens are left out.
    """

    job: Job
    began_s: float
    stage: Stage = Stage.READING
    load: Load | None = None
    prefill: Prefill | None = None
    partial: Partial | None = None
    thinking: Thinking | None = None
    photo: Photo | None = None
    writing_since_s: float | None = None
    first_token_s: float | None = None
    generation_tokens: int = 0
    pieces: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    answer: list[str] = field(default_factory=list)
    thinking_tokens: int = 0
    answering_s: float = 0.0
    _last_token_s: float | None = None
    _splitter: Splitter = field(default_factory=Splitter)

    def take(self, event: JobEvent, now_s: float) -> None:
        """Remember one event."""
        if isinstance(event, Token):
            self._take_token(event, now_s)
        elif isinstance(event, Phase):
            self.stage = event.stage
            if event.stage is Stage.ENCODING and self.writing_since_s is None:
                self.writing_since_s = now_s
        elif isinstance(event, Load):
            self.load = event
        elif isinstance(event, Prefill):
            self.prefill = event
        elif isinstance(event, Partial):
            self.partial = event
        elif isinstance(event, Thinking):
            self.thinking = event
        elif isinstance(event, Read):
            self.photo = event.photo

    def _take_token(self, token: Token, now_s: float) -> None:
        if self.first_token_s is None and token.generation_tokens:
            self.first_token_s = now_s - (self.writing_since_s or self.began_s)
        self.stage = Stage.GENERATING
        self.generation_tokens = token.generation_tokens
        if token.text:
            self.pieces.append(token.text)
            thought, answer = self._splitter.feed(token.text)
            if thought:
                self.thoughts.append(thought)
            if answer:
                self.answer.append(answer)
        if self.is_thinking:
            self.thinking_tokens = token.generation_tokens
        elif self._last_token_s is not None:
            self.answering_s += min(now_s - self._last_token_s, _LONGEST_GAP_S)
        self._last_token_s = now_s

    @property
    def is_thinking(self) -> bool:
        """Whether the model is thinking now, before it answers."""
        return self._splitter.is_thinking

    def seconds_left(self) -> float | None:
        """Return how long the writing will take, by the share that is there; None where it is too early to say."""
        done = self.partial.progress if self.partial else 0.0
        if done < _TELLING_SHARE or self.answering_s < _TELLING_S:
            return None
        return self.answering_s * (1 - done) / done

    def shares(self, now_s: float, max_tokens: int) -> tuple[float, float, float]:
        """Return how much of reading (and loading), looking and writing is done, 0 to 1 each."""
        if self.stage is Stage.READING:
            # Nothing can be counted here; it comes ever closer, so that one sees that it goes on.
            return 0.5 * (1 - math.exp(-(now_s - self.began_s) / _READING_SCALE_S)), 0.0, 0.0
        if self.stage is Stage.LOADING:
            loaded = self.load.done_bytes / self.load.total_bytes if self.load and self.load.total_bytes else 0.0
            return 0.5 + 0.5 * min(loaded, 1.0), 0.0, 0.0
        if self.stage is not Stage.GENERATING:
            looked = self.prefill.done / self.prefill.total if self.prefill and self.prefill.total else 0.0
            return 1.0, min(looked, 1.0), 0.0
        written = self.partial.progress if self.partial else 0.0
        return 1.0, 1.0, min(max(written, self._token_share(max_tokens)), 1.0)

    def _token_share(self, max_tokens: int) -> float:
        # Without structure there is nothing to count but tokens; most answers end well before the limit.
        written = self.generation_tokens - self.thinking_tokens
        return 0.0 if self.partial and self.partial.progress else 0.9 * written / max(max_tokens, 1)


class Feed(QObject):
    """Listens to the service and tells, beat by beat, which jobs have news.

    While a job runs the beat goes on without news, for clocks and motion; it stops with the last job.
    """

    beat = Signal(frozenset)
    """Ids of the jobs with news since the last beat; may be empty."""

    def __init__(self, service: Service, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clock = service.pump.clock
        self._live: dict[str, Live] = {}
        self._news: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._tell)
        self._leave = service.subscribe(self._listen)

    @property
    def running(self) -> Live | None:
        """The job that runs now; the oldest one where there are several."""
        return next(iter(self._live.values()), None)

    @property
    def models(self) -> frozenset[str]:
        """The ids of the models that jobs run on now."""
        return frozenset(live.job.model for live in self._live.values())

    @property
    def is_beating(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def live(self, job_id: str) -> Live | None:
        """Return what is known of a running job, or None where it does not run."""
        return self._live.get(job_id)

    def now_s(self) -> float:
        """Return the time on the clock of :class:`Live`."""
        return self._clock()

    def close(self) -> None:
        """Tell no more; closing again does nothing."""
        self._timer.stop()
        leave, self._leave = self._leave, lambda: None
        leave()

    def _listen(self, update: Update) -> None:
        job = update.job
        if update.event is not None:
            if live := self._live.get(job.id):
                live.take(update.event, self._clock())
        elif job.state is JobState.RUNNING:
            self._live[job.id] = Live(job, self._clock())
        else:
            # Over, or in line again.
            self._live.pop(job.id, None)
        self._news.add(job.id)
        if not self._timer.isActive():
            self._timer.start()

    def _tell(self) -> None:
        news, self._news = frozenset(self._news), set()
        if not self._live and not news:
            self._timer.stop()
        self.beat.emit(news)
