"""Which model is asked, as a row of the preferences: in force once it is known that the model can be loaded."""

from concurrent.futures import Future
from typing import Any

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.option_row import Option, OptionRow
from mondrian_desktop.gui.theme import Theme
from mondrian_desktop.service import Service
from mondrian_desktop.settings import MODEL
from mondrian_desktop.weights.catalog import from_server


class ModelRow(OptionRow):
    """Offers the models that are here, and the servers; keeps in step with the shelf until :meth:`leave`."""

    def __init__(self, service: Service, theme: Theme) -> None:
        self._service = service
        self._offered = self._available()
        super().__init__(service.settings, MODEL, theme, self._offered)
        self.leave = service.shelf.on_change(lambda _: self.look_again())

    def look_again(self) -> None:
        """Offer what is here now."""
        available = self._available()
        if available != self._offered:
            self._offered = available
            self.offer(available)

    def _available(self) -> list[Option]:
        standings = self._service.shelf.standings
        here = (
            [each.entry for each in standings if each.can_use]
            if standings
            else [entry for entry in self._service.models() if entry.is_installed]
        )
        return [(entry.id, entry.name) for entry in (*here, *map(from_server, self._service.servers.all))]

    def _keep(self, value: Any) -> None:
        self.control.setEnabled(False)
        self.tell("Looking whether it can be loaded…", wrong=False)
        self._service.use_model(value).add_done_callback(self._kept)

    def _kept(self, done: Future[Any]) -> None:
        if done.cancelled():
            return
        error = done.exception()
        self.refresh()
        if error is not None:
            known = isinstance(error, UserError)
            self.tell(str(error) if known else f"Mondrian made a mistake ({error!r}).", wrong=True)
