from PySide6.QtGui import QFont, QFontInfo

from mondrian_desktop.gui.labels import plain_label

MARKUP = "<b>bold</b> <img src=x onerror=alert(1)> &amp; co."


def test_markup_is_shown_as_it_is(qtbot):
    plain, marked = plain_label(MARKUP, wraps=False), plain_label("bold & co.", wraps=False)
    for label in (plain, marked):
        qtbot.addWidget(label)
    assert plain.sizeHint().width() >= plain.fontMetrics().horizontalAdvance(MARKUP)
    assert plain.sizeHint().height() == marked.sizeHint().height()


def test_a_long_text_has_lines_or_one_line(qtbot):
    text = "The horizon leans a little to the left. " * 8
    lines, line = plain_label(text), plain_label(text, wraps=False)
    for label in (lines, line):
        qtbot.addWidget(label)
    assert lines.heightForWidth(300) > 3 * line.sizeHint().height()
    assert line.sizeHint().width() > 1000


def test_digits_that_count_are_of_one_width(qtbot):
    label = plain_label("0:12", figures=True)
    qtbot.addWidget(label)
    assert label.font().featureValue(QFont.Tag.fromString("tnum")) == 1
    assert QFontInfo(label.font()).family() == QFontInfo(plain_label().font()).family()
