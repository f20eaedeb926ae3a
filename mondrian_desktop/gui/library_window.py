"""The library: everything analyzed, in a window of its own."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence, QResizeEvent, QUndoCommand, QUndoStack
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import announce
from mondrian_desktop.gui.chore import Chore, write_sidecars
from mondrian_desktop.gui.growth_view import GrowthView
from mondrian_desktop.gui.library_detail import LibraryDetail
from mondrian_desktop.gui.library_filters import LibraryFilters
from mondrian_desktop.gui.library_list import LibraryList
from mondrian_desktop.gui.library_model import LibraryModel, entries
from mondrian_desktop.gui.message_page import MessagePage
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.gui.selected_rows import select_rows, selected_runs
from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.jobs.chore import AT_ONCE
from mondrian_desktop.jobs.history import Entry, Query
from mondrian_desktop.jobs.queue import Update
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service

MOST_OPENED = 500
"""Photos that can be opened in the window at once."""
_SIZE = (1180, 760)
_NARROW = 900
_DETAIL, _NARROW_DETAIL = 440, 290
_LOOKED_AT = 20
_STALE_MS = 300


class LibraryWindow(QMainWindow):
    """List, search and filters, what is selected, and growth.

    Deleting is undone by Undo; nothing asks whether one is sure.
    """

    open_wanted = Signal(list)
    """Photos to be opened in the main window."""

    def __init__(self, service: Service, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Library")
        self.resize(*_SIZE)
        self.setMinimumSize(720, 480)
        self._service = service
        self._is_locating = False
        self._is_narrow: bool | None = None
        self.undo_stack = QUndoStack(self)
        self.model = LibraryModel(service.history, service.advisors, self)
        self.filters = LibraryFilters(service.history, service.advisors)
        self.list = LibraryList(self.model, theme)
        self.detail = LibraryDetail(service, self.model, theme)
        self.growth = GrowthView(service.history, theme)
        self.empty = MessagePage(theme, "Library")
        self.notice = Notice(theme)
        self.chore = Chore(self.notice)
        self.count = QLabel()
        self.open = QPushButton("Open in Window")
        self.locate = QPushButton("Locate…")
        self.sidecar = QPushButton("Write Sidecar")
        self.sidecar.setToolTip("Write description and keywords into an XMP file beside the photo")
        self.export = QPushButton("Export…")
        self.delete = QPushButton("Delete")
        self._assemble()
        self._connect()
        self._add_actions()
        self._leave = service.subscribe(self._heard)
        # Of many that end together the list is read once.
        self._stale = QTimer(self)
        self._stale.setSingleShot(True)
        self._stale.setInterval(_STALE_MS)
        self._stale.timeout.connect(self.look_again)
        self._refresh()

    def show_words(self) -> None:
        """Go to the search field."""
        self.tabs.setCurrentIndex(0)
        self.filters.search.setFocus()
        self.filters.search.selectAll()

    def look_again(self) -> None:
        """Show what is in the history now."""
        self._stale.stop()
        chosen = self.selected_ids
        self.filters.refill()
        self.model.look_again()
        self._select(chosen)
        self._refresh()

    @property
    def selected(self) -> list[Entry]:
        """The selected analyses, in the order of the list; of thousands the first ones."""
        return entries(self.model, islice(chain.from_iterable(selected_runs(self.list)), MOST_OPENED))

    @property
    def selected_ids(self) -> list[int]:
        """The ids of all selected analyses, in the order of the list."""
        return self.model.ids(selected_runs(self.list))

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt
        """Search and listen no more."""
        self.filters.close_timer()
        self._stale.stop()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Share out a narrow window so that two pictures still stand beside each other in the grid."""
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        if is_narrow is not self._is_narrow:
            self._is_narrow = is_narrow
            detail = _NARROW_DETAIL if is_narrow else _DETAIL
            self._splitter.setSizes([self.width() - 2 * GRID - detail, detail])

    def end(self) -> None:
        """Leave the service; for the end of the app."""
        self._leave()
        self.chore.stop()
        self.close()
        self.deleteLater()

    def _assemble(self) -> None:
        foot = QHBoxLayout()
        foot.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        foot.setSpacing(GRID)
        foot.addWidget(self.count, 1)
        for button in (self.open, self.locate, self.sidecar, self.export, self.delete):
            foot.addWidget(button)
        self._left = QStackedWidget()
        self._left.addWidget(self.list)
        self._left.addWidget(self.empty)
        splitter = self._splitter = QSplitter()
        splitter.addWidget(self._left)
        splitter.addWidget(self.detail)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.setChildrenCollapsible(False)
        browse = QWidget()
        layout = QVBoxLayout(browse)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.filters)
        layout.addWidget(splitter, 1)
        layout.addLayout(foot)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(browse, "Library")
        self.tabs.addTab(self.growth, "Growth")
        content = QWidget()
        outer = QVBoxLayout(content)
        outer.setContentsMargins(GRID, GRID // 2, GRID, 0)
        outer.setSpacing(0)
        outer.addWidget(self.notice)
        outer.addWidget(self.tabs, 1)
        self.setCentralWidget(content)

    def _connect(self) -> None:
        self.filters.changed.connect(self._show_query)
        self.filters.grid_wanted.connect(self.list.show_grid)
        self.list.selectionModel().selectionChanged.connect(lambda: self._selection_changed())
        self.chore.changed.connect(self._chore_changed)
        self.list.doubleClicked.connect(lambda: self._open())
        self.open.clicked.connect(lambda: self._open())
        self.locate.clicked.connect(lambda: self._ask_where())
        self.sidecar.clicked.connect(lambda: self._write_sidecars())
        self.export.clicked.connect(lambda: self._ask_export())
        self.delete.clicked.connect(lambda: self._delete())
        self.empty.button.clicked.connect(lambda: self.filters.clear())
        self.tabs.currentChanged.connect(lambda place: self.growth.show_latest() if place == 1 else None)

    def _add_actions(self) -> None:
        undo = self.undo_stack.createUndoAction(self, "Undo")
        undo.setShortcut(QKeySequence(QKeySequence.StandardKey.Undo))
        redo = self.undo_stack.createRedoAction(self, "Redo")
        redo.setShortcut(QKeySequence(QKeySequence.StandardKey.Redo))
        self.addActions([undo, redo])
        for keys, verb in (
            ("Ctrl+F", self.show_words), ("Ctrl+E", self._ask_export), ("Ctrl+W", self.close), ("Ctrl+O", self._open),
        ):  # fmt: skip
            self._add_action(self, keys, verb)
        for keys in ("Backspace", "Del"):
            self._add_action(self.list, keys, self._delete)
        self._add_action(self.list, "Return", self._open)

    def _add_action(self, widget: QWidget, keys: str, verb: Callable[[], object]) -> None:
        action = QAction(widget)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda: verb())
        widget.addAction(action)

    def _show_query(self, query: Query) -> None:
        try:
            self.model.show_query(query)
        except UserError as err:
            self.notice.tell(str(err))
        self._refresh()

    def _refresh(self) -> None:
        count = self.model.rowCount()
        total = count if self.model.query == Query(sort=self.model.query.sort) else self._service.history.count(Query())
        what = "analysis" if total == 1 else "analyses"
        self.count.setText(f"{count:,} of {total:,} {what}" if count != total else f"{count:,} {what}")
        if not count:
            if total:
                self.empty.show_message(
                    "Nothing matches", "Other words, or fewer filters, may find it.", button="Show all"
                )
            else:
                self.empty.show_message("The library is empty", "Every analysis is kept here as soon as it is done.")
        self._left.setCurrentWidget(self.list if count else self.empty)
        self._selection_changed()

    def _selection_changed(self) -> None:
        chosen = selected_runs(self.list)
        count, is_free = sum(map(len, chosen)), not self.chore.is_running
        # Of many the first ones tell: a look at each file would take long.
        looked_at = entries(self.model, islice(chain.from_iterable(chosen), _LOOKED_AT))
        there = sum(entry.path is not None and entry.path.exists() for entry in looked_at)
        gone = sum(entry.path is not None for entry in looked_at) - there
        self.detail.show_entries(looked_at, count)
        self.open.setEnabled(there > 0 and count <= MOST_OPENED)
        self.locate.setEnabled((gone > 0 or count > _LOOKED_AT) and not self._is_locating)
        self.sidecar.setEnabled((there > 0 or count > _LOOKED_AT) and is_free)
        self.sidecar.setText("Write Sidecars" if count > 1 else "Write Sidecar")
        self.export.setEnabled(count > 0 and is_free)
        self.delete.setEnabled(count > 0 and is_free)

    def _chore_changed(self) -> None:
        if not self.chore.is_running:
            self.look_again()
        self._selection_changed()

    def _select(self, ids: Sequence[int]) -> None:
        select_rows(self.list, self.model.rows_of(frozenset(ids)))

    def _open(self) -> None:
        if sum(map(len, selected_runs(self.list))) > MOST_OPENED:
            self.notice.tell(f"At most {MOST_OPENED} photos are opened at once.")
        elif paths := [entry.path for entry in self.selected if entry.path is not None and entry.path.exists()]:
            self.open_wanted.emit(paths)
        elif self.selected:
            self.notice.tell("The original is not where it was. Locate… finds it by its content.")

    def _delete(self) -> None:
        if self.delete.isEnabled():
            row = self.list.currentIndex().row()
            name = clean_line(self.model.name(self.selected[0]), 60)
            self.undo_stack.push(_Delete(self, self.selected_ids, name))
            if 0 <= row < self.model.rowCount():
                self.list.setCurrentIndex(self.model.index(row, 0))

    def change(self, ids: Sequence[int], *, deletes: bool) -> None:
        """Delete or restore analyses, of many some at a time, and show the list as it is then; a full disk is told."""
        service = self._service
        self.chore.stop()
        if len(ids) > AT_ONCE:
            doing, done = ("Deleting", "Deleted") if deletes else ("Bringing back", "Brought back")
            start = partial(service.delete if deletes else service.restore, ids)
            self.chore.begin(doing, len(ids), start, lambda count: f"{done}: {count:,} analyses.")
            return
        try:
            (service.history.delete if deletes else service.history.restore)(ids)
        except UserError as err:
            self.notice.tell(str(err))
        self.look_again()

    def _ask_export(self) -> None:
        if not self.export.isEnabled():
            return
        dialog = QFileDialog(self, "Export", "")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Table (*.csv)", "Contact sheet (*.html)", "JSON (*.json)"])
        dialog.selectFile("critiques.csv")
        dialog.filterSelected.connect(lambda name: dialog.setDefaultSuffix(name.rpartition(".")[2].rstrip(")")))
        dialog.setDefaultSuffix("csv")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chosen = self.selected_ids
        dialog.fileSelected.connect(lambda file: self.export_to(Path(file), chosen))
        dialog.open()

    def export_to(self, file: Path, ids: Sequence[int]) -> None:
        """Write analyses into one file, in the format that its suffix names."""
        written = f"Exported to {clean_line(file.name, 120)}"
        self.chore.begin("Exporting", len(ids), partial(self._service.export_library, file, ids), lambda count: written)

    def _write_sidecars(self) -> None:
        write_sidecars(self.chore, self._service, self.selected_ids)

    def _ask_where(self) -> None:
        dialog = QFileDialog(self, "Locate the originals in this folder")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda folder: self.locate_in(Path(folder)))
        dialog.open()

    def locate_in(self, folder: Path) -> None:
        """Look for the selected originals in a folder, by their content, beside the work."""
        ids = self.selected_ids
        self.notice.tell(f"Looking in {clean_line(folder.name, 80)}")
        self._is_locating = True
        self._service.locate(folder, ids, lambda result: self._located(len(ids), result))
        self._selection_changed()

    def _located(self, wanted: int, result: int | UserError) -> None:
        self._is_locating = False
        if isinstance(result, UserError):
            self.notice.tell(str(result))
        elif result:
            where = "it is" if result == 1 else "they are"
            self.notice.tell(f"Found {result:,}. The library knows where {where} now.")
        else:
            self.notice.tell("It is not in that folder." if wanted == 1 else "None of them is in that folder.")
        self.look_again()

    def _heard(self, update: Update) -> None:
        if self.isVisible() and update.event is None and update.job.is_over and not self._stale.isActive():
            self._stale.start()


class _Delete(QUndoCommand):
    def __init__(self, window: LibraryWindow, ids: Sequence[int], name: str) -> None:
        super().__init__(f"Delete {name.replace('&', '&&') if len(ids) == 1 else f'{len(ids):,} Analyses'}")
        self._window = window
        self._ids = ids

    # Both leave alone what is so already: one that was stopped half-way is undone by the other.
    def redo(self) -> None:
        self._window.change(self._ids, deletes=True)
        announce.politely(self._window, self.text().replace("Delete", "Deleted", 1))

    def undo(self) -> None:
        self._window.change(self._ids, deletes=False)
        self._window._select(self._ids)
