"""A line at the top of the window for what could not be done. It is in nobody's way and goes when told."""

from collections.abc import Callable

from mondrian_desktop.gui.bar import Bar
from mondrian_desktop.gui.theme import Theme


class Notice(Bar):
    """One or a few sentences, with a button that dismisses them, and at most two that do something."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Notice")
        self._kept = ""
        self._told = ""
        self._verb: Callable[[], object] = lambda: None
        self._other_verb: Callable[[], object] = lambda: None
        self.act = self.add_button("Go on", lambda: self._verb(), quiet=False)
        self.other = self.add_button("", lambda: self._other_verb())
        self.other.hide()
        self.dismiss = self.add_button("Dismiss", self._dismiss)

    @property
    def told(self) -> str:
        """What was told last; empty where it was dismissed."""
        return "" if self.isHidden() else self._told

    def tell(self, text: str, button: str = "", verb: Callable[[], object] = lambda: None) -> None:
        """Show sentences in the place of earlier ones; with the words of a button, one that does ``verb``."""
        self._told = text
        self.say(self._kept, text)
        self._verb = verb
        self.act.setText(button)
        self.act.setVisible(bool(button))
        self.other.hide()
        self.show()

    def keep(self, text: str) -> None:
        """Show sentences that stay above what is told later, until they are dismissed."""
        self._kept = text
        self.tell("" if self.isHidden() else self._told)

    def _dismiss(self) -> None:
        self._kept = ""
        self.hide()

    def offer(
        self, text: str, first: tuple[str, Callable[[], object]], other: tuple[str, Callable[[], object]]
    ) -> None:
        """Show sentences with two things that can be done, by the words of their buttons; both dismiss it."""
        self.tell(text, first[0], lambda: self._take(first[1]))
        self._other_verb = lambda: self._take(other[1])
        self.other.setText(other[0])
        self.other.show()

    def _take(self, verb: Callable[[], object]) -> None:
        self.hide()
        verb()
