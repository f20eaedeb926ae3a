"""A service over a scripted engine, with an ear on it."""

import pytest

from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs.store import Store
from tests.jobs.scene import Ear, answer, make_service


@pytest.fixture
def history(tmp_path):
    return tmp_path / "data" / "history.db"


@pytest.fixture
def make():
    made = []

    def make(*scripts, history=None, **more):
        engine = ScriptedEngine(*(scripts or (script(answer()),)))
        service = make_service(engine, store=Store.open(history), **more)
        service.ear = Ear()
        service.subscribe(service.ear)
        made.append(service)
        return service

    yield make
    for service in made:
        service.close()


def state(service, job):
    return service.job(job.id).state
