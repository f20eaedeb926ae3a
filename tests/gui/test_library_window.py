"""The library's window over a real history."""

import json
import sys
from collections import Counter

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt

from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.library_model import PAGE, LibraryModel
from mondrian_desktop.jobs.history import Query
from tests.gui.conftest import DIMENSIONS, answer


@pytest.fixture
def library(make_stand, make_photo, qtbot):
    """The library of a window in which three photos were analyzed, and the stand itself."""
    stand = make_stand(script(answer(9)), script(answer(6)), script(answer(3)))
    stand.open(*(make_photo(f"{name}.jpg", seed=n) for n, name in enumerate(("best", "middle", "weak"))), analyze=True)
    stand.wait_until_idle()
    stand.trigger("library")
    return stand, stand.window.open_library()


def names(library) -> list[str]:
    return [library.model.data(library.model.index(row, 0)) for row in range(library.model.rowCount())]


def select(library, *rows: int) -> None:
    library.list.selectionModel().clearSelection()
    for row in rows:
        library.list.selectionModel().select(library.model.index(row, 0), QItemSelectionModel.SelectionFlag.Select)


def choose(box, value) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def test_everything_analyzed_is_there_the_newest_first(library) -> None:
    _, window = library
    assert names(window) == ["weak.jpg", "middle.jpg", "best.jpg"]
    assert window.count.text() == "3 analyses"


def test_words_and_filters_narrow_it_down_and_can_be_taken_back(library, qtbot) -> None:
    _, window = library
    window.filters.search.setText("midd")
    qtbot.waitUntil(lambda: names(window) == ["middle.jpg"])
    assert window.count.text() == "1 of 3 analyses"
    window.filters.search.setText("nothing like it")
    qtbot.waitUntil(lambda: window.model.rowCount() == 0)
    assert "Nothing matches" in window.empty.text
    qtbot.mouseClick(window.empty.button, Qt.MouseButton.LeftButton)
    assert len(names(window)) == 3
    window.filters.score.setCurrentIndex(1)
    window.filters.score.activated.emit(1)
    assert names(window) == ["best.jpg"]


def test_one_is_shown_whole_and_two_side_by_side(library) -> None:
    _, window = library
    select(window, 2)
    assert "A quiet harbor at dusk" in window.detail.text.toPlainText()
    select(window, 0, 2)
    told = window.detail.text.toPlainText()
    assert "weak.jpg" in told
    assert "best.jpg" in told
    assert "3.0" in told
    assert "9.0" in told
    select(window, 0, 1, 2)
    assert window.detail.message.text() == "3 analyses selected"


def test_what_the_model_thought_first_is_there_folded(make_stand, make_photo) -> None:
    stand = make_stand(script(f"<think>A boat, or a bird?</think>{answer(9)}"), script(answer(3)))
    stand.open(make_photo("a.jpg"), make_photo("b.jpg", seed=2), analyze=True)
    stand.wait_until_idle()
    stand.trigger("library")
    window = stand.window.open_library()
    thinking = window.detail.thinking
    select(window, 0)
    assert thinking.isHidden(), "nothing was thought about this one"
    select(window, 1)
    assert thinking.isVisible()
    assert thinking.button.text() == "What the model thought first, 5 words"
    assert not thinking.text.isVisible()
    thinking.button.click()
    assert thinking.text.isVisible()
    assert thinking.text.toPlainText() == "A boat, or a bird?"
    select(window, 0, 1)
    assert thinking.isHidden(), "side by side"


def test_a_name_in_hebrew_and_what_is_below_it_begin_at_the_left(make_stand, make_photo) -> None:
    stand = make_stand()
    stand.open(make_photo("תמונה 17.jpg"), analyze=True)
    stand.wait_until_idle()
    window = stand.window.open_library()
    select(window, 0)
    label = window.detail.names[0]
    image = label.grab().toImage()
    ground = image.pixelColor(image.width() - 1, image.height() - 1)
    inked = [x for x in range(image.width()) for y in range(image.height()) if image.pixelColor(x, y) != ground]
    assert min(inked) < 10
    assert max(inked) < image.width() - 10
    # So do sentences that begin with a name.
    assert stand.window.asking.bottom.label.text()[0] == "\u200e"


def test_a_long_name_takes_one_line_in_a_small_window_and_covers_nothing(make_stand, make_photo) -> None:
    stand = make_stand()
    long = f"{'n' * 120}7.jpg"
    stand.open(make_photo(long), analyze=True)
    stand.wait_until_idle()
    window = stand.window.open_library()
    window.resize(window.minimumSize())
    select(window, 0)
    picture, name = window.detail.pictures[0], window.detail.names[0]
    text = window.detail.text
    stand.qtbot.waitUntil(lambda: window.detail.height() > 0 and text.geometry().bottom() <= window.detail.height())
    assert name.text().splitlines()[0].endswith("7.jpg")
    assert "…" in name.text()
    assert long in name.toolTip()
    assert name.height() >= name.heightForWidth(name.width())
    assert picture.geometry().bottom() < name.geometry().top()
    assert name.geometry().bottom() < window.detail.text.geometry().top()


