"""Several advisors on one photo: their scores side by side, and each critique in its tab."""

from collections.abc import Mapping, Sequence

from PySide6.QtWidgets import QTabBar, QVBoxLayout, QWidget

from mondrian_desktop.gui.report_text import ReportText
from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.gui.thinking_box import ThinkingBox
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.report.model import Analysis, Labels
from mondrian_desktop.report.pane import panel


class PanelPage(QWidget):
    """Tabs: the table of scores, then one for each advisor."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._analyses: tuple[Analysis, ...] = ()
        self._labels: Mapping[str, Labels] = {}
        self._width = 0
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Advisors of the panel")
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.currentChanged.connect(lambda _: self._show_tab())
        # Without tabs it has no name to be called by.
        self.tabs.hide()
        self.thinking = ThinkingBox()
        self.text = ReportText(theme)
        self.text.setAccessibleName("Panel")
        self.text.resized.connect(self._resized)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.tabs)
        layout.addWidget(self.thinking)
        layout.addWidget(self.text, 1)
        theme.changed.connect(self._show_tab)

    def show_panel(self, analyses: Sequence[Analysis], labels: Mapping[str, Labels]) -> None:
        """Show analyses of one photo; ``labels`` by advisor id."""
        if self._analyses == tuple(analyses):
            return
        chosen = self._analyses[self.tabs.currentIndex() - 1].advisor if self.tabs.currentIndex() > 0 else ""
        self._analyses, self._labels = tuple(analyses), labels
        self.tabs.blockSignals(True)
        while self.tabs.count():
            self.tabs.removeTab(0)
        self.tabs.addTab("Scores")
        for place, each in enumerate(analyses):
            name = clean_line(labels.get(each.advisor, Labels()).advisor or each.advisor, 30)
            self.tabs.addTab(name.replace("&", "&&"))
            if each.advisor == chosen:
                self.tabs.setCurrentIndex(place + 1)
        self.tabs.blockSignals(False)
        self.tabs.show()
        self._show_tab()

    def _show_tab(self) -> None:
        place = self.tabs.currentIndex()
        analysis = self._analyses[place - 1] if 0 < place <= len(self._analyses) else None
        self.thinking.show_final(analysis.thinking if analysis else "")
        self.thinking.setVisible(self.thinking.needed)
        if analysis:
            self.text.show_analysis("", analysis, self._labels.get(analysis.advisor, Labels()))
        elif self._analyses:
            self.text.clear_text()
            self._width = self.text.viewport().width()
            dark = self._theme.colors.dark
            self.text.setHtml(panel(self._analyses, self._labels, dark))
            if self.text.document().size().width() > self._width:
                self.text.setHtml(panel(self._analyses, self._labels, dark, is_narrow=True))

    def _resized(self) -> None:
        """Have a column for each advisor where there is room for it."""
        if self.tabs.currentIndex() == 0 and self._width != self.text.viewport().width():
            self._show_tab()
