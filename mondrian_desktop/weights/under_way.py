"""From what a download tells to how it stands with its model: while it runs, and once it has ended."""

from dataclasses import replace

from mondrian_desktop.weights.events import Downloaded, DownloadEvent, Downloading, Paused, Retrying, Verifying
from mondrian_desktop.weights.places import Owner
from mondrian_desktop.weights.standing import Standing, State


def fetching_now(standing: Standing, event: DownloadEvent) -> Standing:
    """Return how it stands while a download tells ``event``."""
    now = replace(standing, state=State.DOWNLOADING, obstacle="", problem="")
    match event:
        case Downloading(done, total, speed, left):
            return replace(now, done_bytes=done, total_bytes=total, bytes_per_s=speed, seconds_left=left)
        case Retrying(reason, delay_s=delay_s):
            return replace(now, activity=f"{reason} Trying again in {max(1, round(delay_s))} s.")
        case Verifying(file):
            return replace(now, activity=f"Checking {file}")
        case Paused():
            return replace(now, activity="Pausing")
        case Downloaded():
            return replace(now, activity="Done")
    return replace(now, activity="Asking the hub")


def settled(standing: Standing, event: DownloadEvent) -> Standing:
    """Return how it stands after a download whose last event was ``event``."""
    match event:
        case Downloaded(folder, _, total):
            entry = replace(standing.entry, path=folder)
            return replace(
                standing, entry=entry, state=State.INSTALLED, owner=Owner.HUGGING_FACE, done_bytes=total,
                total_bytes=total, obstacle="",
            )  # fmt: skip
        case Paused(done, total) | Downloading(done, total) if total:
            return replace(standing, state=State.PARTIAL, done_bytes=done, total_bytes=total)
    return standing
