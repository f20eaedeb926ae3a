import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage

from mondrian_desktop.gui.photo_view import PhotoView


@pytest.fixture
def view(qtbot, theme):
    made = PhotoView(theme)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    return made


def picture(width, height):
    image = QImage(width, height, QImage.Format.Format_RGB888)
    image.fill(QColor("#ff0000"))
    return image


def red_box(view):
    image = view.grab().toImage()
    red = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).name() == "#ff0000"
    ]
    columns, rows = [x for x, _ in red], [y for _, y in red]
    return min(columns), min(rows), max(columns) + 1, max(rows) + 1


def test_a_large_picture_is_fitted_in_its_proportions(view):
    view.show_image(picture(4000, 2000), "a")
    left, top, right, bottom = red_box(view)
    assert (right - left, bottom - top) == (352, 176)
    assert left == 400 - right
    assert top == 300 - bottom


def test_a_small_picture_is_not_enlarged(view):
    view.show_image(picture(40, 20), "a")
    left, top, right, bottom = red_box(view)
    assert (right - left, bottom - top) == (40, 20)


def test_a_stand_in_is_as_large_as_the_real_one(view):
    view.show_image(picture(40, 20), "a", stand_in=True)
    left, _, right, _ = red_box(view)
    assert right - left == 352


@pytest.mark.parametrize("dark", [False, True])
def test_the_surround_is_neutral(view, theme, dark):
    theme.hold(dark)
    view.show_image(picture(40, 20), "a")
    assert view.grab().toImage().pixelColor(5, 5).name() == theme.colors.surround


def test_actual_pixels_can_be_moved_to_their_edges_and_no_further(view):
    view.show_image(picture(1000, 200), "a")
    view.show_actual_pixels(True)
    assert view.can_pan()
    view.pan(QPointF(10_000, 10_000))
    assert red_box(view)[0] == 0
    assert view._offset == QPointF(300, 0)
    view.pan(QPointF(-10_000, 0))
    assert view._offset == QPointF(-300, 0)
    view.show_actual_pixels(False)
    assert view._offset == QPointF(0, 0)


def test_the_point_under_the_mouse_stays_there(view):
    view.show_image(picture(4000, 3000), "a")
    before = view._target()
    point = QPointF(130, 90)
    share = (point.x() - before.x()) / before.width()
    view.show_actual_pixels(True, point)
    after = view._target()
    assert after.x() + share * after.width() == pytest.approx(point.x(), abs=1)


def test_a_resize_asks_for_a_sharp_picture(view, qtbot):
    with qtbot.waitSignal(view.size_wanted) as asked:
        view.resize(900, 300)
    assert asked.args == [900]


def test_a_sentence_in_its_place(view):
    view.show_image(picture(40, 20), "a")
    view.show_message("a.jpg cannot be shown")
    assert view.image is None
    assert view.accessibleName() == "Photo: a.jpg cannot be shown"
    view.grab()


def test_the_focus_is_shown_to_those_who_came_by_the_keyboard(view, qtbot):
    view.show_message("")
    view.setFocus(Qt.FocusReason.MouseFocusReason)
    clicked = view.grab().toImage()
    view.clearFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    tabbed = view.grab().toImage()
    assert clicked != tabbed
