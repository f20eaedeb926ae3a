"""A batch that is killed at random moments and started again: every analysis exactly once."""

import json
import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = 30


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    dots = np.random.default_rng(0)
    for n in range(PHOTOS):
        picture = dots.integers(0, 255, (64, 96, 3), np.uint8)
        Image.fromarray(picture).save(folder / f"{n:02}.jpg", quality=90)
    return folder


class Batches:
    """Runs one batch after the other, each in as many processes as it takes, until enough were killed."""

    def __init__(self, folder, photos, engine, seed):
        self._folder, self._photos, self._engine = folder, photos, engine
        self._random = random.Random(seed)
        self.kills = 0
        self.finished = 0

    def run(self, kills, longest_s):
        while self.kills < kills:
            history = self._folder / f"{self.finished}" / "history.db"
            while self.kills < kills and not self._process(history, self._random.uniform(0, longest_s)):
                self.kills += 1
                _intact(history)
            while not self._process(history, 600):
                raise AssertionError("it did not end by itself")
            self._whole(history)
            self.finished += 1

    def _process(self, history, seconds):
        """Run the batch for a while; return whether it ended by itself before it was killed."""
        command = [sys.executable, "-m", "tests.jobs.batch_process", str(history), str(self._photos), self._engine]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "at work\n", process.stderr.read()
            try:
                _, errors = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return False
            assert process.returncode == 0, errors
            return True

    def _whole(self, history):
        _intact(history)
        with closing(sqlite3.connect(history)) as connection:
            states = connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()
            assert states == [("done", PHOTOS)]
            counts = connection.execute("SELECT count(*), count(DISTINCT photo_id) FROM analyses").fetchone()
            assert counts == (PHOTOS, PHOTOS)
            names = connection.execute("SELECT path FROM photos ORDER BY path").fetchall()
            assert [Path(name).name for (name,) in names] == [f"{n:02}.jpg" for n in range(PHOTOS)]
            documents = connection.execute("SELECT json FROM documents").fetchall()
            assert all(json.loads(each)["generation"]["finish_reason"] == "stop" for (each,) in documents)
            assert connection.execute("SELECT count(*) FROM partials").fetchone() == (0,)
        assert not os.listdir(history.with_name("history.sessions"))  # noqa: PTH208


def _intact(history):
    with closing(sqlite3.connect(history)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
        doubled = "SELECT photo_id FROM analyses GROUP BY photo_id, fingerprint HAVING count(*) > 1"
        assert connection.execute(doubled).fetchone() is None


def test_a_batch_killed_ten_times_has_every_analysis_once(tmp_path, photos):
    batches = Batches(tmp_path, photos, "scripted", seed=1)
    batches.run(kills=10, longest_s=0.8)
    assert batches.kills == 10


@pytest.mark.nightly
def test_a_batch_killed_a_hundred_times_has_every_analysis_once(tmp_path, photos):
    batches = Batches(tmp_path, photos, "scripted", seed=2)
    batches.run(kills=100, longest_s=0.8)
    assert batches.finished > 3


@pytest.mark.nightly
def test_a_batch_on_the_embedded_model_killed_a_hundred_times_has_every_analysis_once(tmp_path, photos):
    batches = Batches(tmp_path, photos, "mini", seed=3)
    batches.run(kills=100, longest_s=12)
    assert batches.finished > 1
