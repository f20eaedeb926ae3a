"""The window: it assembles the panes and wires them. What they do, they know themselves."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QMainWindow

from mondrian_desktop import APP_NAME
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.place import Place
from mondrian_desktop.gui.theme import MIN_HEIGHT, MIN_WIDTH, Theme

# Everything else is imported by what needs it: the empty window is painted before (MainWindow.furnish).
if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent

    from mondrian_desktop.critique.advisor import Advisors
    from mondrian_desktop.errors import UserError
    from mondrian_desktop.gui.album import Entry
    from mondrian_desktop.gui.incoming import Incoming
    from mondrian_desktop.gui.library_window import LibraryWindow
    from mondrian_desktop.gui.preferences import Preferences
    from mondrian_desktop.jobs.model import Job
    from mondrian_desktop.service import Service
    from mondrian_desktop.setting import Setting

_DEFAULT_SIZE = (1280, 800)


class MainWindow(QMainWindow):
    """One window on one service.

    Opening shows photos and does not analyze them: a shoot of 500 dropped by mistake must not start hours of work,
    and who is to be asked is chosen after looking. Analyze, or its key, is one step away.

    It is made and can be shown with nothing in it, at once: :meth:`furnish` takes its time and comes after that.

    Parameters
    ----------
    place
        Where it was; None: what was saved.
    """

    def __init__(self, theme: Theme, place: Place | None = None) -> None:
        super().__init__()
        self.theme = theme
        self.setWindowTitle(APP_NAME)
        self.setMinimumSize(MIN_WIDTH, MIN_HEIGHT)
        mac.prepare_window(self)
        self._folder: Path | None = None
        self._library: LibraryWindow | None = None
        self.is_furnished = False
        self._is_over = False
        self._place = place or Place.load()
        if not self._place.geometry or not self.restoreGeometry(self._place.geometry):
            self.resize(*_DEFAULT_SIZE)

    def furnish(self, service: "Service", samples: Sequence[Path] = ()) -> None:
        """Fill the window.

        Parameters
        ----------
        samples
            Photos to try, shown while there are no others.
        """
        from mondrian_desktop.gui.actions import Actions
        from mondrian_desktop.gui.asking import Asking
        from mondrian_desktop.gui.batches import Batches
        from mondrian_desktop.gui.chore import Chore
        from mondrian_desktop.gui.drop_area import DropArea
        from mondrian_desktop.gui.exporting import Exporting
        from mondrian_desktop.gui.local_service import LocalService
        from mondrian_desktop.gui.looking import Looking
        from mondrian_desktop.gui.model_choice import ModelChoice
        from mondrian_desktop.gui.notice import Notice
        from mondrian_desktop.gui.opening import Opening
        from mondrian_desktop.gui.photo_list import THUMBNAIL_WIDTH, PhotoList
        from mondrian_desktop.gui.pictures import Thumbnails
        from mondrian_desktop.gui.server_bar import ServerBar
        from mondrian_desktop.gui.session import Session
        from mondrian_desktop.gui.toolbar import Toolbar
        from mondrian_desktop.gui.welcome import Welcome
        from mondrian_desktop.gui.work_area import WorkArea

        theme = self.theme
        self.session = Session(service, self)
        self.local_service = LocalService(service, self)
        self.preferences: Preferences | None = None
        size_px = round(THUMBNAIL_WIDTH * self.devicePixelRatioF())
        self._thumbnails = Thumbnails(service.preview, service.pump.post, size_px, self)
        self.notice = Notice(theme)
        self.chore = Chore(self.notice)
        self.server = ServerBar(self.session, theme, self)
        self.batches = Batches(service, theme, self._thumbnails, self)
        self.opening = Opening(self.session, self.batches, self.notice, self)
        self.stays = False
        self.photos = PhotoList(self.session.album, theme, self._thumbnails)
        self.exporting = Exporting(service, self)
        self.asking = Asking(self.session, theme, self)
        self.looking = Looking(service, theme, self._thumbnails, self)
        self.welcome = Welcome(theme, self._thumbnails, samples, self.asking.model_line())
        self.area = WorkArea(theme, self.photos, self.looking.view, self.looking.strip, self.asking.pane)
        self.verbs = Actions(self, self._verbs(), self.session.undo_stack, service.advisors, self.asking.choose_advisor)
        self.models = ModelChoice(service, theme, self)
        self.toolbar = Toolbar(service.advisors, self.verbs.keys("analyze"), self.models.button)
        self._assemble()
        self.drops = DropArea(self, theme)
        self._connect()
        self.area.restore(self._place.splitter)
        self.is_furnished = True
        service.on_advisors(self._advisors_changed)
        self._leave_settings = service.settings.on_change(self._setting_changed, self.tell)
        self._hold_appearance()
        self.asking.choose_advisor(self.asking.advisor)
        for problem in (*service.problems, *service.settings.problems, *service.advisors.problems):
            self.notice.keep(problem)

    def open_photos(self, incoming: "Incoming", *, analyze: bool = False) -> None:
        """Open photos that are sorted already, and look at the first; with ``analyze`` put all of them in line."""
        self.opening.take(incoming, analyze=analyze)

    def open_files(self, files: Sequence[Path], *, analyze: bool = False) -> None:
        """Open any number of files and folders, as :meth:`open_photos`, of thousands some at a time."""
        self.opening.open(files, analyze=analyze)

    def open_library(self) -> "LibraryWindow":
        """Show everything analyzed, in a window of its own, and return it."""
        if self._library is None:
            from mondrian_desktop.gui.library_window import LibraryWindow  # not before the first painting

            self._library = LibraryWindow(self.session.service, self.theme)
            self._library.open_wanted.connect(self.open_files)
        else:
            self._library.look_again()
        self._library.show()
        self._library.activateWindow()
        return self._library

    def open_job(self, job: "Job") -> None:
        """Show a job's photo and what came of it, also of an earlier session."""
        if job.path is not None:
            entry = self.session.adopt(job)
            self.photos.choose(entry)
            self.asking.look_at(entry)
            self.asking.show_advisor(job.advisor)
        self.bring()

    def bring(self) -> None:
        """Come to the front, also after having been closed."""
        if self.isMinimized():
            self.showNormal()
        self.show()
        self.raise_()
        self.activateWindow()

    def tell(self, text: str) -> None:
        """Say something at the top of the window."""
        from mondrian_desktop.gui import announce

        self.notice.tell(text)
        announce.politely(self, text)

    def show_preferences(self, page: str = "") -> "Preferences":
        """Show the preferences, at the page of this title or the one last seen."""
        if self.preferences is None:
            from mondrian_desktop.gui.preferences import Preferences  # not before the first painting

            self.preferences = Preferences(self, self.session.service, self.local_service, self.theme)
            self.preferences.privacy_page.erased.connect(self._forget)
            self.preferences.models_wanted.connect(self.models.open_sheet)
        self.preferences.present(page)
        return self.preferences

    def _forget(self) -> None:
        """Show nothing of what has been deleted: neither photos with their critiques, nor a way back to them."""
        self.opening.stop()
        self.session.remove(self.session.album.entries)
        self.session.undo_stack.clear()
        self.asking.questions.forget()
        self.notice.withdraw()
        self.batches.forget()
        if self._library is not None:
            self._library.undo_stack.clear()
            self._library.look_again()

    def _setting_changed(self, setting: "Setting[Any]") -> None:
        from mondrian_desktop.settings import ADVISOR, APPEARANCE, MODEL

        settings = self.session.service.settings
        if setting is APPEARANCE:
            self._hold_appearance()
        elif setting is ADVISOR and settings.get(ADVISOR) in self.session.service.advisors:
            self.asking.choose_advisor(settings.get(ADVISOR))
        elif setting is MODEL:
            self.models.refresh()
            self._model_changed()

    def _hold_appearance(self) -> None:
        from mondrian_desktop.settings import APPEARANCE

        settings = self.session.service.settings
        if settings.source(APPEARANCE) != "default":
            self.theme.hold({"light": False, "dark": True}.get(settings.get(APPEARANCE)))

    def _advisors_changed(self, advisors: "Advisors") -> None:
        self.toolbar.show_advisors(advisors)
        self.verbs.show_advisors(advisors)
        self.asking.choose_advisor(self.asking.advisor if self.asking.advisor in advisors else next(iter(advisors)))

    def _paused(self, problem: "UserError | None") -> None:
        """Say why the line stands still, and offer to go on."""
        from mondrian_desktop.gui import announce

        if problem is not None:
            self.notice.tell(str(problem), *self.batches.control.way_on)
            announce.politely(self, str(problem))
        else:
            self.notice.hide()
        self._refresh_verbs()

    def closeEvent(self, event: "QCloseEvent") -> None:  # noqa: N802 - Qt
        """Remember the place. What is in line goes on; where nothing would bring the window back, the app ends."""
        if not self.is_furnished:
            super().closeEvent(event)
            return
        Place(bytes(self.saveGeometry().data()), self.area.save(), self.theme.held).save()
        if not self.stays:
            if self.batches.control.is_running and not self._is_over and event.spontaneous():
                event.ignore()
                self.batches.ask_before_quitting(QApplication.quit)
                return
            self.batches.close_window()
            for window in filter(None, (self._library, self.preferences)):
                window.close()
        super().closeEvent(event)

    def end(self) -> None:
        """End what the window itself started; the service is ended by who built it."""
        if self._is_over:
            return
        self._is_over = True
        self.close()
        if not self.is_furnished:
            return
        if self._library is not None:
            self._library.end()
            self._library = None
        self._leave_settings()
        if self.preferences is not None:
            self.preferences.end()
        self.local_service.close()
        self.opening.close()
        self.batches.close()
        self.session.close()
        self.models.close()
        self.looking.close()
        self._thumbnails.close()

    def _assemble(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

        from mondrian_desktop.gui.reading_order import set_tab_order

        self.addToolBar(self.toolbar)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(self.area)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.notice)
        layout.addWidget(self.server)
        layout.addWidget(self.models.downloads)
        layout.addWidget(self.models.offer)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.asking.bottom)
        self.setCentralWidget(content)
        for widget in (self.photos, self.looking.view):
            widget.addActions(list(self.verbs.focused))
        set_tab_order(
            self.toolbar, self.models, self.notice, self.server, self.welcome, self.area, self.photos,
            self.looking.view, self.asking,
        )  # fmt: skip
        # Nothing is marked before a key is pressed; Tab then begins at the toolbar.
        content.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        # Said aloud, since the window may be seen already: else they would come only when the loop gets to it.
        for part in (self.menuBar(), self.toolbar, content):
            part.show()
        content.setFocus()

    def _connect(self) -> None:
        batches = self.batches
        for part in (self.session, self.exporting, self.models, batches.control):
            part.told.connect(self.tell)
        self.local_service.failed.connect(self.tell)
        for changed in (self.photos.selection_changed, self.asking.updated, batches.control.changed):
            changed.connect(self._refresh_verbs)
        batches.watch_changed.connect(self._refresh_verbs)
        self.asking.pane.ask.models_wanted.connect(lambda: self.models.open_sheet())
        self.models.changed.connect(self._model_changed)
        self.server.back.clicked.connect(self.models.refresh)
        self.server.added.connect(self.models.refresh)
        self.session.paused.connect(self._paused)
        self.session.restored.connect(lambda entries: self.photos.choose(entries[0]))
        self.session.album.rowsInserted.connect(self._count_changed)
        self.session.album.rowsRemoved.connect(self._count_changed)
        self.photos.current_changed.connect(self._look_at)
        self._thumbnails.failed.connect(self._mark_unreadable)
        self.looking.failed.connect(self._mark_unreadable)
        self.looking.facts_changed.connect(self.asking.pane.show_facts)
        self.asking.pane.facts.seen_wanted.connect(self._show_seen)
        self.looking.full_look.stepped.connect(self.photos.step)
        self.asking.facts_found.connect(lambda entry, facts: self.looking.keep_facts(entry.path, facts))
        self.asking.retried.connect(self.looking.look_again)
        self.asking.advisor_changed.connect(self.toolbar.show_advisor)
        self.asking.advisor_changed.connect(self.verbs.check_advisor)
        self.drops.dropped.connect(lambda dropped: self.opening.open(dropped.files, addresses=dropped.addresses))
        self.opening.begun.connect(self._look_first)
        self.opening.ended.connect(self._opened)
        self.batches.open_wanted.connect(self.open_job)
        self.welcome.open_wanted.connect(self._ask_for_photos)
        self.welcome.sample_chosen.connect(lambda path: self.open_files([path], analyze=True))
        self.area.open_wanted.connect(self._ask_for_photos)
        self.toolbar.advisor_chosen.connect(self.asking.choose_advisor)
        self.toolbar.analyze_wanted.connect(self._analyze_selected)

    def _verbs(self) -> dict[str, Callable[[], object]]:
        """Return what each action does."""
        from PySide6.QtGui import QGuiApplication

        from mondrian_desktop.gui import dialogs, help_verbs
        from mondrian_desktop.gui.advisors_sheet import AdvisorsSheet
        from mondrian_desktop.gui.chore import write_sidecars
        from mondrian_desktop.gui.report_pane import ASK, CRITIQUE, FACTS, PANEL, RAW

        tabs = self.asking.pane.tabs
        return {
            "open": self._ask_for_photos,
            "preferences": self.show_preferences,
            "close": self.close,
            "quit": lambda: self.batches.ask_before_quitting(QApplication.quit),
            "analyze_files": self.batches.ask_for_files,
            "analyze_folder": self.batches.ask_for_folder,
            "watch": self.batches.toggle_watch,
            "batch": self.batches.show_window,
            "pause": self.batches.control.toggle_pause,
            "copy": self._copy,
            "copy_critique": lambda: QGuiApplication.clipboard().setText(self.asking.copy_text()),
            "select_all": self.photos.selectAll,
            "full_look": self.looking.toggle_full_look,
            "seen": self._show_seen,
            "sidebar": self.area.toggle_sidebar,
            "tab_critique": lambda: tabs.setCurrentIndex(CRITIQUE),
            "tab_facts": lambda: tabs.setCurrentIndex(FACTS),
            "tab_raw": lambda: tabs.setCurrentIndex(RAW),
            "tab_ask": lambda: tabs.setCurrentIndex(ASK),
            "tab_panel": lambda: tabs.setCurrentIndex(PANEL),
            "models": lambda: self.models.open_sheet(),
            "full_screen": lambda: self.showNormal() if self.isFullScreen() else self.showFullScreen(),
            "analyze": self._analyze_selected,
            "ask_several": lambda: AdvisorsSheet(self, self.session.service.advisors, self.asking.ask_several).open(),
            "export": lambda: self.exporting.ask(self.asking.report),
            "share": lambda: self.exporting.share(self.asking.report, self.asking.pane),
            "print": lambda: self.exporting.print(self.asking.report[0]),
            "sidecar": lambda: write_sidecars(self.chore, self.session.service, self.asking.analysis_ids),
            "stop": self.session.stop,
            "stop_all": self.session.stop_all,
            "previous": lambda: self.photos.step(-1),
            "next": lambda: self.photos.step(1),
            "reveal": self._reveal,
            "remove": lambda: self.session.remove(self.photos.selected),
            "library": self.open_library,
            "find": lambda: self.open_library().show_words(),
            "minimize": self.showMinimized,
            "zoom": lambda: self.showNormal() if self.isMaximized() else self.showMaximized(),
            "keys": lambda: dialogs.keyboard_shortcuts(self, self.verbs.shortcuts()),
            "add_server": self.server.add,
            "log": lambda: help_verbs.show_log(self.tell),
            "diagnostics": lambda: help_verbs.copy_diagnostics(self.session.service, self.tell),
            "about": lambda: dialogs.about(self, lambda: help_verbs.show_licenses(self, self.session.service)),
        }

    def _look_first(self, entry: "Entry") -> None:
        self._folder = entry.path.parent
        self.photos.choose(entry)
        (self.photos if self.photos.isVisible() else self.looking.view).setFocus()

    def _opened(self, entries: "Sequence[Entry]", analyze: bool) -> None:
        if analyze:
            self.asking.analyze(entries)
        self.activateWindow()

    def _ask_for_photos(self) -> None:
        from mondrian_desktop.gui import dialogs

        dialogs.open_photos(self, self.open_files, self._folder)

    def _model_changed(self) -> None:
        self.welcome.show_model_line(self.asking.model_line())
        self.asking.model_changed()
        self.server.refresh()
        self._refresh_verbs()

    def _look_at(self, entry: "Entry | None") -> None:
        # "[*]" in a title stands for the mark of unsaved changes; doubled it is itself.
        name = entry.name.replace("[*]", "[*][*]") if entry else ""
        self.setWindowTitle(f"{name} – {APP_NAME}" if name else APP_NAME)
        self.asking.look_at(entry)
        self.looking.look_at(entry)
        self._refresh_verbs()

    def _analyze_selected(self) -> None:
        self.asking.analyze(self.photos.selected)

    def _mark_unreadable(self, path: Path, problem: str) -> None:
        entry = self.session.album.find(path)
        if entry is not None and entry.problem != problem:
            self.session.mark_unreadable(entry, problem)

    def _count_changed(self) -> None:
        count = self.session.album.rowCount()
        self.area.show_count(count)
        self._pages.setCurrentWidget(self.area if count else self.welcome)
        self._refresh_verbs()

    def _reveal(self) -> None:
        if entry := self.photos.current:
            mac.reveal(entry.path)

    def _show_seen(self) -> None:
        if seen := self.asking.seen:
            self.looking.toggle_seen(*seen)

    def _copy(self) -> None:
        from PySide6.QtGui import QGuiApplication
        from PySide6.QtWidgets import QPlainTextEdit, QTextEdit

        focus = QApplication.focusWidget()
        if isinstance(focus, QTextEdit | QPlainTextEdit):
            focus.copy()
        elif text := self.asking.pane.copy_text():
            QGuiApplication.clipboard().setText(text)

    def _refresh_verbs(self) -> None:
        from mondrian_desktop.gui.possible import possible

        self.verbs.refresh(possible(self.session, self.asking, self.photos, self.batches))
        analyze = self.verbs["analyze"]
        self.toolbar.show_analyze(analyze.text(), analyze.isEnabled())
