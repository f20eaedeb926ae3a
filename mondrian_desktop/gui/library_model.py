"""The history as a list for views. Pages are read when they are looked at, and only the latest ones are kept."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence, Set
from itertools import chain
from typing import Any

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap, QStandardItemModel

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.jobs.history import Entry, History, Query
from mondrian_desktop.report.clean import clean_line

LineRole = Qt.ItemDataRole.UserRole
"""The :class:`~mondrian_desktop.jobs.history.Entry` of a row."""
PAGE = 100
_PAGES, _PICTURES = 20, 300
_Index = QModelIndex | QPersistentModelIndex
_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren


class LibraryModel(QStandardItemModel):
    """All analyses that a query finds, any number of them.

    The rows are Qt's, empty, and what they show comes from here: a view asks for their number once for each row when
    it lays them out, and that is a hundred times as fast where no Python is asked.
    """

    def __init__(self, history: History, advisors: Advisors, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._advisors = advisors
        self._query = Query()
        self._count = 0
        self._pages: OrderedDict[int, tuple[Entry, ...]] = OrderedDict()
        self._looked_at: tuple[int, ...] = ()
        self._pictures: OrderedDict[int, QPixmap] = OrderedDict()
        self.show_query(self._query)

    @property
    def query(self) -> Query:
        """What is shown."""
        return self._query

    def show_query(self, query: Query) -> None:
        """Show what another query finds."""
        count = self._history.count(query)
        self._looked_at = tuple(self._pages) if query == self._query else ()
        self._query = query
        self._count = count
        self._pages.clear()
        # Not clear(), which tells of each row that was selected.
        self.setRowCount(0)
        self.setColumnCount(1)
        self.setRowCount(count)

    def look_again(self) -> None:
        """Show what the same query finds now."""
        self.show_query(self._query)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Return what can be done with a row: it is selected, and nothing else."""
        return _FLAGS

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the entry of a row, its words, or its accessible text."""
        entry = self.entry(index.row())
        if entry is None:
            return None
        if role == LineRole:
            return entry
        if role == Qt.ItemDataRole.DisplayRole:
            return self.name(entry)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return f"{self.name(entry)}: {self.caption(entry)}"
        return None

    def entry(self, row: int) -> Entry | None:
        """Return the entry of a row; None where it is gone since."""
        if not 0 <= row < self._count:
            return None
        number, place = divmod(row, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._pages[number] = self._history.page(self._query, PAGE, number * PAGE)
            if len(self._pages) > _PAGES:
                self._pages.popitem(last=False)
        self._pages.move_to_end(number)
        return page[place] if place < len(page) else None

    def rows_of(self, analysis_ids: Set[int]) -> list[int]:
        """Return the rows of analyses; of a few only those on pages that were looked at, also before a reset."""
        if len(analysis_ids) > PAGE:
            return [row for row, each in enumerate(self._history.ids(self._query)) if each in analysis_ids]
        pages = sorted({*self._pages, *self._looked_at}) if analysis_ids else ()
        rows = (row for number in pages for row in range(number * PAGE, min((number + 1) * PAGE, self._count)))
        return [row for row in rows if (entry := self.entry(row)) is not None and entry.id in analysis_ids]

    def ids(self, selected: Sequence[range]) -> list[int]:
        """Return the ids of rows, given as ascending runs; of many without what the list shows of them."""
        if sum(map(len, selected)) <= PAGE:
            return [entry.id for entry in entries(self, chain.from_iterable(selected))]
        return [each for run in selected for each in self._history.ids(self._query, len(run), run.start)]

    def picture(self, entry: Entry) -> QPixmap:
        """Return the thumbnail of an entry, null where it has none; needs no original."""
        found = self._pictures.get(entry.id)
        if found is None:
            found = QPixmap()
            if data := self._history.thumbnail(entry.id):
                found.loadFromData(data)
            self._pictures[entry.id] = found
            if len(self._pictures) > _PICTURES:
                self._pictures.popitem(last=False)
        self._pictures.move_to_end(entry.id)
        return found

    def name(self, entry: Entry) -> str:
        """Return what an entry is called: the file's name, or the question."""
        return clean_line(entry.file_name or entry.question, 255)

    def caption(self, entry: Entry) -> str:
        """Return who wrote it, when, and with which camera."""
        known = self._advisors.get(entry.advisor)
        who = clean_line(known.name if known else entry.advisor, 60)
        when = f"{entry.created.astimezone():%x}"
        return " · ".join(part for part in (who, when, clean_line(entry.camera, 60)) if part)


def entries(model: LibraryModel, rows: Iterable[int]) -> list[Entry]:
    """Return the entries of these rows, in the order of the list."""
    return [entry for row in sorted(rows) if (entry := model.entry(row)) is not None]
