import pytest

from mondrian_desktop.jobs.idle import IdleUnload


class Timers(list):
    """Timers that elapse when told to."""

    def __call__(self, delay_s, call):
        class Timer:
            def __init__(self):
                self.delay_s, self.elapse, self.is_on = delay_s, call, False

            def start(self):
                self.is_on = True

            def cancel(self):
                self.is_on = False

        self.append(Timer())
        return self[-1]


@pytest.fixture
def scene():
    class Scene:
        busy, delay_s, unloaded = False, 600.0, 0

        def unload(self):
            self.unloaded += 1

    scene = Scene()
    scene.timers, scene.posted = Timers(), []
    scene.idle = IdleUnload(
        scene.posted.append, lambda: scene.delay_s, lambda: scene.busy, scene.unload, scene.timers
    )  # fmt: skip
    return scene


def elapse(scene, timer=-1):
    scene.timers[timer].elapse()
    scene.posted.pop()()


def test_unloads_on_the_pumps_thread_after_the_last_job(scene):
    scene.idle.follow()
    assert (scene.timers[0].is_on, scene.timers[0].delay_s) == (True, 600.0)
    elapse(scene)
    assert scene.unloaded == 1


def test_work_that_begins_keeps_the_model(scene):
    scene.idle.follow()
    scene.busy = True
    scene.idle.follow()
    assert not scene.timers[0].is_on
    elapse(scene)
    assert scene.unloaded == 0


def test_zero_means_never_and_nothing_happens_after_closing(scene):
    scene.delay_s = 0.0
    scene.idle.follow()
    assert scene.timers == []
    scene.delay_s = 1.0
    scene.idle.follow()
    scene.idle.close()
    elapse(scene)
    assert scene.unloaded == 0


def test_what_ends_without_having_run_does_not_begin_the_wait_anew(scene):
    scene.idle.follow()
    scene.idle.follow()
    assert len(scene.timers) == 1
    scene.delay_s = 60.0
    scene.idle.follow()
    assert [timer.is_on for timer in scene.timers] == [False, True]
