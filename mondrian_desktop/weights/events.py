"""What a download tells while it runs, and how patient it is."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from mondrian_desktop.pump import Wait
from mondrian_desktop.weights.worker import Progress


@dataclass(frozen=True, slots=True)
class Asking:
    """The hub is asked what the model consists of."""


@dataclass(frozen=True, slots=True)
class Downloading(Progress):
    """Progress: of all files together, in bytes. Speed and seconds are None until they can be told."""

    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class Retrying:
    """Something went wrong that may pass: ``reason`` is a sentence. The next attempt comes in ``delay_s`` seconds."""

    reason: str
    attempt: int
    delay_s: float
    stalled: bool = False


@dataclass(frozen=True, slots=True)
class Verifying(Progress):
    """A file has arrived and is compared with its hash, in bytes of this file."""

    file: str
    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Paused:
    """The download was stopped. What has arrived is kept; the same call goes on with it."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The model is on disk, whole and checked."""

    folder: Path
    commit: str
    total_bytes: int


DownloadEvent: TypeAlias = Asking | Downloading | Retrying | Verifying | Paused | Downloaded
DownloadEvents: TypeAlias = Generator[DownloadEvent | Wait, None, None]


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a download waits and how often it tries, in seconds and attempts.

    Attributes
    ----------
    stall_s
        Without a byte for this long, or with less than ``slow_bytes_per_s`` for twice as long, a connection counts
        as stalled and is made anew.
    attempts
        In a row without a new byte, after which the download ends.
    first_delay_s, longest_delay_s
        Before the second attempt; doubled each time, up to the longest. A server that names a time gets it.
    """

    connect_s: float = 15.0
    stall_s: float = 30.0
    slow_bytes_per_s: float = 1_000.0
    attempts: int = 8
    first_delay_s: float = 1.0
    longest_delay_s: float = 60.0