def test_deleting_is_undone(library) -> None:
    _, window = library
    select(window, 1)
    window.delete.click()
    assert names(window) == ["weak.jpg", "best.jpg"]
    assert window.undo_stack.undoText() == "Delete middle.jpg"
    window.undo_stack.undo()
    assert names(window) == ["weak.jpg", "middle.jpg", "best.jpg"]
    assert [entry.file_name for entry in window.selected] == ["middle.jpg"]
    window.undo_stack.redo()
    assert len(names(window)) == 2


def test_many_are_deleted_beside_the_work_and_undone_also_from_half_way(library, qtbot, monkeypatch) -> None:
    stand, window = library
    monkeypatch.setattr("mondrian_desktop.gui.library_window.AT_ONCE", 1)
    monkeypatch.setattr("mondrian_desktop.jobs.chore.AT_ONCE", 1)
    window.list.selectAll()
    window.delete.click()
    assert window.notice.text == "Deleting: 0 of 3"
    assert not window.delete.isEnabled()
    qtbot.waitUntil(lambda: window.notice.text == "Deleted: 3 analyses.")
    assert names(window) == []
    window.undo_stack.undo()
    qtbot.waitUntil(lambda: window.notice.text == "Brought back: 3 analyses.")
    assert len(names(window)) == 3
    window.list.selectAll()
    window.undo_stack.redo()
    stand.service.pump.step()
    assert window.notice.text == "Deleting: 1 of 3"
    window.notice.act.click()
    assert window.notice.text == "Stopped after 1 of 3."
    assert names(window) == ["middle.jpg", "best.jpg"]
    window.undo_stack.undo()
    qtbot.waitUntil(lambda: not window.chore.is_running)
    assert names(window) == ["weak.jpg", "middle.jpg", "best.jpg"]
    stand.wait_until_idle()


def test_thousands_are_selected_without_being_read(library, monkeypatch) -> None:
    stand, window = library
    entry = window.model.entry(0)
    asked = []
    monkeypatch.setattr(stand.service.history, "count", lambda query: 100_000)
    monkeypatch.setattr(
        stand.service.history, "page", lambda query, limit, offset: (asked.append(offset), (entry,) * limit)[1]
    )
    monkeypatch.setattr(
        stand.service.history, "ids", lambda query, limit=100_000, offset=0: list(range(offset, offset + limit))
    )
    window.model.look_again()
    window.list.selectAll()
    assert window.detail.message.text() == "100,000 analyses selected"
    assert not window.open.isEnabled()
    assert window.export.isEnabled()
    assert window.selected_ids == list(range(100_000))
    window.look_again()
    assert window.selected_ids == list(range(100_000))
    assert len(set(asked)) < 3
    monkeypatch.undo()
    window.look_again()


@pytest.mark.parametrize(("width", "lines"), [(720, 2), (1180, 1)])
def test_filters_are_never_cut(library, qtbot, width, lines) -> None:
    _, window = library
    window.resize(width, 600)
    filters = window.filters
    boxes = (filters.advisor, filters.score, filters.time, filters.camera, filters.sort)
    qtbot.waitUntil(lambda: filters.width() < width and len({box.y() for box in boxes}) == lines)
    for box in boxes:
        assert box.width() >= box.sizeHint().width()
        assert box.geometry().right() <= filters.width()


def test_the_analysis_stays_readable_without_its_original_which_is_located_by_content(library, tmp_path, qtbot) -> None:
    stand, window = library
    select(window, 2)
    moved = tmp_path / "elsewhere" / "another name.jpg"
    moved.parent.mkdir()
    window.selected[0].path.rename(moved)
    window.look_again()
    assert "A quiet harbor" in window.detail.text.toPlainText()
    assert not window.detail.pictures[0].pixmap().isNull()
    assert not window.open.isEnabled()
    assert window.locate.isEnabled()
    window.locate_in(tmp_path / "elsewhere")
    qtbot.waitUntil(lambda: "Found 1" in window.notice.text)
    assert window.selected[0].path == moved
    assert window.open.isEnabled()
    window.locate_in(tmp_path / "elsewhere")
    stand.wait_until_idle()


def test_opening_goes_to_the_main_window(library) -> None:
    stand, window = library
    stand.window.photos.selectAll()
    stand.trigger("remove")
    select(window, 0)
    window.open.click()
    assert [entry.name for entry in stand.window.session.album.entries] == ["weak.jpg"]


