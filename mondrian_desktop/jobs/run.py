"""One job as a generator of events: read, ask the model, watch it write, hand over the analysis."""

import json
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Protocol, TypeAlias

from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.critique.parse import PartialParser, parse, split_thinking
from mondrian_desktop.critique.prompt import critique_messages, question_messages
from mondrian_desktop.critique.rubric import Rubric
from mondrian_desktop.engine.protocol import (
    Engine,
    EngineEvent,
    EngineEvents,
    Finished,
    FinishReason,
    Image,
    Phase,
    Request,
    Stage,
    Token,
)
from mondrian_desktop.errors import Cancelled
from mondrian_desktop.jobs.model import Job
from mondrian_desktop.jobs.model import Options as Options
from mondrian_desktop.photo.model import Exif, Photo
from mondrian_desktop.pump import Clock, Wait
from mondrian_desktop.report.model import Analysis, Critique, Exchange, Generation, PhotoRef
from mondrian_desktop.settings import UPDATE_INTERVAL
from mondrian_desktop.weights.catalog import CatalogEntry

PARTIAL_INTERVAL_S = 0.1
"""Shortest time between two partial critiques: parsing costs as much as the text is long."""


@dataclass(frozen=True, slots=True)
class Read:
    """The photo has been read and measured."""

    photo: Photo


@dataclass(frozen=True, slots=True)
class Thinking:
    """The regular sign of life while the model writes: at the first token, at every interval, at the end.

    ``text`` is the line for label and clients; ``elapsed_s`` is seconds since the job began.
    """

    text: str
    generation_tokens: int
    generation_tps: float
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Partial:
    """The critique as far as it is written; ``progress`` is the share of it, 0 to 1, and never falls."""

    critique: Critique
    progress: float


@dataclass(frozen=True, slots=True)
class Analyzed:
    """The analysis is there, whole or as far as it came: ``analysis.generation.finish_reason`` tells.

    Attributes
    ----------
    fingerprint
        Of everything but the photo that shaped the answer.
    photo
        As it was read, or None without one.
    earlier
        Id of the analysis, where it was made before and is offered instead of a new one; else None.
    stopped
        Whether it was ended early by the user.
    """

    analysis: Analysis
    fingerprint: str = ""
    photo: Photo | None = None
    earlier: int | None = None
    stopped: bool = False


JobEvent: TypeAlias = EngineEvent | Read | Thinking | Partial | Analyzed
JobEvents: TypeAlias = Generator[JobEvent | Wait, None, None]


Earlier: TypeAlias = Callable[[str, str], tuple[int, Analysis] | None]
"""Finds the id and the analysis of a photo (content hash) that was made with the same settings (fingerprint)."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A job with everything it names looked up.

    Attributes
    ----------
    earlier
        Asked after reading whether there is an analysis already; None: make one in any case.
    about
        The analysis that a follow-up question is about.
    interval_s
        Returns the time between two thinking lines, in seconds, as it is now, for a job that asks for none.
    """

    job: Job
    advisor: Advisor
    rubric: Rubric
    entry: CatalogEntry
    earlier: Earlier | None = None
    about: Analysis | None = None
    interval_s: Callable[[], float] = lambda: UPDATE_INTERVAL.default

    @property
    def fingerprint(self) -> str:
        """Equal where the same photo gets the same question: of everything but the photo that shapes the answer."""
        options = {name: value for name, value in asdict(self.job.options).items() if name not in _SHAPELESS}
        if not self.job.options.temperature:
            del options["seed"]
        # Analyses made before there were these options count as made with their defaults.
        for name in ("language", "schema", "thinking", "thinking_tokens"):
            if options[name] == getattr(_DEFAULTS, name):
                del options[name]
        said = (self.advisor.id, self.advisor.seeing, self.advisor.voice, self.advisor.outside, self.advisor.focus)
        server = self.entry.server
        model = [self.entry.id, *((server.url, server.model, server.picture_size) if server else ())]
        shape = [said, self.rubric.id, model if server else self.entry.id, self.job.question, sorted(options.items())]
        return sha256(json.dumps(shape).encode()).hexdigest()


_DEFAULTS = Options()
_SHAPELESS = ("update_interval_s", "stream")
"""Options that do not change the answer."""


def thinking_text(generation_tokens: int, generation_tps: float) -> str:
    """Return the thinking line: "Generating analysis... (150 tokens, 44.1 tps)"."""
    return f"Generating analysis... ({generation_tokens} tokens, {generation_tps:.1f} tps)"


class Reader(Protocol):
    """Something that reads photos beside the main thread."""

    def read(self, path: Path, analysis_size: int) -> Future[Photo]:
        """Begin to read."""
        ...


def run(assignment: Assignment, engine: Engine, reader: Reader, clock: Clock) -> JobEvents:
    """Carry out one job; ends with :class:`Analyzed`.

    ``throw(Cancelled())`` while the model writes hands over what was written; before the first word it ends the job.

    Raises
    ------
    UserError
        Where the photo cannot be read or the model cannot be used.
    """
    began_s = clock()
    photo: Photo | None = None
    if assignment.job.path is not None:
        yield Phase(Stage.READING)
        reading = reader.read(assignment.job.path, assignment.job.options.analysis_size)
        try:
            yield Wait(reading)
        finally:
            # Where nobody waits any more, it need not begin; what is done stays done.
            reading.cancel()
        photo = reading.result()
        yield Read(photo)
        if assignment.earlier and (found := assignment.earlier(photo.content_hash, assignment.fingerprint)):
            yield Analyzed(found[1], earlier=found[0])
            return
    progress = _Progress(assignment, clock, began_s)
    finished = yield from _with_news(engine.generate(_request(assignment, photo)), progress.news)
    stopped = finished.finish_reason is FinishReason.CANCELLED
    if finished.text or not stopped:
        analysis = _analysis(assignment, photo, finished)
        yield Analyzed(analysis, assignment.fingerprint, photo, stopped=stopped)


