"""The finished analysis, as frozen records: what is stored, served, exported and shown."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mondrian_desktop.photo.model import Exif, Measurements
from mondrian_desktop.report import thinking as thoughts


@dataclass(frozen=True, slots=True)
class Score:
    """One dimension of a rubric, judged.

    ``score`` is 1 to 10. Comment and recommendation are plain text written by a model: data, never markup.
    """

    name: str
    score: int
    comment: str
    recommendation: str


@dataclass(frozen=True, slots=True)
class Critique:
    """What the model said, parsed. Fields that had not arrived when it was cut off are empty."""

    image_description: str = ""
    dimensions: tuple[Score, ...] = ()
    overall_score: float | None = None
    key_strengths: tuple[str, ...] = ()
    priority_improvements: tuple[str, ...] = ()
    technical_notes: str = ""


@dataclass(frozen=True, slots=True)
class PhotoRef:
    """The photo that was analysed; ``width`` and ``height`` are the original's, upright, in pixels."""

    path: Path
    content_hash: str
    width: int
    height: int
    exif: Exif


@dataclass(frozen=True, slots=True)
class Generation:
    """How the text was made; fields as in :class:`mondrian_desktop.engine.protocol.Finished`.

    ``given_size`` is (width, height) in pixels of the picture that was given to the model, ``analysis_size`` of what
    its processor made of it; None without a picture, or where it is not known.
    """

    prompt_tokens: int = 0
    generation_tokens: int = 0
    prompt_tps: float = 0.0
    generation_tps: float = 0.0
    time_to_first_token_s: float = 0.0
    finish_reason: str = "stop"
    peak_memory_bytes: int = 0
    analysis_size: tuple[int, int] | None = None
    given_size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """A follow-up question to an analysis, what the model thought first, and what it answered: text, never markup."""

    question: str
    answer: str
    finish_reason: str = "stop"
    thinking: str = ""


@dataclass(frozen=True, slots=True)
class Analysis:
    """One answer of one advisor about one photo, or about a question without a photo.

    Attributes
    ----------
    photo
        None for a text-only question.
    advisor, rubric, model
        Ids of the advisor, of the rubric by which was judged, and of the catalogue entry (or folder) of the weights.
    question
        What was asked, for a question; empty for a critique.
    critique
        The parsed answer, or None where it had no structure: then :attr:`answer` is all there is.
    facts
        What was measured on the photo, or None without one.
    raw_text
        The model's text with its thinking, always kept, never markup.
    created
        Time of completion, with zone.
    thinking
        What a thinking model wrote before its answer; shown apart.
    conversation
        Follow-up questions and answers, oldest first.
    """

    photo: PhotoRef | None
    advisor: str
    rubric: str
    model: str
    question: str
    critique: Critique | None
    facts: Measurements | None
    generation: Generation
    raw_text: str
    created: datetime
    thinking: str = ""
    conversation: tuple[Exchange, ...] = ()

    @property
    def answer(self) -> str:
        """The model's text without its thinking."""
        return thoughts.split(self.raw_text)[1].strip() if self.thinking else self.raw_text


@dataclass(frozen=True, slots=True)
class Labels:
    """The words for people behind an analysis's ids. Empty ones fall back to the ids.

    Attributes
    ----------
    advisor, model
        Their names.
    byline
        One line that says who wrote: a model, in the manner of the advisor.
    model_note
        What the model can and cannot do, in a line.
    dimensions
        How many dimensions the rubric has; 0 where not known.
    """

    advisor: str = ""
    model: str = ""
    byline: str = ""
    model_note: str = ""
    dimensions: int = 0
