"""The one JSON document that store, service, export and command line speak: ``docs/analysis.schema.json``."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote_to_bytes

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from mondrian_desktop.errors import UserError
from mondrian_desktop.photo.model import Exif, Measurements
from mondrian_desktop.report.model import Analysis, Critique, Exchange, Generation, PhotoRef, Score

SCHEMA = "mondrian.analysis/1"


class _Photo(BaseModel):
    path: str = Field(description="Where the photo was; a file:// address where the name is not UTF-8.")
    content_hash: str
    size: tuple[int, int] = Field(description="Width and height of the original, upright, in pixels.")
    exif: Exif


class _Dimension(BaseModel):
    name: str
    score: int = Field(ge=1, le=10)
    comment: str
    recommendation: str


class _Critique(BaseModel):
    image_description: str
    dimensions: tuple[_Dimension, ...]
    overall_score: float | None = Field(ge=1, le=10, description="Weighted mean by the rubric; null without scores.")
    key_strengths: tuple[str, ...]
    priority_improvements: tuple[str, ...]
    technical_notes: str


class _Generation(BaseModel):
    prompt_tokens: int = Field(ge=0)
    generation_tokens: int = Field(ge=0)
    prompt_tps: float = Field(ge=0)
    generation_tps: float = Field(ge=0)
    time_to_first_token_s: float = Field(ge=0)
    finish_reason: str = Field(description="stop; or length, repetition, cancelled, …: the answer is incomplete.")
    peak_memory_bytes: int = Field(ge=0)
    analysis_size: tuple[int, int] | None = Field(description="Width and height at which the model saw the picture.")
    given_size: tuple[int, int] | None = Field(
        None, description="Width and height of the picture that was given to the model's processor."
    )


class _Exchange(BaseModel):
    question: str
    answer: str
    finish_reason: str = "stop"
    thinking: str = ""


class _Document(BaseModel):
    """One answer of one advisor about one photo, or about a question without a photo."""

    model_config = ConfigDict(title="Mondrian analysis", serialize_by_alias=True)

    version: Literal["mondrian.analysis/1"] = Field(alias="schema")
    photo: _Photo | None = Field(description="null for a question without a photo.")
    advisor: str
    rubric: str
    model: str
    question: str = Field("", description="What was asked; empty for a critique.")
    critique: _Critique | None = Field(description="null where the answer had no structure: see raw_text.")
    facts: Measurements | None = Field(description="What was measured on the photo.")
    generation: _Generation
    raw_text: str = Field(description="The model's text as it was written. Never markup.")
    thinking: str = ""
    conversation: tuple[_Exchange, ...] = ()
    created: AwareDatetime


def to_json(analysis: Analysis) -> dict[str, Any]:
    """Return the document as plain JSON values; every text is well-formed Unicode."""
    document = {
        "schema": SCHEMA,
        "photo": None if analysis.photo is None else _photo_json(analysis.photo),
        "advisor": analysis.advisor,
        "rubric": analysis.rubric,
        "model": analysis.model,
        "question": analysis.question,
        "critique": _plain(Critique, analysis.critique),
        "facts": _plain(Measurements, analysis.facts),
        "generation": _plain(Generation, analysis.generation),
        "raw_text": analysis.raw_text,
        "thinking": analysis.thinking,
        "conversation": [_plain(Exchange, each) for each in analysis.conversation],
        "created": analysis.created.isoformat(),
    }
    return {key: _well_formed(value) for key, value in document.items()}


def from_json(document: Mapping[str, Any]) -> Analysis:
    """Return the analysis in a document; keys that this version does not know are ignored.

    Raises
    ------
    UserError
        Where it is not such a document, or of a later version.
    """
    version = document.get("schema")
    if version != SCHEMA:
        raise UserError(f"This is not an analysis that this version can read (schema {version!r}).", "Update the app.")
    try:
        read = _DOCUMENT.validate_python(document)
    except ValidationError as err:
        first = err.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise UserError(f"The analysis is damaged at {place or 'its root'}: {first['msg']}.") from err
    return Analysis(
        photo=None if read.photo is None else _photo(read.photo),
        advisor=read.advisor,
        rubric=read.rubric,
        model=read.model,
        question=read.question,
        critique=None if read.critique is None else _critique(read.critique),
        facts=read.facts,
        generation=Generation(**dict(read.generation)),
        raw_text=read.raw_text,
        created=read.created,
        thinking=read.thinking,
        conversation=tuple(Exchange(**dict(each)) for each in read.conversation),
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the document (draft 2020-12), as published in ``docs/analysis.schema.json``."""
    schema = _DOCUMENT.json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_DOCUMENT = TypeAdapter(_Document)


def _plain(kind: type[Any], value: Any) -> Any:
    return None if value is None else _ADAPTERS[kind].dump_python(value, mode="json")


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {
    kind: TypeAdapter(kind) for kind in (Critique, Measurements, Generation, Exchange, Exif)
}


def _photo_json(photo: PhotoRef) -> dict[str, Any]:
    return {
        "path": _path_text(photo.path),
        "content_hash": photo.content_hash,
        "size": [photo.width, photo.height],
        "exif": _plain(Exif, photo.exif),
    }


def _photo(photo: _Photo) -> PhotoRef:
    return PhotoRef(_path(photo.path), photo.content_hash, *photo.size, photo.exif)


def _critique(critique: _Critique) -> Critique:
    fields = dict(critique)
    fields["dimensions"] = tuple(Score(**dict(each)) for each in critique.dimensions)
    return Critique(**fields)


def _path_text(path: Path) -> str:
    """Return a path as text; names that are not UTF-8, which Linux allows, as a file address."""
    text = str(path)
    return path.as_uri() if _well_formed(text) != text and path.is_absolute() else text


def _path(text: str) -> Path:
    return Path(os.fsdecode(unquote_to_bytes(text[len("file://") :]))) if text.startswith("file:///") else Path(text)


def _well_formed(value: Any) -> Any:
    """Return a JSON value whose texts can be encoded: half characters become question marks."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_well_formed(each) for each in value]
    return {key: _well_formed(each) for key, each in value.items()} if isinstance(value, dict) else value
