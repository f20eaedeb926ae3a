"""Opening files: a few at once, of thousands some at a time, so that nothing waits for it; the notice says how far."""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mondrian_desktop.gui.album import Entry
from mondrian_desktop.gui.batches import Batches
from mondrian_desktop.gui.incoming import AT_ONCE, Incoming, sort, sort_by_name, sorting
from mondrian_desktop.gui.notice import Notice
from mondrian_desktop.gui.session import Session
from mondrian_desktop.pump import Task, Wait

ALBUM_AT_ONCE = 1000
"""Photos that are put into the album in one step: after each the list lays out all its rows anew."""


@dataclass(eq=False)
class _Wish:
    """Files that are to be opened."""

    files: Sequence[str | Path]
    addresses: int = 0
    analyze: bool = False
    entries: list[Entry] = field(default_factory=list)


class Opening(QObject):
    """Puts what comes in into the session, in the order in which it came.

    Folders, and what comes together with them, are a batch: who is to be asked about it is chosen in a sheet.
    """

    begun = Signal(object)
    """The first :class:`Entry` of some that are being opened together."""
    ended = Signal(list, bool)
    """All entries that were opened together, and whether they are to be analyzed."""

    def __init__(self, session: Session, batches: Batches, notice: Notice, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._batches = batches
        self._notice = notice
        self._said = ""
        self._wishes: deque[_Wish] = deque()
        self._task: Task | None = None
        session.all_stopped.connect(self._analyze_none)

    @property
    def is_running(self) -> bool:
        """Whether something is still to be opened."""
        return bool(self._wishes)

    def open(self, files: Sequence[str | Path], *, addresses: int = 0, analyze: bool = False) -> None:
        """Open files and folders; of pictures from the web (``addresses``) only say what to do with them."""
        if len(files) <= AT_ONCE and not self.is_running:
            self.take(sort(map(Path, files), addresses), analyze=analyze)
            return
        self._wishes.append(_Wish(files, addresses, analyze))
        if self._task is None:
            self._next()

    def take(self, incoming: Incoming, *, analyze: bool = False) -> None:
        """Open what is sorted already, all of it at once."""
        wish = _Wish((), analyze=analyze)
        for _ in self._put(wish, incoming):
            pass
        self._end(wish, incoming)

    def stop(self) -> None:
        """Open no more; what is open stays so, and is not analyzed."""
        if self.is_running:
            wish = self._wishes[0]
            self._give_up()
            self._hush()
            self._notice.tell(f"Stopped: {len(wish.entries):,} of {len(wish.files):,} are open.")

    def close(self) -> None:
        """Open no more. What is to be analyzed gets in line even now: nothing of it is lost when the app ends.

        The disk, which may be slow, is not asked any more: what turns out not to be a photo gets its sentence when
        its turn comes.
        """
        wishes = [wish for wish in self._wishes if wish.analyze]
        self._give_up()
        for wish in wishes:
            if entries := self._session.album.add(sort_by_name(map(Path, wish.files)).photos):
                self.ended.emit(entries, True)

    def _analyze_none(self) -> None:
        for wish in self._wishes:
            wish.analyze = False

    def _give_up(self) -> None:
        self._wishes.clear()
        if self._task is not None:
            self._session.service.pump.cancel(self._task)
            self._task = None

    def _next(self) -> None:
        wish = self._wishes[0]
        self._say(f"Looking at {len(wish.files):,} files")
        self._task = self._session.service.pump.start(self._steps(wish), self._step, self._over)

    def _step(self, text: str) -> None:
        if self._task is not None:
            self._say(text)

    def _over(self, task: Task) -> None:
        if task is not self._task:
            return  # Given up.
        self._task = None
        self._wishes.popleft()
        if self._wishes:
            self._next()
        if task.error is not None:
            raise task.error

    def _steps(self, wish: _Wish) -> Generator[Wait | str, None, None]:
        """Sort and open; yield how far it is, in words."""
        incoming = Incoming()
        for step in sorting(wish.files, wish.addresses):
            if isinstance(step, Incoming):
                incoming = step
            else:
                yield step if isinstance(step, Wait) else f"Looking at files: {step:,} of {len(wish.files):,}"
        for opened in self._put(wish, incoming):
            yield f"Opening photos: {opened:,} of {len(incoming.photos):,}"
        self._hush()
        self._end(wish, incoming)

    def _put(self, wish: _Wish, incoming: Incoming) -> Generator[int, None, None]:
        """Put photos into the album, and yield how many are there."""
        if incoming.folders:
            self._batches.prepare([*incoming.folders, *incoming.photos])
            return
        for start in range(0, len(incoming.photos), ALBUM_AT_ONCE):
            wish.entries += self._session.album.add(incoming.photos[start : start + ALBUM_AT_ONCE])
            if not start:
                self.begun.emit(wish.entries[0])
            yield len(wish.entries)

    def _end(self, wish: _Wish, incoming: Incoming) -> None:
        if incoming.refusal:
            self._session.told.emit(incoming.refusal)
        if wish.entries:
            self.ended.emit(wish.entries, wish.analyze)

    def _say(self, text: str) -> None:
        """Say how far it is, where nothing else was said since; dismissed is dismissed."""
        if not self._said or self._notice.told == self._said:
            self._notice.tell(text, "Stop", self.stop)
            self._said = text

    def _hush(self) -> None:
        if self._notice.told == self._said:
            self._notice.hide()
        self._said = ""
