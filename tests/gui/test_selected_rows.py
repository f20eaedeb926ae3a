import pytest
from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import QAbstractItemView, QListView

from mondrian_desktop.gui.selected_rows import runs, select_rows, selected_rows, selected_runs


@pytest.fixture
def view(qtbot):
    made = QListView()
    qtbot.addWidget(made)
    made.setModel(QStringListModel([str(n) for n in range(1_000)], made))
    made.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    return made


@pytest.mark.parametrize("rows", [[], [3], [0, 1, 2, 7, 9, 10], list(range(1_000))])
def test_what_is_selected_is_found_again(view, rows):
    select_rows(view, [5])
    select_rows(view, rows)
    assert selected_rows(view) == rows
    assert selected_runs(view) == runs(rows)


def test_rows_that_follow_each_other_are_one_run():
    assert runs([0, 1, 2, 7, 9, 10]) == [range(3), range(7, 8), range(9, 11)]
    assert runs([]) == []
