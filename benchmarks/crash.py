"""The promise that nothing is lost: a process that runs batches of 30 photos is killed at random moments.

``python -m benchmarks.crash [--quick] [--json]``

Each process is killed (SIGKILL) after a random time at work, at most a quarter of what a batch takes undisturbed, and
the next one goes on where it ended. After every kill the history must be sound and hold no analysis twice, at the end
of every batch each analysis exactly once. On the embedded model; ``--quick`` on scripted answers, where most of the
time goes into the history itself.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks import report
from benchmarks.report import Figure, figure, note
from tests.jobs.killing import PHOTOS, Killing, make_photos


def measure(quick: bool) -> list[Figure]:
    """Return how often it was killed and how often something was wrong; 1 is where the trial ends."""
    kills = 10 if quick else 100
    with tempfile.TemporaryDirectory() as folder:
        photos = Path(folder) / "photos"
        photos.mkdir()
        make_photos(photos)
        killing = Killing(Path(folder), photos, "scripted" if quick else "mini", seed=0)
        note(f"killing {kills} times …")
        wrong = 0
        try:
            killing.run(kills, longest_s=0.8 if quick else None)
        except AssertionError as err:
            note(f"after {killing.kills} kills: {err}")
            wrong = 1
    return [
        figure("processes killed", killing.kills, at_least=kills),
        figure("batches finished", killing.finished),
        figure("analyses finished, each once", killing.finished * PHOTOS),
        figure("lost, doubled or damaged", wrong, at_most=0),
    ]


if __name__ == "__main__":
    sys.exit(report.run("crash", measure))
