"""Deleting and restoring many analyses, through the service."""

import pytest

from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs import chore
from mondrian_desktop.jobs.history import Query
from tests.jobs.scene import SAMPLES, answer, make_service


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setattr(chore, "AT_ONCE", 2)
    made = make_service(ScriptedEngine(script(answer())))
    for _ in range(5):
        made.submit(SAMPLES[0])
    made.pump.run()
    yield made
    made.close()


def test_many_are_deleted_and_restored_some_at_a_time(service):
    ids = service.history.ids(Query())
    steps, told = [], []
    service.delete(ids, steps.append, told.append)
    assert service.history.count(Query()) == 5
    service.pump.run()
    assert (steps, told) == ([2, 4, 5], [None])
    assert service.history.count(Query()) == 0
    service.restore(ids, steps.append, told.append)
    service.pump.run()
    assert service.history.ids(Query()) == ids


def test_what_is_stopped_half_way_is_undone_whole(service):
    ids = service.history.ids(Query())
    steps, told = [], []
    stop = service.delete(ids, steps.append, told.append)
    service.pump.run(until=lambda: bool(steps))
    stop()
    service.pump.run()
    assert service.history.ids(Query()) == ids[2:]
    assert told == []
    service.restore(ids, steps.append, told.append)
    service.pump.run()
    assert service.history.ids(Query()) == ids


def test_a_part_of_the_ids_is_a_part_of_the_list(service):
    ids = service.history.ids(Query())
    assert ids == [entry.id for entry in service.history.page(Query())]
    assert service.history.ids(Query(), 2, 1) == ids[1:3]
