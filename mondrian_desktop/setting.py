"""What a setting is: a name, a type, a range, and words; and how text becomes its value."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar, cast

from mondrian_desktop.errors import UserError

T = TypeVar("T", bool, int, float, str)


class Group(StrEnum):
    """What belongs together: a page of the preferences, a heading of the list. The value is its title."""

    GENERAL = "General"
    ANALYSIS = "Analysis"
    MODELS = "Models"
    BATCHES = "Batch and watch"
    SERVICE = "Service"
    EXPORT = "Export and sidecars"


@dataclass(frozen=True)
class Setting(Generic[T]):
    """One option: its name, default, range, and the words that describe it.

    ``minimum`` and ``maximum`` are inclusive and None for text and switches; ``choices``, where not empty, lists
    all values that are allowed, and ``words`` what they are called in the preferences, where that is not the same.
    """

    name: str
    default: T
    label: str
    help: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[T, ...] = ()
    words: tuple[str, ...] = ()
    group: Group = Group.GENERAL

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"MONDRIAN_{self.name.upper()}"

    def parse(self, value: object) -> T:
        """Return ``value`` as this setting's type.

        Raises
        ------
        UserError
            Where it is of another type, out of range, or not one of the choices; the sentence names the range.
        """
        try:
            parsed = self._convert(value)
        except (TypeError, ValueError, OverflowError) as err:
            raise UserError(f"{self.label}: {value!r} is not {self._expected()}.", "Give another value.") from err
        in_range = (self.minimum is None or float(parsed) >= self.minimum) and (
            self.maximum is None or float(parsed) <= self.maximum
        )
        if not in_range or (self.choices and parsed not in self.choices):
            raise UserError(f"{self.label}: {value!r} is not {self._expected()}.", "Give another value.")
        return parsed

    def _convert(self, value: object) -> T:
        kind: type = type(self.default)
        convert = {bool: _to_bool, int: _to_int, float: _to_float, str: _to_str}[kind]
        return cast("T", convert(value))

    def _expected(self) -> str:
        if self.choices:
            return "one of " + ", ".join(str(choice) for choice in self.choices)
        kind: type = type(self.default)
        name = {bool: "on or off", int: "a whole number", float: "a number", str: "text"}[kind]
        limits = "" if self.minimum is None else f" from {self.minimum:g} to {self.maximum:g} {self.unit}"
        return (name + limits).rstrip()


def _to_bool(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    try:
        return words[str(value).strip().lower()]
    except KeyError as err:
        raise ValueError(value) from err


def _to_float(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise TypeError(value)
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _to_int(value: object) -> int:
    number = _to_float(value)
    if not number.is_integer():
        raise ValueError(value)
    return int(number)


def _to_str(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value
