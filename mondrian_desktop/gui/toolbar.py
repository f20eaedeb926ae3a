"""The toolbar: which model, who is asked, and Analyze."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QPushButton, QSizePolicy, QToolBar, QWidget

from mondrian_desktop.critique.advisor import Advisors
from mondrian_desktop.gui.theme import GRID
from mondrian_desktop.report.clean import clean_line


class Toolbar(QToolBar):
    """Model at the left; advisor chooser and Analyze at the right."""

    advisor_chosen = Signal(str)
    analyze_wanted = Signal()

    def __init__(self, advisors: Advisors, analyze_keys: str, model: QWidget) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setMovable(False)
        self.setFloatable(False)
        self.toggleViewAction().setEnabled(False)
        self.advisor = QComboBox()
        self.advisor.setAccessibleName("Advisor")
        self.advisor.setToolTip("Whose manner the critique is written in")
        self.advisor.setMinimumWidth(22 * GRID)
        self.show_advisors(advisors)
        self.advisor.activated.connect(lambda row: self.advisor_chosen.emit(self.advisor.itemData(row)))
        self.analyze = QPushButton("Analyze")
        self.analyze.setProperty("primary", True)
        self.analyze.setToolTip(f"Write a critique of this photo ({analyze_keys})")
        self.analyze.setMinimumWidth(12 * GRID)
        self.analyze.clicked.connect(self.analyze_wanted)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (model, space, self.advisor, self.analyze):
            self.addWidget(widget)

    def show_advisors(self, advisors: Advisors) -> None:
        """Offer these advisors; who was chosen stays chosen where still there."""
        chosen = self.advisor.currentData()
        self.advisor.clear()
        for each in advisors.values():
            self.advisor.addItem(clean_line(each.name, 60), each.id)
        self.advisor.setCurrentIndex(max(0, self.advisor.findData(chosen)))

    def show_advisor(self, advisor_id: str) -> None:
        """Show the chosen advisor."""
        self.advisor.setCurrentIndex(self.advisor.findData(advisor_id))

    def show_analyze(self, text: str, enabled: bool) -> None:
        """Show what Analyze would do."""
        self.analyze.setText(text)
        self.analyze.setEnabled(enabled)
