"""A line at the top of the window as long as photos go to a server: where to, and the way back to this Mac."""

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.bar import Bar
from mondrian_desktop.gui.server_dialog import ServerDialog
from mondrian_desktop.gui.session import Session
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.settings import MODEL


class ServerBar(Bar):
    """Cannot be dismissed: it goes when no server is chosen and none has a photo in hand."""

    added = Signal()
    """Other servers can be chosen than before."""

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(theme, "Server in use")
        self._session = session
        self._window = window
        self.back = self.add_button("Use This Mac", self._go_back)
        self.back.setToolTip("Write new critiques with the model that was built in; photos stay here")
        session.feed.beat.connect(self.refresh)
        session.moved.connect(self.refresh)
        # The preferences, or the command line, may have chosen another model.
        window.installEventFilter(self)
        self.refresh()

    def add(self) -> None:
        """Add, change and remove servers in a sheet."""
        dialog = ServerDialog(self._session.service, self._theme, self._window)
        for changed in (dialog.added, dialog.removed):
            changed.connect(self.refresh)
            changed.connect(self.added)
        dialog.open()

    def refresh(self) -> None:
        """Show what is true now."""
        chosen = self._session.service.settings.get(MODEL)
        at_work = self._session.feed.models
        used = [each for each in self._session.service.servers.all if each.id == chosen or each.id in at_work]
        self.say(" ".join(each.where for each in used))
        self.back.setVisible(any(each.id == chosen for each in used))
        self.setVisible(bool(used))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt
        """Look again whenever the window comes to the front."""
        if event.type() == QEvent.Type.WindowActivate:
            self.refresh()
        return super().eventFilter(watched, event)

    def _go_back(self) -> None:
        try:
            self._session.service.settings.set(MODEL, MODEL.default)
        except UserError as err:
            self._session.told.emit(str(err))
        self.refresh()
