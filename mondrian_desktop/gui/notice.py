"""A line at the top of the window for what could not be done. It is in nobody's way and goes when told."""

from collections.abc import Callable
from dataclasses import dataclass

from mondrian_desktop.gui.bar import Bar
from mondrian_desktop.gui.theme import Theme

_Choice = tuple[str, Callable[[], object]]
"""The words of a button, and what it does."""


@dataclass(frozen=True, slots=True)
class _Offer:
    text: str
    first: _Choice
    other: _Choice


class Notice(Bar):
    """One or a few sentences, with a button that dismisses them, and at most two that do something."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "Notice")
        self._kept: list[str] = []
        self._offer: _Offer | None = None
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
        """Show sentences in the place of earlier ones; with the words of a button, one that does ``verb``.

        What is kept or offered stays above them; of an offer only what has a button of its own takes the place.
        """
        self._told = text
        offer = None if button else self._offer
        self.say(*self._kept, offer.text if offer else "", text)
        if offer:
            self._verb, self._other_verb = (self._taking(verb) for _, verb in (offer.first, offer.other))
            self.other.setText(offer.other[0])
        else:
            self._verb = verb
        words = offer.first[0] if offer else button
        self.act.setText(words)
        self.act.setVisible(bool(words))
        self.other.setVisible(offer is not None)
        self.show()

    def keep(self, text: str) -> None:
        """Show sentences that stay above what is told later, until they are dismissed."""
        self._kept.append(text)
        self.tell("" if self.isHidden() else self._told)

    def offer(self, text: str, first: _Choice, other: _Choice) -> None:
        """Show sentences with two things that can be done, by the words of their buttons; both dismiss it."""
        self._offer = _Offer(text, first, other)
        self.tell("")

    def withdraw(self) -> None:
        """Offer nothing any more; what is kept and told stays."""
        if self._offer is not None:
            self._offer = None
            if not self.isHidden() and (self._kept or self._told):
                self.tell(self._told)
            else:
                self.hide()

    def _dismiss(self) -> None:
        self._kept.clear()
        self._offer = None
        self.hide()

    def _taking(self, verb: Callable[[], object]) -> Callable[[], object]:
        def take() -> None:
            self._offer = None
            self.hide()
            verb()

        return take
