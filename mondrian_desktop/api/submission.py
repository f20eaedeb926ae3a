"""What a client knows by one id: a photo or a question for one or several advisors, each a job of its own."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mondrian_desktop.api.progress import Progress
from mondrian_desktop.report.thinking import Splitter


@dataclass(frozen=True, slots=True)
class Order:
    """What a client asks for.

    Attributes
    ----------
    client
        Who asks: the address.
    advisors
        Ids, in order, at least one.
    path
        The photo, or None for a question without one.
    label
        What the client calls it.
    question
        Empty for a critique.
    update_interval_s
        None: as in the settings.
    upload_id
        Where the photo was uploaded: its id, which becomes the submission's.
    """

    client: str
    advisors: tuple[str, ...]
    path: Path | None = None
    label: str = ""
    question: str = ""
    update_interval_s: float | None = None
    upload_id: str = ""


@dataclass(slots=True)
class Submission:
    """One submission, as far as it is.

    Attributes
    ----------
    label
        The photo's name, for people.
    advisors
        Ids, in order.
    jobs
        Ids of the service's jobs, in the order of the advisors; none yet while ``held`` waits to be started.
    client
        Who submitted it; empty for what was not submitted here, or in an earlier session.
    is_upload
        Whether the photo lies among the uploads.
    held
        What is to be done once the client says so.
    next_partial_s
        When the next partial answer may be told, in seconds of the pump's clock.
    told
        Stage and percentage of the last status update.
    text
        The answer to a question, as far as it is written.
    splitter
        Keeps out of it what the model thinks first.
    """

    id: str
    label: str
    advisors: tuple[str, ...]
    question: str
    progress: Progress
    jobs: tuple[str, ...] = ()
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    client: str = ""
    is_upload: bool = False
    held: Order | None = None
    next_partial_s: float = float("-inf")
    told: tuple[object, int] = ((), 0)
    text: list[str] = field(default_factory=list)
    splitter: Splitter = field(default_factory=Splitter)

    def record(self) -> dict[str, Any]:
        """Return what clients are told, for JSON."""
        return {
            "id": self.id,
            "job_id": self.id,
            "filename": self.label,
            "advisor": ",".join(self.advisors),
            "advisors_used": list(self.advisors),
            "mode": "baseline",
            "prompt": self.question,
            "created_at": self.created.isoformat(),
            "error": self.progress.step if self.progress.status == "error" else None,
            "state": self.progress.state,
            **self.progress.fields(),
        }
