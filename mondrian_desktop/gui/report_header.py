"""Above the critique, always in sight: the score, its shape, whose manner it is in, and that a model wrote it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QMenu, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.radar import Radar
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Score
from mondrian_desktop.report.verdict import verdict


class ReportHeader(QWidget):
    """The header, and the way to the critiques of other advisors.

    Attributes
    ----------
    others
        The button that opens their list; hidden where there is none.
    """

    advisor_chosen = Signal(str)
    """Another advisor's critique of this photo is to be shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = ""
        self.radar = Radar(theme)
        self.score, self.word, self.name = (plain_label(wraps=False) for _ in range(3))
        self.byline = plain_label()
        self.score.setFont(scaled(self.font(), 2.6, QFont.Weight.DemiBold))
        self.name.setFont(scaled(self.font(), 1.15, QFont.Weight.DemiBold))
        self.score.setMinimumWidth(self.score.fontMetrics().horizontalAdvance("10.0") + 2 * GRID)
        self.others = QPushButton()
        self.others.setProperty("quiet", True)
        self.others.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.others.clicked.connect(self._open_menu)
        self._menu = QMenu(self)
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_advisor(self, advisor: Advisor, byline: str, others: Sequence[tuple[Advisor, float | None]]) -> None:
        """Show whose critique it is or would be, in which words that is to be taken, and who else has one."""
        self.name.setText(clean_line(advisor.name, 80))
        self.byline.setText(clean_line(byline, 200))
        self.byline.setVisible(bool(byline))
        self._menu.clear()
        for each, score in others:
            label = clean_line(each.name, 40) + (f"  {score:.1f}" if score is not None else "")
            action = self._menu.addAction(label.replace("&", "&&"))
            action.triggered.connect(partial(self._choose, each.id))
        count = len(others)
        first = clean_line(others[0][0].name, 40).replace("&", "&&") if others else ""
        self.others.setText(f"Also by {first} ▾" if count == 1 else f"{count} other critiques ▾")
        self.others.setAccessibleName("Critiques of this photo by other advisors")
        self.others.setVisible(bool(others))

    def show_scores(self, overall: float | None, names: Sequence[str], scores: Sequence[Score]) -> None:
        """Show the overall score and the shape of the single ones; without names there is no critique to score.

        Both keep their places from the beginning, so that nothing moves when the last score comes.
        """
        word = verdict(overall) if overall is not None else None
        self._tone = word.tone if word else ""
        self.score.setText("" if overall is None else f"{overall:.1f}")
        self.score.setAccessibleName("No overall score yet" if overall is None else f"Overall {overall:.1f} of 10")
        self.word.setText(word.word if word else f"{len(scores)} of {len(names)}")
        for widget in (self.radar, self.score, self.word):
            widget.setVisible(bool(names))
        self.radar.show_scores(names, scores)
        self._restyle()

    def _lay_out(self) -> None:
        text = QVBoxLayout()
        text.setSpacing(2)
        text.addStretch()
        text.addWidget(self.name)
        text.addWidget(self.byline)
        text.addStretch()
        number = QVBoxLayout()
        number.setSpacing(0)
        number.addStretch()
        number.setContentsMargins(0, 0, 0, 0)
        number.addWidget(self.score)
        number.addWidget(self.word)
        number.addStretch()
        layout = QGridLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        layout.setHorizontalSpacing(0)
        layout.setVerticalSpacing(GRID)
        layout.addLayout(number, 0, 0)
        layout.addWidget(self.radar, 0, 1)
        layout.addLayout(text, 0, 2)
        layout.addWidget(self.others, 1, 0, 1, 3)
        layout.setColumnStretch(2, 1)

    def _choose(self, advisor_id: str) -> None:
        self.advisor_chosen.emit(advisor_id)

    def _open_menu(self) -> None:
        # Popped up, not executed: a nested loop would let everything re-enter.
        self._menu.popup(self.others.mapToGlobal(self.others.rect().bottomLeft()))

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_text_color(self.byline, colors.soft)
        set_text_color(self.word, getattr(colors, self._tone) if self._tone else colors.soft)
