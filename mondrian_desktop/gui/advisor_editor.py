"""The advisors' files: look at them, write one's own, and see what a model would be told."""

from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from mondrian_desktop.critique import prompt
from mondrian_desktop.critique.advisor import (
    Advisor,
    new_id,
    parse_advisor,
    remove_advisor,
    restore_advisor,
    save_advisor,
    to_toml,
    user_folder,
)
from mondrian_desktop.critique.rubric import load_rubric
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui import mac
from mondrian_desktop.gui.labels import plain_label
from mondrian_desktop.gui.theme import GRID, Theme, set_text_color
from mondrian_desktop.report.clean import breakable, clean, clean_line
from mondrian_desktop.service import Service
from mondrian_desktop.settings import LANGUAGE

_LINES = {"name": "Name", "years": "Years", "kind": "Kind"}
_TEXTS = {
    "biography": "Biography", "focus": "Looks first at", "seeing": "Way of seeing", "voice": "Voice",
    "outside": "Outside the field",
}  # fmt: skip
_NEW = Advisor(id="", name="New advisor", seeing="What is looked for first, and what counts.", voice="Plain, kind.")


class AdvisorEditor(QWidget):
    """A list of the advisors, the texts of one of them, and the prompt that they make.

    A shipped advisor that is changed is saved as one's own of the same id; removing that brings the shipped one back.

    Attributes
    ----------
    list, fields, tabs, preview
        The advisors; the inputs by the key of the file; texts or prompt; the prompt.
    save, new, remove, folder
        The buttons; ``remove`` brings back what it removed last.
    problem, broken
        What is wrong with what is being written; the files that could not be read, by name and line.
    """

    def __init__(self, service: Service, theme: Theme) -> None:
        super().__init__()
        self._service = service
        self._theme = theme
        self._shown = _NEW
        self._drafts: dict[str, Advisor] = {}
        self._removed = ""
        self.list = QListWidget()
        self.list.setAccessibleName("Advisors")
        self.list.setFixedWidth(19 * GRID)
        self.list.setSpacing(2)
        self.new, self.folder = QPushButton("New"), QPushButton("Show Files")
        self.save, self.remove = QPushButton("Save"), QPushButton("Remove")
        self.save.setProperty("primary", True)
        self.tabs = QTabBar()
        self.tabs.setAccessibleName("Texts or prompt")
        for title in ("Texts", "Prompt"):
            self.tabs.addTab(title)
        self.fields = {key: self._field(key) for key in (*_LINES, *_TEXTS)}
        self.preview = QPlainTextEdit()
        self.preview.setReadOnly(True)
        self.preview.setProperty("field", True)
        self.preview.setAccessibleName("Prompt")
        self.problem, self.broken = plain_label(""), plain_label("")
        self._assemble()
        self.list.currentItemChanged.connect(lambda item, _: self._look_at(item))
        self.new.clicked.connect(self._begin_new)
        self.folder.clicked.connect(lambda: mac.reveal(user_folder() / "advisors.toml"))
        self.save.clicked.connect(self._save)
        self.remove.clicked.connect(self._remove)
        theme.changed.connect(self._restyle)
        self._restyle()
        self._fill()
        service.on_advisors(lambda _: self._fill())

    @property
    def draft(self) -> Advisor:
        """The advisor as the fields have it."""
        texts: dict[str, Any] = {key: self._text(key).strip() for key in (*_LINES, *_TEXTS) if key != "focus"}
        focus = tuple(line.strip() for line in self._text("focus").splitlines() if line.strip())
        return replace(self._shown, focus=focus, **texts)

    def _text(self, key: str) -> str:
        field = self.fields[key]
        return field.text() if isinstance(field, QLineEdit) else field.toPlainText()

    def _field(self, key: str) -> QLineEdit | QPlainTextEdit:
        field: QLineEdit | QPlainTextEdit = QLineEdit() if key in _LINES else QPlainTextEdit()
        field.setAccessibleName((_LINES | _TEXTS)[key])
        if isinstance(field, QPlainTextEdit):
            field.setFixedHeight(9 * GRID)
            field.setProperty("field", True)
            field.setTabChangesFocus(True)
        if key == "focus":
            field.setPlaceholderText("One a line")
        field.textChanged.connect(self._edited)
        return field

    def _fill(self) -> None:
        """Show the advisors that there are; what is written and not saved is kept."""
        advisors = self._service.advisors
        chosen = self._shown.id or next(iter(advisors))
        self.list.blockSignals(True)
        self.list.clear()
        for each in advisors.values():
            own = " (yours)" if advisors.is_own(each.id) else ""
            item = QListWidgetItem(f"{clean_line(each.name, 60)}{own}")
            item.setData(Qt.ItemDataRole.UserRole, each.id)
            self.list.addItem(item)
        ids = list(advisors)
        self.list.setCurrentRow(ids.index(chosen) if chosen in ids else 0)
        self.list.blockSignals(False)
        self.broken.setText(breakable(clean("\n".join(advisors.problems), 2000)))
        self.broken.setVisible(bool(advisors.problems))
        self._look_at(self.list.currentItem())

    def _look_at(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            advisor_id = item.data(Qt.ItemDataRole.UserRole)
            self._show(self._service.advisors[advisor_id], self._drafts.get(advisor_id))

    def _show(self, advisor: Advisor, draft: Advisor | None = None) -> None:
        self._shown = advisor
        shown = draft or advisor
        for key, field in self.fields.items():
            text = "\n".join(shown.focus) if key == "focus" else getattr(shown, key)
            field.blockSignals(True)
            field.setText(text) if isinstance(field, QLineEdit) else field.setPlainText(text)
            field.blockSignals(False)
        self.check()

    def _begin_new(self) -> None:
        self.list.setCurrentRow(-1)
        self._show(_NEW)
        self.tabs.setCurrentIndex(0)
        self.fields["name"].setFocus()
        self.fields["name"].selectAll()

    def _edited(self) -> None:
        draft = self.draft
        if draft.id:
            self._drafts[draft.id] = draft
        self.check()

    def check(self) -> None:
        """Show what is wrong with the draft, what can be done with it, and the prompt that it makes."""
        draft, advisors = self.draft, self._service.advisors
        try:
            named = draft if draft.id else replace(draft, id=new_id(draft.name, advisors))
            parse_advisor(to_toml(named), user_folder() / f"{named.id}.toml")
            said = ""
        except UserError as err:
            said = err.what.removeprefix(f"{user_folder()}/")
        self.problem.setText(breakable(clean(said, 600)))
        self.save.setEnabled(not said and draft != advisors.get(draft.id))
        own = advisors.is_own(draft.id)
        self.remove.setText("Undo Remove" if self._removed and not own else "Remove")
        self.remove.setEnabled(own or bool(self._removed))
        entry = next(each for each in self._service.models() if each.prompt.kind != "control")
        rubric = load_rubric(entry.rubric)
        self.preview.setPlainText(prompt.preview(draft, rubric, entry, language=self._service.settings.get(LANGUAGE)))

    def _save(self) -> None:
        advisors, draft = self._service.advisors, self.draft
        advisor = draft if draft.id else replace(draft, id=new_id(draft.name, advisors))
        before = advisors.files.get(advisor.id)
        try:
            file = save_advisor(advisor)
            if before is not None and before != file and advisors.is_own(advisor.id):
                # Under another name in the user's folder: it would be read after the new one.
                remove_advisor(before)
        except UserError as err:
            self.problem.setText(breakable(clean(str(err), 600)))
            return
        self._drafts.pop(advisor.id, None)
        self._shown = advisor
        self._service.reload_advisors()

    def _remove(self) -> None:
        advisors, advisor_id = self._service.advisors, self._shown.id
        try:
            if advisors.is_own(advisor_id):
                remove_advisor(advisors.files[advisor_id])
                self._removed = str(advisors.files[advisor_id])
                self._drafts.pop(advisor_id, None)
            else:
                restore_advisor(user_folder() / self._removed)
                self._removed = ""
        except UserError as err:
            self.problem.setText(breakable(clean(str(err), 600)))
            return
        self._service.reload_advisors()

    def _assemble(self) -> None:
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for key, label in (_LINES | _TEXTS).items():
            form.addRow(plain_label(label), self.fields[key])
        texts = QWidget()
        texts.setLayout(form)
        pages = QStackedWidget()
        pages.addWidget(texts)
        pages.addWidget(self.preview)
        self.tabs.currentChanged.connect(pages.setCurrentIndex)
        buttons = QHBoxLayout()
        self.tabs.setExpanding(False)
        buttons.addWidget(self.tabs)
        buttons.addStretch()
        buttons.addWidget(self.remove)
        buttons.addWidget(self.save)
        right = QVBoxLayout()
        right.setSpacing(GRID)
        right.addLayout(buttons)
        right.addWidget(self.problem)
        right.addWidget(pages, 1)
        left = QVBoxLayout()
        left.setSpacing(GRID)
        left.addWidget(self.list, 1)
        left.addWidget(self.new)
        left.addWidget(self.folder)
        columns = QHBoxLayout()
        columns.setSpacing(2 * GRID)
        columns.addLayout(left)
        columns.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 3 * GRID, 3 * GRID)
        layout.addWidget(self.broken)
        layout.addLayout(columns, 1)

    def _restyle(self) -> None:
        for label in (self.problem, self.broken):
            set_text_color(label, self._theme.colors.weak)
