"""The preferences: one window, a page a group of settings, generated from the declarations."""

from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.gui.advisor_editor import AdvisorEditor
from mondrian_desktop.gui.form_row import FormRow
from mondrian_desktop.gui.local_service import LocalService
from mondrian_desktop.gui.model_row import ModelRow
from mondrian_desktop.gui.option_row import OptionRow
from mondrian_desktop.gui.privacy_page import PrivacyPage
from mondrian_desktop.gui.service_page import ServicePage
from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.service import Service
from mondrian_desktop.settings import ADVISOR, ALL, MODEL, Group, Setting

_SIZE = (760, 560)
_LIST_WIDTH = 20 * GRID


class Preferences(QWidget):
    """A window beside the main one. What is changed here is in force at once, and what is changed elsewhere shows.

    Attributes
    ----------
    titles
        The list of pages: the groups in their order, and then what is not generated.
    rows
        The generated rows, by the setting's name.
    service_page, advisors_page, privacy_page
        The pages of the local service, of the advisors' files, and of what is kept.
    models
        The button for all that can be done with models.
    """

    models_wanted = Signal()
    """The models sheet is to be opened."""

    def __init__(self, parent: QWidget, service: Service, local: LocalService, theme: Theme) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Preferences")
        self.resize(*_SIZE)
        self.setMinimumSize(640, 360)
        self._service = service
        self._theme = theme
        self.rows: dict[str, OptionRow] = {}
        self.service_page = ServicePage(service.settings, local, theme)
        self.titles = QListWidget()
        self.titles.setAccessibleName("Pages")
        self.titles.setFixedWidth(_LIST_WIDTH)
        self.titles.setProperty("sidebar", True)
        self.titles.setFrameShape(QFrame.Shape.NoFrame)
        self.models = QPushButton("Models…")
        self.models.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.models.setToolTip("Download, add and remove models")
        self.models.clicked.connect(self.models_wanted)
        self._pages = QStackedWidget()
        for group in Group:
            self.add_page(str(group), self.service_page if group is Group.SERVICE else self._generate(group))
        self.advisors_page = AdvisorEditor(service, theme)
        self.add_page("Advisors", self.advisors_page)
        self.privacy_page = PrivacyPage(service, theme)
        self.add_page("Privacy", self.privacy_page)
        self.titles.currentRowChanged.connect(self._pages.setCurrentIndex)
        self.titles.setCurrentRow(0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.titles)
        layout.addWidget(self._pages, 1)
        for keys in ("Ctrl+W", "Esc"):
            QShortcut(QKeySequence(keys), self, self.close)
        self._leave = service.settings.on_change(self._setting_changed)
        service.on_advisors(lambda _: self.rows[ADVISOR.name].offer(self._advisors()))

    def add_page(self, title: str, page: QWidget) -> None:
        """Add a page that is not generated."""
        area = QScrollArea()
        area.setAccessibleName(title)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        item = QListWidgetItem(title, self.titles)
        item.setSizeHint(QSize(0, 4 * GRID))
        self._pages.addWidget(area)

    def present(self, title: str = "") -> None:
        """Show the window in front, with the page of this title, or the one last seen."""
        for item in self.titles.findItems(title, Qt.MatchFlag.MatchExactly):
            self.titles.setCurrentItem(item)
        self._model_row.look_again()
        for row in self.rows.values():
            row.refresh()
        self.service_page.refresh()
        self.privacy_page.measure()
        self.show()
        self.activateWindow()

    def end(self) -> None:
        """Close it and listen to nothing any more: the end of the app."""
        self._leave()
        self._model_row.leave()
        self.close()

    def _generate(self, group: Group) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        made = {each.name: self._row(each) for each in ALL if each.group is group}
        self.rows |= made
        has_labels = any(row.has_label for row in made.values())
        for row in made.values():
            row.indent(has_labels)
            layout.addWidget(row)
        if group is Group.MODELS:
            foot = FormRow(self._theme, "")
            foot.put(self.models)
            layout.addWidget(foot)
        layout.addStretch(1)
        return page

    def _row(self, setting: Setting[Any]) -> OptionRow:
        if setting is MODEL:
            self._model_row = ModelRow(self._service, self._theme)
            return self._model_row
        options = self._advisors() if setting is ADVISOR else []
        return OptionRow(self._service.settings, setting, self._theme, options)

    def _advisors(self) -> list[tuple[Any, str]]:
        return [(each.id, each.name) for each in self._service.advisors.values()]

    def _setting_changed(self, setting: Setting[Any]) -> None:
        if setting.name in self.rows:
            self.rows[setting.name].refresh()
        self.service_page.refresh()
