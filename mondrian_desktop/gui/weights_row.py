"""One model in the models sheet: what it is, what it needs, how it stands, and what can be done with it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color, tabular
from mondrian_desktop.report.clean import breakable, clean, clean_line
from mondrian_desktop.weights.places import Owner
from mondrian_desktop.weights.space import Fit, readable_bytes
from mondrian_desktop.weights.standing import Standing, State

_STEPS = 1000


class WeightsRow(QFrame):
    """Shows one :class:`~mondrian_desktop.weights.standing.Standing`; its buttons only tell what is wanted.

    Attributes
    ----------
    use, fetch, pause, cancel, reveal, remove
        Buttons; those that make no sense are hidden.
    bar
        How much has arrived.
    """

    wanted = Signal(str, str)
    """A verb ("use", "fetch", "pause", "cancel", "reveal", "remove") and the model's id."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._standing: Standing | None = None
        self._is_chosen = False
        self._name, self._badge, self._good_at, self._facts, self._news = (plain_label() for _ in range(5))
        self._name.setWordWrap(False)
        self._badge.setWordWrap(False)
        # In a small window it is cut off rather than the buttons.
        self._name.setMinimumWidth(10 * GRID)
        self._name.setFont(scaled(self.font(), 1.1, self._name.font().Weight.DemiBold))
        for label in (self._facts, self._news):
            label.setFont(tabular(label.font()))
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(GRID // 2)
        self.use = self._button("use", "Use")
        self.fetch = self._button("fetch", "Download")
        self.pause = self._button("pause", "Pause")
        self.cancel = self._button("cancel", "Cancel")
        self.reveal = self._button("reveal", "Reveal")
        self.remove = self._button("remove", "Remove…")
        self._lay_out()
        theme.changed.connect(self._restyle)

    def show_standing(self, standing: Standing, *, is_chosen: bool) -> None:
        """Show how it stands; ``is_chosen``: whether it is the model that is asked."""
        if (standing, is_chosen) == (self._standing, self._is_chosen):
            return
        self._standing, self._is_chosen = standing, is_chosen
        name = clean_line(standing.entry.name, 80)
        self.setAccessibleName(f"{name}, {standing.state}")
        self._name.setText(clean_line(standing.entry.name, 44))
        self._name.setToolTip(name)
        self._badge.setText("In use" if is_chosen else "Recommended for this Mac" if standing.is_recommended else "")
        self._good_at.setText(clean(standing.entry.good_at, 300))
        self._facts.setText(breakable(facts_line(standing)))
        self._facts.setToolTip(evidence(standing))
        self._news.setText(breakable(clean(news_line(standing), 500)))
        self._news.setVisible(bool(self._news.text()))
        self._good_at.setVisible(bool(self._good_at.text()))
        self._show_bar(standing)
        self._show_buttons(standing, name)
        self._restyle()

    def _show_bar(self, standing: Standing) -> None:
        under_way = standing.state in (State.DOWNLOADING, State.PARTIAL)
        is_held = standing.state is State.WAITING and standing.done_bytes > 0
        self.bar.setVisible((under_way or is_held) and standing.total_bytes > 0)
        if standing.total_bytes:
            self.bar.setValue(_STEPS * standing.done_bytes // standing.total_bytes)

    def _show_buttons(self, standing: Standing, name: str) -> None:
        here = standing.state in (State.INSTALLED, State.BROKEN)
        is_waiting, has_begun = standing.state is State.WAITING, standing.done_bytes > 0
        self.fetch.setText("Resume" if standing.state is State.PARTIAL else "Download")
        shown = {
            self.use: standing.can_use and not self._is_chosen,
            self.fetch: standing.state in (State.ABSENT, State.PARTIAL) and bool(standing.entry.repo),
            self.pause: standing.state is State.DOWNLOADING or (is_waiting and has_begun),
            self.cancel: standing.state is State.DOWNLOADING or ((is_waiting or standing.is_left) and not has_begun),
            self.reveal: here and standing.owner is not Owner.BUILT_IN,
            self.remove: standing.can_remove and (has_begun or not standing.is_left),
        }
        self.remove.setText("Take out" if standing.owner is Owner.USER else "Remove…")
        for button, visible in shown.items():
            button.setVisible(visible)
            button.setAccessibleName(f"{button.text().rstrip('…')} {name}")
        self.fetch.setEnabled(standing.can_download)
        self.fetch.setToolTip(standing.obstacle)

    def _button(self, verb: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self.wanted.emit(verb, self._standing.id) if self._standing else None)
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self._name)
        head.addWidget(self._badge)
        head.addStretch()
        for button in (self.use, self.fetch, self.pause, self.cancel, self.reveal, self.remove):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID + GRID // 2, 2 * GRID, GRID + GRID // 2)
        layout.setSpacing(GRID // 2)
        layout.addLayout(head)
        for widget in (self._good_at, self._facts, self.bar, self._news):
            layout.addWidget(widget)

    def _restyle(self) -> None:
        colors = self._theme.colors
        self.setStyleSheet(f"WeightsRow {{ border: none; border-bottom: 1px solid {colors.line} }}")
        set_text_color(self._badge, colors.strong if self._is_chosen else colors.soft)
        set_text_color(self._facts, colors.soft)
        self.bar.setStyleSheet(
            f"QProgressBar {{ background: {colors.track}; border: none; border-radius: 2px }}"
            f"QProgressBar::chunk {{ background: {colors.accent}; border-radius: 2px }}"
        )
        is_problem = self._standing is not None and bool(self._standing.problem or self._standing.obstacle)
        set_text_color(self._news, colors.weak if is_problem else colors.ink)


def facts_line(standing: Standing) -> str:
    """Return size, memory, fit and where it is, in a line."""
    entry = standing.entry
    size = standing.total_bytes or entry.disk_bytes
    parts = [
        f"{readable_bytes(size)} on disk" if size else "size told by the hub when the download begins",
        f"needs about {readable_bytes(standing.memory_bytes)} of memory" if standing.memory_bytes else "",
        _fit(standing),
        _where(standing),
        clean_line(entry.license, 60),
        "" if entry.verified else "not verified here",
    ]
    return "  ·  ".join(part for part in parts if part)


def evidence(standing: Standing) -> str:
    """Return what is known about how sure the figures are."""
    entry = standing.entry
    if entry.verified:
        return "This project ships and tests this model."
    if not entry.evidence:
        return "Nothing is known about this model here but what its own files say."
    context = f"Reads up to {entry.context_tokens:,} tokens. " if entry.context_tokens else ""
    form = "" if entry.supports_schema else "Cannot be held to the form of a critique. "
    return clean(f"{context}{form}Not fetched or tried by this project so far. {entry.evidence}", 700)


def news_line(standing: Standing) -> str:
    """Return what is going on, or what stands in the way."""
    if standing.problem:
        return standing.problem
    if standing.state in (State.DOWNLOADING, State.WAITING) and standing.activity:
        return standing.activity
    if standing.state is State.DOWNLOADING:
        return progress_words(standing)
    if standing.state is State.PARTIAL:
        return f"{_held(standing)} {standing.obstacle}".rstrip()
    return standing.obstacle


def _held(standing: Standing) -> str:
    if standing.is_left and not standing.done_bytes:
        return "It was in line when the app ended."
    why = "Interrupted when the app ended, at" if standing.is_left else "Paused at"
    return f"{why} {readable_bytes(standing.done_bytes)} of {readable_bytes(standing.total_bytes)}."


def progress_words(standing: Standing) -> str:
    """Return bytes, speed and time left of a download."""
    parts = [f"{readable_bytes(standing.done_bytes)} of {readable_bytes(standing.total_bytes)}"]
    if standing.bytes_per_s:
        parts.append(f"{readable_bytes(standing.bytes_per_s)}/s")
    if standing.seconds_left is not None:
        parts.append(time_left(standing.seconds_left))
    return "  ·  ".join(parts)


def time_left(seconds: float) -> str:
    """Return "about 4 min left"."""
    if seconds < 60:
        return "less than a minute left"
    minutes = round(seconds / 60)
    return f"about {minutes} min left" if minutes < 120 else f"about {round(minutes / 60)} h left"


def _fit(standing: Standing) -> str:
    if not standing.memory_bytes:
        return "" if standing.state is State.BROKEN else "whether it fits is known once it is here"
    return {Fit.YES: "fits this Mac", Fit.TIGHT: str(Fit.TIGHT.value), Fit.NO: "does not fit this Mac"}[standing.fit]


def _where(standing: Standing) -> str:
    if standing.owner is None:
        return ""
    words = {Owner.BUILT_IN: "built in", Owner.USER: "in a folder of yours", Owner.MONDRIAN: "on this Mac"}
    return words.get(standing.owner, f"on this Mac, in the {standing.owner} folder")
