"""Which model is asked: the button in the toolbar that says so, the sheet with all of them, and the quiet offer."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.downloads_bar import DownloadsBar
from mondrian_desktop.gui.model_offer import ModelOffer
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.gui.weights_dialog import WeightsDialog
from mondrian_desktop.report.clean import clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.catalog import find, from_server
from mondrian_desktop.weights.standing import Standing


class ModelChoice(QObject):
    """Keeps button, offer and sheet in step with the shelf.

    Attributes
    ----------
    button
        For the toolbar.
    offer, downloads
        For the top of the window: the model for this Mac, and what is or was being downloaded.
    sheet
        Made when it is first opened.
    """

    changed = Signal()
    """Another model is asked from now on."""
    told = Signal(str)
    """A sentence for the user."""

    def __init__(self, service: Service, theme: Theme, window: QWidget) -> None:
        super().__init__(window)
        self._service = service
        self._theme = theme
        self._window = window
        self._models: tuple[tuple[str, str], ...] = ()
        self._listed: tuple[tuple[str, str], ...] | None = None
        self._shown = ""
        self._looked_at = ""
        self.sheet: WeightsDialog | None = None
        self.button = QPushButton()
        self.button.setProperty("chooses", True)
        self._menu = QMenu(self.button)
        self._group = QActionGroup(self)
        self.button.setMenu(self._menu)
        self.offer = ModelOffer(service, theme)
        self.offer.use_wanted.connect(self.use)
        self.offer.sheet_wanted.connect(self.open_sheet)
        self.downloads = DownloadsBar(service, theme)
        self.downloads.sheet_wanted.connect(self.open_sheet)
        self.downloads.ended.connect(self._download_ended)
        self._leave = service.shelf.on_change(self._shelf_changed)
        self.refresh()
        window.installEventFilter(self)

    def look(self) -> None:
        """Look at the disk for the first time; when the window has been painted."""
        self._service.shelf.refresh()

    def open_sheet(self) -> None:
        """Open the models sheet, on the window in front of others."""
        self._window.show()
        self._window.activateWindow()
        if self.sheet is None:
            self.sheet = WeightsDialog(self._service, self._theme, self._window)
            self.sheet.model_chosen.connect(self._chosen)
        self.sheet.open()

    def use(self, model_id: str) -> None:
        """Ask this model from the next photo on, or tell why that cannot be; the one before stays then."""
        future = self._service.use_model(model_id)
        self._looked_at = next((name for each, name in self._listed or () if each == model_id), "the model")
        self._show()

        def finish() -> None:
            self._looked_at = self._shown = ""
            if future.cancelled():
                return
            error = future.exception()
            if error is None:
                self.told.emit(f"{future.result().name} writes from the next photo on.")
            else:
                self.told.emit(str(error) if isinstance(error, UserError) else f"Mondrian made a mistake ({error!r}).")
            self._chosen()

        future.add_done_callback(lambda done: finish())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Look again when the window comes to the front: another one, or the command line, may have chosen."""
        if event.type() == QEvent.Type.WindowActivate:
            self.refresh()
        return super().eventFilter(watched, event)

    def refresh(self) -> None:
        """Show what is true now, and offer the servers that there are now."""
        servers = map(from_server, self._service.servers.all)
        listed = (*self._models, *((each.id, clean_line(each.name, 60)) for each in servers))
        if listed != self._listed:
            self._fill(listed)
        self._show()

    def close(self) -> None:
        """Listen no more; closing again does nothing."""
        leave, self._leave = self._leave, lambda: None
        leave()
        self.offer.leave()
        self.downloads.leave()
        if self.sheet is not None:
            self.sheet.leave()

    def _download_ended(self, words: str) -> None:
        # The sheet has it in its row.
        if self.sheet is None or not self.sheet.isVisible():
            self.told.emit(words)

    def _chosen(self) -> None:
        self._show()
        self.changed.emit()

    def _shelf_changed(self, standings: tuple[Standing, ...]) -> None:
        self._models = tuple((each.id, clean_line(each.entry.name, 60)) for each in standings if each.can_use)
        self.refresh()

    def _fill(self, listed: tuple[tuple[str, str], ...]) -> None:
        self._listed = listed
        self._menu.clear()
        for action in self._group.actions():
            self._group.removeAction(action)
        for model_id, name in listed:
            action = QAction(name.replace("&", "&&"), self._menu, checkable=True)
            action.setData(model_id)
            action.triggered.connect(lambda checked, model_id=model_id: self.use(model_id))
            self._group.addAction(action)
            self._menu.addAction(action)
        if listed:
            self._menu.addSeparator()
        self._menu.addAction("Models…").triggered.connect(self.open_sheet)

    def _show(self) -> None:
        chosen = self._service.settings.get(MODEL)
        for action in self._group.actions():
            action.setChecked(action.data() == chosen)
        if self._looked_at:
            self.button.setText(f"Checking {self._looked_at}…".replace("&", "&&"))
            self.button.setToolTip("Looking whether it can be loaded")
            return
        if chosen == self._shown:
            return  # finding a model looks through folders, and a download tells ten times a second
        self._shown = chosen
        try:
            name = find(chosen).name
        except UserError as err:
            name = "No model"
            self.button.setToolTip(str(err))
        else:
            self.button.setToolTip("The model that writes the critique")
        name = clean_line(name, 40)
        self.button.setText(name.replace("&", "&&"))
        self.button.setAccessibleName(f"Model: {name}")
