"""The batch window: every photo of a batch with how it stands, what can be done about it, and what came of it."""

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.gui import announce
from mondrian_desktop.gui.batch_control import BatchControl, News, result, status, throughput
from mondrian_desktop.gui.batch_model import BatchModel, Row, Show
from mondrian_desktop.gui.batch_row import BatchBar, BatchList
from mondrian_desktop.gui.batch_summary import BatchSummary
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.gui.pictures import Thumbnails
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_background, set_text_color, tabular
from mondrian_desktop.jobs.model import Batch, JobState
from mondrian_desktop.jobs.pace import Progress
from mondrian_desktop.report.clean import clean_line

_SUMMARY = len(Show)


class BatchWindow(QWidget):
    """A window of its own, so that it can stay open, and be closed, while the others come and go."""

    open_wanted = Signal(object)
    """A :class:`Job` whose photo and critique are to be shown in the main window."""

    def __init__(self, control: BatchControl, theme: Theme, thumbnails: Thumbnails) -> None:
        super().__init__()
        self._control = control
        self._service = control.service
        self._theme = theme
        self._batch: Batch | None = None
        self.setWindowTitle("Batch")
        self.setMinimumSize(92 * GRID, 45 * GRID)
        self.resize(110 * GRID, 80 * GRID)
        advisors = self._service.advisors
        self.model = BatchModel({each: advisors[each].name for each in advisors}, self)
        self.batches = QComboBox()
        self.batches.setAccessibleName("Batches")
        self.batches.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.batches.setMinimumContentsLength(30)
        self.status = _label("")
        self.status.setFont(scaled(self.font(), 1.3))
        self.pace = _label("")
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
        self.summary = BatchSummary(self._service, theme)
        self._empty = _label("Nothing here.")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._verbs = self._make_verbs()
        self._lay_out()
        self._connect()
        self._restyle()
        self._refill_batches()
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
        if self._batch is None:
            self._refill_batches()
            if self.batches.count():
                self.show_batch(self.batches.itemData(0))
        self.show()
        self.raise_()
        self.activateWindow()

    @property
    def selected(self) -> list[Row]:
        """The selected rows, from top to bottom."""
        rows = sorted(self.list.selectionModel().selectedRows(), key=lambda index: index.row())
        return [self.model.row(index) for index in rows]

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt
        """Close; the batch goes on."""
        self.notice.hide()
        super().closeEvent(event)

    def _make_verbs(self) -> dict[str, QAction]:
        made = {}
        for name, text, keys, verb in (
            ("open", "Open", "Return", self._open),
            ("first", "Move to Front", "Ctrl+Alt+Up", lambda: self._move(to_front=True)),
            ("up", "Move Up", "Alt+Up", lambda: self._step(-1)),
            ("down", "Move Down", "Alt+Down", lambda: self._step(1)),
            ("last", "Move to End", "Ctrl+Alt+Down", lambda: self._move(to_front=False)),
            ("skip", "Skip", "Del", self._skip),
            ("retry", "Try Again", "Ctrl+R", self._retry_selected),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(keys))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(verb)
            made[name] = action
        self.list.addActions(list(made.values()))
        close = QAction("Close", self)
        close.setShortcut(QKeySequence(QKeySequence.StandardKey.Close))
        close.triggered.connect(self.close)
        self.addAction(close)
        return made

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
        self.buttons = {name: self._verb_button(name) for name in ("first", "up", "down", "last", "skip", "retry")}
        for button in self.buttons.values():
            strip.addWidget(button)
        strip.addStretch()
        strip.addWidget(self._verb_button("open"))
        for page in (self.list, self._empty, self.summary):
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
        self.list.selectionModel().selectionChanged.connect(self._refresh_verbs)
        self.list.doubleClicked.connect(lambda index: self._open())
        self.list.customContextMenuRequested.connect(self._show_menu)
        self.model.move_wanted.connect(self._control.move)
        self.summary.open_wanted.connect(self._open_path)
        self.summary.told.connect(self._tell)
        self._theme.changed.connect(self._restyle)

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
        lines = {(line.path, line.advisor): line.score for line in self._service.history.summary(batch).lines}
        rows = (
            Row(job, lines.get((job.path, job.advisor)) if job.state is JobState.DONE else None)
            for job in self._service.batches.jobs(batch.id)
        )
        self.model.reset(batch.id, rows)
        self._show_tab()
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
        self._refresh_verbs()

    def _ended(self, progress: Progress) -> None:
        self.summary.show_batch(self._batch)
        if self._batch is not None and progress.done and self.tabs.currentIndex() == 0:
            self.tabs.setCurrentIndex(_SUMMARY)
        announce.politely(self, f"Batch finished: {result(progress)}")

    def _show_tab(self) -> None:
        at = self.tabs.currentIndex()
        if at == _SUMMARY:
            if self._pages.currentWidget() is not self.summary or self.summary.batch != self._batch:
                self.summary.show_batch(self._batch)
            self._pages.setCurrentWidget(self.summary)
        else:
            show = tuple(Show)[at]
            if self.model.show is not show:
                self.model.filter(show)
            self._pages.setCurrentWidget(self.list if self.model.rowCount() else self._empty)
        self._empty.setText("Nothing here." if self._batch else "Analyze a folder, and its photos are listed here.")
        self._actions.setVisible(at != _SUMMARY)

    def _refresh(self) -> None:
        """Show counts, pace and what can be done."""
        service = self._service
        progress = service.batches.progress(self._batch.id) if self._batch else Progress()
        is_open = progress.waiting + progress.running > 0
        gathered = service.batches.gathered(self._batch.id) if self._batch else None
        gathering = gathered is not None and not gathered.is_complete and self._control.is_running
        if is_open or gathering:
            words = status(progress, paused=service.stands, gathering=gathering)
        else:
            words = self._outcome()
        _set(self.status, words)
        _set(self.pace, throughput(progress) if is_open and not service.stands else "")
        counts = [self.model.count(show) for show in Show]
        for n, (show, count) in enumerate(zip(Show, counts, strict=True)):
            self.tabs.setTabText(n, f"{show.value} {count:,}" if count else show.value)
        self.bar.show_counts(counts[2], len(self.model.failed()), counts[0])
        self.pause.setText("Resume" if service.paused else "Pause")
        self.pause.setVisible(is_open or service.paused)
        self.stop.setVisible(is_open or gathering)
        self.retry.setVisible(bool(self.model.failed()))
        self._show_problem()
        self._refresh_verbs()

    def _outcome(self) -> str:
        if self._batch is None:
            return "No batch yet"
        count = self.model.count
        done, over = count(Show.DONE), count(Show.FAILED)
        failed = len(self.model.failed())
        unfinished = count(Show.OPEN)
        parts = [
            f"{done:,} analyzed", f"{failed:,} failed" if failed else "",
            f"{over - failed:,} stopped" if over > failed else "",
            f"{unfinished:,} not finished" if unfinished else "",
        ]  # fmt: skip
        return ", ".join(filter(None, parts))

    def _show_problem(self) -> None:
        problem = self._service.problem
        if problem is not None:
            self.notice.tell(str(problem), "Go on", self._service.resume)
        elif self.notice.text and not self.notice.act.isHidden():
            self.notice.hide()

    def _tell(self, text: str) -> None:
        self.notice.tell(text)
        announce.politely(self, text)

    def _refresh_verbs(self) -> None:
        rows = self.selected
        states = {row.job.state for row in rows}
        is_waiting = states == {JobState.QUEUED}
        for name in ("first", "up", "down", "last"):
            self._verbs[name].setEnabled(is_waiting)
        self._verbs["skip"].setEnabled(bool(states & {JobState.QUEUED, JobState.RUNNING}))
        over = {JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED}
        self._verbs["retry"].setEnabled(bool(states & over))
        self._verbs["open"].setEnabled(len(rows) == 1)

    def _ids(self, *states: JobState) -> list[str]:
        return [row.job.id for row in self.selected if row.job.state in states]

    def _skip(self) -> None:
        self._control.skip(self._ids(JobState.QUEUED, JobState.RUNNING))

    def _retry_selected(self) -> None:
        self._control.retry(self._ids(JobState.FAILED, JobState.CANCELLED, JobState.INTERRUPTED))

    def _stop(self) -> None:
        if self._batch is not None:
            self._control.stop_batch(self._batch)

    def _move(self, *, to_front: bool) -> None:
        ids = self._ids(JobState.QUEUED)
        others = [each for each in self.model.waiting() if each not in set(ids)]
        self._control.move(ids, next(iter(others), None) if to_front else None)

    def _step(self, by: int) -> None:
        ids, line = self._ids(JobState.QUEUED), self.model.waiting()
        if not ids:
            return
        chosen = set(ids)
        first, last = line.index(ids[0]), line.index(ids[-1])
        if by < 0:
            above = [each for each in line[:first] if each not in chosen]
            before = above[-1] if above else next((each for each in line if each not in chosen), None)
        else:
            below = [each for each in line[last + 1 :] if each not in chosen]
            before = below[1] if len(below) > 1 else None
        self._control.move(ids, before)

    def _open(self) -> None:
        rows = self.selected
        if len(rows) == 1:
            self.open_wanted.emit(rows[0].job)

    def _open_path(self, path: object, advisor: str) -> None:
        for job in self._service.batches.jobs(self._batch.id) if self._batch else ():
            if job.path == path and job.advisor == advisor:
                self.open_wanted.emit(job)
                return

    def _show_menu(self, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(list(self._verbs.values()))
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _button(self, text: str, verb: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.clicked.connect(lambda: verb())
        return button

    def _verb_button(self, name: str) -> QPushButton:
        action = self._verbs[name]
        button = QPushButton(action.text().capitalize())
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{action.text().capitalize()} ({keys})")
        button.clicked.connect(action.trigger)
        button.setEnabled(action.isEnabled())
        action.enabledChanged.connect(button.setEnabled)
        return button

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_background(self, colors.window)
        for label in (self.pace, self._empty):
            set_text_color(label, colors.soft)
        self.list.viewport().update()


def _title(batch: Batch) -> str:
    created = batch.created.astimezone()
    return f"{clean_line(batch.name, 60) or 'Batch'} · {created:%Y-%m-%d %H:%M}"


def _label(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setFont(tabular(label.font()))
    return label


def _set(label: QLabel, text: str) -> None:
    if label.text() != text:
        label.setText(text)
