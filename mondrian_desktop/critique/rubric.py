"""Rubrics: by which dimensions a photograph is judged, and what the scores mean. Data, in ``resources/rubrics``."""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mondrian_desktop import paths
from mondrian_desktop.errors import UserError
from mondrian_desktop.report.model import Score

ANCHORS = (2, 5, 8, 10)
"""The scores whose meaning a rubric spells out."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that is judged.

    Attributes
    ----------
    name
        As shown, e.g. "Focus & Sharpness".
    weight
        Relative share in the overall score, above 0.
    question
        What is judged, in a sentence.
    anchors
        What the scores 2, 5, 8 and 10 mean.
    aliases
        Other names that models write for it.
    assignment
        What to practice where it keeps being weak; empty where nothing can be practiced.
    """

    name: str
    weight: float
    question: str
    anchors: Mapping[int, str]
    aliases: tuple[str, ...] = ()
    assignment: str = ""


@dataclass(frozen=True, slots=True)
class Rubric:
    """The dimensions by which a photo is judged, in order; names do not repeat."""

    id: str
    name: str
    dimensions: tuple[Dimension, ...]
    _names: Mapping[str, Dimension] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names: dict[str, Dimension] = {}
        for dimension in self.dimensions:
            for alias in dimension.aliases:
                names.setdefault(_normal(alias), dimension)
        # A dimension's own name wins over another's alias.
        names.update({_normal(dimension.name): dimension for dimension in self.dimensions})
        object.__setattr__(self, "_names", names)

    def match(self, name: str) -> Dimension | None:
        """Return the dimension that a model means by ``name``, or None.

        Case, spaces, numbering, "&" or "and", "colour" or "color" make no difference; aliases count.
        """
        return self._names.get(_normal(name))

    def overall(self, scores: Iterable[Score]) -> float | None:
        """Return the weighted mean of the scores, 1.0 to 10.0 to one decimal (half up); None where there are none.

        Dimensions without a score do not count; scores under names that the rubric does not know neither.
        """
        total = weights = 0.0
        for score in scores:
            dimension = self.match(score.name)
            if dimension is not None:
                total += dimension.weight * score.score
                weights += dimension.weight
        # The small addend undoes binary rounding, so that 7.25 is 7.3 whatever the weights were.
        return math.floor(total / weights * 10 + 0.5 + 1e-9) / 10 if weights else None


@cache
def load_rubric(rubric_id: str) -> Rubric:
    """Return a shipped rubric.

    Raises
    ------
    UserError
        Where there is none of this id.
    """
    known = {file.stem: file for file in sorted(paths.resource("rubrics").glob("*.toml"))}
    if rubric_id not in known:
        raise UserError(f"There is no rubric “{rubric_id}”.", f"Choose one of {', '.join(known)}.")
    return read_rubric(known[rubric_id])


def read_rubric(file: Path) -> Rubric:
    """Return the rubric in ``file``.

    Raises
    ------
    UserError
        Where it cannot be read, or is not a rubric; the sentence says what is wrong with it.
    """
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        dimensions = tuple(_dimension(each) for each in table["dimensions"])
        rubric = Rubric(str(table["id"]), str(table["name"]), dimensions)
    except OSError as err:
        raise UserError(f"The rubric {file} could not be read: {err.strerror}.") from err
    except KeyError as err:
        raise UserError(f"The rubric {file} is incomplete: {err} is missing.") from err
    except (ValueError, TypeError, AttributeError) as err:
        raise UserError(f"The rubric {file} is damaged: {err}.") from err
    if not dimensions or len({_normal(each.name) for each in dimensions}) != len(dimensions):
        raise UserError(f"The rubric {file} needs at least one dimension, and each name only once.")
    return rubric


def _dimension(table: Mapping[str, Any]) -> Dimension:
    weight = float(table.get("weight", 1.0))
    if not 0 < weight < math.inf:
        raise ValueError(f"the weight {weight:g} is not above 0")
    return Dimension(
        name=str(table["name"]),
        weight=weight,
        question=str(table["question"]),
        anchors={score: str(table[str(score)]) for score in ANCHORS},
        aliases=tuple(str(alias) for alias in table.get("aliases", ())),
        assignment=str(table.get("assignment", "")),
    )


def _normal(name: str) -> str:
    words = name[:200].casefold().replace("&", " and ").replace("colour", "color").replace("grey", "gray")
    return re.sub(r"^\d+ ", "", re.sub(r"[\W_]+", " ", words).strip())