def _request(assignment: Assignment, photo: Photo | None) -> Request:
    advisor, rubric, entry, options = assignment.advisor, assignment.rubric, assignment.entry, assignment.job.options
    if photo and entry.server:
        # What the file says of camera, time, title and people stays here; what was measured on the pixels may go.
        photo = replace(photo, exif=Exif())
    if assignment.job.question:
        about = assignment.about
        messages = question_messages(
            advisor, entry, assignment.job.question, rubric=rubric, photo=photo, analysis=about,
            history=_conversation(assignment), language=options.language,
        )  # fmt: skip
        schema = None
    else:
        messages = critique_messages(advisor, rubric, entry, photo, language=options.language)
        # Pydantic: the window does not wait for it.
        from mondrian_desktop.critique.schema import answer_schema

        schema = answer_schema(rubric) if entry.supports_schema and options.schema else None
    return Request(
        weights=entry.path,
        messages=messages,
        image=Image(photo.pixels, photo.key) if photo else None,
        max_tokens=options.max_tokens,
        temperature=options.temperature,
        seed=options.seed,
        stream=options.stream,
        schema=schema,
        thinking=options.thinking,
        thinking_tokens=options.thinking_tokens,
        server=entry.server,
    )


def _with_news(
    events: EngineEvents, news: Callable[[EngineEvent], Iterable[JobEvent]]
) -> Generator[JobEvent | Wait, None, Finished]:
    """Yield the engine's events, each followed by the news it makes; pass a cancellation on to the engine."""
    cancelled: Cancelled | None = None
    finished: Finished | None = None
    try:
        while True:
            try:
                event = events.throw(cancelled) if cancelled else next(events)
            except StopIteration:
                break
            cancelled = None
            finished = event if isinstance(event, Finished) else None
            for each in (event,) if isinstance(event, Wait) else (event, *news(event)):
                try:
                    yield each
                except Cancelled as request:
                    if finished is None:
                        cancelled = request
                        break
                    # What is finished stays finished.
    finally:
        events.close()
    if finished is None:
        raise RuntimeError("the engine ended without a result")
    return finished


class _Progress:
    """Turns engine events into the news of the job: thinking lines and partial critiques."""

    def __init__(self, assignment: Assignment, clock: Clock, began_s: float) -> None:
        self._clock = clock
        self._began_s = began_s
        own_s = assignment.job.options.update_interval_s
        self._interval_s = assignment.interval_s if own_s is None else lambda: own_s
        self._parser = None if assignment.job.question else PartialParser(assignment.rubric)
        self._last_due_s = float("-inf")
        self._next_partial_s = float("-inf")

    def news(self, event: EngineEvent) -> Iterable[JobEvent]:
        now_s = self._clock()
        if isinstance(event, Token):
            if self._parser:
                self._parser.append(event.text)
            interval_s = self._interval_s()
            due_s = self._last_due_s + interval_s
            if now_s >= due_s:
                # From the last due time, not from now: being late must not add up. A pause is not made up for.
                self._last_due_s = due_s if due_s + interval_s > now_s else now_s
                yield self._thinking(event, now_s)
            if self._parser and now_s >= self._next_partial_s:
                self._next_partial_s = now_s + PARTIAL_INTERVAL_S
                yield Partial(self._parser.critique, self._parser.progress)
        elif isinstance(event, Finished) and event.generation_tokens:
            yield self._thinking(event, now_s)

    def _thinking(self, event: Token | Finished, now_s: float) -> Thinking:
        text = thinking_text(event.generation_tokens, event.generation_tps)
        return Thinking(text, event.generation_tokens, event.generation_tps, now_s - self._began_s)


def _conversation(assignment: Assignment) -> tuple[Exchange, ...]:
    """Return the earlier exchanges, without one that was stopped and is now asked again."""
    earlier = assignment.about.conversation if assignment.about else ()
    stopped = earlier and earlier[-1].finish_reason == FinishReason.CANCELLED
    return earlier[:-1] if stopped and earlier[-1].question == assignment.job.question else earlier


def _analysis(assignment: Assignment, photo: Photo | None, finished: Finished) -> Analysis:
    job, rubric = assignment.job, assignment.rubric
    thinking, answer = split_thinking(finished.text)
    if assignment.about is not None:
        exchange = Exchange(job.question, answer.strip(), str(finished.finish_reason), thinking)
        return replace(assignment.about, conversation=(*_conversation(assignment), exchange))
    return Analysis(
        photo=PhotoRef(photo.path, photo.content_hash, photo.width, photo.height, photo.exif) if photo else None,
        advisor=assignment.advisor.id,
        rubric=rubric.id,
        model=assignment.entry.id,
        question=job.question,
        critique=None if job.question else parse(finished.text, rubric),
        facts=photo.measurements if photo else None,
        generation=Generation(
            prompt_tokens=finished.prompt_tokens,
            generation_tokens=finished.generation_tokens,
            prompt_tps=finished.prompt_tps,
            generation_tps=finished.generation_tps,
            time_to_first_token_s=finished.time_to_first_token_s,
            finish_reason=finished.finish_reason,
            peak_memory_bytes=finished.peak_memory_bytes,
            analysis_size=finished.image_size,
            given_size=(photo.pixels.shape[1], photo.pixels.shape[0]) if photo else None,
        ),
        raw_text=finished.text,
        created=datetime.now(UTC),
        thinking=thinking,
    )
