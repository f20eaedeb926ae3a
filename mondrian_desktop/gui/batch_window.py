"""The batch window: every photo of a batch with how it stands, what can be done about it, and what came of it."""

from collections.abc import Callable, Generator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.gui import announce
from mondrian_desktop.gui.batch_control import BatchControl, News, result, status, throughput
from mondrian_desktop.gui.batch_model import SCORE, BatchModel, Row, Show
from mondrian_desktop.gui.batch_row import BatchBar, BatchList
from mondrian_desktop.gui.batch_summary import BatchSummary
from mondrian_desktop.gui.batch_verbs import VERBS, BatchVerbs
from mondrian_desktop.gui.chore import Chore
from mondrian_desktop.gui.drop_area import DropArea
from mondrian_desktop.gui.incoming import AT_ONCE, Dropped, Incoming, sort, sorting
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.message_page import MessagePage
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_background, set_text_color
from mondrian_desktop.jobs.model import Batch, Job, JobState
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.jobs.server_watch import next_try_words
from mondrian_desktop.pump import Task
from mondrian_desktop.report.clean import clean_line

if TYPE_CHECKING:
    from mondrian_desktop.errors import UserError

PAGE = 500
"""Jobs of a stored batch that are read and listed in one step."""
_SUMMARY = len(Show)
_Page: TypeAlias = Sequence[tuple[Job, float | None]]


