"""Kills a process that runs batches, again and again, and looks over what is left."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = 30


def make_photos(folder: Path) -> None:
    """Write thirty small photos, all different."""
    dots = np.random.default_rng(0)
    for n in range(PHOTOS):
        picture = dots.integers(0, 255, (64, 96, 3), np.uint8)
        Image.fromarray(picture).save(folder / f"{n:02}.jpg", quality=90)


class Killing:
    """Runs one batch of thirty after the other, each in as many processes as it takes, until enough were killed.

    After each kill the file must be sound and hold no analysis twice; at the end of each batch it must hold every
    analysis exactly once. ``AssertionError`` where not.

    Attributes
    ----------
    kills, finished
        How many processes were killed, and how many batches went to their end.
    """

    def __init__(self, folder: Path, photos: Path, engine: str, seed: int) -> None:
        self._folder, self._photos, self._engine = folder, photos, engine
        self._random = random.Random(seed)
        self.kills = 0
        self.finished = 0

    def run(self, kills: int, longest_s: float | None = None) -> None:
        """Kill that often, each process after a random time at work of at most ``longest_s``.

        None: of at most a quarter of the time that a batch takes on this machine where nobody kills it.
        """
        if longest_s is None:
            began_s = time.monotonic()
            assert self._process(self._folder / "undisturbed" / "history.db", 1200)
            longest_s = (time.monotonic() - began_s) / 4
        while self.kills < kills:
            history = self._folder / f"{self.finished}" / "history.db"
            while self.kills < kills and not self._process(history, self._random.uniform(0, longest_s)):
                self.kills += 1
                _look_over(history)
            if not self._process(history, 600):
                raise AssertionError("it did not end by itself")
            _look_over_whole(history)
            self.finished += 1

    def _process(self, history: Path, seconds: float) -> bool:
        """Run the batch for a while; return whether it ended by itself before it was killed."""
        command = [sys.executable, "-m", "tests.jobs.batch_process", str(history), str(self._photos), self._engine]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout
            assert process.stderr
            assert process.stdout.readline() == "at work\n", process.stderr.read()
            try:
                _, errors = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                return False
            assert process.returncode == 0, errors
            return True


def _look_over(history: Path) -> None:
    with closing(sqlite3.connect(history)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchone() is None
        doubled = "SELECT photo_id FROM analyses GROUP BY photo_id, fingerprint HAVING count(*) > 1"
        assert connection.execute(doubled).fetchone() is None
        done = "SELECT count(*) FROM jobs WHERE (state = 'done') != (analysis_id IS NOT NULL)"
        assert connection.execute(done).fetchone() == (0,)


def _look_over_whole(history: Path) -> None:
    _look_over(history)
    with closing(sqlite3.connect(history)) as connection:
        states = connection.execute("SELECT state, count(*) FROM jobs GROUP BY state").fetchall()
        assert states == [("done", PHOTOS)], states
        counts = connection.execute("SELECT count(*), count(DISTINCT photo_id) FROM analyses").fetchone()
        assert counts == (PHOTOS, PHOTOS), counts
        names = connection.execute("SELECT path FROM photos ORDER BY path").fetchall()
        assert [Path(name).name for (name,) in names] == [f"{n:02}.jpg" for n in range(PHOTOS)]
        documents = connection.execute("SELECT json FROM documents").fetchall()
        assert all(json.loads(each)["generation"]["finish_reason"] == "stop" for (each,) in documents)
        assert connection.execute("SELECT count(*) FROM partials").fetchone() == (0,)
    assert not os.listdir(history.with_name("history.sessions"))  # noqa: PTH208
