"""A process that runs a batch, begins where the last one was killed, and says when it is at work.

``python -m tests.jobs.batch_process HISTORY PHOTOS scripted|mini``
"""

import sys
from pathlib import Path

from mondrian_desktop.critique.advisor import load_advisors
from mondrian_desktop.engine.protocol import Engine
from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.store import Store
from mondrian_desktop.photo.reader import PhotoReader
from mondrian_desktop.pump import Pump
from mondrian_desktop.service import Service
from mondrian_desktop.settings import Settings
from tests.jobs.scene import answer


def main(history: Path, photos: Path, engine_name: str) -> None:
    store = Store.open(history)
    service = Service(_engine(engine_name), PhotoReader(), load_advisors(), Settings(), Pump(), store)
    sys.stdout.write("at work\n")
    sys.stdout.flush()
    if not store.batches():
        service.submit_all([photos])
    service.take_up()
    for job in store.jobs(limit=1000, state=JobState.FAILED):
        if "three times" not in job.reason:
            raise AssertionError(job.reason)
        service.retry(job.id)
    service.pump.run()
    service.close()


def _engine(name: str) -> Engine:
    if name == "mini":
        from mondrian_desktop.engine.mlx import MlxEngine

        return MlxEngine()
    return ScriptedEngine(script(answer(), pieces=60))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
