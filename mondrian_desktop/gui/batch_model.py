"""The jobs of one batch as an item model: rows in memory, refreshed beat by beat and not job by job."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from mondrian_desktop.gui.batch_control import WORDS
from mondrian_desktop.jobs.model import Job, JobState
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.verdict import verdict

PHOTO, ADVISOR, STATE, SCORE = range(4)
TITLES = ("Photo", "Advisor", "State", "Score")
_MIME = "application/x-mondrian-jobs"
_Index = QModelIndex | QPersistentModelIndex
# Views ask for the flags of every row: put together once.
_STAYS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
_CAN_BE_DRAGGED = _STAYS | Qt.ItemFlag.ItemIsDragEnabled
_GROUND = Qt.ItemFlag.ItemIsDropEnabled


class Show(Enum):
    """Which jobs are listed."""

    ALL = "All"
    OPEN = "To do"
    DONE = "Done"
    FAILED = "Failed or stopped"

    def takes(self, state: JobState) -> bool:
        """Whether a job in this state is listed."""
        match self:
            case Show.OPEN:
                return state in (JobState.QUEUED, JobState.RUNNING)
            case Show.DONE:
                return state is JobState.DONE
            case Show.FAILED:
                return state in (JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED)
        return True


@dataclass(slots=True)
class Row:
    """One job, and its overall score where there is one."""

    job: Job
    score: float | None = None

    @property
    def position(self) -> float:
        """Its place in line."""
        return self.job.position

    @property
    def path(self) -> Path:
        """The photo."""
        return self.job.path or Path()


class BatchModel(QAbstractTableModel):
    """Rows in the order in which they run."""

    move_wanted = Signal(list, object)
    """Ids of jobs that were dragged, and the id of the one before which they are dropped, or None."""

    def __init__(self, names: Mapping[str, str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._names = names
        self._all: dict[str, Row] = {}
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._states: Counter[JobState] = Counter()
        self._show = Show.ALL
        self.batch_id = ""

    @property
    def show(self) -> Show:
        """Which jobs are listed."""
        return self._show

    def reset(self, batch_id: str, rows: Iterable[Row]) -> None:
        """Show another batch."""
        self.batch_id = batch_id
        self._all = {row.job.id: row for row in sorted(rows, key=attrgetter("position"))}
        self._states = Counter(row.job.state for row in self._all.values())
        self._list_anew()

    def filter(self, show: Show) -> None:
        """List only some."""
        self._show = show
        self._list_anew()

    def take(self, jobs: Mapping[str, Job], scores: Mapping[str, float]) -> None:
        """Take in how jobs stand; those of other batches are left out."""
        new: list[Row] = []
        changed: list[int] = []
        is_moved = is_shown_changed = False
        for job in jobs.values():
            if job.batch != self.batch_id:
                continue
            row = self._all.get(job.id)
            self._states[job.state] += 1
            if row is None:
                new.append(Row(job, scores.get(job.id)))
                continue
            self._states[row.job.state] -= 1
            is_moved |= row.job.position != job.position
            is_shown_changed |= self._show.takes(row.job.state) != self._show.takes(job.state)
            row.job = job
            row.score = scores.get(job.id, row.score if job.state is JobState.DONE else None)
            if job.id in self._places:
                changed.append(self._places[job.id])
        if self._show is not Show.ALL and (is_shown_changed or new):
            self._all |= {row.job.id: row for row in new}
            self._sort_all()
            self._list_anew()
            return
        self._tell_changed(sorted(changed))
        if new:
            is_moved |= bool(self._rows) and min(map(attrgetter("position"), new)) < self._rows[-1].position
            new.sort(key=attrgetter("position"))
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(new) - 1)
            self._all |= {row.job.id: row for row in new}
            self._places |= {row.job.id: len(self._rows) + n for n, row in enumerate(new)}
            self._rows += new
            self.endInsertRows()
        if is_moved:
            self._sort()

    def row(self, place: int) -> Row:
        """Return the row at a place in the list."""
        return self._rows[place]

    def rows(self) -> Sequence[Row]:
        """Return all rows that are listed."""
        return tuple(self._rows)

    def count(self, show: Show) -> int:
        """Return how many jobs a list would have."""
        return sum(count for state, count in self._states.items() if show.takes(state))

    def state_count(self, state: JobState) -> int:
        """Return how many jobs, listed or not, are in this state."""
        return self._states[state]

    def find(self, path: Path | None, advisor: str) -> Job | None:
        """Return the job of a photo for an advisor, or None."""
        jobs = (row.job for row in self._all.values())
        return next((job for job in jobs if job.path == path and job.advisor == advisor), None)

    def failed(self) -> list[str]:
        """Return the ids of the jobs that failed."""
        return [row.job.id for row in self._all.values() if row.job.state is JobState.FAILED]

    def waiting(self) -> list[str]:
        """Return the ids of the jobs that wait, in their order."""
        return [row.job.id for row in self._all.values() if row.job.state is JobState.QUEUED]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt
        """Return the number of jobs that are listed."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802 - Qt
        """Return the number of columns."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(  # noqa: N802 - Qt
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the titles of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        return None

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the words; the view's delegate draws the thumbnail, and colors by the row."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return self._text(row, index.column())
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, (self._text(row, column) for column in range(len(TITLES)))))
            case Qt.ItemDataRole.ToolTipRole:
                tip = row.job.reason if index.column() == STATE and row.job.reason else str(row.path)
                # Never markup, whatever the name: Qt takes a tip that looks like HTML for HTML.
                return f"<qt>{escape(clean_line(tip, 1000))}</qt>"
            case Qt.ItemDataRole.UserRole:
                return row
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Let waiting jobs be dragged, and be dropped between rows."""
        if not index.isValid():
            return _GROUND
        return _CAN_BE_DRAGGED if self._rows[index.row()].job.state is JobState.QUEUED else _STAYS

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 - Qt
        """Jobs are moved."""
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:  # noqa: N802 - Qt
        """Return what is dragged."""
        return [_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:  # noqa: N802 - Qt
        """Return the dragged jobs, in their order."""
        rows = sorted({index.row() for index in indexes})
        data = QMimeData()
        data.setData(_MIME, "\n".join(self._rows[row].job.id for row in rows).encode())
        return data

    def dropMimeData(  # noqa: N802 - Qt
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: _Index
    ) -> bool:
        """Ask for the move; the rows move when it was done. The view must not take any away itself."""
        if not data.hasFormat(_MIME):
            return False
        at = parent.row() if parent.isValid() else row
        ids = bytes(data.data(_MIME).data()).decode().split("\n")
        below = self._rows[at:] if 0 <= at < len(self._rows) else []
        before = next(
            (each.job.id for each in below if each.job.state is JobState.QUEUED and each.job.id not in ids), None
        )
        self.move_wanted.emit(ids, before)
        return False

    def _text(self, row: Row, column: int) -> str:
        match column:
            case 0:
                return clean_line(row.path.name, 255) or "(no name)"
            case 1:
                return clean_line(self._names.get(row.job.advisor, row.job.advisor), 80)
            case 2:
                reason = clean_line(row.job.reason, 300)
                return f"{WORDS[row.job.state]}: {reason}" if reason else WORDS[row.job.state]
        if row.score is None:
            return "No score" if row.job.state is JobState.DONE else ""
        return f"{row.score:.1f} · {verdict(row.score).word}"

    def _tell_changed(self, places: list[int]) -> None:
        """Tell of rows, in runs of those that follow each other."""
        if not places:
            return
        starts = [places[0], *(b for a, b in pairwise(places) if b != a + 1)]
        ends = [*(a for a, b in pairwise(places) if b != a + 1), places[-1]]
        for start, end in zip(starts, ends, strict=True):
            self.dataChanged.emit(self.index(start, 0), self.index(end, len(TITLES) - 1))

    def _list_anew(self) -> None:
        self.beginResetModel()
        self._rows = [row for row in self._all.values() if self._show.takes(row.job.state)]
        self._places = {row.job.id: n for n, row in enumerate(self._rows)}
        self.endResetModel()

    def _sort_all(self) -> None:
        self._all = {row.job.id: row for row in sorted(self._all.values(), key=attrgetter("position"))}

    def _sort(self) -> None:
        self.layoutAboutToBeChanged.emit()
        held = self.persistentIndexList()
        ids = [self._rows[index.row()].job.id for index in held]
        self._sort_all()
        self._rows.sort(key=attrgetter("position"))
        self._places = {row.job.id: n for n, row in enumerate(self._rows)}
        self.changePersistentIndexList(
            held, [self.index(self._places[job_id], index.column()) for job_id, index in zip(ids, held, strict=True)]
        )
        self.layoutChanged.emit()
