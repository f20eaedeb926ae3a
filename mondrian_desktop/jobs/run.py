"""One job as a generator of events: read, ask the model, watch it write, hand over the analysis."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.critique.parse import PartialParser, parse, split_thinking
from mondrian_desktop.critique.prompt import critique_messages, question_messages
from mondrian_desktop.critique.rubric import Rubric
from mondrian_desktop.critique.schema import answer_schema
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
from mondrian_desktop.photo.model import Photo
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Clock, Wait
from mondrian_desktop.report.model import Analysis, Critique, Generation, PhotoRef
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
    """The analysis is finished, or was ended early: ``analysis.generation.finish_reason`` tells."""

    analysis: Analysis


JobEvent: TypeAlias = EngineEvent | Read | Thinking | Partial | Analyzed
JobEvents: TypeAlias = Generator[JobEvent | Wait, None, None]


@dataclass(frozen=True, slots=True)
class Options:
    """What may differ from run to run; units and ranges as in :mod:`mondrian_desktop.settings`."""

    update_interval_s: float = 5.0
    analysis_size: int = 1024
    max_tokens: int = 1500
    temperature: float = 0.0
    seed: int = 0
    stream: bool = True


@dataclass(frozen=True, slots=True)
class Assignment:
    """A job with everything it names looked up."""

    job: Job
    advisor: Advisor
    rubric: Rubric
    entry: CatalogEntry
    options: Options


def thinking_text(generation_tokens: int, generation_tps: float) -> str:
    """Return the thinking line: "Generating analysis... (150 tokens, 44.1 tps)"."""
    return f"Generating analysis... ({generation_tokens} tokens, {generation_tps:.1f} tps)"


def run(assignment: Assignment, engine: Engine, reader: PhotoReader, clock: Clock) -> JobEvents:
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
        reading = reader.read(assignment.job.path, assignment.options.analysis_size)
        yield Wait(reading)
        photo = reading.result()
        yield Read(photo)
    progress = _Progress(assignment, clock, began_s)
    finished = yield from _with_news(engine.generate(_request(assignment, photo)), progress.news)
    if finished.text or finished.finish_reason is not FinishReason.CANCELLED:
        yield Analyzed(_analysis(assignment, photo, finished))


def _request(assignment: Assignment, photo: Photo | None) -> Request:
    advisor, rubric, entry, options = assignment.advisor, assignment.rubric, assignment.entry, assignment.options
    if assignment.job.question:
        messages = question_messages(advisor, entry, assignment.job.question, rubric=rubric, photo=photo)
        schema = None
    else:
        messages = critique_messages(advisor, rubric, entry, photo)
        schema = answer_schema(rubric) if entry.supports_schema else None
    return Request(
        weights=entry.path,
        messages=messages,
        image=Image(photo.pixels, photo.key) if photo else None,
        max_tokens=options.max_tokens,
        temperature=options.temperature,
        seed=options.seed,
        stream=options.stream,
        schema=schema,
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
        self._interval_s = assignment.options.update_interval_s
        self._parser = None if assignment.job.question else PartialParser(assignment.rubric)
        self._next_thinking_s = float("-inf")
        self._next_partial_s = float("-inf")

    def news(self, event: EngineEvent) -> Iterable[JobEvent]:
        now_s = self._clock()
        if isinstance(event, Token):
            if self._parser:
                self._parser.append(event.text)
            if now_s >= self._next_thinking_s:
                # From the last due time, not from now: being late must not add up. A pause is not made up for.
                due_s = self._next_thinking_s + self._interval_s
                self._next_thinking_s = due_s if due_s > now_s else now_s + self._interval_s
                yield self._thinking(event, now_s)
            if self._parser and now_s >= self._next_partial_s:
                self._next_partial_s = now_s + PARTIAL_INTERVAL_S
                yield Partial(self._parser.critique, self._parser.progress)
        elif isinstance(event, Finished) and event.generation_tokens:
            yield self._thinking(event, now_s)

    def _thinking(self, event: Token | Finished, now_s: float) -> Thinking:
        text = thinking_text(event.generation_tokens, event.generation_tps)
        return Thinking(text, event.generation_tokens, event.generation_tps, now_s - self._began_s)


def _analysis(assignment: Assignment, photo: Photo | None, finished: Finished) -> Analysis:
    job, rubric = assignment.job, assignment.rubric
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
        ),
        raw_text=finished.text,
        created=datetime.now(UTC),
        thinking=split_thinking(finished.text)[0],
    )