class BatchWindow(QWidget):
    """A window of its own, so that it can stay open, and be closed, while the others come and go."""

    open_wanted = Signal(object)
    """A :class:`Job` whose photo and critique are to be shown in the main window."""
    batch_wanted = Signal(list)
    """Photos and folders that were dropped here."""
    folder_wanted = Signal()
    """A folder is to be chosen."""

    def __init__(self, control: BatchControl, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._control = control
        self._service = control.service
        self._theme = theme
        self._batch: Batch | None = None
        self._reading: Task | None = None
        self._sorting: set[Task] = set()
        self._problem: UserError | None = None
        self.setWindowTitle("Batch")
        self.setMinimumSize(92 * GRID, 45 * GRID)
        self.resize(110 * GRID, 80 * GRID)
        advisors = self._service.advisors
        self.model = BatchModel({each: advisors[each].name for each in advisors}, self)
        self.batches = QComboBox()
        self.batches.setAccessibleName("Batches")
        self.batches.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.batches.setMinimumContentsLength(30)
        self.status = plain_label(wraps=False, figures=True)
        self.status.setFont(scaled(self.font(), 1.3))
        self.pace = plain_label(wraps=False, figures=True)
        self.bar = BatchBar(theme)
        self.notice = Notice(theme)
        self.pause = self._button("Pause", control.toggle_pause)
        self.stop = self._button("Stop", self._stop)
        self.retry = self._button("Retry failed", lambda: control.retry(self.model.failed()))
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("What is listed")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setUsesScrollButtons(False)
        for title in (*(show.value for show in Show), "Summary"):
            self.tabs.addTab(title)
        self.list = BatchList(self.model, theme, thumbnails)
        self.chore = Chore(self.notice)
        self.summary = BatchSummary(self._service, theme, self.chore)
        self._nothing = plain_label("Nothing here")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.invitation = MessagePage(theme, "No batch yet")
        self.invitation.show_message(
            "No batch yet", "Drop a folder or photos here: all of them are analyzed, one after the other.",
            button="Analyze Folder…",
        )  # fmt: skip
        self._pages = QStackedWidget()
        self.verbs = BatchVerbs(self.list, self.model, control)
        close = QAction("Close", self)
        close.setShortcut(QKeySequence(QKeySequence.StandardKey.Close))
        close.triggered.connect(self.close)
        self.addAction(close)
        self._lay_out()
        self.drops = DropArea(self, theme, offer=attrgetter("batch_offer"), keeps=[self.list])
        self._connect()
        self._restyle()
        self._refill_batches()
        self._show_tab()
        self._refresh()

    @property
    def batch(self) -> Batch | None:
        """The batch that is shown."""
        return self._batch

    def show_batch(self, batch: Batch) -> None:
        """Show a batch."""
        self._refill_batches()
        at = next((n for n in range(self.batches.count()) if self.batches.itemData(n).id == batch.id), -1)
        if at < 0:
            self.batches.insertItem(0, _title(batch), batch)
            at = 0
        self.batches.setCurrentIndex(at)
        if self._batch is None or self._batch.id != batch.id:
            self._show_batch(batch)

    def bring(self) -> None:
        """Come to the front, with the latest batch where none is shown yet."""
        self._show_problem()
        if self._batch is None:
            self._refill_batches()
            if self.batches.count():
                self.show_batch(self.batches.itemData(0))
        self.show()
        self.raise_()
        self.activateWindow()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt
        """Close; the batch goes on."""
        self.notice.hide()
        self._problem = None
        for task in tuple(self._sorting):
            self._service.pump.cancel(task)
        super().closeEvent(event)

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self.status, 1)
        for widget in (self.pause, self.stop, self.retry):
            top.addWidget(widget)
        head = QVBoxLayout()
        head.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        head.setSpacing(GRID)
        head.addLayout(top)
        head.addWidget(self.bar)
        below = QHBoxLayout()
        below.addWidget(self.batches)
        below.addStretch()
        below.addWidget(self.pace)
        head.addLayout(below)
        head.addWidget(self.tabs)
        self._actions = QWidget()
        strip = QHBoxLayout(self._actions)
        strip.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        strip.setSpacing(GRID)
        self.buttons = {name: self.verbs.button(name) for name in VERBS}
        for name, button in self.buttons.items():
            if name == "open":
                strip.addStretch()
            strip.addWidget(button)
        for page in (self.list, self._nothing, self.summary, self.invitation):
            self._pages.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addLayout(head)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self._actions)

    def _connect(self) -> None:
        self._control.changed.connect(self._refresh)
        self._control.news.connect(self._take)
        self._control.begun.connect(self._begun)
        self._control.ended.connect(self._ended)
        self.batches.activated.connect(lambda at: self._show_batch(self.batches.itemData(at)))
        self.tabs.currentChanged.connect(self._show_tab)
        self.verbs.open_wanted.connect(self.open_wanted)
        self.model.move_wanted.connect(self._control.move)
        self.summary.open_wanted.connect(self._open_path)
        self.drops.dropped.connect(self._dropped)
        self.invitation.pressed.connect(self.folder_wanted)
        self._theme.changed.connect(self._restyle)

    def _dropped(self, dropped: Dropped) -> None:
        files = dropped.files
        if len(files) <= AT_ONCE:
            self._take_dropped(sort(map(Path, files), dropped.addresses))
            return
        self.notice.tell(f"Looking at {len(files):,} files")
        task = self._service.pump.start(sorting(files, dropped.addresses), self._sorted, self._sorting_over)
        self._sorting.add(task)

    def _sorted(self, step: int | Incoming) -> None:
        if isinstance(step, Incoming):
            self.notice.hide()
            self._take_dropped(step)

    def _sorting_over(self, task: Task) -> None:
        self._sorting.remove(task)
        if task.error is not None:
            raise task.error

    def _take_dropped(self, incoming: Incoming) -> None:
        if incoming.refusal:
            self.notice.tell(incoming.refusal)
            announce.politely(self, incoming.refusal)
        if roots := [*incoming.folders, *incoming.photos]:
            self.batch_wanted.emit(roots)

    def _refill_batches(self) -> None:
        current = self._batch.id if self._batch else ""
        self.batches.clear()
        for batch in self._service.batches.latest():
            self.batches.addItem(_title(batch), batch)
            if batch.id == current:
                self.batches.setCurrentIndex(self.batches.count() - 1)
        self.batches.setVisible(self.batches.count() > 0)

    def _show_batch(self, batch: Batch) -> None:
        self._batch = batch
        self.setWindowTitle(f"{clean_line(batch.name, 80) or 'Batch'} – Batch".replace("[*]", "[*][*]"))
        self.stop_reading()
        page = self._service.batches.page(batch.id, PAGE, 0)
        self.model.reset(batch.id, map(_row, page))
        if len(page) == PAGE:
            self._reading = self._service.pump.start(self._other_pages(batch), self._take_page)
        self._show_tab()
        self._refresh()

    def stop_reading(self) -> None:
        """Read no more of the batch that is shown."""
        self.summary.stop_reading()
        if self._reading is not None:
            self._service.pump.cancel(self._reading)
            self._reading = None

    def _other_pages(self, batch: Batch) -> Generator[_Page, None, None]:
        offset = PAGE
        while page := self._service.batches.page(batch.id, PAGE, offset):
            yield page
            offset += PAGE

    def _take_page(self, page: _Page) -> None:
        rows = [_row(each) for each in page]
        scores = {row.job.id: row.score for row in rows if row.score is not None}
        self.model.take({row.job.id: row.job for row in rows}, scores)
        self._refresh()

    def _begun(self, batch: Batch) -> None:
        self.tabs.setCurrentIndex(0)
        self.show_batch(batch)
        self.bring()

    def _take(self, news: News) -> None:
        if self._batch is None:
            return
        self.model.take(news.jobs, news.scores)
        self._show_tab()
        self.verbs.refresh()

    def _ended(self, progress: Progress) -> None:
        self.summary.show_batch(self._batch)
        if self._batch is not None and progress.done and self.tabs.currentIndex() == 0:
            self.tabs.setCurrentIndex(_SUMMARY)
        announce.politely(self, f"Batch finished: {result(progress)}")

    def _show_tab(self) -> None:
        at = self.tabs.currentIndex()
        if self._batch is None:
            self._pages.setCurrentWidget(self.invitation)
        elif at == _SUMMARY:
            if self._pages.currentWidget() is not self.summary or self.summary.batch != self._batch:
                self.summary.show_batch(self._batch)
            self._pages.setCurrentWidget(self.summary)
        else:
            show = tuple(Show)[at]
            if self.model.show is not show:
                self.model.filter(show)
                # What failed has no score; its reason takes the room.
                self.list.setColumnHidden(SCORE, show is Show.FAILED)
            self._pages.setCurrentWidget(self.list if self.model.rowCount() else self._nothing)
        for widget in (self.status, self.bar, self.tabs):
            widget.setVisible(self._batch is not None)
        self._actions.setVisible(at != _SUMMARY and self._batch is not None)

    def _refresh(self) -> None:
        """Show counts, pace and what can be done."""
        service = self._service
        progress = service.batches.progress(self._batch.id) if self._batch else Progress()
        is_open = progress.waiting + progress.running > 0
        gathered = service.batches.gathered(self._batch.id) if self._batch else None
        gathering = gathered is not None and not gathered.is_complete and self._control.is_running
        awaited = self._control.awaited(self._batch)
        halt = self._control.halt(awaited)
        words = status(progress, halt=halt, gathering=gathering) if is_open or gathering else self._outcome()
        self.status.setText(words)
        pace = next_try_words(awaited) if halt else throughput(progress)
        self.pace.setText(pace if is_open else "")
        counts = [self.model.count(show) for show in Show]
        for n, (show, count) in enumerate(zip(Show, counts, strict=True)):
            self.tabs.setTabText(n, f"{show.value} {count:,}" if count else show.value)
        failed = self.model.state_count(JobState.FAILED)
        self.bar.show_counts(counts[2], failed, counts[0])
        self.pause.setText("Resume" if service.paused else "Pause")
        self.pause.setVisible(is_open or service.paused)
        self.stop.setVisible(is_open or gathering)
        self.retry.setVisible(failed > 0)
        self._show_problem()
        self.verbs.refresh()

    def _outcome(self) -> str:
        if self._batch is None:
            return "No batch yet"
        count = self.model.count
        done, over = count(Show.DONE), count(Show.FAILED)
        failed = self.model.state_count(JobState.FAILED)
        unfinished = count(Show.OPEN)
        parts = [
            f"{done:,} analyzed", f"{failed:,} failed" if failed else "",
            f"{over - failed:,} stopped" if over > failed else "",
            f"{unfinished:,} not finished" if unfinished else "",
        ]  # fmt: skip
        return ", ".join(filter(None, parts))

    def _show_problem(self) -> None:
        problem = self._service.problem
        # One that was dismissed does not come back at every beat.
        if problem is not None and (problem is not self._problem or self.notice.text):
            self.notice.tell(str(problem), *self._control.way_on)
        elif problem is None and self._problem is not None:
            self.notice.hide()
        self._problem = problem

    def _stop(self) -> None:
        if self._batch is not None:
            self._control.stop_batch(self._batch)

    def _open_path(self, path: Path | None, advisor: str) -> None:
        if job := self.model.find(path, advisor):
            self.open_wanted.emit(job)

    def _button(self, text: str, verb: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: verb())
        return button

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_background(self, colors.window)
        for label in (self.pace, self._nothing):
            set_text_color(label, colors.soft)
        self.list.viewport().update()


def _row(entry: tuple[Job, float | None]) -> Row:
    job, score = entry
    return Row(job, score if job.state is JobState.DONE else None)


def _title(batch: Batch) -> str:
    created = batch.created.astimezone()
    return f"{clean_line(batch.name, 60) or 'Batch'} · {created:%Y-%m-%d %H:%M}"
