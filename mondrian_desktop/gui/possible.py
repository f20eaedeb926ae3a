"""What can be done now, gathered from the parts of the window."""

from mondrian_desktop.gui.actions import State
from mondrian_desktop.gui.asking import Asking
from mondrian_desktop.gui.batches import Batches
from mondrian_desktop.gui.photo_list import PhotoList
from mondrian_desktop.gui.report_pane import ASK, CRITIQUE, FACTS, PANEL, RAW
from mondrian_desktop.gui.session import Session


def possible(session: Session, asking: Asking, photos: PhotoList, batches: Batches) -> State:
    """Return what decides which actions are possible."""
    selected = photos.selected
    row, count = photos.currentIndex().row(), session.album.rowCount()
    return State(
        has_photos=count > 0,
        has_photo=row >= 0,
        selected=len(selected),
        idle=session.count_idle(selected, asking.advisor),
        is_running=session.feed.running is not None,
        has_waiting=session.waiting() > 0,
        has_critique=asking.has_critique,
        has_report=bool(asking.report),
        has_seen=asking.seen is not None,
        tabs=tuple(map(asking.pane.tabs.isTabVisible, (CRITIQUE, FACTS, RAW, ASK, PANEL))),
        is_at_first=row <= 0,
        is_at_last=row >= count - 1,
        is_busy=batches.control.is_busy,
        is_paused=session.service.paused,
        watched=batches.watched,
    )
