"""The window's content while there are photos: sidebar, photo, critique; folded and stacked where it gets narrow."""

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QToolButton, QVBoxLayout, QWidget

from mondrian_desktop.gui.facts_view import FactsStrip
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.photo_list import PhotoList
from mondrian_desktop.gui.photo_view import PhotoView
from mondrian_desktop.gui.report_pane import ReportPane
from mondrian_desktop.gui.theme import (
    CRITIQUE_DEFAULT,
    CRITIQUE_MAX,
    CRITIQUE_MIN,
    GRID,
    SIDEBAR_WIDTH,
    Theme,
    set_background,
    set_text_color,
)

FOLD_BELOW = 1080
"""Width of the area below which the sidebar folds away: the photo would be narrower than the critique."""


class WorkArea(QWidget):
    """Puts the panes where they belong."""

    open_wanted = Signal()

    def __init__(self, theme: Theme, photos: PhotoList, view: PhotoView, facts: FactsStrip, pane: ReportPane) -> None:
        super().__init__()
        self._theme = theme
        self._asked_sidebar: bool | None = None
        self._critique_width = CRITIQUE_DEFAULT
        self.sidebar = self._make_sidebar(photos)
        self._line = QFrame()
        self._line.setFixedWidth(1)
        column = QWidget()
        below = QVBoxLayout(column)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(view, 1)
        below.addWidget(facts)
        self._pane = pane
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(column)
        self.splitter.addWidget(pane)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for widget in (self.sidebar, self._line, self.splitter):
            layout.addWidget(widget)
        layout.setStretch(2, 1)
        self._stack(False)
        theme.changed.connect(self._restyle)
        self._restyle()

    @property
    def is_stacked(self) -> bool:
        """Whether the critique lies below the photo."""
        return self.splitter.orientation() is Qt.Orientation.Vertical

    def show_count(self, count: int) -> None:
        """Show how many photos are open."""
        self._count.setText(f"{count:,}" if count > 1 else "")

    def toggle_sidebar(self) -> None:
        """Show the sidebar where it is hidden, hide it where it is shown; from now on whatever the width."""
        self._asked_sidebar = self.sidebar.isHidden()
        self._arrange()

    def save(self) -> bytes:
        """Return how the space is divided."""
        return b"" if self.is_stacked else bytes(self.splitter.saveState().data())

    def restore(self, state: bytes) -> None:
        """Divide the space as it was; nothing where that is not known."""
        if state:
            self.splitter.restoreState(QByteArray(state))
            self.splitter.setOrientation(Qt.Orientation.Horizontal)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt
        """Fold and stack."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self.width() < FOLD_BELOW
        show_sidebar = not narrow if self._asked_sidebar is None else self._asked_sidebar
        self.sidebar.setVisible(show_sidebar)
        self._line.setVisible(show_sidebar)
        # A narrow window that is low, too, has more use for its width.
        stacked = narrow and self.height() > self.width()
        if stacked != self.is_stacked:
            if stacked:
                self._critique_width = self._pane.width()
            self._stack(stacked)

    def _stack(self, stacked: bool) -> None:
        self.splitter.setOrientation(Qt.Orientation.Vertical if stacked else Qt.Orientation.Horizontal)
        self._pane.setMinimumWidth(0 if stacked else CRITIQUE_MIN)
        self._pane.setMaximumWidth(16_777_215 if stacked else CRITIQUE_MAX)
        self._pane.setMinimumHeight(24 * GRID)
        if stacked:
            self.splitter.setSizes([self.height() // 2, self.height() // 2])
        else:
            self.splitter.setSizes([10_000, self._critique_width])

    def _make_sidebar(self, photos: PhotoList) -> QWidget:
        sidebar = QWidget()
        sidebar.setFixedWidth(SIDEBAR_WIDTH)
        self._title, self._count = plain_label("Photos", wraps=False), plain_label(wraps=False)
        self.add = QToolButton()
        self.add.setText("+")
        self.add.setAccessibleName("Open photos")
        self.add.setToolTip("Open photos")
        self.add.setAutoRaise(True)
        self.add.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.add.clicked.connect(self.open_wanted)
        head = QHBoxLayout()
        head.setContentsMargins(2 * GRID, GRID, GRID, 0)
        head.setSpacing(GRID)
        head.addWidget(self._title)
        head.addWidget(self._count)
        head.addStretch()
        head.addWidget(self.add)
        layout = QVBoxLayout(sidebar)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(photos, 1)
        return sidebar

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_background(self._line, colors.line)
        set_background(self.sidebar, colors.window)
        for label in (self._title, self._count):
            set_text_color(label, colors.soft)
