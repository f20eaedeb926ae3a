import shutil
from threading import Event

import pytest

from mondrian_desktop.engine.scripted import ScriptedEngine, script
from mondrian_desktop.jobs.model import JobState
from mondrian_desktop.jobs.run import Analyzed
from mondrian_desktop.jobs.watch import Arrivals, Arrived, Manner, watch
from mondrian_desktop.pump import Pump
from mondrian_desktop.settings import ADVISOR, MAX_TOKENS
from tests.jobs.scene import SAMPLES, Ear, FakeClock, answer, make_service


def signature(inode=1, size=100, time=5):
    return (7, inode, size, time)


@pytest.fixture
def arrivals():
    return Arrivals(settle_s=3.0)


def test_a_photo_is_told_when_it_has_not_changed_for_a_while(arrivals):
    photos = {"a": signature()}
    assert [arrivals.look(photos, now_s) for now_s in (0.0, 2.0, 3.0, 4.0)] == [[], [], ["a"], []]


def test_a_photo_that_still_grows_is_waited_for(arrivals):
    looks = [({"a": signature(size=size)}, now_s) for now_s, size in ((0, 10), (2, 20), (4, 30), (6, 30), (8, 30))]
    assert [arrivals.look(*look) for look in looks] == [[], [], [], [], ["a"]]


def test_a_photo_that_is_still_written_to_in_place_is_waited_for(arrivals):
    looks = [({"a": signature(time=time)}, now_s) for now_s, time in ((0, 1), (4, 2), (6, 2), (8, 2))]
    assert [arrivals.look(*look) for look in looks] == [[], [], [], ["a"]]


def test_an_empty_file_is_no_photo_yet(arrivals):
    assert [arrivals.look({"a": signature(size=0)}, now_s) for now_s in (0, 5, 10)] == [[], [], []]
    assert [arrivals.look({"a": signature(size=9)}, now_s) for now_s in (12, 15)] == [[], ["a"]]


def test_a_renamed_or_moved_photo_is_not_told_again(arrivals):
    arrivals.look({"a": signature()}, 0)
    assert arrivals.look({"a": signature()}, 3) == ["a"]
    assert [arrivals.look({"sub/b": signature()}, now_s) for now_s in (5, 9, 15)] == [[], [], []]


def test_a_photo_renamed_while_it_is_waited_for_is_told_by_its_new_name(arrivals):
    arrivals.look({"a.tmp.jpg": signature()}, 0)
    assert arrivals.look({"a.jpg": signature()}, 3) == ["a.jpg"]


def test_a_photo_that_is_changed_later_is_new(arrivals):
    arrivals.look({"a": signature()}, 0)
    arrivals.look({"a": signature()}, 3)
    assert [arrivals.look({"a": signature(time=6)}, now_s) for now_s in (5, 9)] == [[], ["a"]]


def test_a_photo_that_goes_and_comes_back_waits_anew(arrivals):
    looks = [({"a": signature()}, 0), ({}, 2), ({"a": signature()}, 4), ({"a": signature()}, 7)]
    assert [arrivals.look(*look) for look in looks] == [[], [], [], ["a"]]


def test_what_was_there_before_is_no_news():
    arrivals = Arrivals(settle_s=3.0)
    arrivals.were_there([signature()])
    assert arrivals.look({"a": signature(), "b": signature(2)}, 0) == []
    assert arrivals.look({"a": signature(), "b": signature(2)}, 9) == ["b"]


def test_what_was_there_before_counts_once_that_is_asked_for_and_no_more_once_it_is_not(arrivals):
    photos = {"a": signature(), "b": signature(2)}
    arrivals.were_there(photos.values())
    assert arrivals.look(photos, 0) == []
    assert arrivals.look(photos, 1, existing=True) == []
    assert arrivals.look(photos, 3) == []
    assert [arrivals.look(photos, now_s, existing=True) for now_s in (5, 8, 9)] == [[], ["a", "b"], []]


class Watched:
    """A watched folder whose clock moves two seconds a look."""

    def __init__(self, folder, **how):
        self.clock = FakeClock()
        self.pump = Pump(clock=self.clock, budget_s=0.0)
        self.arrived = []
        self.looks = 0
        self.manner = Manner(**how)
        events = watch(folder, self._look, self.manner, look_every_s=0.001)
        self.task = self.pump.start(events, self.arrived.append)

    def _look(self):
        self.looks += 1
        self.clock.advance(2.0)
        return self.clock.now_s

    def look(self, times):
        until = self.looks + times
        self.pump.run(until=lambda: self.looks >= until)

    @property
    def names(self):
        return [path.name for event in self.arrived for path in event.photos]

    def close(self):
        self.pump.close()


@pytest.fixture
def watched(tmp_path):
    made = []

    def watched(**how):
        made.append(Watched(tmp_path, **how))
        return made[-1]

    yield watched
    for each in made:
        each.close()


