"""Anything, in any order: no exception, no warning of Qt's, and a clean end."""

import random

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from mondrian_desktop.engine.protocol import FinishReason, Load, Phase, Stage
from mondrian_desktop.engine.scripted import script
from mondrian_desktop.errors import UserError
from tests.gui.conftest import answer

# Those that leave the window, or open dialogs and pop-ups that the offscreen platform complains about.
LEFT_OUT = {
    "quit",
    "close",
    "analyze_files",
    "analyze_folder",
    "watch",
    "batch",
    "open",
    "reveal",
    "minimize",
    "full_screen",
    "zoom",
    "about",
    "keys",
}
KEYS = (
    Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Escape,
    Qt.Key.Key_Tab, Qt.Key.Key_Backspace, Qt.Key.Key_Home, Qt.Key.Key_End,
)  # fmt: skip


def scripts():
    return [
        script(answer(3), pieces=5),
        script(answer(9), pieces=200),
        script("no structure " * 100, pieces=80),
        [UserError("The model is incomplete.", "Download it again.")],
        script(answer()[:300], finish_reason=FinishReason.LENGTH),
        [Phase(Stage.LOADING), Load(1, 2), Load(2, 2), *script(answer())],
    ] * 20


@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_breaks(make_stand, make_photo, tmp_path, seed):
    dice = random.Random(seed)
    stand = make_stand(*scripts())
    window = stand.window
    photos = [make_photo(f"{number}.jpg") for number in range(12)]
    (tmp_path / "torn.jpg").write_bytes(photos[0].read_bytes()[:200])
    (tmp_path / "notes.txt").write_text("no photo", encoding="utf-8")
    photos += [tmp_path / name for name in ("torn.jpg", "notes.txt", "gone.jpg")]
    verbs = sorted(spec.id for spec in window.verbs._specs if spec.id not in LEFT_OUT)
    things = [
        lambda: stand.open(*dice.sample(photos, 3), analyze=dice.random() < 0.3),
        lambda: window.verbs[dice.choice(verbs)].trigger(),
        lambda: window.verbs["analyze"].trigger(),
        lambda: window.session.undo_stack.undo() if dice.random() < 0.6 else window.session.undo_stack.redo(),
        lambda: window.asking.choose_advisor(dice.choice(list(stand.service.advisors))),
        lambda: window.resize(dice.randint(960, 1500), dice.randint(640, 1300)),
        lambda: stand.desk.theme.hold(dice.choice([True, False, None])),
        lambda: stand.qtbot.keyClick(QApplication.focusWidget() or window, dice.choice(KEYS)),
        lambda: window.photos.step(dice.choice([-1, 1])),
        lambda: window.asking.pane.text.verticalScrollBar().setValue(dice.randint(0, 500)),
    ]
    for _ in range(100):
        dice.choice(things)()
        if dice.random() < 0.3:
            beats = []
            connection = window.session.feed.beat.connect(beats.append)
            if window.session.feed.is_beating:
                stand.qtbot.waitUntil(lambda: bool(beats))  # noqa: B023 - awaited here
            window.session.feed.beat.disconnect(connection)
    window.session.stop_all()
    stand.wait_until_idle()
    jobs = stand.service.jobs
    assert all(job.is_over for job in jobs)
    assert {job.id for job in jobs} == set(window.session._by_job)