@pytest.mark.parametrize("suffix", ["csv", "html", "json"])
def test_a_selection_is_exported(library, tmp_path, suffix, qtbot) -> None:
    _, window = library
    file = tmp_path / f"out.{suffix}"
    window.export_to(file, [entry.id for entry in (window.model.entry(0), window.model.entry(2))])
    qtbot.waitUntil(lambda: "Exported" in window.notice.text, timeout=10_000)
    written = file.read_text(encoding="utf-8")
    assert ("weak.jpg" in written, "middle.jpg" in written, "best.jpg" in written) == (True, False, True)
    if suffix == "json":
        assert [each["critique"]["overall_score"] for each in json.loads(written)] == [3.0, 9.0]


def test_what_cannot_be_exported_is_told(library, tmp_path, qtbot) -> None:
    _, window = library
    window.export_to(tmp_path / "out.docx", [1])
    assert "names no known format" in window.notice.text
    window.export_to(tmp_path / "gone" / "out.csv", [1])
    qtbot.waitUntil(lambda: "could not be written" in window.notice.text)
    assert window.export.isEnabled() == bool(window.selected)


def test_what_is_analyzed_meanwhile_appears(library, make_photo, qtbot) -> None:
    stand, window = library
    stand.open(make_photo("new.jpg", size=(120, 80)), analyze=True)
    qtbot.waitUntil(lambda: "new.jpg" in names(window), timeout=10_000)


def test_growth_shows_a_line_for_each_dimension(library) -> None:
    _, window = library
    window.tabs.setCurrentIndex(1)
    assert window.growth._grid.count() == len(DIMENSIONS)
    # Each critique gave all dimensions one score: none of them is weaker than the others.
    assert "shows after a few critiques" in window.growth.words.text()
    assert window.growth.assignment.isHidden()


def test_an_empty_library_says_so(stand) -> None:
    assert "empty" in stand.window.open_library().empty.text


def test_pages_are_read_when_they_are_looked_at_and_let_go(library, monkeypatch) -> None:
    stand, _ = library
    history = stand.service.history
    asked = []
    monkeypatch.setattr(history, "count", lambda query: 100_000)
    monkeypatch.setattr(history, "page", lambda query, limit, offset: (asked.append(offset), ())[1])
    model = LibraryModel(history, stand.service.advisors)
    assert model.rowCount() == 100_000
    for row in (0, 1, 50_000, 99_999):
        model.entry(row)
    assert asked == [0, 50_000, 99_900]
    for number in range(60):
        model.entry(number * PAGE)
    assert len(model._pages) <= 20
    assert model.query == Query()


@pytest.mark.parametrize("is_grid", [False, True])
def test_views_ask_no_python_for_each_of_the_rows(library, monkeypatch, is_grid) -> None:
    stand, window = library
    history = stand.service.history
    page = history.page(Query(), PAGE)
    monkeypatch.setattr(history, "count", lambda query: 5_000)
    monkeypatch.setattr(history, "page", lambda query, limit, offset: page)
    window.list.show_grid(is_grid)
    called = Counter()
    sys.setprofile(lambda frame, event, argument: called.update([frame.f_code.co_qualname] if event == "call" else []))
    try:
        window.model.look_again()
        window.list.doItemsLayout()
        window.list.selectAll()
        window.list.grab()
    finally:
        sys.setprofile(None)
    assert window.detail.message.text() == "5,000 analyses selected"
    assert sum(called.values()) < 5_000
    monkeypatch.undo()
    window.look_again()


def test_what_cannot_be_counted_leaves_the_list_as_it_is(library, monkeypatch) -> None:
    stand, window = library

    def fail(query):
        raise UserError("The history could not be read: the disk reports an error.")

    monkeypatch.setattr(stand.service.history, "count", fail)
    with pytest.raises(UserError):
        window.model.show_query(Query(words="best"))
    assert window.model.query == Query()
    assert len(names(window)) == 3


def test_sidecars_are_written_beside_the_photos_and_what_was_not_is_told(library, qtbot) -> None:
    _, window = library
    select(window, 0, 1, 2)
    paths = [entry.path for entry in window.selected]
    paths[0].with_suffix(".xmp").write_text("no XMP at all")
    window.sidecar.click()
    qtbot.waitUntil(lambda: "2 critiques written into sidecars" in window.notice.text)
    assert paths[0].with_suffix(".xmp").read_text() == "no XMP at all"
    assert "not XMP" in window.notice.text
    assert "A quiet harbor at dusk" in paths[1].with_suffix(".xmp").read_text(encoding="utf-8")


def test_a_photo_that_is_gone_gets_no_sidecar(library) -> None:
    _, window = library
    select(window, 0)
    assert window.sidecar.isEnabled()
    window.selected[0].path.unlink()
    window.look_again()
    assert not window.sidecar.isEnabled()
