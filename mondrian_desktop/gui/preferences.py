"""The preferences: one window, a page a group of settings, generated from the declarations."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
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
from mondrian_desktop.settings import ADVISOR, ALL, LANGUAGE, MODEL, Group, Setting

_SIZE = (760, 560)
_LIST_WIDTH = 20 * GRID
_NOTES = {
    Group.ANALYSIS: "All of this is in force from the next photo on. What is in line keeps what it was asked with."
}


class Preferences(QWidget):
    """A window beside the main one. What is changed here is in force at once, and what is changed elsewhere shows.

    Pages are made when they are first looked at, and the others one by one afterwards: all at once would hold
    everything up.

    Attributes
    ----------
    titles
        The list of pages: the groups in their order, and then what is not generated.
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
        self._local = local
        self._rows: dict[str, OptionRow] = {}
        self._model_row: ModelRow | None = None
        self._makers: dict[int, Callable[[], QWidget]] = {}
        self.titles = QListWidget()
        self.titles.setAccessibleName("Pages")
        self.titles.setFixedWidth(_LIST_WIDTH)
        self.titles.setProperty("sidebar", True)
        self.titles.setFrameShape(QFrame.Shape.NoFrame)
        self._pages = QStackedWidget()
        for group in Group:
            is_service = group is Group.SERVICE
            self._add_page(str(group), (lambda: self.service_page) if is_service else partial(self._generate, group))
        self._add_page("Advisors", lambda: self.advisors_page)
        self._add_page("Privacy", lambda: self.privacy_page)
        self._others = QTimer(self)
        self._others.setInterval(0)
        self._others.timeout.connect(self._make_another)
        self.titles.currentRowChanged.connect(self._turn_to)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.titles)
        layout.addWidget(self._pages, 1)
        for keys in ("Ctrl+W", "Esc"):
            QShortcut(QKeySequence(keys), self, self.close)
        self._leave = service.settings.on_change(self._setting_changed)
        service.on_advisors(lambda _: self._offer_advisors())

    @property
    def rows(self) -> Mapping[str, OptionRow]:
        """The generated rows of all pages, by the setting's name."""
        for number in tuple(self._makers):
            self._make(number)
        return self._rows

    @cached_property
    def service_page(self) -> ServicePage:
        """The page of the local service."""
        return ServicePage(self._service.settings, self._local, self._theme)

    @cached_property
    def advisors_page(self) -> AdvisorEditor:
        """The page of the advisors' files."""
        return AdvisorEditor(self._service, self._theme)

    @cached_property
    def privacy_page(self) -> PrivacyPage:
        """The page of what is kept."""
        return PrivacyPage(self._service, self._theme)

    @cached_property
    def models(self) -> QPushButton:
        """The button for all that can be done with models."""
        button = QPushButton("Models…")
        button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        button.setToolTip("Download, add and remove models")
        button.clicked.connect(self.models_wanted)
        return button

    def _add_page(self, title: str, make: Callable[[], QWidget]) -> None:
        area = QScrollArea()
        area.setAccessibleName(title)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._makers[self._pages.addWidget(area)] = make
        item = QListWidgetItem(title, self.titles)
        item.setSizeHint(QSize(0, 4 * GRID))

    def _turn_to(self, number: int) -> None:
        self._make(number)
        self._pages.setCurrentIndex(number)

    def _make(self, number: int) -> None:
        make, area = self._makers.pop(number, None), self._pages.widget(number)
        if make is not None and isinstance(area, QScrollArea):
            area.setWidget(make())

    def _make_another(self) -> None:
        if self._makers:
            self._make(min(self._makers))
        else:
            self._others.stop()

    def present(self, title: str = "") -> None:
        """Show the window in front, with the page of this title, or the one last seen."""
        for item in self.titles.findItems(title, Qt.MatchFlag.MatchExactly):
            self.titles.setCurrentItem(item)
        if self.titles.currentRow() < 0:
            self.titles.setCurrentRow(0)
        if self._model_row is not None:
            self._model_row.look_again()
        for row in self._rows.values():
            row.refresh()
        self._refresh_service()
        self.privacy_page.measure()
        self.show()
        self.activateWindow()
        self._others.start()

    def end(self) -> None:
        """Close it and listen to nothing any more: the end of the app."""
        self._others.stop()
        self._leave()
        if self._model_row is not None:
            self._model_row.leave()
        self.close()

    def _generate(self, group: Group) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.setSpacing(2 * GRID)
        made = {each.name: self._row(each) for each in ALL if each.group is group}
        self._rows |= made
        has_labels = any(row.has_label for row in made.values())
        for row in made.values():
            row.indent(has_labels)
            layout.addWidget(row)
        if group in _NOTES:
            note = FormRow(self._theme, "", _NOTES[group])
            note.put()
            note.indent(has_labels)
            layout.addWidget(note)
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

    def _refresh_service(self) -> None:
        # Not before it is made: it then shows what is true.
        if "service_page" in vars(self):
            self.service_page.refresh()

    def _offer_advisors(self) -> None:
        if ADVISOR.name in self._rows:
            self._rows[ADVISOR.name].offer(self._advisors())

    def _advisors(self) -> list[tuple[Any, str]]:
        return [(each.id, each.name) for each in self._service.advisors.values()]

    def _setting_changed(self, setting: Setting[Any]) -> None:
        if setting.name in self._rows:
            self._rows[setting.name].refresh()
        if setting is LANGUAGE and "advisors_page" in vars(self):
            self.advisors_page.check()
        self._refresh_service()
