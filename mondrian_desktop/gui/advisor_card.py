"""Before a critique: who would write it, and what this advisor looks at first."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from mondrian_desktop.critique.advisor import Advisor
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.report.clean import clean_line

_MOST = 10
"""Focus areas an advisor can have."""


class AdvisorCard(QScrollArea):
    """Introduces an advisor and offers to ask."""

    analyze_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName("About the advisor")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._who = plain_label()
        self._biography = plain_label()
        self._focus_heading = plain_label()
        self._note = plain_label()
        self._focus = [(plain_label(), plain_label()) for _ in range(_MOST)]
        self.analyze = QPushButton("Analyze")
        self.analyze.setAccessibleName("Analyze this photo")
        self.analyze.clicked.connect(self.analyze_wanted)
        self._content = QWidget()
        rows = QGridLayout()
        rows.setHorizontalSpacing(GRID)
        rows.setVerticalSpacing(GRID // 2)
        rows.setColumnStretch(1, 1)
        for row, (number, text) in enumerate(self._focus):
            rows.addWidget(number, row, 0, Qt.AlignmentFlag.AlignTop)
            rows.addWidget(text, row, 1)
        layout = QVBoxLayout(self._content)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for widget in (self._who, self._biography):
            layout.addWidget(widget)
        layout.addSpacing(GRID)
        layout.addWidget(self._focus_heading)
        layout.addLayout(rows)
        layout.addSpacing(GRID)
        layout.addWidget(self._note)
        layout.addWidget(self.analyze, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch()
        self.setWidget(self._content)
        # The pane's own ground shows through.
        self.viewport().setAutoFillBackground(False)
        self._content.setAutoFillBackground(False)
        theme.changed.connect(self._restyle)
        self._restyle()

    def show_advisor(self, advisor: Advisor, note: str = "") -> None:
        """Introduce an advisor, with a note about what the model makes of it."""
        self._note.setText(note)
        self._who.setText(" · ".join(part for part in (advisor.kind.capitalize(), advisor.years) if part))
        self._biography.setText(clean_line(advisor.biography, 1500))
        self._focus_heading.setText("Looks first at" if advisor.focus else "")
        for row, (number, text) in enumerate(self._focus):
            there = row < len(advisor.focus)
            number.setText(str(row + 1))
            text.setText(clean_line(advisor.focus[row], 120) if there else "")
            number.setVisible(there)
            text.setVisible(there)
        for label in (self._who, self._biography, self._focus_heading, self._note):
            label.setVisible(bool(label.text()))

    def _restyle(self) -> None:
        for label in (self._who, self._focus_heading, self._note, *(number for number, _ in self._focus)):
            set_text_color(label, self._theme.colors.soft)
