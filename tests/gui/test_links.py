"""Links of other programs: what they may name, and that nothing is read before somebody has said yes."""

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QMessageBox

from mondrian_desktop.errors import UserError
from mondrian_desktop.gui.links import MOST_PATHS, SCHEME, paths_in
from tools.info_plist import URL_SCHEME


def test_it_is_the_address_that_the_app_declares():
    assert SCHEME == URL_SCHEME


@pytest.mark.parametrize(
    ("query", "paths"),
    [
        ("path=/Users/me/lake.jpg", ["/Users/me/lake.jpg"]),
        ("path=/a%20b/c%26d%3De.jpg&path=/%C3%BC+1.jpg", ["/a b/c&d=e.jpg", "/ü+1.jpg"]),
        ("path=/a.jpg&path=/a.jpg&from=notes", ["/a.jpg"]),
    ],
)
def test_it_names_paths(query, paths):
    assert paths_in(QUrl(f"mondrian://analyze?{query}")) == tuple(map(Path, paths))


@pytest.mark.parametrize(
    "link",
    [
        "mondrian://analyze", "mondrian://analyze?path=", "mondrian://analyze?path=lake.jpg",
        "mondrian://analyze?path=~/lake.jpg", "mondrian://analyze?path=/a/../../etc/passwd",
        "mondrian://analyze?path=/a%00.jpg", "mondrian://analyze?path=/a.jpg&path=b.jpg",
        "mondrian://analyze?path=/" + "x" * 5000, "mondrian://erase?path=/a.jpg", "https://analyze?path=/a.jpg",
        "mondrian://analyze?" + "&".join(f"path=/{n}.jpg" for n in range(MOST_PATHS + 1)),
    ],
)  # fmt: skip
def test_anything_else_is_refused(link):
    with pytest.raises(UserError, match="A link"):
        paths_in(QUrl(link))


def follow(stand, photo):
    link = QUrl(f"mondrian://analyze?path={QUrl.toPercentEncoding(str(photo)).data().decode()}")
    QApplication.sendEvent(QApplication.instance(), QFileOpenEvent(link))
    stand.qtbot.waitUntil(lambda: stand.desk.links.question is not None)
    return stand.desk.links.question


def press(box, words):
    next(button for button in box.buttons() if button.text() == words).click()


def test_it_is_analyzed_once_somebody_has_said_yes(stand, make_photo):
    photo = make_photo("lake & sky.jpg")
    box = follow(stand, photo)
    assert str(photo) in box.text()
    assert stand.states() == []
    press(box, "Analyze")
    stand.wait_for_states("Done")
    assert stand.window.session.album.entries[0].path == photo
    assert stand.desk.links.question is None
    stand.wait_until_idle()


def test_after_a_no_nothing_was_read(stand, make_photo, monkeypatch):
    photo = make_photo()
    looked_at = []
    is_dir = Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **more: (looked_at.append(path), is_dir(path, **more))[1])
    box = follow(stand, photo)
    assert box.defaultButton().text() == box.escapeButton().text() == "Do not read"
    box.reject()
    assert stand.states() == []
    assert photo not in looked_at
    assert stand.desk.links.question is None


def test_a_second_link_does_not_change_the_question(stand, make_photo):
    box = follow(stand, make_photo("first.jpg"))
    text = box.text()
    stand.desk.links.follow(QUrl("mondrian://analyze?path=/second.jpg"))
    assert stand.desk.links.question is box
    assert len(stand.window.findChildren(QMessageBox)) == 1
    assert box.text() == text
    box.reject()


def test_what_it_names_is_shown_as_plain_text_on_one_line(stand):
    box = follow(stand, "/tmp/<b>x</b>\nNothing is read.\u202egpj.jpg")
    assert box.text().splitlines()[1:] == ["/tmp/<b>x</b> Nothing is read.gpj.jpg"]
    box.reject()


def test_a_link_that_is_not_understood_is_told(stand):
    stand.desk.links.follow(QUrl("mondrian://analyze?path=lake.jpg"))
    assert "full path" in stand.window.notice.text
    assert stand.desk.links.question is None
