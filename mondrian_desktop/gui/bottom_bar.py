"""The strip at the bottom: what is going on, how far it is, how long it took, and Stop."""

import math

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from mondrian_desktop.engine.protocol import Stage
from mondrian_desktop.gui.feed import Live
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.phase_bar import PhaseBar
from mondrian_desktop.gui.theme import GRID, Theme, set_background, set_text_color
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis


class BottomBar(QWidget):
    """Always there, so that nothing moves when work begins; at rest it says what was last done and by what."""

    stop_wanted = Signal()
    stop_all_wanted = Signal()
    try_wanted = Signal()
    """The server that is waited for is to be asked now."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._job_id = ""
        self._stands = False
        self.setAccessibleName("Progress")
        self.bar = PhaseBar(theme)
        self.bar.setMaximumWidth(40 * GRID)
        self.label = plain_label(wraps=False, figures=True)
        self.label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.times = plain_label(wraps=False, figures=True)
        self.waiting = plain_label(wraps=False, figures=True)
        self.stop = QPushButton("Stop")
        self.stop.setToolTip("Stop the running analysis (Esc)")
        self.stop.clicked.connect(self.stop_wanted)
        self.stop_all = QPushButton("Stop all")
        self.stop_all.setToolTip("Stop the running analysis and take the waiting photos out of the line")
        self.stop_all.clicked.connect(self.stop_all_wanted)
        self.try_now = QPushButton("Try now")
        self.try_now.setToolTip("Ask the server now whether it answers again")
        self.try_now.clicked.connect(self.try_wanted)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.label, 2)
        for widget in (self.times, self.waiting, self.try_now, self.stop, self.stop_all):
            layout.addWidget(widget)
        self.setMinimumHeight(6 * GRID)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.rest("")

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing runs, as far as is shown."""
        return not self._job_id and not self._stands

    def show_live(self, live: Live, now_s: float, max_tokens: int, waiting: int) -> None:
        """Show a running job, one frame further."""
        if self._job_id != live.job.id:
            self._job_id = live.job.id
            self._stands = False
            self.bar.start()
            self._show_working(True)
        self.bar.aim(live.shares(now_s, max_tokens))
        self.bar.advance()
        self.label.setText(phase_words(live))
        first = "" if live.first_token_s is None else f"first token {seconds(live.first_token_s)}  ·  "
        left = time_left(live.seconds_left())
        self.times.setText(f"{first}{clock(now_s - live.began_s)}" + (f"  ·  {left}" if left else ""))
        self._show_waiting(waiting)

    def stand(self, words: str, when: str, waiting: int) -> None:
        """Show for which server all waits, and when that is asked again."""
        self._rest(words, when, waiting, stands=True)

    def rest(self, words: str) -> None:
        """Show that nothing runs."""
        self._rest(words, "", 0, stands=False)

    def _rest(self, words: str, times: str, waiting: int, *, stands: bool) -> None:
        self._job_id, self._stands = "", stands
        self._show_working(False)
        self.label.setText(words)
        self.times.setText(times)
        self._show_waiting(waiting)

    def _show_waiting(self, waiting: int) -> None:
        self.waiting.setText(f"{waiting:,} waiting" if waiting else "")
        self.waiting.setVisible(bool(waiting))
        self.stop_all.setVisible(bool(waiting))

    def _show_working(self, working: bool) -> None:
        self.bar.setVisible(working)
        self.stop.setVisible(working)
        self.try_now.setVisible(self._stands)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt
        """Paint the line above."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(0, 0, self.width(), 1, QColor(self._theme.colors.line))

    def _restyle(self) -> None:
        set_background(self, self._theme.colors.window)
        for label in (self.times, self.waiting):
            set_text_color(label, self._theme.colors.soft)


def phase_words(live: Live) -> str:
    """Return what is going on, in a line. While it is written: the thinking line, as clients of the service get it."""
    if live.stage is Stage.READING:
        name = clean_line(live.job.path.name, 60) if live.job.path else "the question"
        return f"Reading {name}"
    if live.stage is Stage.LOADING:
        if live.load is None:
            return "Loading the model"
        return f"Loading the model: {_bytes(live.load.done_bytes)} of {_bytes(live.load.total_bytes)}"
    if live.thinking is not None:
        return live.thinking.text
    return "Looking at the photo" if live.stage is not Stage.GENERATING else "Generating analysis..."


def result_words(analysis: Analysis, elapsed_s: float | None = None) -> str:
    """Return what an analysis took."""
    made = analysis.generation
    parts = [f"{made.generation_tokens} tokens"]
    if made.generation_tps:
        parts.append(f"{made.generation_tps:.1f} tps")
    if made.time_to_first_token_s:
        parts.append(f"first token {seconds(made.time_to_first_token_s)}")
    if elapsed_s is not None:
        parts.append(seconds(elapsed_s))
    return "  ·  ".join(parts)


def time_left(left_s: float | None) -> str:
    """Return the time left in words, in steps in which it can be read: "about 25 s left"; empty where not known."""
    if left_s is None:
        return ""
    if left_s >= 90:
        return f"about {left_s / 60:.0f} min left"
    step = 1 if left_s <= 10 else 5
    return f"about {max(1, math.ceil(left_s / step)) * step} s left"


def clock(elapsed_s: float) -> str:
    """Return minutes and seconds: "0:12"."""
    whole = max(0, int(elapsed_s))
    return f"{whole // 60}:{whole % 60:02}"


def seconds(value: float) -> str:
    """Return a duration with as many digits as it deserves."""
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
