"""The photos that were opened, as an item model: one row each, with what has become of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from mondrian_desktop.photo.text import left_to_right
from mondrian_desktop.report.clean import clean_line


class Standing(StrEnum):
    """How it stands with a photo, as far as one word tells."""

    NEW = ""
    UNREADABLE = "Cannot be read"
    WAITING = "Waiting"
    READING = "Reading"
    LOOKING = "Looking"
    WRITING = "Writing"
    DONE = "Done"
    STOPPED = "Stopped"
    FAILED = "Failed"


RUNNING = frozenset({Standing.READING, Standing.LOOKING, Standing.WRITING})


@dataclass(slots=True, eq=False)
class Entry:
    """One opened photo.

    Attributes
    ----------
    jobs
        Ids of its jobs, oldest first.
    problem
        Why its picture cannot be shown, in a sentence; empty otherwise.
    standing, caption
        How it stands, and the same in words for the list: "7.4 · Solid".
    """

    path: Path
    jobs: list[str] = field(default_factory=list)
    problem: str = ""
    standing: Standing = Standing.NEW
    caption: str = ""

    @property
    def short_name(self) -> str:
        """The same for sentences: no longer than a line bears."""
        return left_to_right(clean_line(self.name, 60))

    @property
    def name(self) -> str:
        """The file's name on one line, without what cannot be shown."""
        return clean_line(self.path.name, 255) or "(no name)"


EntryRole = Qt.ItemDataRole.UserRole


class Album(QAbstractListModel):
    """The opened photos in the order in which they came. A photo is in it once."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self._by_path: dict[Path, Entry] = {}
        self._known: dict[Path, Entry] = {}
        self._rows: dict[Path, int] = {}

    @property
    def entries(self) -> Sequence[Entry]:
        """All entries, in order."""
        return tuple(self._entries)

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex = QModelIndex()) -> int:  # noqa: B008, N802 - Qt
        """Return the number of photos."""
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return name, tool tip, words for screen readers, or the entry itself; the delegate draws the rest."""
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.name
            case Qt.ItemDataRole.ToolTipRole:
                # Never markup, whatever the name: Qt takes a tip that looks like HTML for HTML.
                return f"<qt>{escape(clean_line(str(entry.path), 1000))}</qt>"
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{entry.name}, {entry.caption}" if entry.caption else entry.name
            case Qt.ItemDataRole.UserRole:
                return entry
        return None

    def add(self, paths: Iterable[Path]) -> list[Entry]:
        """Append what is not there yet; return the entries of all ``paths``, each once, in their order.

        A photo that was removed before comes back as it was.
        """
        wanted = list(dict.fromkeys(path.absolute() for path in paths))
        new = [path for path in wanted if path not in self._by_path]
        for path in new:
            self._known.setdefault(path, Entry(path))
        if new:
            self.insert([(len(self._entries) + n, self._known[path]) for n, path in enumerate(new)])
        return [self._by_path[path] for path in wanted]

    def insert(self, placed: Sequence[tuple[int, Entry]]) -> None:
        """Put entries at rows, lowest row first; ones that follow each other come in one piece.

        Those that are there already stay where they are.
        """
        for run in _runs([(row, entry) for row, entry in placed if entry.path not in self._by_path]):
            row = min(run[0][0], len(self._entries))
            self.beginInsertRows(QModelIndex(), row, row + len(run) - 1)
            self._rows.clear()
            self._entries[row:row] = [entry for _, entry in run]
            self._by_path.update((entry.path, entry) for _, entry in run)
            self.endInsertRows()

    def remove(self, entries: Iterable[Entry]) -> list[tuple[int, Entry]]:
        """Take entries out; return them with their rows, ready for :meth:`insert`."""
        gone = set(entries)
        placed = [(row, entry) for row, entry in enumerate(self._entries) if entry in gone]
        for run in reversed(_runs(placed)):
            first, last = run[0][0], run[-1][0]
            self.beginRemoveRows(QModelIndex(), first, last)
            self._rows.clear()
            del self._entries[first : last + 1]
            for _, entry in run:
                del self._by_path[entry.path]
            self.endRemoveRows()
        return placed

    def find(self, path: Path) -> Entry | None:
        """Return the photo of this path, or None."""
        return self._by_path.get(path)

    def row(self, entry: Entry) -> int:
        """Return the entry's row, or -1 where it was removed."""
        if self._by_path.get(entry.path) is not entry:
            return -1
        # Counted once for all: thousands of rows are asked for one after the other.
        if not self._rows:
            self._rows = {each.path: row for row, each in enumerate(self._entries)}
        return self._rows[entry.path]

    def index_of(self, entry: Entry) -> QModelIndex:
        """Return the entry's index; an invalid one where it was removed."""
        row = self.row(entry)
        return self.index(row) if row >= 0 else QModelIndex()

    def refresh(self, entry: Entry, standing: Standing, caption: str) -> None:
        """Set how it stands with a photo, and tell the views where that is new."""
        if (entry.standing, entry.caption) != (standing, caption):
            entry.standing, entry.caption = standing, caption
            index = self.index_of(entry)
            if index.isValid():
                self.dataChanged.emit(index, index)


def _runs(placed: Sequence[tuple[int, Entry]]) -> list[list[tuple[int, Entry]]]:
    """Split (row, entry) pairs, ordered by row, into runs of rows that follow each other."""
    runs: list[list[tuple[int, Entry]]] = []
    for row, entry in placed:
        if runs and runs[-1][-1][0] == row - 1:
            runs[-1].append((row, entry))
        else:
            runs.append([(row, entry)])
    return runs