def test_new_photos_are_found_and_old_ones_left_alone(watched, tmp_path):
    (tmp_path / "old.jpg").write_bytes(b"old")
    scene = watched()
    scene.look(3)
    (tmp_path / "new.jpg").write_bytes(b"new")
    (tmp_path / "notes.txt").write_bytes(b"no photo")
    (tmp_path / "half.jpg.crdownload").write_bytes(b"half")
    scene.look(8)
    assert scene.names == ["new.jpg"]
    (tmp_path / "new.jpg").rename(tmp_path / "renamed.jpg")
    scene.look(8)
    assert scene.names == ["new.jpg"]


def test_old_ones_are_taken_where_asked(watched, tmp_path):
    (tmp_path / "old.jpg").write_bytes(b"old")
    scene = watched(existing=True)
    scene.look(8)
    assert scene.names == ["old.jpg"]


@pytest.mark.parametrize("recursive", [True, False])
def test_subfolders_are_watched_where_asked(watched, tmp_path, recursive):
    scene = watched(recursive=recursive)
    scene.look(2)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.jpg").write_bytes(b"a")
    scene.look(8)
    assert scene.names == (["a.jpg"] if recursive else [])


def test_subfolders_are_watched_from_when_that_is_asked_for(watched, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "old.jpg").write_bytes(b"old")
    scene = watched()
    scene.look(3)
    scene.manner.change(recursive=True, existing=False)
    (tmp_path / "beside.jpg").write_bytes(b"beside")
    scene.look(8)
    assert scene.names == ["beside.jpg"]
    (tmp_path / "deep" / "new.jpg").write_bytes(b"new")
    scene.look(8)
    assert scene.names == ["beside.jpg", "new.jpg"]
    scene.manner.change(recursive=False, existing=False)
    scene.look(2)
    (tmp_path / "deep" / "later.jpg").write_bytes(b"later")
    scene.look(8)
    assert scene.names == ["beside.jpg", "new.jpg"]


def test_old_ones_are_taken_from_when_that_is_asked_for(watched, tmp_path):
    (tmp_path / "old.jpg").write_bytes(b"old")
    scene = watched()
    scene.look(8)
    scene.manner.change(recursive=False, existing=True)
    scene.look(8)
    assert scene.names == ["old.jpg"]


def test_another_manner_does_not_wait_for_the_next_look(watched):
    scene = watched()
    changed, woken = scene.manner.changed, []
    changed.wait = lambda rest_s: woken.append(Event.wait(changed, 10.0))
    scene.look(1)
    scene.manner.change(recursive=True, existing=False)
    scene.look(1)
    assert woken == [True]


def test_a_folder_that_vanishes_is_told_once_and_watched_on(watched, tmp_path):
    folder = tmp_path / "card"
    folder.mkdir()
    scene = Watched(folder)
    scene.look(2)
    shutil.rmtree(folder)
    scene.look(5)
    problems = [event.problems for event in scene.arrived]
    assert len(problems) == 1
    assert "card" in problems[0][0]
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"a")
    scene.look(8)
    scene.close()
    assert scene.names == ["a.jpg"]


def test_closing_ends_it_at_once():
    clock = FakeClock()
    pump = Pump(clock=clock, budget_s=0.0)
    pump.start(watch(SAMPLES[0].parent, clock, Manner(), look_every_s=3600.0), lambda event: None)
    pump.run(until=lambda: not pump.has_work)
    pump.close()


def test_arrived_photos_are_analyzed_once(tmp_path, monkeypatch):
    clock = FakeClock()
    service = make_service(ScriptedEngine(script(answer())), clock=clock)
    ear = Ear()
    service.subscribe(ear)
    shutil.copy(SAMPLES[0], tmp_path / "a.jpg")
    shutil.copy(SAMPLES[0], tmp_path / "copy of a.jpg")
    monkeypatch.setattr("mondrian_desktop.jobs.watch.LOOK_EVERY_S", 0.001)
    service.watch(tmp_path, existing=True)

    def later():
        clock.advance(0.1)
        return len(ear.events(Analyzed)) == 2 and all(job.is_over for job in service.jobs)

    service.pump.run(until=later)
    assert {job.state for job in service.jobs} == {JobState.DONE}
    assert len(service._engine.requests) == 1
    assert service.watched == (tmp_path,)
    service.unwatch(tmp_path)
    service.pump.run()
    assert service.watched == ()
    service.close()


def test_what_arrives_is_analyzed_as_the_settings_have_it_then(tmp_path, monkeypatch):
    clock = FakeClock()
    service = make_service(ScriptedEngine(script(answer())), clock=clock)
    monkeypatch.setattr("mondrian_desktop.jobs.watch.LOOK_EVERY_S", 0.001)
    batch = service.watch(tmp_path, ["mentor"])
    service.settings.set(MAX_TOKENS, 77)
    service.settings.set(ADVISOR, "ansel")
    service.change_watch(recursive=False, existing=True)
    shutil.copy(SAMPLES[0], tmp_path / "a.jpg")

    def later():
        clock.advance(0.1)
        return bool(service.jobs) and all(job.is_over for job in service.jobs)

    service.pump.run(until=later)
    (job,) = service.jobs
    assert (job.options.max_tokens, job.advisor, job.batch) == (77, "mentor", batch.id)
    service.close()


def test_an_event_says_what_arrived(tmp_path):
    assert Arrived((tmp_path,)).problems == ()
