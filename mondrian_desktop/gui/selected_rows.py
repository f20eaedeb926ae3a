"""Which rows of a list are selected. By ranges: thousands are selected with one key, and an index each takes long."""

from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QItemSelectionRange
from PySide6.QtWidgets import QAbstractItemView


def selected_runs(view: QAbstractItemView) -> list[range]:
    """Return the selected rows, from top to bottom, as ranges of those that follow each other."""
    # It is iterable, whatever its stub says.
    ranges = cast("Iterable[QItemSelectionRange]", view.selectionModel().selection())
    found: list[range] = []
    for first, stop in sorted((each.top(), each.bottom() + 1) for each in ranges if each.isValid()):
        if found and first <= found[-1].stop:
            found[-1] = range(found[-1].start, max(found[-1].stop, stop))
        else:
            found.append(range(first, stop))
    return found


def selected_rows(view: QAbstractItemView) -> list[int]:
    """Return the selected rows, from top to bottom."""
    return [row for run in selected_runs(view) for row in run]


def select_rows(view: QAbstractItemView, rows: Iterable[int]) -> None:
    """Select these rows and no others."""
    model, selection = view.model(), QItemSelection()
    for run in runs(rows):
        selection.select(model.index(run.start, 0), model.index(run.stop - 1, 0))
    view.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)


def runs(rows: Iterable[int]) -> list[range]:
    """Return ascending rows as ranges of those that follow each other."""
    found: list[range] = []
    for row in rows:
        if found and found[-1].stop == row:
            found[-1] = range(found[-1].start, row + 1)
        else:
            found.append(range(row, row + 1))
    return found
