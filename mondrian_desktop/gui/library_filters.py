"""What the library shows: words to search for, and what to narrow it down to."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.jobs.history import History, Query, Sort
from mondrian_desktop.report.clean import clean_line

_SCORES = (("Any score", None, None), ("Strong (8 and up)", 8.0, None), ("Solid (6 to 8)", 6.0, 7.9),
           ("Work on this (below 6)", None, 5.9))  # fmt: skip
_DAYS = (("Any time", 0), ("Today", 1), ("Last 7 days", 7), ("Last 30 days", 30), ("Last 365 days", 365))
_SORTS = (("Newest first", Sort.NEWEST), ("Oldest first", Sort.OLDEST), ("Best first", Sort.BEST),
          ("Weakest first", Sort.WEAKEST), ("By name", Sort.NAME), ("By date taken", Sort.TAKEN))  # fmt: skip
_NAME_WIDTH = 14 * GRID
_SEARCH_WIDTH = 20 * GRID
_TYPING_MS = 150
"""From the last key to the search, so that nobody searches for every letter."""


class LibraryFilters(QWidget):
    """The bar above the list."""

    changed = Signal(object)
    """The :class:`Query` that is wanted now."""
    grid_wanted = Signal(bool)

    def __init__(self, history: History, advisors: Advisors, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._advisors = advisors
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search the library")
        self.search.setClearButtonEnabled(True)
        self.advisor, self.camera = _box("Advisor"), _box("Camera")
        self.score, self.time, self.sort = _box("Score"), _box("Date"), _box("Order")
        for name, least, most in _SCORES:
            self.score.addItem(name, (least, most))
        for name, days in _DAYS:
            self.time.addItem(name, days)
        for name, sort in _SORTS:
            self.sort.addItem(name, sort)
        self.grid = QToolButton()
        self.grid.setText("Grid")
        self.grid.setCheckable(True)
        self.grid.setAccessibleName("Show as a grid of pictures")
        self.grid.toggled.connect(self.grid_wanted)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self._tell)
        self.search.setMinimumWidth(_SEARCH_WIDTH)
        self._narrowing = (self.advisor, self.score, self.time, self.camera)
        self._first, self._second = QHBoxLayout(), QHBoxLayout()
        self._is_narrow: bool | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(GRID)
        for line in (self._first, self._second):
            line.setSpacing(GRID)
            layout.addLayout(line)
        for box in (*self._narrowing, self.sort):
            box.activated.connect(self._tell)
        self._arrange()
        self.search.textChanged.connect(lambda: self._typing.start())
        self.search.returnPressed.connect(self._tell)
        for one, next_one in pairwise((self.search, *self._narrowing, self.sort, self.grid)):
            self.setTabOrder(one, next_one)
        self.refill()

    @property
    def query(self) -> Query:
        """What is wanted."""
        least, most = self.score.currentData()
        days = self.time.currentData()
        midnight = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        return Query(
            words=self.search.text(),
            advisor=self.advisor.currentData() or "",
            camera=self.camera.currentData() or "",
            min_score=least,
            max_score=most,
            since=(midnight - timedelta(days=days - 1)).astimezone(UTC) if days else None,
            sort=self.sort.currentData(),
        )

    def refill(self) -> None:
        """Offer the advisors and cameras that are in the library now."""
        names = {each: known.name if (known := self._advisors.get(each)) else each for each in self._history.advisors()}
        _fill(self.advisor, "Any advisor", names.items())
        _fill(self.camera, "Any camera", ((each, each) for each in self._history.cameras()))

    def clear(self) -> None:
        """Want everything again; the order stays."""
        self.search.clear()
        for box in (self.advisor, self.score, self.time, self.camera):
            box.setCurrentIndex(0)
        self._tell()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Put the filters below the search where they do not fit beside it."""
        super().resizeEvent(event)
        self._arrange()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt
        """Return the size of two lines: one line is no reason to keep the window wide."""
        boxes = sum(box.sizeHint().width() + GRID for box in self._narrowing)
        return QSize(boxes + 3 * GRID, super().minimumSizeHint().height())

    def _arrange(self) -> None:
        boxes = sum(each.sizeHint().width() + GRID for each in (*self._narrowing, self.sort, self.grid))
        is_narrow = self.width() < _SEARCH_WIDTH + boxes + 4 * GRID
        if is_narrow is self._is_narrow:
            return
        self._is_narrow = is_narrow
        for line in (self._first, self._second):
            while line.takeAt(0):
                pass
        self._first.addWidget(self.search, 1)
        for box in self._narrowing:
            (self._second if is_narrow else self._first).addWidget(box)
        if is_narrow:
            self._second.addStretch()
        self._first.addWidget(self.sort)
        self._first.addWidget(self.grid)

    def close_timer(self) -> None:
        """Search no more."""
        self._typing.stop()

    def _tell(self) -> None:
        self._typing.stop()
        self.changed.emit(self.query)


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return box


def _fill(box: QComboBox, everything: str, values: Iterable[tuple[str, str]]) -> None:
    chosen = box.currentData()
    box.clear()
    box.addItem(everything, "")
    for value, name in values:
        whole = clean_line(name, 60)
        # The box cuts what does not fit; it does not shorten it.
        box.addItem(box.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH), value)
        box.setItemData(box.count() - 1, whole, Qt.ItemDataRole.ToolTipRole)
    box.setCurrentIndex(max(box.findData(chosen), 0))
