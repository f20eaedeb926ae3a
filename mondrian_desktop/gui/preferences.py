"""The preferences: one window, a page a group of settings, generated from the declarations."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from mondrian_desktop.gui.advisor_editor import AdvisorEditor
from mondrian_desktop.gui.local_service import LocalService
from mondrian_desktop.gui.option_row import Option, OptionRow
from mondrian_desktop.gui.privacy_page import PrivacyPage
from mondrian_desktop.gui.service_page import ServicePage
from mondrian_desktop.gui.theme import GRID, Theme
from mondrian_desktop.service import Service
from mondrian_desktop.settings import ADVISOR, ALL, MODEL, Group, Setting
from mondrian_desktop.weights.catalog import from_server

_SIZE = (600, 560)


class Preferences(QWidget):
    """A window beside the main one. What is changed here is in force at once, and what is changed elsewhere shows.

    Attributes
    ----------
    tabs
        One a page, in the order of the groups.
    rows
        The generated rows, by the setting's name.
    service_page, advisors_page, privacy_page
        The pages of the local service, of the advisors' files, and of what is kept.
    """

    def __init__(self, parent: QWidget, service: Service, local: LocalService, theme: Theme) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Preferences")
        self.resize(*_SIZE)
        self.setMinimumSize(560, 360)
        self._service = service
        self._theme = theme
        self.rows: dict[str, OptionRow] = {}
        self.service_page = ServicePage(service.settings, local, theme)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Pages")
        self.tabs.setExpanding(False)
        self.tabs.setDrawBase(False)
        self._pages = QStackedWidget()
        for group in Group:
            self.add_page(str(group), self.service_page if group is Group.SERVICE else self._generate(group))
        self.advisors_page = AdvisorEditor(service, theme)
        self.add_page("Advisors", self.advisors_page)
        self.privacy_page = PrivacyPage(service, theme)
        self.add_page("Privacy", self.privacy_page)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 2 * GRID, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self.tabs, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addWidget(self._pages, 1)
        for keys in ("Ctrl+W", "Esc"):
            QShortcut(QKeySequence(keys), self, self.close)
        self._leave = service.settings.on_change(self._setting_changed)
        service.on_advisors(lambda _: self.rows[ADVISOR.name].offer(self._options(ADVISOR)))

    def add_page(self, title: str, page: QWidget) -> None:
        """Add a page that is not generated."""
        area = QScrollArea()
        area.setAccessibleName(title)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        self.tabs.addTab(title)
        self._pages.addWidget(area)

    def present(self, title: str = "") -> None:
        """Show the window in front, with the page of this title, or the one last seen."""
        titles = [self.tabs.tabText(index) for index in range(self.tabs.count())]
        if title in titles:
            self.tabs.setCurrentIndex(titles.index(title))
        for row in self.rows.values():
            row.refresh()
        self.service_page.refresh()
        self.privacy_page.measure()
        self.show()
        self.activateWindow()

    def end(self) -> None:
        """Close it and listen to nothing any more: the end of the app."""
        self._leave()
        self.close()

    def _generate(self, group: Group) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        for setting in (each for each in ALL if each.group is group):
            row = OptionRow(self._service.settings, setting, self._theme, self._options(setting))
            self.rows[setting.name] = row
            layout.addWidget(row)
        layout.addStretch(1)
        return page

    def _options(self, setting: Setting[Any]) -> list[Option]:
        if setting is ADVISOR:
            return [(each.id, each.name) for each in self._service.advisors.values()]
        if setting is MODEL:
            here = [entry for entry in self._service.models() if entry.is_installed]
            return [(entry.id, entry.name) for entry in (*here, *map(from_server, self._service.servers.all))]
        return []

    def _setting_changed(self, setting: Setting[Any]) -> None:
        if setting.name in self.rows:
            self.rows[setting.name].refresh()
        self.service_page.refresh()
