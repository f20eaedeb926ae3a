"""Above the critique, always in sight: the score, its shape, whose manner it is in, and that a model wrote it."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.gui.radar import Radar
from mondrian_desktop.gui.theme import GRID, Theme, scaled, set_text_color
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Score
from mondrian_desktop.report.verdict import verdict


class ReportHeader(QWidget):
    """The header, and a row of buttons to the critiques of other advisors.

    Attributes
    ----------
    tab_order_anchor
        After which widget Tab comes to these buttons.
    """

    advisor_chosen = Signal(str)
    """Another advisor's critique of this photo is to be shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._tone = ""
        self.radar = Radar(theme)
        self.score = _label(scaled(self.font(), 2.6, QFont.Weight.DemiBold))
        self.score.setMinimumWidth(self.score.fontMetrics().horizontalAdvance("10.0") + 2 * GRID)
        self.word = _label(self.font())
        self.name = _label(scaled(self.font(), 1.15, QFont.Weight.DemiBold))
        self.byline = _label(self.font())
        self.byline.setWordWrap(True)
        self._others = QHBoxLayout()
        self._buttons: list[QPushButton] = []
        self._shown_others: tuple[tuple[str, str], ...] = ()
        self.tab_order_anchor: QWidget | None = None
        self._lay_out()
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_advisor(self, advisor: Advisor, byline: str, others: Sequence[tuple[Advisor, float | None]]) -> None:
        """Show whose critique it is or would be, in which words that is to be taken, and who else has one."""
        self.name.setText(clean_line(advisor.name, 80))
        self.byline.setText(clean_line(byline, 200))
        self.byline.setVisible(bool(byline))
        labels = tuple(
            (each.id, clean_line(each.name, 40) + (f"  {score:.1f}" if score is not None else ""))
            for each, score in others
        )
        if labels != self._shown_others:
            self._shown_others = labels
            self._rebuild_others(labels)

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
        layout.addLayout(self._others, 1, 0, 1, 3)
        layout.setColumnStretch(2, 1)
        self._others.setSpacing(GRID // 2)

    def _rebuild_others(self, labels: Sequence[tuple[str, str]]) -> None:
        for button in self._buttons:
            self._others.removeWidget(button)
            button.deleteLater()
        while self._others.count():
            self._others.takeAt(0)
        self._buttons = [self._button(advisor_id, label) for advisor_id, label in labels]
        before = self.tab_order_anchor
        for button in self._buttons:
            self._others.addWidget(button)
            if before is not None:
                self.setTabOrder(before, button)
            before = button
        self._others.addStretch()

    def _button(self, advisor_id: str, label: str) -> QPushButton:
        button = QPushButton(label.replace("&", "&&"))
        button.setProperty("quiet", True)
        button.setAccessibleName(f"Show the critique by {label}")
        button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        button.clicked.connect(lambda: self.advisor_chosen.emit(advisor_id))
        return button

    def _restyle(self) -> None:
        colors = self._theme.colors
        set_text_color(self.byline, colors.soft)
        set_text_color(self.word, getattr(colors, self._tone) if self._tone else colors.soft)


def _label(font: QFont) -> QLabel:
    label = QLabel()
    label.setFont(font)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
