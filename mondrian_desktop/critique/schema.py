"""The shape in which a model must answer, built from the rubric."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from mondrian_desktop.critique.rubric import Dimension, Rubric

# Characters. What the prompt asks for is about half of this: a mask that runs into a limit cuts a sentence off.
DESCRIPTION, COMMENT, RECOMMENDATION, NOTES, LIST_ITEM = 500, 360, 260, 400, 160
LIST_LENGTH = 3


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _text(limit: int) -> Any:
    return Annotated[str, Field(min_length=1, max_length=limit)]


def _texts() -> Any:
    item = Annotated[str, Field(min_length=1, max_length=LIST_ITEM)]
    return Annotated[list[item], Field(min_length=1, max_length=LIST_LENGTH)]


def answer_model(rubric: Rubric) -> type[BaseModel]:
    """Return the pydantic model of an answer: fixed order, bounded lengths, each dimension once under its own name."""
    dimensions = tuple(_dimension(number, each) for number, each in enumerate(rubric.dimensions))
    fields: dict[str, Any] = {
        "image_description": _text(DESCRIPTION),
        "dimensions": tuple[dimensions],  # type: ignore[valid-type]
        "key_strengths": _texts(),
        "priority_improvements": _texts(),
        "technical_notes": _text(NOTES),
    }
    return create_model("Answer", __base__=_Strict, **fields)


def answer_schema(rubric: Rubric) -> dict[str, Any]:
    """Return the JSON schema of an answer, for the engine's mask."""
    return answer_model(rubric).model_json_schema()


def _dimension(number: int, dimension: Dimension) -> type[BaseModel]:
    fields: dict[str, Any] = {
        "name": Literal[dimension.name],
        "score": Annotated[int, Field(ge=1, le=10)],
        "comment": _text(COMMENT),
        "recommendation": _text(RECOMMENDATION),
    }
    return create_model(f"Dimension{number + 1}", __base__=_Strict, **fields)
