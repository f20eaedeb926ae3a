"""The monkey finds what is wrong, tells it, and finds nothing: twenty actions here, a minute of them at night."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from PySide6.QtCore import qWarning

from benchmarks import soak
from benchmarks.monkey import ACTIONS, Monkey
from benchmarks.soak_run import Soak, Watch, look_over
from benchmarks.zoo import Zoo
from mondrian_desktop import paths
from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings
from tests.gui.conftest import answer


def build(*, post):
    engine = ScriptedEngine(script(answer()))
    store = Store.open(paths.data_dir() / "history.db")
    return Service(engine, PhotoReader(), load_advisors(), Settings(environment={}), Pump(post), store)


@pytest.fixture
def zoo(tmp_path):
    return Zoo(tmp_path / "photos")


@pytest.fixture
def hurried(monkeypatch):
    """Let the monkey do one thing after the other."""
    monkeypatch.setattr(Monkey, "pause_ms", lambda monkey: 5)


# Said by Qt's offscreen platform, of windows that come to the front and of menus that take the keys.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)


def test_twenty_things_are_done_and_nothing_is_found(qapp, zoo, hurried):
    said = []
    outcome = Soak(qapp, build, zoo, 3, said.append, actions=20).run()
    assert outcome.findings == []
    assert outcome.actions == 20
    assert sum(outcome.gaps_ms.values()) > 0
    assert said[0].startswith("session 1")
    assert len([each for each in said if each.split()[0].isdigit()]) == 20


def test_a_seed_does_the_same_again(qapp, zoo, hurried, monkeypatch):
    """What is chosen, not what comes of it: that depends on how far the work is."""
    chosen = []
    for name, (weight, _) in ACTIONS.items():
        monkeypatch.setitem(ACTIONS, name, (weight, lambda monkey, name=name: chosen.append(name) or name))
    for _ in range(2):
        Soak(qapp, build, zoo, 7, lambda text: None, actions=12).run()
    assert chosen[:12] == chosen[12:]
    assert len(set(chosen)) > 3


@pytest.mark.parametrize("fault", ["raises", "warns"])
def test_a_fault_ends_it_and_is_told_with_what_was_done(qapp, zoo, hurried, monkeypatch, qtlog, fault):
    def wrong(monkey):
        if fault == "raises":
            raise RuntimeError("the horizon is not level")
        qWarning("the horizon is not level")
        return "a warning"

    for name, (weight, _) in ACTIONS.items():
        monkeypatch.setitem(ACTIONS, name, (weight, wrong))
    for hook in ("excepthook", "unraisablehook"):
        monkeypatch.setattr(sys, hook, getattr(sys, hook))
    monkeypatch.setattr("threading.excepthook", None)
    said = []
    with qtlog.disabled():
        watch = Watch()
        try:
            run = Soak(qapp, build, zoo, 1, said.append, actions=50)
            watch.find = run.find
            outcome = run.run()
        finally:
            watch.close()
    assert "the horizon is not level" in outcome.findings[0]
    assert outcome.actions < 5
    assert any(each.startswith("FOUND") for each in said)


def test_a_history_in_disorder_is_found(tmp_path):
    file = tmp_path / "history.db"
    Store.open(file).close()
    assert look_over(file) == []
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(
            "INSERT INTO jobs (id, position, advisor, model, question, options, again, state, reason, tries, created)"
            " VALUES ('a', 1, 'mentor', 'mini', '', '{}', 0, 'running', '', 0, '2026'),"
            " ('b', 2, 'mentor', 'mini', '', '{}', 0, 'failed', 'Mondrian made a mistake with x.jpg', 0, '2026')"
        )
        connection.commit()
    found = " ".join(look_over(file))
    assert "1 jobs still run" in found
    assert "1 jobs failed by a mistake of ours" in found


def test_the_figures_judge_what_was_found():
    standing = {"threads": 2, "files": 20, "widgets": 0, "resident": 5e8}
    outcome = {
        "actions": 900, "findings": [], "jobs": {"done": 7}, "longest": [[400.0, "drop"]],
        "gaps_ms": {"5": 9990, "400": 2}, "standings": [standing, standing, {**standing, "threads": 3}],
    }  # fmt: skip
    told = {each.name: each for each in soak.figures(outcome, 1, 4000.0)}
    assert told["crashes"].met is False
    assert told["exceptions, warnings of Qt's, errors, faults in the history"].met
    assert (told["longest gap / the naive loop's"].value, told["longest gap / the naive loop's"].met) == (0.1, False)
    assert told["p99.9 gap"].value == 5
    assert (
        told["more threads, last session / second"].value,
        told["more open files, last session / second"].value,
    ) == (1, 0)


@pytest.mark.nightly
def test_a_minute_with_the_real_engine(tmp_path):
    command = [sys.executable, "-m", "benchmarks.soak_run", "1", "60", str(tmp_path)]
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env=environment)
    assert ended.returncode == 0, (tmp_path / "actions.log").read_text()
    outcome = json.loads(ended.stdout)
    assert outcome["findings"] == []
    assert outcome["actions"] > 20
