"""What an engine is asked, and the frozen events with which it answers.

Every front end, the store, the service and the tests consume this one shape: a generator of events that ends
with exactly one :class:`Finished`, or raises :class:`~mondrian_desktop.errors.UserError`.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.model import Pixels
from mondrian_desktop.pump import Wait
from mondrian_desktop.weights.servers import Server


class Unreachable(UserError):  # noqa: N818 - a state of affairs
    """What runs the model does not answer just now; the same request may be asked again when it does.

    Parameters
    ----------
    had_begun
        Whether it had this request in hand when it went away: then the request may be the reason.
    """

    def __init__(self, what: str, advice: str = "", *, had_begun: bool = False) -> None:
        super().__init__(what, advice)
        self.had_begun = had_begun


class Stage(StrEnum):
    """What is going on, in the order in which it happens."""

    LOADING = "loading"
    READING = "reading"
    ENCODING = "encoding"
    PREFILLING = "prefilling"
    GENERATING = "generating"


class FinishReason(StrEnum):
    """Why a generation ended."""

    STOP = "stop"
    LENGTH = "length"
    REPETITION = "repetition"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of the conversation; ``has_image`` puts the request's image before the text."""

    role: Literal["system", "user", "assistant"]
    text: str
    has_image: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Image:
    """The picture that the model is to see.

    Attributes
    ----------
    pixels
        (H, W, 3) uint8, sRGB, upright.
    key
        Content hash of the photo with everything that shaped the pixels (analysis size). Equal keys mean equal
        pixels: computed prefixes are reused by this key and never otherwise.
    """

    pixels: Pixels
    key: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to the model.

    Attributes
    ----------
    weights
        Folder of the model files.
    messages
        In order: shared system prompt, the turn with the image, then what changes from advisor to advisor.
    image
        The picture, or None for a text-only request.
    max_tokens
        Largest number of generated tokens; what is thought before has its own limit.
    temperature
        0 is greedy decoding: the same request gives the same text.
    seed
        Seed of the sampler where the temperature is above 0.
    stream
        False: the library's blocking ``generate`` in one piece.
    schema
        JSON schema that the answer must fulfil, or None for free text.
    thinking
        "auto": models that always think do. "on": also those that can be told to. "off": none does. The thinking is
        part of the text, marked as :mod:`mondrian_desktop.report.thinking` knows it.
    thinking_tokens
        After so many tokens of thinking the model is made to answer.
    server
        Where the model runs, or None: here, from ``weights``.
    """

    weights: Path
    messages: tuple[Message, ...]
    image: Image | None = None
    max_tokens: int = 1500
    temperature: float = 0.0
    seed: int = 0
    stream: bool = True
    schema: Mapping[str, Any] | None = None
    thinking: str = "auto"
    thinking_tokens: int = 1024
    server: Server | None = None


@dataclass(frozen=True, slots=True)
class Phase:
    """A stage has begun."""

    stage: Stage


@dataclass(frozen=True, slots=True)
class Load:
    """Progress of loading the model, in bytes of weights."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Prefill:
    """Progress of encoding the image and processing the prompt, in layers evaluated. ``done`` never falls."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer: append ``text`` (possibly empty); ``generation_tps`` is tokens per second so far."""

    text: str
    generation_tokens: int
    generation_tps: float


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of the answer.

    Attributes
    ----------
    text
        The whole answer; the partial one where ``finish_reason`` is not "stop".
    finish_reason
        Why it ended.
    prompt_tokens, cached_tokens, generation_tokens
        Token counts; ``cached_tokens`` of the prompt came from an earlier request on the same photo.
    prompt_tps, generation_tps
        Tokens per second of prefill and of decoding; 0.0 where nothing was measured.
    time_to_first_token_s
        Seconds from the start of the request (after loading) to the first token; 0.0 if none came.
    peak_memory_bytes
        Peak of the library's memory during this request.
    image_size
        (width, height) in pixels at which the model's processor saw the picture, or None; at which it was sent, where
        a server runs the model.
    """

    text: str
    finish_reason: FinishReason
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generation_tokens: int = 0
    prompt_tps: float = 0.0
    generation_tps: float = 0.0
    time_to_first_token_s: float = 0.0
    peak_memory_bytes: int = 0
    image_size: tuple[int, int] | None = None


EngineEvent: TypeAlias = Phase | Load | Prefill | Token | Finished
EngineEvents: TypeAlias = Generator[EngineEvent | Wait, None, None]
"""Events, and :class:`~mondrian_desktop.pump.Wait` where the engine waits for a worker: run it by a pump."""


class Engine(Protocol):
    """Something that generates text, one short step at a time."""

    @property
    def concurrency(self) -> int:
        """How many requests may run at once."""
        ...

    def generate(self, request: Request) -> EngineEvents:
        """Answer ``request`` as a flat generator of events, loading the weights first where needed.

        ``throw(Cancelled())`` ends it with the partial text and finish reason "cancelled"; ``close()`` ends it
        without a word. After either, and after any error, the next request works.

        Raises
        ------
        UserError
            Where the weights are incomplete, of an unsupported type, too large for the memory, and the like;
            :class:`Unreachable` where it may work later.
        """
        ...

    def device(self) -> str:
        """Return on what it computes, for people: "Apple M3 Pro (Metal), 36 GB", "CPU"."""
        ...

    def unload(self) -> None:
        """Give the memory back; the next request loads again."""
        ...
